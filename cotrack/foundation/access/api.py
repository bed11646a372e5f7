"""JSON routes of sign-in and people."""

from typing import Any

from flask import Response, g
from flask_smorest import Blueprint

from cotrack.foundation.access import schemas
from cotrack.foundation.access.service import people
from cotrack.foundation.access.service.sign_ins import SignIn
from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import actor, needs, public, runtime

api = Blueprint("api_access", __name__, url_prefix="/api/v1", description="Sign-in and people")


@api.post("/tokens")
@public
@api.arguments(schemas.SignInIn)
@api.response(201, schemas.TokenOut)
def make_token(body: dict[str, Any]) -> SignIn:
    """Sign a program in: the token goes into the `Authorization: Bearer` header."""
    return runtime().door.sign_in(**body, kind="api", request=g.request_id)


@api.delete("/tokens")
@needs("self:sign_in")
@api.response(204)
def end_token() -> None:
    """End this token."""
    runtime().door.sign_out(actor())


@api.get("/people")
@needs("person:read")
@api.arguments(PageIn, location="query")
@api.response(200, schemas.PersonOut(many=True), headers=LINK)
def list_people(asked: dict[str, int]) -> Any:
    """List everybody and their roles, in the order in which they came."""
    return keyed_list(people.listed_people(), asked)


@api.post("/people")
@needs("person:add")
@api.arguments(schemas.PersonIn)
@api.response(201, schemas.PersonOut)
def add_person(body: dict[str, Any]) -> Response:
    """Add a person, who must choose a password of their own at the first sign-in."""
    password = body.pop("new_password")
    return answer(
        lambda work: people.add_person(work, runtime().passwords, password=password, **body),
        schemas.PersonOut(),
        status=201,
    )


@api.post("/people/<username>/disable")
@needs("person:disable")
@api.arguments(ReasonIn)
@api.response(200, schemas.PersonOut)
def disable_person(body: dict[str, Any], username: str) -> Response:
    """Take every access from a person at once."""
    return answer(lambda work: people.disable_person(work, username, **body), schemas.PersonOut())

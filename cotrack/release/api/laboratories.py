"""JSON routes of laboratories and of how they spell their files."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.release import schemas
from cotrack.release.rules.spelling import from_data
from cotrack.release.schemas import laboratories as shapes
from cotrack.release.service import laboratories

api = Blueprint("api_laboratory", __name__, url_prefix="/api/v1/laboratories", description="Laboratories")


@api.get("")
@needs("lot:read")
@api.arguments(PageIn, location="query")
@api.response(200, shapes.LaboratoryOut(many=True), headers=LINK)
def list_laboratories(asked: dict[str, int]) -> Any:
    """List laboratories, oldest first."""
    return keyed_list(laboratories.listed_laboratories(), asked)


@api.post("")
@needs("mapping:propose")
@api.arguments(shapes.LaboratoryIn)
@api.response(201, shapes.LaboratoryOut)
def register(body: dict[str, Any]) -> Response:
    """Register a laboratory."""
    return answer(lambda work: laboratories.register(work, **body), shapes.LaboratoryOut(), status=201)


@api.get("/<code>/mappings")
@needs("lot:read")
@api.response(200, shapes.MappingOut(many=True))
def list_mappings(code: str) -> Any:
    """List every version of a laboratory's mapping, newest first."""
    with runtime().ground.sessions.reading() as session:
        return laboratories.mappings_of(session, code)


@api.post("/<code>/mappings")
@needs("mapping:propose")
@api.arguments(shapes.MappingIn)
@api.response(201, shapes.MappingOut)
def propose(body: dict[str, Any], code: str) -> Response:
    """Propose the next version; everything that would be read in two ways, or in none, is named."""
    remark, spelling = body.pop("remark"), from_data(body)
    act = lambda work: laboratories.propose(work, code, spelling=spelling, remark=remark)  # noqa: E731 (one line)
    return answer(act, shapes.MappingOut(), status=201)


@api.post("/<code>/mappings/<int:number>/approve")
@needs("mapping:approve")
@api.arguments(schemas.ReleaseIn)
@api.response(200, shapes.MappingOut)
def approve(body: dict[str, Any], code: str, number: int) -> Response:
    """Sign what a version says: files are read by it from now on."""
    return answer(lambda work: laboratories.approve(work, code, number), shapes.MappingOut(), **body)


@api.post("/<code>/mappings/<int:number>/withdraw")
@needs("mapping:approve")
@api.arguments(ReasonIn)
@api.response(200, shapes.MappingOut)
def withdraw(body: dict[str, Any], code: str, number: int) -> Response:
    """Withdraw a version: no file is read by it any more."""
    return answer(lambda work: laboratories.withdraw(work, code, number, **body), shapes.MappingOut())

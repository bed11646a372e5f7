"""JSON routes of holds and deviations; they are placed and opened at the thing they are about."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.quality import schemas
from cotrack.quality.service import actions, deviations

api = Blueprint("api_quality", __name__, url_prefix="/api/v1", description="Holds and deviations")


@api.get("/deviations")
@needs("lot:read")
@api.arguments(PageIn, location="query")
@api.response(200, schemas.DeviationOut(many=True), headers=LINK)
def list_deviations(asked: dict[str, int]) -> Any:
    """List deviations, oldest first."""
    return keyed_list(deviations.listed_deviations(), asked)


@api.get("/deviations/<number>")
@needs("lot:read")
@api.response(200, schemas.DeviationOut)
def show_deviation(number: str) -> Any:
    """Show a deviation."""
    with runtime().ground.sessions.reading() as session:
        return deviations.deviation_numbered(session, number)[0]


@api.post("/deviations/<number>/close")
@needs("deviation:close")
@api.arguments(schemas.SignedIn)
@api.response(200, schemas.DeviationOut)
def close(body: dict[str, Any], number: str) -> Response:
    """Close a deviation that is assessed."""
    return answer(lambda work: deviations.close(work, number), schemas.DeviationOut(), signature=body["signature"])


@api.get("/deviations/<number>/actions")
@needs("lot:read")
@api.response(200, schemas.ActionOut(many=True))
def list_actions(number: str) -> Any:
    """List what is to be done after a deviation, and what came of it."""
    with runtime().ground.sessions.reading() as session:
        return actions.actions_of(session, deviations.deviation_numbered(session, number)[0].id)


@api.post("/deviations/<number>/actions")
@needs("deviation:assess")
@api.arguments(schemas.ActionIn)
@api.response(201, schemas.ActionOut)
def plan_action(body: dict[str, Any], number: str) -> Response:
    """Plan an action after an open deviation."""
    return answer(lambda work: actions.plan(work, number, **body), schemas.ActionOut(), status=201)


@api.post("/deviation-actions/<int:action_id>/finish")
@needs("deviation:act")
@api.arguments(schemas.OutcomeIn)
@api.response(200, schemas.ActionOut)
def finish_action(body: dict[str, Any], action_id: int) -> Response:
    """Report an action as done, as its owner."""
    return answer(lambda work: actions.finish(work, action_id, **body), schemas.ActionOut())


@api.post("/deviation-actions/<int:action_id>/drop")
@needs("deviation:assess")
@api.arguments(ReasonIn)
@api.response(200, schemas.ActionOut)
def drop_action(body: dict[str, Any], action_id: int) -> Response:
    """Drop an action, with the reason."""
    return answer(lambda work: actions.drop(work, action_id, **body), schemas.ActionOut())

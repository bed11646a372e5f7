"""JSON routes of filling: clearances of a line, rolls of labels, samples."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.manufacture.schemas import UnitOut, content_of
from cotrack.manufacture.schemas import filling as schemas
from cotrack.manufacture.service import clearances, filling, lots, rolls, samples

api = Blueprint("api_filling", __name__, url_prefix="/api/v1", description="Filling")


@api.get("/lots/<number>/clearances")
@needs("lot:read")
@api.response(200, schemas.LineClearanceOut(many=True))
def list_clearances(number: str) -> Any:
    """List the clearances of the lines at which a lot was filled, oldest first."""
    with runtime().ground.sessions.reading() as session:
        return clearances.clearances_of(session, lots.lot_numbered(session, number).id)


@api.post("/lots/<number>/clearances")
@needs("line:clear")
@api.arguments(schemas.ClearIn)
@api.response(201, schemas.LineClearanceOut)
def clear_line(body: dict[str, Any], number: str) -> Response:
    """Clear the line of your station for a lot; another person checks it."""
    return answer(lambda work: clearances.clear_line(work, number, **body), schemas.LineClearanceOut(), status=201)


@api.post("/clearances/<int:clearance_id>/check")
@needs("line:clear")
@api.arguments(schemas.CheckIn)
@api.response(200, schemas.LineClearanceOut)
def check_line(body: dict[str, Any], clearance_id: int) -> Response:
    """Check a cleared line as the second person."""
    return answer(lambda work: clearances.check_line(work, clearance_id, **body), schemas.LineClearanceOut())


@api.post("/clearances/<int:clearance_id>/withdraw")
@needs("line:clear")
@api.arguments(ReasonIn)
@api.response(200, schemas.LineClearanceOut)
def withdraw_line(body: dict[str, Any], clearance_id: int) -> Response:
    """Withdraw a clearance that was not checked."""
    return answer(lambda work: clearances.withdraw_line(work, clearance_id, **body), schemas.LineClearanceOut())


@api.post("/clearances/<int:clearance_id>/roll-changes")
@needs("line:clear")
@api.arguments(schemas.RollIn)
@api.response(201, schemas.RollChangeOut)
def change_roll(body: dict[str, Any], clearance_id: int) -> Response:
    """Put another roll of labels in."""
    return answer(lambda work: clearances.change_roll(work, clearance_id, **body), schemas.RollChangeOut(), status=201)


@api.post("/clearances/<int:clearance_id>/rolls/<int:position>/explanations")
@needs("line:clear")
@api.arguments(ReasonIn)
@api.response(201, schemas.RollExplanationOut)
def explain_roll(body: dict[str, Any], clearance_id: int, position: int) -> Response:
    """Say where the difference of a roll comes from."""
    act = lambda work: rolls.explain_roll(work, clearance_id, position, **body)  # noqa: E731 (one line)
    return answer(act, schemas.RollExplanationOut(), status=201)


@api.get("/lots/<number>/rolls")
@needs("lot:read")
@api.response(200, schemas.RollOut(many=True))
def list_rolls(number: str) -> Any:
    """List the rolls of labels that a lot was labelled from, each with what came off it and what was printed."""
    with runtime().ground.sessions.reading() as session:
        return rolls.rolls_of(session, lots.lot_numbered(session, number).id, runtime().ground.site)


@api.post("/clearances/<int:clearance_id>/leave")
@needs("line:clear")
@api.arguments(schemas.LeaveIn)
@api.response(200, schemas.LineClearanceOut)
def leave_line(body: dict[str, Any], clearance_id: int) -> Response:
    """Clear a line after filling; another person checks it."""
    return answer(lambda work: clearances.leave_line(work, clearance_id, **body), schemas.LineClearanceOut())


@api.post("/clearances/<int:clearance_id>/resume")
@needs("line:clear")
@api.arguments(ReasonIn)
@api.response(200, schemas.LineClearanceOut)
def resume_line(body: dict[str, Any], clearance_id: int) -> Response:
    """Go on filling after the first look."""
    return answer(lambda work: clearances.resume_line(work, clearance_id, **body), schemas.LineClearanceOut())


@api.post("/clearances/<int:clearance_id>/end")
@needs("line:clear")
@api.arguments(schemas.CheckIn)
@api.response(200, schemas.LineClearanceOut)
def end_line(body: dict[str, Any], clearance_id: int) -> Response:
    """Check a line after filling as the second person; the station is free."""
    return answer(lambda work: clearances.end_line(work, clearance_id, **body), schemas.LineClearanceOut())


@api.post("/lots/<number>/samples")
@needs("unit:fill")
@api.arguments(schemas.SampleIn)
@api.response(201, UnitOut)
def fill_sample(body: dict[str, Any], number: str) -> Response:
    """Fill a sample of a lot: a unit that is never given."""
    return answer(lambda work: filling.fill_sample(work, number, **content_of(body)), UnitOut(), status=201)


@api.post("/units/<number>/send")
@needs("sample:handle")
@api.arguments(NothingIn)
@api.response(200, UnitOut)
def send_sample(_: dict[str, Any], number: str) -> Response:
    """Send a sample to the laboratory."""
    return answer(lambda work: samples.send_sample(work, number), UnitOut())


@api.post("/units/<number>/archive")
@needs("sample:handle")
@api.arguments(NothingIn)
@api.response(200, UnitOut)
def archive_sample(_: dict[str, Any], number: str) -> Response:
    """Put a sample into the archive."""
    return answer(lambda work: samples.archive_sample(work, number), UnitOut())


@api.post("/units/<number>/use-up")
@needs("sample:handle")
@api.arguments(ReasonIn)
@api.response(200, UnitOut)
def use_up_sample(body: dict[str, Any], number: str) -> Response:
    """Write down that nothing of a sample is left."""
    return answer(lambda work: samples.use_up_sample(work, number, **body), UnitOut())

"""JSON routes of what lots are made from: donors, cell banks, materials, and what went into a lot."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.manufacture import schemas
from cotrack.manufacture.service import inputs, late_inputs, lots, sources

api = Blueprint("api_sources", __name__, url_prefix="/api/v1", description="What lots are made from")


@api.get("/donors")
@needs("source:read")
@api.arguments(PageIn, location="query")
@api.response(200, schemas.DonorOut(many=True), headers=LINK)
def list_donors(asked: dict[str, int]) -> Any:
    """List donors, oldest first."""
    return keyed_list(sources.listed_sources("donor"), asked)


@api.post("/donors")
@needs("source:register")
@api.arguments(schemas.DonorIn)
@api.response(201, schemas.DonorOut)
def register_donor(body: dict[str, Any]) -> Response:
    """Register a donor."""
    return answer(lambda work: sources.register_donor(work, **body), schemas.DonorOut(), status=201)


@api.get("/donors/<number>")
@needs("source:read")
@api.response(200, schemas.DonorOut)
def show_donor(number: str) -> Any:
    """Show a donor."""
    with runtime().ground.sessions.reading() as session:
        return sources.source_numbered(session, "donor", number)


@api.get("/cell-banks")
@needs("source:read")
@api.arguments(PageIn, location="query")
@api.response(200, schemas.BankOut(many=True), headers=LINK)
def list_banks(asked: dict[str, int]) -> Any:
    """List cell banks, oldest first."""
    return keyed_list(sources.listed_sources("cell_bank"), asked)


@api.post("/cell-banks")
@needs("source:register")
@api.arguments(schemas.BankIn)
@api.response(201, schemas.BankOut)
def register_bank(body: dict[str, Any]) -> Response:
    """Register a cell bank."""
    return answer(lambda work: sources.register_bank(work, **body), schemas.BankOut(), status=201)


@api.get("/cell-banks/<number>")
@needs("source:read")
@api.response(200, schemas.BankOut)
def show_bank(number: str) -> Any:
    """Show a cell bank."""
    with runtime().ground.sessions.reading() as session:
        return sources.source_numbered(session, "cell_bank", number)


@api.get("/materials")
@needs("source:read")
@api.arguments(PageIn, location="query")
@api.response(200, schemas.MaterialOut(many=True), headers=LINK)
def list_materials(asked: dict[str, int]) -> Any:
    """List materials, oldest first."""
    return keyed_list(sources.listed_sources("material"), asked)


@api.post("/materials")
@needs("source:register")
@api.arguments(schemas.MaterialIn)
@api.response(201, schemas.MaterialOut)
def register_material(body: dict[str, Any]) -> Response:
    """Register a delivered lot of a material."""
    return answer(lambda work: sources.register_material(work, **body), schemas.MaterialOut(), status=201)


@api.get("/materials/<number>")
@needs("source:read")
@api.response(200, schemas.MaterialOut)
def show_material(number: str) -> Any:
    """Show a delivered lot of a material."""
    with runtime().ground.sessions.reading() as session:
        return sources.source_numbered(session, "material", number)


@api.post("/sources/<noun>/<number>/approve")
@needs("source:decide")
@api.arguments(schemas.SourceApprovalIn)
@api.response(200, schemas.DecidedOut)
def approve_source(body: dict[str, Any], noun: str, number: str) -> Response:
    """Approve a `cell_bank` or a `material`, or find a `donor` eligible."""
    act = lambda work: sources.approve(work, noun, number, markers=body["markers"])  # noqa: E731 (one line)
    return answer(act, schemas.DecidedOut(), signature=body["signature"])


@api.post("/sources/<noun>/<number>/reject")
@needs("source:decide")
@api.arguments(schemas.SourceRejectionIn)
@api.response(200, schemas.DecidedOut)
def reject_source(body: dict[str, Any], noun: str, number: str) -> Response:
    """Reject a `cell_bank` or a `material`, or find a `donor` not eligible: what was approved is recalled."""
    act = lambda work: sources.reject(work, noun, number, reason=body["reason"])  # noqa: E731 (one line)
    return answer(act, schemas.DecidedOut(), signature=body["signature"])


@api.post("/sources/<noun>/<number>/hold")
@needs("hold:place")
@api.arguments(ReasonIn)
@api.response(201, schemas.HoldOut)
def hold_source(body: dict[str, Any], noun: str, number: str) -> Response:
    """Put a `donor`, a `cell_bank` or a `material` on hold: all that was made from it stops at once."""
    return answer(lambda work: sources.hold_source(work, noun, number, **body), schemas.HoldOut(), status=201)


@api.get("/lots/<number>/inputs")
@needs("source:read")
@api.response(200, schemas.LotInputOut(many=True))
def list_inputs(number: str) -> Any:
    """List what went into a lot, oldest first."""
    with runtime().ground.sessions.reading() as session:
        return inputs.inputs_of(session, lots.lot_numbered(session, number).id)


@api.post("/lots/<number>/inputs")
@needs("source:use")
@api.arguments(schemas.UseIn)
@api.response(201, schemas.LotInputOut)
def use_in_lot(body: dict[str, Any], number: str) -> Response:
    """Put vials of a bank or an amount of a material into a lot in process."""
    return answer(lambda work: inputs.use_in_lot(work, number, **body), schemas.LotInputOut(), status=201)


@api.post("/lots/<number>/late-inputs")
@needs("source:record_late")
@api.arguments(schemas.SignedRecordLateIn)
@api.response(201, schemas.RecordedLateOut)
def record_source(body: dict[str, Any], number: str) -> Response:
    """Sign what really went into a lot and was not recorded then; it opens a deviation."""
    signature = body.pop("signature")
    act = lambda work: late_inputs.record_late(work, number, **body)  # noqa: E731 (one line)
    return answer(act, schemas.RecordedLateOut(), status=201, signature=signature)

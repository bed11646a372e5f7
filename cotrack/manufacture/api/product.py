"""JSON routes of lots and units, and of what lots are made from."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.schemas import NothingIn, ReasonIn, ScanIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.labelling.schemas import LabelInstanceOut
from cotrack.labelling.service import instances
from cotrack.manufacture import schemas
from cotrack.manufacture.service import deviations, filling, inputs, late_inputs, lots, sources, units
from cotrack.quality.schemas import AssessmentIn, DescriptionIn, DeviationOut

api = Blueprint("api_manufacture", __name__, url_prefix="/api/v1", description="Lots and units")


@api.get("/lots")
@needs("lot:read")
@api.arguments(PageIn, location="query")
@api.response(200, schemas.LotOut(many=True), headers=LINK)
def list_lots(asked: dict[str, int]) -> Any:
    """List lots, oldest first."""
    return keyed_list(lots.listed_lots(), asked)


@api.post("/lots")
@needs("lot:make")
@api.arguments(schemas.LotIn)
@api.response(201, schemas.LotOut)
def make_lot(body: dict[str, Any]) -> Response:
    """Begin a lot under the study version in effect."""
    return answer(lambda work: lots.make_lot(work, **body), schemas.LotOut(), status=201)


@api.get("/lots/<number>")
@needs("lot:read")
@api.response(200, schemas.LotWithUnitsOut)
def show_lot(number: str) -> Any:
    """Show a lot and its units."""
    with runtime().ground.sessions.reading() as session:
        return lots.lot_numbered(session, number)


@api.post("/lots/<number>/finish")
@needs("lot:finish")
@api.arguments(NothingIn)
@api.response(200, schemas.LotOut)
def finish_lot(_: dict[str, Any], number: str) -> Response:
    """End filling; the lot waits in quarantine."""
    return answer(lambda work: lots.finish_lot(work, number), schemas.LotOut())


@api.post("/lots/<number>/close")
@needs("lot:close")
@api.arguments(NothingIn)
@api.response(200, schemas.LotOut)
def close_lot(_: dict[str, Any], number: str) -> Response:
    """Close a lot whose units have all come to their end."""
    return answer(lambda work: lots.close_lot(work, number), schemas.LotOut())


@api.post("/lots/<number>/hold")
@needs("hold:place")
@api.arguments(ReasonIn)
@api.response(201, schemas.HoldOut)
def hold_lot(body: dict[str, Any], number: str) -> Response:
    """Put a lot on hold: it and every unit of it stop at once."""
    return answer(lambda work: lots.hold_lot(work, number, action="place", **body), schemas.HoldOut(), status=201)


@api.post("/lots/<number>/recall")
@needs("hold:recall")
@api.arguments(ReasonIn)
@api.response(201, schemas.HoldOut)
def recall_lot(body: dict[str, Any], number: str) -> Response:
    """Recall a lot: it and every unit of it stop at once, for ever."""
    return answer(lambda work: lots.hold_lot(work, number, action="recall", **body), schemas.HoldOut(), status=201)


@api.post("/lots/<number>/units")
@needs("unit:fill")
@api.arguments(schemas.UnitIn)
@api.response(201, schemas.UnitOut)
def fill_unit(body: dict[str, Any], number: str) -> Response:
    """Fill the next bag of a lot."""
    return answer(
        lambda work: filling.fill_unit(work, number, **schemas.content_of(body)), schemas.UnitOut(), status=201
    )


@api.get("/units")
@needs("unit:read")
@api.arguments(PageIn, location="query")
@api.response(200, schemas.UnitOut(many=True), headers=LINK)
def list_units(asked: dict[str, int]) -> Any:
    """List units, oldest first."""
    return keyed_list(units.listed_units(), asked)


@api.get("/units/<number>")
@needs("unit:read")
@api.response(200, schemas.UnitOut)
def show_unit(number: str) -> Any:
    """Show a unit."""
    with runtime().ground.sessions.reading() as session:
        return units.unit_numbered(session, number)


@api.post("/units/<number>/labels")
@needs("label:print_bag")
@api.arguments(schemas.LabelIn)
@api.response(201, LabelInstanceOut)
def request_label(body: dict[str, Any], number: str) -> Response:
    """Ask for a label of a bag; it is handed out by `POST /labels/{id}/hand-out`."""
    return answer(lambda work: filling.request_label(work, number, **body), LabelInstanceOut(), status=201)


@api.post("/units/<number>/scan-back")
@needs("label:apply")
@api.arguments(ScanIn)
@api.response(200, LabelInstanceOut)
def scan_back(body: dict[str, Any], number: str) -> Response:
    """Take a label as applied: it was scanned on its bag."""
    return answer(lambda work: instances.scan_back(work, f"unit:{number}", body["code"]), LabelInstanceOut())


@api.post("/lots/<number>/deviations")
@needs("deviation:open")
@api.arguments(DescriptionIn)
@api.response(201, DeviationOut)
def open_deviation(body: dict[str, Any], number: str) -> Response:
    """Open a deviation of a lot: what went otherwise than it should."""
    return answer(lambda work: lots.open_deviation(work, number, **body), DeviationOut(), status=201)


@api.post("/units/<number>/hold")
@needs("hold:place")
@api.arguments(ReasonIn)
@api.response(201, schemas.HoldOut)
def hold_unit(body: dict[str, Any], number: str) -> Response:
    """Put a unit on hold."""
    return answer(lambda work: units.hold_unit(work, number, **body), schemas.HoldOut(), status=201)


@api.post("/units/<number>/deviations")
@needs("deviation:open")
@api.arguments(DescriptionIn)
@api.response(201, DeviationOut)
def open_unit_deviation(body: dict[str, Any], number: str) -> Response:
    """Open a deviation of a unit: it goes no further until QA closes that."""
    return answer(lambda work: units.open_deviation(work, number, **body), DeviationOut(), status=201)


@api.post("/deviations/<number>/assess")
@needs("deviation:assess")
@api.arguments(AssessmentIn)
@api.response(200, DeviationOut)
def assess_deviation(body: dict[str, Any], number: str) -> Response:
    """Write down class, cause and impact, and which lots and bags are concerned."""
    return answer(lambda work: deviations.assess(work, number, **body), DeviationOut())


@api.post("/units/<number>/destroy")
@needs("unit:destroy")
@api.arguments(ReasonIn)
@api.response(200, schemas.UnitOut)
def destroy_unit(body: dict[str, Any], number: str) -> Response:
    """Destroy a unit."""
    return answer(lambda work: filling.destroy_unit(work, number, **body), schemas.UnitOut())


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

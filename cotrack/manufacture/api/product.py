"""JSON routes of lots and units."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.schemas import NothingIn, ReasonIn, ScanIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.labelling.pages import on_paper
from cotrack.labelling.schemas import LabelInstanceOut
from cotrack.labelling.service import instances
from cotrack.manufacture import schemas
from cotrack.manufacture.service import closing, deviations, filling, lots, units
from cotrack.quality.schemas import AssessmentIn, DescriptionIn, DeviationOut, SignedIn

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
@api.arguments(SignedIn)
@api.response(200, schemas.LotOut)
def close_lot(body: dict[str, Any], number: str) -> Response:
    """Close a lot whose units have all come to their end; QA signs the account of its labels."""
    act = lambda work: closing.close_lot(work, number)  # noqa: E731 (one line)
    return on_paper(answer(act, schemas.LotOut(), signature=body["signature"]), f"lot:{number}")


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
@needs("label:print_bag")
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

"""JSON routes by which labels are asked for that belong to no bag: of a bank's vials, of a lot's batch record."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.visit import needs
from cotrack.labelling.schemas import LabelInstanceOut, RequestIn
from cotrack.manufacture.schemas.filling import VialLabelIn
from cotrack.manufacture.service import batch_sheet, vials

api = Blueprint("api_product_labels", __name__, url_prefix="/api/v1", description="Labels of vials and lots")


@api.post("/cell-banks/<number>/vial-labels")
@needs("label:print_vial")
@api.arguments(VialLabelIn)
@api.response(201, LabelInstanceOut)
def request_vial_label(body: dict[str, Any], number: str) -> Response:
    """Ask for the label of one vial of a bank; it is handed out by `POST /labels/{id}/hand-out`."""
    return answer(lambda work: vials.request_vial_label(work, number, **body), LabelInstanceOut(), status=201)


@api.post("/lots/<number>/batch-sheets")
@needs("label:print_batch_sheet")
@api.arguments(RequestIn)
@api.response(201, LabelInstanceOut)
def request_batch_sheet(body: dict[str, Any], number: str) -> Response:
    """Ask for the cover sheet of a lot's batch record."""
    return answer(lambda work: batch_sheet.request_batch_sheet(work, number, **body), LabelInstanceOut(), status=201)

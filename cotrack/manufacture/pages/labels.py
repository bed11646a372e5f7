"""Pages on which labels are asked for that belong to no bag: of a bank's vials, of a lot's batch record."""

from flask import Blueprint, Response

from cotrack.foundation.web.visit import needs
from cotrack.labelling.pages import request_page
from cotrack.labelling.schemas import RequestIn
from cotrack.manufacture.schemas.filling import VialLabelIn
from cotrack.manufacture.service import batch_sheet, vials

pages = Blueprint("product_labels", __name__)


@pages.route("/cell-banks/<number>/vial-label", methods=["GET", "POST"])
@needs("label:print_vial")
def request_vial_label(number: str) -> Response:
    """Ask for the label of one vial of a bank; the next page hands it out."""
    act = lambda work, **body: vials.request_vial_label(work, number, **body)  # noqa: E731 (one line)
    return request_page(VialLabelIn, ["vial"], act, thing=f"cell_bank:{number}")


@pages.route("/lots/<number>/batch-sheet", methods=["GET", "POST"])
@needs("label:print_batch_sheet")
def request_batch_sheet(number: str) -> Response:
    """Ask for the cover sheet of a lot's batch record; the next page hands it out."""
    act = lambda work, **body: batch_sheet.request_batch_sheet(work, number, **body)  # noqa: E731 (one line)
    return request_page(RequestIn, ["batch_sheet"], act, thing=f"lot:{number}")

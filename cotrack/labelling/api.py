"""JSON routes of labels."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.labelling.schemas import ForeignScanOut, LabelInstanceOut, OpenedScanOut, PaperIn, VoidIn
from cotrack.labelling.service import foreign_scans, papers, printing

api = Blueprint("api_labelling", __name__, url_prefix="/api/v1/labels", description="Labels")


@api.post("/<int:label_id>/hand-out")
@needs("label:print")
@api.response(200, content_type="application/pdf")
def hand_out(label_id: int) -> Response:
    """Hand a label out, once: as PDF, or to its station's printer (204)."""
    handed = printing.hand_out(runtime().ground, actor(), label_id)
    return Response(handed.document, mimetype="application/pdf") if handed.document else Response(status=204)


@api.post("/<int:label_id>/void")
@needs("label:void")
@api.arguments(VoidIn)
@api.response(200, LabelInstanceOut)
def make_void(body: dict[str, Any], label_id: int) -> Response:
    """Make a spoiled, lost or doubtful label void."""
    return answer(lambda work: papers.make_void(work, label_id, **body), LabelInstanceOut())


@api.post("/<int:label_id>/account")
@needs("label:void")
@api.arguments(PaperIn)
@api.response(200, LabelInstanceOut)
def account_for(body: dict[str, Any], label_id: int) -> Response:
    """Say what became of the paper of a label that counts no more and is still in hand."""
    return answer(lambda work: papers.account_for(work, label_id, **body), LabelInstanceOut())


scans_api = Blueprint(
    "api_foreign_scans", __name__, url_prefix="/api/v1/foreign-scans", description="Scans of other people's codes"
)


@scans_api.get("")
@needs("foreign_scan:open")
@scans_api.arguments(PageIn, location="query")
@scans_api.response(200, ForeignScanOut(many=True), headers=LINK)
def list_scans(asked: dict[str, int]) -> tuple[Any, Any]:
    """List scans of codes that are none of ours, without what was scanned."""
    return keyed_list(foreign_scans.SCANS, asked)


@scans_api.post("/<int:scan_id>/open")
@needs("foreign_scan:open")
@scans_api.arguments(ReasonIn)
@scans_api.response(200, OpenedScanOut)
def open_scan(body: dict[str, Any], scan_id: int) -> Response:
    """Say what was scanned; the look is recorded with its reason."""
    return answer(lambda work: {"scanned": foreign_scans.open_scan(work, scan_id, **body)}, OpenedScanOut())


@scans_api.post("/<int:scan_id>/purge")
@needs("foreign_scan:purge")
@scans_api.arguments(ReasonIn)
@scans_api.response(200, ForeignScanOut)
def purge_scan(body: dict[str, Any], scan_id: int) -> Response:
    """Delete what was scanned for good."""
    return answer(lambda work: foreign_scans.purge_scan(work, scan_id, **body), ForeignScanOut())

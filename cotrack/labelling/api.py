"""JSON routes of labels."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.schemas import ScanIn
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.labelling.schemas import LabelInstanceOut, LocationLabelIn, PaperIn, RequestIn, VoidIn
from cotrack.labelling.service import instances, papers, printing, site_labels

api = Blueprint("api_labelling", __name__, url_prefix="/api/v1/labels", description="Labels")


@api.post("/<int:label_id>/hand-out")
@needs("label:print")
@api.response(200, content_type="application/pdf")
def hand_out(label_id: int) -> Response:
    """Hand a label out, once: as PDF, or to its station's printer (204)."""
    handed = printing.hand_out(runtime().ground, actor(), label_id)
    return Response(handed.document, mimetype="application/pdf") if handed.document else Response(status=204)


@api.post("/<int:label_id>/scan-back")
@needs("label:apply")
@api.arguments(ScanIn)
@api.response(200, LabelInstanceOut)
def scan_back(body: dict[str, Any], label_id: int) -> Response:
    """Take a label as applied: it was scanned on its thing."""
    return answer(lambda work: instances.scan_back_label(work, label_id, **body), LabelInstanceOut())


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


@api.post("/locations/<code>")
@needs("label:print_location", "label:print_selftest")
@api.arguments(LocationLabelIn)
@api.response(201, LabelInstanceOut)
def request_location_label(body: dict[str, Any], code: str) -> Response:
    """Ask for a label of a place, a container or a station."""
    act = lambda work: site_labels.request_location_label(work, code, **body)  # noqa: E731 (one line)
    return answer(act, LabelInstanceOut(), status=201)


@api.post("/badges/<username>")
@needs("label:print_badge")
@api.arguments(RequestIn)
@api.response(201, LabelInstanceOut)
def request_badge(body: dict[str, Any], username: str) -> Response:
    """Ask for somebody's badge."""
    return answer(lambda work: site_labels.request_badge(work, username, **body), LabelInstanceOut(), status=201)

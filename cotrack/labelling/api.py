"""JSON routes of labels."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.labelling.schemas import CheckedOut, LabelCheckIn, LabelInstanceOut, PaperIn, VoidIn
from cotrack.labelling.service import checking, papers, printing

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


@api.post("/check")
@needs("label:check")
@api.arguments(LabelCheckIn)
@api.response(200, CheckedOut)
def check(body: dict[str, Any]) -> Response:
    """Say what a label is, by its scanned code or by a picture: genuine, current, whose, and its prints."""
    shown = checking.held_up(actor(), runtime().settings.var_folder, body["code"], body["picture_base64"])
    return answer(lambda work: checking.check(work, shown), CheckedOut())

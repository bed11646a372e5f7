"""JSON routes of labels."""

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.schemas import NothingIn, ReasonIn, ScanIn
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.labelling.schemas import (
    CheckedOut,
    ForeignScanOut,
    LabelCheckIn,
    LabelInstanceOut,
    LocationLabelIn,
    OpenedScanOut,
    PaperIn,
    PrinterIn,
    PrintJobIn,
    PrintJobOut,
    RequestIn,
    VoidIn,
)
from cotrack.labelling.service import (
    checking,
    foreign_scans,
    instances,
    papers,
    print_jobs,
    print_queue,
    printing,
    site_labels,
)

api = Blueprint("api_labelling", __name__, url_prefix="/api/v1/labels", description="Labels")
jobs = Blueprint("api_print_jobs", __name__, url_prefix="/api/v1/print-jobs", description="Print jobs")


@api.post("/<int:label_id>/hand-out")
@needs("label:print")
@api.arguments(PrinterIn)
@api.response(200, content_type="application/pdf")
def hand_out(body: dict[str, Any], label_id: int) -> Response:
    """Hand a label out, once: as PDF, or to its station's printer or the one that is named (204)."""
    return _given(printing.hand_out(runtime().ground, actor(), label_id, **body).document)


def _given(document: bytes | None) -> Response:
    return Response(document, mimetype="application/pdf") if document else Response(status=204)


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
@needs("label:print_location")
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


@jobs.post("")
@needs("label:print")
@jobs.arguments(PrintJobIn)
@jobs.response(201, PrintJobOut)
def request_job(body: dict[str, Any]) -> Response:
    """Put labels that were asked for together for one printer; nothing is sent yet."""
    asked = {"printer": body["printer"], "request_key": request.headers.get("Idempotency-Key", "")}
    return answer(lambda work: print_jobs.request_job(work, body["labels"], **asked), PrintJobOut(), status=201)


@jobs.get("/<int:job_id>")
@needs("label:print")
@jobs.response(200, PrintJobOut)
def show_job(job_id: int) -> Any:
    """Say how a job stands: which of its labels are sure, and which doubtful."""
    with runtime().ground.sessions.reading() as session:
        return PrintJobOut().dump(print_queue.job_seen(session, job_id, actor()).job)


@jobs.post("/<int:job_id>/send")
@needs("label:print")
@jobs.arguments(PrinterIn)
@jobs.response(200, content_type="application/pdf")
def send_job(body: dict[str, Any], job_id: int) -> Response:
    """Send the labels of a job that still wait, each once: as one PDF, or to its printer (204)."""
    return _given(printing.send_job(runtime().ground, actor(), job_id, **body))


@jobs.post("/<int:job_id>/cancel")
@needs("label:print")
@jobs.arguments(NothingIn)
@jobs.response(200, PrintJobOut)
def cancel_job(_: dict[str, Any], job_id: int) -> Response:
    """End a job that waits; its labels may be handed out one by one."""
    return answer(lambda work: print_jobs.cancel_job(work, job_id), PrintJobOut())


@jobs.post("/<int:job_id>/doubt")
@needs("label:print")
@jobs.arguments(NothingIn)
@jobs.response(200, PrintJobOut)
def call_doubtful(_: dict[str, Any], job_id: int) -> Response:
    """Give a job up whose end nobody heard: what was on its way is doubtful."""
    return answer(lambda work: print_jobs.call_doubtful(work, job_id), PrintJobOut())


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
    """Say what was scanned; each look is recorded with its reason, and its answer is kept nowhere."""
    act = lambda work: {"scanned": foreign_scans.open_scan(work, scan_id, **body)}  # noqa: E731 (one line)
    return answer(act, OpenedScanOut(), is_kept=False)


@scans_api.post("/<int:scan_id>/purge")
@needs("foreign_scan:purge")
@scans_api.arguments(ReasonIn)
@scans_api.response(200, ForeignScanOut)
def purge_scan(body: dict[str, Any], scan_id: int) -> Response:
    """Delete what was scanned for good."""
    return answer(lambda work: foreign_scans.purge_scan(work, scan_id, **body), ForeignScanOut())


@api.post("/check")
@needs("label:check")
@api.arguments(LabelCheckIn)
@api.response(200, CheckedOut)
def check(body: dict[str, Any]) -> Response:
    """Say what a label is, by its scanned code or by a picture: genuine, current, whose, and its prints."""
    shown = checking.held_up(actor(), runtime().settings.var_folder, body["code"], body["picture_base64"])
    return answer(lambda work: checking.check(work, shown), CheckedOut())

"""Pages of labels, print jobs and printers: hand out, make void; and the way from any page to a document."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, flash, jsonify, make_response, render_template, request, url_for

from cotrack.foundation.errors import Refused
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.web.files import pdf_file, sent_file
from cotrack.foundation.web.forms import Form, act_page, page_of, read
from cotrack.foundation.web.lists import list_page
from cotrack.foundation.web.schemas import ReasonIn, ScanIn
from cotrack.foundation.web.visit import actor, go_to, may, needs, require, runtime
from cotrack.foundation.web.words import tell, tell_blocker, term
from cotrack.foundation.words import N_
from cotrack.labelling.gateways.faults import PrinterNotReached, PrinterNotReady
from cotrack.labelling.gateways.templates import further_templates
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.schemas import LocationLabelIn, PaperIn, PrinterIn, RequestIn, VoidIn
from cotrack.labelling.service import (
    checking,
    documents,
    foreign_scans,
    instances,
    keeping,
    papers,
    print_jobs,
    print_queue,
    printers,
    printing,
    site_labels,
)
from cotrack.labelling.service.foreign_scan_list import foreign_scan_list
from cotrack.lifecycles import FOREIGN_SCAN, LABEL_INSTANCE

pages = Blueprint("labelling", __name__, template_folder="templates")


@pages.get("/labels/<int:label_id>")
@needs("label:print", "label:void", "label:apply")
def show_label(label_id: int) -> str:
    """Show one label instance: what it is for, and what became of it. Its code stands on no page."""
    with runtime().ground.sessions.reading() as session:
        label = instances.label_numbered(session, label_id)
        require(instances.seen_by(label))
        is_printer = may(KINDS[label.kind].permission)
        context = {
            "label": label,
            "is_doubtful": print_jobs.counts_when_found(session, label),
            "is_printer": is_printer,
        }
        return render_template("labelling/label.html", **context, **to_print(label.printer, label.status))


@pages.post("/labels/<int:label_id>/hand-out")
@needs("label:print")
def hand_out(label_id: int) -> Response:
    """Hand the label out, once: the browser gets the PDF, or the station's printer or a chosen one the label."""
    body = read(PrinterIn(), Form(request.form))
    return handed_out(printing.hand_out(runtime().ground, actor(), label_id, **body))


def to_print(usual: str, status: str = "intended") -> Mapping[str, Any]:
    """Return what stands beside a print button: the printers of the site, the usual one, and how that one is now."""
    site = runtime().ground.site
    found = printers.statuses(site, [usual]) if status == "intended" and usual in site.printers else {}
    return {"usual": site.printers.get(usual), "printers": list(site.printers.values()), "now": found.get(usual)}


@pages.get("/printers")
@needs("label:print", "label:void")
def show_printers() -> str:
    """Show the printers as they are now, the jobs that wait, and the labels of which nobody knows."""
    now = printers.statuses(runtime().ground.site)
    with runtime().ground.sessions.reading() as session:
        shown = print_queue.overview(session, actor().permissions, runtime().ground.sessions.clock())
        return render_template("labelling/printers.html", site=runtime().ground.site, now=now, shown=shown)


@pages.post("/printers/<code>/test")
@needs("label:print")
def print_test_page(code: str) -> Response:
    """Print a test page; the browser gets its PDF."""
    document = printers.test_page(runtime().ground, actor(), code)
    if document is not None:
        return pdf_file(document, f"test-page-{code}.pdf")
    flash(tell(N_("The test page was sent to {printer}."), {"printer": code}))
    return go_to(url_for("labelling.show_printers"))


@pages.get("/print-jobs/<int:job_id>")
@needs("label:print", "label:void")
def show_job(job_id: int) -> str:
    """Show a print job: which of its labels are sure, which doubtful, which wait, and what to do."""
    with runtime().ground.sessions.reading() as session:
        line = print_queue.job_seen(session, job_id, actor())
        is_lost = print_queue.may_be_lost(session, line.job, runtime().ground.sessions.clock())
        return render_template("labelling/job.html", line=line, is_lost=is_lost, **to_print(line.job.printer))


@pages.post("/print-jobs/<int:job_id>/send")
@needs("label:print")
def send_job(job_id: int) -> Response:
    """Send the labels of a job that still wait; what the printer does not take is said on the job's page."""
    try:
        document = printing.send_job(runtime().ground, actor(), job_id, **read(PrinterIn(), Form(request.form)))
    except (LabelNotPrintable, PrinterNotReady, PrinterNotReached):
        return _to_job(job_id)
    if document is None:
        return _to_job(job_id)
    return _once(pdf_file(document, f"print-job-{job_id}.pdf"), f"job-{job_id}")


def _to_job(job_id: int) -> Response:
    return go_to(url_for("labelling.show_job", job_id=job_id))


def _once(response: Response, thing: str) -> Response:
    # The page learns from it that the file has come, and shows the thing as it is now.
    response.set_cookie("cotrack_handed_out", thing, max_age=60, samesite="Strict")
    return response


@pages.post("/print-jobs/<int:job_id>/cancel")
@needs("label:print")
def cancel_job(job_id: int) -> Response:
    """End a job that waits."""
    with unit_of_work(runtime().ground, actor()) as work:
        print_jobs.cancel_job(work, job_id)
    return _to_job(job_id)


@pages.post("/print-jobs/<int:job_id>/doubt")
@needs("label:print")
def call_doubtful(job_id: int) -> Response:
    """Give a job up whose end nobody heard."""
    with unit_of_work(runtime().ground, actor()) as work:
        print_jobs.call_doubtful(work, job_id)
    return _to_job(job_id)


def document_page(name: str, read: Callable[..., documents.Document]) -> Response:
    """Answer with the document that `read` gathers from a session and the site, set as of now."""
    document = documents.pdf_of(runtime().ground, runtime().settings.witness_file, read)
    return pdf_file(document, f"{name}.pdf")


def on_paper(response: Response, subject: str) -> Response:
    """Make what a signed act promised into documents, after its commit; what fails now stays owed, and is said."""
    if response.status_code < HTTPStatus.BAD_REQUEST and request.method == "POST":
        keeping.keep_all(runtime().ground, runtime().settings.witness_file, subject)
    return response


@pages.get("/documents/<int:document_id>.pdf")
@needs("lot:read", "source:read", "infusion:read")
def show_document(document_id: int) -> Response:
    """Give a signed document as it was made; one that is still owed is made now."""
    with runtime().ground.sessions.reading() as session:
        owed = keeping.document_owed(session, document_id)
        require(keeping.reader_of(owed.name))
    content = keeping.content_of(runtime().ground, runtime().settings.witness_file, document_id)
    return pdf_file(content, f"{owed.name}-{owed.subject.partition(':')[2]}-{document_id}.pdf")


def handed_out(handed: printing.HandedOut) -> Response:
    """Answer with the PDF, or go back to the label where a printer has it."""
    if handed.document is None:
        return go_to(url_for("labelling.show_label", label_id=handed.label_id))
    return _once(pdf_file(handed.document, f"label-{handed.label_id}.pdf"), str(handed.label_id))


@pages.route("/labels/<int:label_id>/scan-back", methods=["GET", "POST"])
@needs("label:apply")
def scan_back(label_id: int) -> Response:
    """Scan a label back on its thing."""
    with runtime().ground.sessions.reading() as session:
        label = instances.label_numbered(session, label_id)
    require(instances.seen_by(label))
    act = lambda work, code: instances.scan_back_label(work, label_id, code=code)  # noqa: E731 (one line)
    return act_page(LABEL_INSTANCE, "apply", ScanIn(), act, thing=label.subject)


@pages.route("/locations/<code>/label", methods=["GET", "POST"])
@needs("label:print_location", "label:print_selftest")
def request_location_label(code: str) -> Response:
    """Ask for a label of a place, a container or a station; the next page hands it out."""
    location = site_labels.location_of(runtime().ground.site, code)
    kinds = [each for each in site_labels.labels_of_location(location) if may(KINDS[each].permission)]
    act = lambda work, **body: site_labels.request_location_label(work, code, **body)  # noqa: E731 (one line)
    options = {"kind": [(each, term(each)) for each in kinds]}
    return request_page(LocationLabelIn, kinds, act, thing=f"location:{code}", options=options)


@pages.route("/people/<username>/badge/label", methods=["GET", "POST"])
@needs("label:print_badge")
def request_badge(username: str) -> Response:
    """Ask for somebody's badge; the next page hands it out."""
    act = lambda work, **body: site_labels.request_badge(work, username, **body)  # noqa: E731 (one line)
    return request_page(RequestIn, ["badge"], act, thing=f"person:{username}")


def request_page(
    schema: type[RequestIn],
    kinds: Sequence[str],
    act: Callable[..., Any],
    *,
    thing: str,
    options: Mapping[str, Any] | None = None,
) -> Response:
    """Ask for a label on a page; the next one hands it out. A template is asked for where the site has several."""
    further = sorted({each for kind in kinds for each in further_templates(runtime().ground.labels_folder, kind)})
    templates = {"template": [("", tell(N_("the usual one"))), *((each, each) for each in further)]}
    return act_page(
        LABEL_INSTANCE,
        "request",
        schema() if further else schema(exclude=("template",)),
        act,
        thing=thing,
        then=lambda label: url_for("labelling.show_label", label_id=label.id),
        context=lambda _: {"options": {**(options or {}), **templates}},
    )


@pages.route("/labels/<int:label_id>/void", methods=["GET", "POST"])
@needs("label:void")
def make_void(label_id: int) -> Response:
    """Make a label void."""
    return act_page(
        LABEL_INSTANCE,
        "void",
        VoidIn(),
        lambda work, **body: papers.make_void(work, label_id, **body),
        thing=f"label_instance:{label_id}",
        then=lambda label: page_of(label.subject),
    )


@pages.route("/labels/<int:label_id>/account", methods=["GET", "POST"])
@needs("label:void")
def account_for(label_id: int) -> Response:
    """Say what became of the paper of a label that counts no more."""
    return act_page(
        LABEL_INSTANCE,
        "account",
        PaperIn(),
        lambda work, paper: papers.account_for(work, label_id, paper=paper),
        thing=f"label_instance:{label_id}",
        then=lambda label: page_of(label.subject),
    )


@pages.get("/foreign-scans")
@needs("foreign_scan:open")
def list_foreign_scans() -> Response:
    """List scans of codes that are none of ours."""
    return list_page(foreign_scan_list())


@pages.get("/foreign-scans/<int:scan_id>")
@needs("foreign_scan:open")
def show_foreign_scan(scan_id: int) -> str:
    """Show what is known of such a scan; the string itself is opened with a reason."""
    with runtime().ground.sessions.reading() as session:
        return render_template("labelling/foreign_scan.html", scan=foreign_scans.scan_numbered(session, scan_id))


@pages.route("/foreign-scans/<int:scan_id>/open", methods=["GET", "POST"])
@needs("foreign_scan:open")
def open_foreign_scan(scan_id: int) -> Response:
    """Show what was scanned; asking is recorded, with the reason."""
    form, opened, status = Form(request.form), None, HTTPStatus.OK
    if request.method == "POST":
        try:
            opened = _opened(scan_id, **read(ReasonIn(), form))
        except Refused as refusal:
            form.refuse(refusal)
            status = HTTPStatus(refusal.status)
    return make_response(_opening(scan_id, form, opened), status)


def _opened(scan_id: int, *, reason: str) -> str:
    with unit_of_work(runtime().ground, actor()) as work:
        return foreign_scans.open_scan(work, scan_id, reason=reason)


def _opening(scan_id: int, form: Form, opened: str | None) -> str:
    with runtime().ground.sessions.reading() as session:
        scan = foreign_scans.scan_numbered(session, scan_id)
        return render_template("labelling/open_foreign_scan.html", scan=scan, form=form, opened=opened)


@pages.route("/foreign-scans/<int:scan_id>/purge", methods=["GET", "POST"])
@needs("foreign_scan:purge")
def purge_foreign_scan(scan_id: int) -> Response:
    """Delete what was scanned for good."""
    return act_page(
        FOREIGN_SCAN,
        "purge",
        ReasonIn(),
        lambda work, reason: foreign_scans.purge_scan(work, scan_id, reason=reason),
        thing=f"foreign_scan:{scan_id}",
    )


@pages.post("/labels/read")
@needs("label:check")
def read_picture() -> Response:
    """Read the one code of a photo that was taken for a scan field; the page puts it there as a scanner would."""
    try:
        shown = held_up()
        with unit_of_work(runtime().ground, actor()) as work:
            return jsonify(code=checking.read_for_field(work, shown))
    except Refused as refusal:
        return make_response(jsonify(fault=" ".join(map(tell_blocker, refusal.reasons))), refusal.status)


def held_up() -> checking.Shown:
    """Return what a form holds up to the check station: a photo, else what was scanned."""
    picture = sent_file("picture")[1] if "picture" in request.files else None
    return checking.held_up(actor(), runtime().settings.var_folder, request.form.get("code"), picture)

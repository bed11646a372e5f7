"""Pages of one label: hand it out, make it void; and the way from any page to a document."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request, url_for

from cotrack.foundation.errors import Refused
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.web.files import pdf_file
from cotrack.foundation.web.forms import Form, act_page, page_of, read
from cotrack.foundation.web.lists import list_page
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import actor, go_to, needs, require, runtime
from cotrack.labelling.schemas import PaperIn, VoidIn
from cotrack.labelling.service import documents, foreign_scans, instances, keeping, papers, printing
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
        printer = runtime().ground.site.printers.get(label.printer)
        protocol = printer.protocol if printer else ""
        return render_template("labelling/label.html", label=label, protocol=protocol)


@pages.post("/labels/<int:label_id>/hand-out")
@needs("label:print")
def hand_out(label_id: int) -> Response:
    """Hand the label out, once: the browser gets the PDF, or the station's printer the bitmap."""
    handed = printing.hand_out(runtime().ground, actor(), label_id)
    return handed_out(handed)


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
    response = pdf_file(handed.document, f"label-{handed.label_id}.pdf")
    # The page learns from it that the file has come, and shows the label as it is now.
    response.set_cookie("cotrack_handed_out", str(handed.label_id), max_age=60, samesite="Strict")
    return response


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

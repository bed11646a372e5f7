"""Pages of one label: hand it out, make it void; and the way from any page to a document."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for

from cotrack.foundation.errors import Refused
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.web.files import pdf_file, sent_file
from cotrack.foundation.web.forms import act_page, page_of
from cotrack.foundation.web.visit import actor, go_to, needs, require, runtime
from cotrack.foundation.web.words import tell_blocker
from cotrack.labelling.schemas import PaperIn, VoidIn
from cotrack.labelling.service import checking, documents, instances, keeping, papers, printing
from cotrack.lifecycles import LABEL_INSTANCE

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

"""Pages of one label: hand it out, make it void; and the way from any page to a document."""

from collections.abc import Callable

from flask import Blueprint, Response, render_template, url_for

from cotrack.foundation.web.files import pdf_file
from cotrack.foundation.web.forms import act_page, page_of
from cotrack.foundation.web.visit import actor, go_to, needs, require, runtime
from cotrack.labelling.schemas import PaperIn, VoidIn
from cotrack.labelling.service import documents, instances, papers, printing
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

"""Pages of one label: hand it out, scan it back, make it void; and the way from any page to a document."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from cotrack.foundation.web.files import pdf_file
from cotrack.foundation.web.forms import Form, act_page, page_of, read
from cotrack.foundation.web.schemas import ScanIn
from cotrack.foundation.web.visit import actor, go_to, may, needs, require, runtime
from cotrack.foundation.web.words import tell, term
from cotrack.foundation.words import N_
from cotrack.labelling.gateways.templates import further_templates
from cotrack.labelling.pages.printers import once, to_print
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.schemas import LocationLabelIn, PaperIn, PrinterIn, RequestIn, VoidIn
from cotrack.labelling.service import (
    documents,
    instances,
    keeping,
    papers,
    print_jobs,
    printing,
    site_labels,
)
from cotrack.lifecycles import LABEL_INSTANCE

pages = Blueprint("labelling", __name__, template_folder="../templates")


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
            "is_printer": is_printer,
            **print_jobs.end_of_print(session, label),
        }
        return render_template("labelling/label.html", **context, **to_print(label.printer, label.status))


@pages.post("/labels/<int:label_id>/hand-out")
@needs("label:print")
def hand_out(label_id: int) -> Response:
    """Hand the label out, once: the browser gets the PDF, or the station's printer or a chosen one the label."""
    body = read(PrinterIn(), Form(request.form))
    return handed_out(printing.hand_out(runtime().ground, actor(), label_id, **body))


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
    return once(pdf_file(handed.document, f"label-{handed.label_id}.pdf"), str(handed.label_id))


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
@needs("label:print_location")
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

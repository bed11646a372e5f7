"""Pages of labels and of the scanners that read them; and the way from any page to a document."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, Refused
from cotrack.foundation.web.commands import TYPED, run
from cotrack.foundation.web.files import pdf_file
from cotrack.foundation.web.forms import Form, act_page, page_of
from cotrack.foundation.web.visit import actor, go_to, needs, require, runtime
from cotrack.foundation.web.words import tell, tell_blocker
from cotrack.foundation.words import N_
from cotrack.labelling.schemas import PaperIn, VoidIn
from cotrack.labelling.service import (
    documents,
    instances,
    keeping,
    papers,
    pastes,
    printing,
    self_test_page,
    self_tests,
)
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


@pages.post("/scans/pasted")
@needs("self:sign_in")
def note_paste() -> Response:
    """Write down that somebody tried to paste a code, as the page tells it once."""
    pastes.note(runtime().ground, actor(), request.form.get("page", ""))
    return Response(status=HTTPStatus.NO_CONTENT)


@pages.get("/stations")
@needs("station:test", "trail:read")
def list_stations() -> str:
    """Show every station, and whether its scanner is tested."""
    ground = runtime().ground
    with ground.sessions.reading() as session:
        stations = self_tests.all_stations(session, ground.site)
    return render_template("labelling/stations.html", stations=stations, now=ground.sessions.clock())


@pages.get("/stations/self-test.pdf")
@needs("station:test", "trail:read")
def self_test_sheet() -> Response:
    """Give the sheet on which scanners are tested."""
    return pdf_file(self_test_page.sheet_pdf(runtime().ground), "scanner-self-test.pdf")


@pages.get("/self-test")
@needs("station:test")
def own_self_test() -> Response:
    """Go to the self-test of one's own station; from no station, to the list of all."""
    code = actor().station
    is_here = runtime().ground.site.station(code) is not None
    return go_to(url_for("labelling.show_self_test", code=code) if is_here else url_for("labelling.list_stations"))


@pages.get("/stations/<code>/self-test")
@needs("station:test", "trail:read")
def show_self_test(code: str) -> str:
    """Show how the newest self-test of a station came out, and take another one at that station."""
    shown = self_test_page.shown(runtime().ground, actor(), code)
    return render_template("labelling/self_test.html", form=Form(MultiDict()), **shown)


@pages.post("/stations/<code>/self-test")
@needs("station:test")
def test_station(code: str) -> Response:
    """Judge what arrived of the sheet; what is wrong stands at its symbol, beside what should have come."""
    sent = self_test_page.sent_by(request.form, request.form.getlist(TYPED))
    try:
        row_id = int(
            run(lambda work: self_test_page.taken(work, code, sent), key=request.form.get("form_key", "")).body
        )
    except Refused as refusal:
        return _self_test_again(code, refusal, sent)
    faults = self_test_page.faults_of(runtime().ground, row_id)
    if faults:
        return _self_test_again(code, InvalidInput(fields=_by_symbol(faults)), sent)
    flash(tell(N_("The scanner reads true: it may be used at this station.")))
    return go_to(url_for("labelling.show_self_test", code=code))


def _by_symbol(faults: Sequence[Blocker]) -> dict[str, list[str]]:
    names = [str(each.parameters["symbol"]) for each in faults]
    return {name: [tell_blocker(each) for each in faults if each.parameters["symbol"] == name] for name in names}


def _self_test_again(code: str, refusal: Refused, sent: self_test_page.Sent) -> Response:
    """Show the page again with what came beside what should have, in a form that is a new request."""
    form = Form(MultiDict())
    form.refuse(refusal)
    form.labels = {**self_test_page.TITLES}
    shown = self_test_page.shown(runtime().ground, actor(), code, sent)
    return make_response(render_template("labelling/self_test.html", form=form, **shown), refusal.status)

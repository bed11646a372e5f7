"""Pages of screening, identity, enrolment and bands."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for

from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.web.files import kept_upload, preview_page
from cotrack.foundation.web.forms import Form, act_page, done_words, form_page, read
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.foundation.words import N_
from cotrack.labelling.pages import handed_out
from cotrack.labelling.schemas import PrinterIn
from cotrack.labelling.service import printing
from cotrack.lifecycles import BAND, LABEL_INSTANCE, PARTICIPANT
from cotrack.participants import schemas
from cotrack.participants.service import bands, enrolment, identity, knowledge, screening, sheets, treatment

pages = Blueprint("participants", __name__, template_folder="templates")


@pages.route("/participants/screen", methods=["GET", "POST"])
@needs("participant:screen")
def screen() -> str | Response:
    """Send a screening file and see what storing it would do."""
    if request.method == "GET":
        return render_template("participants/screen.html", preview=None)
    return preview_page("participants/screen.html", screening.look)


@pages.post("/participants/store")
@needs("participant:screen")
def store() -> Response:
    """Store the file that was previewed."""
    return form_page(
        schemas.StoreScreeningIn(),
        lambda work, sha256: screening.screen(work, **kept_upload(sha256)),
        template="participants/screen.html",
        then=lambda _: url_for("desk.participants"),
        done=N_("The screened persons are stored."),
        context=lambda _: {"preview": None},
    )


@pages.route("/participants/<number>/answer", methods=["GET", "POST"])
@needs("participant:answer")
def answer_criteria(number: str) -> Response:
    """Answer the criteria that no screening column says."""
    return form_page(
        schemas.AnswersIn(),
        lambda work, /, **answers: knowledge.answer_criteria(work, number, answers=answers),
        template="participants/answer.html",
        then=lambda _: _participant(number),
        done=N_("The answers are stored."),
        context=lambda session: sheets.answer_sheet(runtime().ground, session, number),
    )


@pages.route("/participants/<number>/measure", methods=["GET", "POST"])
@needs("participant:measure")
def measure(number: str) -> Response:
    """Record new measurements."""
    return form_page(
        schemas.MeasureIn(),
        lambda work, **typed: knowledge.measure(work, number, **sheets.as_measured(typed)),
        template="participants/measure.html",
        then=lambda _: _participant(number),
        done=N_("The measurements are stored."),
        context=lambda session: {**sheets.measure_sheet(session, number), "schema": schemas.MeasureIn()},
    )


@pages.route("/participants/<number>/identity", methods=["GET", "POST"])
@needs("participant:identify")
def identify(number: str) -> Response:
    """Record who a participant is."""
    return form_page(
        schemas.IdentityIn(),
        lambda work, **body: identity.identify(work, number, **body),
        template="participants/identify.html",
        then=lambda _: _participant(number),
        done=N_("The identity is stored, encrypted."),
        context=lambda _: {"number": number, "schema": schemas.IdentityIn()},
    )


@pages.route("/participants/<number>/look", methods=["GET", "POST"])
@needs("participant:identify")
def look(number: str) -> Response:
    """Show who a participant is; asking is recorded."""
    form, known, status = Form(request.form), None, 200
    if request.method == "POST":
        try:
            known = _looked(number, **read(schemas.LookIn(), form))
        except InvalidInput as refusal:
            status = refusal.status
    page = render_template("participants/look.html", number=number, known=known, form=form, schema=schemas.LookIn())
    return make_response(page, status)


@pages.route("/participants/<number>/enrol", methods=["GET", "POST"])
@needs("participant:enrol")
def enrol(number: str) -> Response:
    """Enrol a participant today."""
    return act_page(
        PARTICIPANT,
        "enrol",
        schemas.EnrolIn(),
        lambda work, arm: enrolment.enrol(work, number, arm=arm),
        thing=f"participant:{number}",
        context=lambda session: {"options": {"arm": sheets.arms(session, number)}},
    )


@pages.route("/participants/<number>/withdraw", methods=["GET", "POST"])
@needs("participant:withdraw")
def withdraw(number: str) -> Response:
    """Take a participant out of the study."""
    act = lambda work, reason: enrolment.withdraw(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(PARTICIPANT, "withdraw", ReasonIn(), act, thing=f"participant:{number}")


@pages.route("/participants/<number>/take-over", methods=["GET", "POST"])
@needs("participant:take_over")
def take_over(number: str) -> Response:
    """Become a participant's treating physician."""
    act = lambda work, reason: treatment.take_over(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(PARTICIPANT, "take_over", ReasonIn(), act, thing=f"participant:{number}")


@pages.route("/participants/<number>/band", methods=["GET", "POST"])
@needs("label:print_band")
def request_band(number: str) -> Response:
    """Ask for a wristband; the next page hands it out."""
    return act_page(
        LABEL_INSTANCE,
        "request",
        schemas.BandRequestIn(),
        lambda work, reason: bands.request_band(work, number, reason=reason),
        thing=f"participant:{number}",
        then=lambda label: url_for("labelling.show_label", label_id=label.id),
    )


@pages.post("/bands/<int:label_id>/hand-out")
@needs("label:print_band")
def hand_out_band(label_id: int) -> Response:
    """Hand a wristband out, once; the look at the identity that it prints is recorded."""
    with unit_of_work(runtime().ground, actor()) as work:
        private = bands.printed_identity(work, label_id)
    chosen = read(PrinterIn(), Form(request.form))
    return handed_out(printing.hand_out(runtime().ground, actor(), label_id, private=private, **chosen))


def _band_page(number: str, action: str, act: Any) -> Response:
    shown = {"number": number, "act": BAND[action], "schema": schemas.BandIn()}
    return form_page(
        schemas.BandIn(),
        lambda work, **body: act(work, number, **body),
        template="participants/band.html",
        then=lambda _: _participant(number),
        done=done_words(BAND[action], f"participant:{number}"),
        context=lambda _: {**shown, "known": _looked(number, "band")},
    )


def _looked(number: str, purpose: str) -> Any:
    with unit_of_work(runtime().ground, actor()) as work:
        return identity.look(work, number, purpose=purpose)


@pages.route("/participants/<number>/band/put-on", methods=["GET", "POST"])
@needs("participant:put_on_band")
def put_on_band(number: str) -> Response:
    """Put a band on, as the first of two people."""
    return _band_page(number, "put_on", bands.put_on)


@pages.route("/participants/<number>/band/confirm", methods=["GET", "POST"])
@needs("participant:confirm_band")
def confirm_band(number: str) -> Response:
    """Confirm a band, as the second of two people."""
    return _band_page(number, "confirm", bands.confirm)


@pages.route("/participants/<number>/band/remove", methods=["GET", "POST"])
@needs("participant:put_on_band")
def remove_band(number: str) -> Response:
    """Take a band off."""
    act = lambda work, reason: bands.remove(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(BAND, "remove", ReasonIn(), act, thing=f"participant:{number}")


def _participant(number: str) -> str:
    return url_for("desk.participant", number=number)

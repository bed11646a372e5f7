"""Pages of the bedside: one question at a time, one verdict, and never a code before it was scanned."""

from flask import Blueprint, Response, flash, render_template, request, url_for

from cotrack.bedside import schemas
from cotrack.bedside.service import infusions, screens, sittings, taking, verdicts
from cotrack.foundation.errors import ReasonMissing
from cotrack.foundation.web.commands import is_key, typed
from cotrack.foundation.web.forms import done_words, form_page
from cotrack.foundation.web.schemas import plain_line
from cotrack.foundation.web.visit import actor, go_to, needs, runtime
from cotrack.foundation.web.words import tell
from cotrack.lifecycles import UNIT

pages = Blueprint("bedside", __name__, template_folder="../templates")

LONGEST_SCAN = 400
LONGEST_REASON = 500


@pages.get("/bedside")
@needs("infusion:check")
def question() -> str:
    """Ask the next question of this person's own check."""
    return render_template("bedside/question.html", **screens.question(runtime().ground, actor()))


@pages.post("/bedside/scan")
@needs("infusion:check")
def scan() -> Response:
    """Take a scan: the band first, then the bag, which makes the check."""
    try:
        return _go(taking.take_scan(runtime().ground, actor(), _sent("code")))
    except ReasonMissing as refusal:
        flash(tell(refusal.detail), "careful")
        return go_to(url_for("bedside.question", keyed="why", _anchor="keyed"))


@pages.post("/bedside/identity")
@needs("infusion:check")
def answer_identity() -> Response:
    """Take what the person at the bed said."""
    return _go(taking.take_answer(runtime().ground, actor(), _sent("answer")))


def _sent(field: str) -> taking.Sent:
    # The field of a scan shows no keyboard on a tablet: what is typed has one of its own.
    said = request.form.get(field, "") or request.form.get("keyed", "")
    content, key = said[:LONGEST_SCAN], request.form.get("form_key", "")
    reason = plain_line(request.form.get("keyed_reason", ""))[:LONGEST_REASON]
    return taking.Sent(request.form.get("asked", ""), content, key if is_key(key) else "", reason, typed())


@pages.post("/bedside/again")
@needs("infusion:check")
def begin_again() -> Response:
    """Forget what was scanned and ask again."""
    sittings.begin_again(runtime().ground, actor())
    return _go(None)


def _go(check_id: int | None) -> Response:
    """Go on to the verdict of a finished check, else to the next question."""
    address = url_for("bedside.question") if check_id is None else url_for("bedside.verdict", check_id=check_id)
    return go_to(address)


@pages.get("/bedside/checks/<int:check_id>")
@needs("infusion:check")
def verdict(check_id: int) -> str:
    """Show one large verdict, why, and what to do now."""
    asked = request.args.get("order", "")
    shown = verdicts.verdict(runtime().ground, actor(), check_id, order_number=asked)
    return render_template("bedside/verdict.html", **shown)


@pages.post("/bedside/start")
@needs("infusion:start")
def start() -> Response:
    """Start the infusion from two matches."""
    return form_page(
        schemas.PairIn(),
        infusions.start,
        template="bedside/stopped.html",
        then=lambda infusion: url_for("infusions.show_infusion", infusion_id=infusion.id),
        done=done_words(UNIT["start"], ""),
        context=lambda _: screens.phones(runtime().ground),
    )


@pages.post("/bedside/thaw")
@needs("unit:thaw")
def start_thaw() -> Response:
    """Start the thaw from two matches."""
    return form_page(
        schemas.PairIn(),
        infusions.start_thaw,
        template="bedside/stopped.html",
        then=lambda unit: url_for("desk.unit", number=unit.number),
        done=done_words(UNIT["thaw"], ""),
        context=lambda _: screens.phones(runtime().ground),
    )


@pages.route("/orders/<number>/thaw-check", methods=["GET", "POST"])
@needs("infusion:check")
def check_before_thaw(number: str) -> Response:
    """Check bag, tag and order before the thaw."""
    return form_page(
        schemas.ThawScansIn(),
        lambda work, /, **scans: screens.check_before_thaw(work, number, scans),
        template="bedside/thaw_check.html",
        then=lambda check: url_for("bedside.verdict", check_id=check.id, order=number),
        context=lambda session: screens.thaw_sheet(runtime().ground, actor(), session, number),
    )

"""Pages of the bedside: one question at a time, one verdict, and never a code before it was scanned."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, render_template, request, url_for

from cotrack.bedside import schemas
from cotrack.bedside.service import infusions, papers, screens, sittings, taking, verdicts, ward
from cotrack.bedside.service.clocks import wash_sheet
from cotrack.foundation.errors import ReasonMissing
from cotrack.foundation.web.commands import is_key, typed
from cotrack.foundation.web.files import pdf_file
from cotrack.foundation.web.forms import act_page, done_words, form_page
from cotrack.foundation.web.schemas import NothingIn, ReasonIn, plain_line
from cotrack.foundation.web.visit import actor, go_to, needs, runtime
from cotrack.foundation.web.words import quantity, site_time, tell
from cotrack.foundation.words import N_
from cotrack.lifecycles import UNIT

pages = Blueprint("bedside", __name__, template_folder="templates")

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
        then=lambda infusion: url_for("bedside.show_infusion", infusion_id=infusion.id),
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


@pages.route("/units/<number>/issue", methods=["GET", "POST"])
@needs("unit:issue")
def issue(number: str) -> Response:
    """Hand a bag over for a ward."""
    return act_page(
        UNIT,
        "issue",
        schemas.IssueIn(),
        lambda work, **body: ward.issue(work, number, **body),
        thing=f"unit:{number}",
        context=lambda session: screens.issue_sheet(runtime().ground, session, number),
    )


@pages.route("/bedside/receive", methods=["GET", "POST"])
@needs("unit:receive")
def receive() -> Response:
    """Take a bag over on the ward, by scan."""
    return act_page(
        UNIT,
        "receive",
        schemas.BagIn(),
        ward.receive_scanned,
        thing="",
        then=lambda unit: url_for("desk.unit", number=unit.number),
    )


def _unit_act(number: str, action: str, schema: Any, act: Any, *, context: Any = None) -> Response:
    carry_out = lambda work, **body: act(work, number, **body)  # noqa: E731 (one line)
    return act_page(UNIT, action, schema, carry_out, thing=f"unit:{number}", context=context)


@pages.route("/units/<number>/return", methods=["GET", "POST"])
@needs("unit:return")
def return_unit(number: str) -> Response:
    """Send a bag back that was never thawed."""
    return _unit_act(number, "return", ReasonIn(), ward.return_unit)


@pages.route("/units/<number>/waste", methods=["GET", "POST"])
@needs("unit:waste")
def waste_unit(number: str) -> Response:
    """Discard a bag."""
    return _unit_act(number, "waste", ReasonIn(), ward.waste_unit)


@pages.route("/units/<number>/finish-thaw", methods=["GET", "POST"])
@needs("unit:thaw")
def finish_thaw(number: str) -> Response:
    """Record that a bag is thawed."""
    return _unit_act(number, "finish_thaw", NothingIn(), infusions.finish_thaw)


@pages.route("/units/<number>/wash", methods=["GET", "POST"])
@needs("unit:thaw")
def record_wash(number: str) -> Response:
    """Record that a thawed bag was washed now."""
    return _unit_act(number, "wash", NothingIn(), infusions.record_wash, context=partial(_wash_facts, number=number))


def _wash_facts(session: Any, number: str) -> dict[str, Any]:
    ground = runtime().ground
    minutes, until, after = wash_sheet(session, number, ground.site, ground.sessions.clock())
    facts = [
        (tell(N_("Keeps after a wash")), quantity(minutes, "min")),
        (tell(N_("End of life until now")), site_time(until)),
        (tell(N_("End of life if it is washed now")), site_time(after)),
    ]
    return {"facts": facts}


@pages.get("/infusions/<int:infusion_id>")
@needs("infusion:read")
def show_infusion(infusion_id: int) -> str:
    """Show an infusion: running with its clock, or ended with its record."""
    return render_template("bedside/infusion.html", **screens.infusion(runtime().ground, infusion_id))


@pages.get("/infusions/<int:infusion_id>/record.pdf")
@needs("infusion:read")
def infusion_document(infusion_id: int) -> Response:
    """Give the record of an ended infusion as a document."""
    content = papers.infusion_pdf(runtime().ground, runtime().settings.witness_file, infusion_id)
    return pdf_file(content, f"infusion-{infusion_id}.pdf")


def _infusion_act(infusion_id: int, action: str, schema: Any, act: Any) -> Response:
    return act_page(
        UNIT,
        action,
        schema,
        lambda work, **body: act(work, infusion_id, **body),
        thing=f"infusion:{infusion_id}",
        context=lambda session: {"facts": _infusion_facts(session, infusion_id)},
    )


def _infusion_facts(session: Any, infusion_id: int) -> list[tuple[str, Any]]:
    """Return what must stand beside the fields: whose infusion, of which bag, and how much of it was ordered."""
    found = infusions.infusion_numbered(session, infusion_id)
    return [
        (tell(N_("Participant")), found.participant.subject_number),
        (tell(N_("Bag")), found.unit.number),
        (tell(N_("Volume in the bag")), quantity(found.unit.volume_ml, "mL")),
        (tell(N_("Volume to give")), quantity(infusions.volume_to_give(session, found), "mL")),
    ]


@pages.route("/infusions/<int:infusion_id>/pause", methods=["GET", "POST"])
@needs("infusion:pause")
def pause(infusion_id: int) -> Response:
    """Interrupt an infusion."""
    return _infusion_act(infusion_id, "pause", ReasonIn(), infusions.pause)


@pages.route("/infusions/<int:infusion_id>/resume", methods=["GET", "POST"])
@needs("infusion:pause")
def resume(infusion_id: int) -> Response:
    """Go on with an infusion."""
    return _infusion_act(infusion_id, "resume", NothingIn(), infusions.resume)


@pages.route("/infusions/<int:infusion_id>/complete", methods=["GET", "POST"])
@needs("infusion:complete")
def complete(infusion_id: int) -> Response:
    """End an infusion as planned."""
    return _infusion_act(infusion_id, "complete", schemas.VolumesIn(), infusions.complete)


@pages.route("/infusions/<int:infusion_id>/stop-early", methods=["GET", "POST"])
@needs("infusion:stop")
def stop_early(infusion_id: int) -> Response:
    """End an infusion before the volume was given."""
    return _infusion_act(infusion_id, "stop_early", schemas.StoppedIn(), infusions.stop_early)

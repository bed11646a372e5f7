"""The technician's page for filling: one step, one instruction, one field; a wrong scan stops the whole page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from marshmallow import Schema
from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import Refused
from cotrack.foundation.web.files import pdf_file
from cotrack.foundation.web.forms import Form, act_page, form_page, read
from cotrack.foundation.web.schemas import NothingIn, ReasonIn, ScanIn
from cotrack.foundation.web.visit import actor, go_to, needs, runtime
from cotrack.labelling.pages.printers import to_print
from cotrack.labelling.schemas import PrinterIn, VoidIn
from cotrack.labelling.service import instances, papers
from cotrack.labelling.service.self_tests import against_scans_at
from cotrack.lifecycles import LINE_CLEARANCE, UNIT
from cotrack.manufacture.schemas import UnitIn, content_of
from cotrack.manufacture.schemas import filling as schemas
from cotrack.manufacture.service import clearances, filling, rolls, samples
from cotrack.manufacture.service.filling_page import Stand, print_next, require_in_lot, stand_of

pages = Blueprint("filling", __name__, template_folder="../templates")


@pages.before_request
def find_in_its_lot() -> None:
    """Find what an address names below a lot in that very lot, whatever the view then does with it."""
    named = dict(request.view_args or {})
    if request.path.startswith("/lots/"):
        with runtime().ground.sessions.reading() as session:
            require_in_lot(session, str(named.pop("number")), named)


@pages.get("/lots/<number>/filling")
@needs("unit:fill")
def show(number: str) -> str:
    """Show the one step that is next at this station."""
    with runtime().ground.sessions.reading() as session:
        return render_template("manufacture/filling.html", form=Form(request.args), **_stand(session, number))


def _stand(session: Session, number: str) -> Mapping[str, Any]:
    stand = stand_of(session, actor(), number)
    return {
        "stand": stand,
        "units": UnitIn(),
        "samples": schemas.SampleIn(),
        "is_scan": request.endpoint == SCAN,
        "unfit": _unfit(session),
        **_beside_print(stand),
    }


def _beside_print(stand: Stand) -> Mapping[str, Any]:
    station = runtime().ground.site.station(stand.station)
    return to_print(station.printer if station else "", "intended" if stand.step == "print" else "")


def _unfit(session: Session) -> Sequence[Blocker]:
    """Return why no label is scanned back at this station: its scanner is not tested."""
    ground = runtime().ground
    return against_scans_at(session, ground.site, actor().station, ground.sessions.clock())


SCAN = "filling.scan"


def _step(number: str, schema: Schema, act: Callable[..., Any]) -> Response:
    """Carry out one step of the page and show the next one; what is refused stands on the page."""
    return form_page(
        schema,
        act,
        template="manufacture/filling.html",
        then=lambda _: url_for("filling.show", number=number),
        context=lambda session: _stand(session, number),
    )


@pages.post("/lots/<number>/filling/clear")
@needs("line:clear")
def clear(number: str) -> Response:
    """Clear the line for this lot."""
    return _step(number, schemas.ClearIn(), lambda work, **body: clearances.clear_line(work, number, **body))


@pages.post("/lots/<number>/filling/check/<int:clearance_id>")
@needs("line:clear")
def check(number: str, clearance_id: int) -> Response:
    """Check the cleared line as the second person."""
    act = lambda work, **body: clearances.check_line(work, clearance_id, **body)  # noqa: E731 (one line)
    return _step(number, schemas.CheckIn(), act)


@pages.post("/lots/<number>/filling/withdraw/<int:clearance_id>")
@needs("line:clear")
def withdraw(number: str, clearance_id: int) -> Response:
    """Say that something was still at the line."""
    act = lambda work, **body: clearances.withdraw_line(work, clearance_id, **body)  # noqa: E731 (one line)
    return _step(number, ReasonIn(), act)


@pages.post("/lots/<number>/filling/fill")
@needs("unit:fill")
def fill(number: str) -> Response:
    """Fill the next bag."""
    return _step(number, UnitIn(), lambda work, **body: filling.fill_unit(work, number, **content_of(body)))


@pages.post("/lots/<number>/filling/sample")
@needs("unit:fill")
def fill_sample(number: str) -> Response:
    """Fill a sample."""
    return _step(number, schemas.SampleIn(), lambda work, **body: filling.fill_sample(work, number, **content_of(body)))


@pages.post("/lots/<number>/filling/print/<unit>/<kind>")
@needs("label:print_bag")
def print_label(number: str, unit: str, kind: str) -> Response:
    """Print the label that the page asks for: its station's printer has it, or the browser gets the PDF."""
    try:
        chosen = read(PrinterIn(), Form(request.form))
        handed = print_next(runtime().ground, actor(), unit, kind, **chosen)
    except Refused as refusal:
        return _refused(number, refusal)
    if handed.document is None:
        return go_to(url_for("filling.show", number=number))
    response = pdf_file(handed.document, f"label-{handed.label_id}.pdf")
    response.set_cookie("cotrack_handed_out", f"{unit}-{kind}", max_age=60, samesite="Strict")
    return response


def _refused(number: str, refusal: Refused) -> Response:
    form = Form(request.form)
    form.refuse(refusal)
    with runtime().ground.sessions.reading() as session:
        page = render_template("manufacture/filling.html", form=form, **_stand(session, number))
    return Response(page, refusal.status)


@pages.post("/lots/<number>/filling/scan/<unit>/<kind>")
@needs("label:print_bag")
def scan(number: str, unit: str, kind: str) -> Response:
    """Scan the label back on its bag; another one stops the page."""
    act = lambda work, code: instances.scan_back(work, f"unit:{unit}", code, kind=kind)  # noqa: E731 (one line)
    return _step(number, ScanIn(), act)


@pages.post("/lots/<number>/filling/spoiled/<int:label_id>")
@needs("line:clear")
def spoiled(number: str, label_id: int) -> Response:
    """Say that a print is spoiled, and what became of its paper; the next print follows."""
    act = lambda work, **body: papers.make_void(work, label_id, **body)  # noqa: E731 (one line)
    return _step(number, VoidIn(), act)


@pages.post("/lots/<number>/filling/roll/<int:clearance_id>")
@needs("line:clear")
def change_roll(number: str, clearance_id: int) -> Response:
    """Put another roll in."""
    act = lambda work, **body: clearances.change_roll(work, clearance_id, **body)  # noqa: E731 (one line)
    return _step(number, schemas.RollIn(), act)


@pages.route("/lots/<number>/rolls/<int:clearance_id>/<int:position>/explain", methods=["GET", "POST"])
@needs("line:clear")
def explain_roll(number: str, clearance_id: int, position: int) -> Response:
    """Say where the difference of a roll comes from."""
    act = lambda work, reason: rolls.explain_roll(work, clearance_id, position, reason=reason)  # noqa: E731 (one line)
    return act_page(LINE_CLEARANCE, "explain_roll", ReasonIn(), act, thing=f"lot:{number}")


@pages.post("/lots/<number>/filling/broken/<unit>")
@needs("line:clear")
def broken(number: str, unit: str) -> Response:
    """Say that a bag broke: it and its labels are destroyed, and the next one follows."""
    return _step(number, ReasonIn(), lambda work, reason: filling.destroy_unit(work, unit, reason=reason))


@pages.post("/lots/<number>/filling/leave/<int:clearance_id>")
@needs("line:clear")
def leave(number: str, clearance_id: int) -> Response:
    """Clear the line after filling."""
    act = lambda work, **body: clearances.leave_line(work, clearance_id, **body)  # noqa: E731 (one line)
    return _step(number, schemas.LeaveIn(), act)


@pages.post("/lots/<number>/filling/resume/<int:clearance_id>")
@needs("line:clear")
def resume(number: str, clearance_id: int) -> Response:
    """Go on filling after the first look."""
    act = lambda work, **body: clearances.resume_line(work, clearance_id, **body)  # noqa: E731 (one line)
    return _step(number, ReasonIn(), act)


@pages.post("/lots/<number>/filling/end/<int:clearance_id>")
@needs("line:clear")
def end(number: str, clearance_id: int) -> Response:
    """Check the line after filling as the second person."""
    act = lambda work, **body: clearances.end_line(work, clearance_id, **body)  # noqa: E731 (one line)
    return _step(number, schemas.CheckIn(), act)


@pages.route("/units/<number>/send", methods=["GET", "POST"])
@needs("sample:handle")
def send_sample(number: str) -> Response:
    """Send a sample to the laboratory."""
    return act_page(UNIT, "send", NothingIn(), lambda work: samples.send_sample(work, number), thing=f"unit:{number}")


@pages.route("/units/<number>/archive", methods=["GET", "POST"])
@needs("sample:handle")
def archive_sample(number: str) -> Response:
    """Put a sample into the archive."""
    act = lambda work: samples.archive_sample(work, number)  # noqa: E731 (one line)
    return act_page(UNIT, "archive", NothingIn(), act, thing=f"unit:{number}")


@pages.route("/units/<number>/use-up", methods=["GET", "POST"])
@needs("sample:handle")
def use_up_sample(number: str) -> Response:
    """Write down that nothing of a sample is left."""
    act = lambda work, reason: samples.use_up_sample(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(UNIT, "use_up", ReasonIn(), act, thing=f"unit:{number}")

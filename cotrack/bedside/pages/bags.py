"""Pages of a bag on its way: issue, receipt, return, thaw, wash, waste."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, url_for

from cotrack.bedside import schemas
from cotrack.bedside.service import infusions, screens, ward
from cotrack.bedside.service.clocks import wash_sheet
from cotrack.foundation.web.forms import act_page
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.foundation.web.words import quantity, site_time, tell
from cotrack.foundation.words import N_
from cotrack.lifecycles import UNIT

pages = Blueprint("bags", __name__)


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

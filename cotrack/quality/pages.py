"""The pages that lift a hold, and assess and close a deviation."""

from flask import Blueprint, Response

from cotrack.foundation.web.forms import act_page
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.foundation.web.words import site_time, tell, term
from cotrack.foundation.words import N_
from cotrack.lifecycles import DEVIATION, HOLD
from cotrack.quality.schemas import AssessmentIn
from cotrack.quality.service import deviations, holds

pages = Blueprint("quality", __name__)


@pages.route("/holds/<int:hold_id>/lift", methods=["GET", "POST"])
@needs("hold:lift")
def lift(hold_id: int) -> Response:
    """Lift a hold, with the reason; the page says what stands on what, since when, why and by whom."""
    with runtime().ground.sessions.reading() as session:
        hold, placed_by = holds.hold_numbered(session, hold_id)
    noun, _, key = hold.subject.partition(":")
    facts = [
        (term(noun), key),
        (tell(N_("Why it is held")), hold.reason),
        (tell(N_("Held by")), placed_by),
        (tell(N_("Held since")), site_time(hold.placed_at)),
    ]
    return act_page(
        HOLD,
        "lift",
        ReasonIn(),
        lambda work, reason: holds.lift(work, hold_id, reason=reason),
        thing=hold.subject,
        context=lambda _: {"facts": facts},
    )


@pages.route("/deviations/<number>/assess", methods=["GET", "POST"])
@needs("deviation:assess")
def assess(number: str) -> Response:
    """Write down class, cause and impact of a deviation; what was written before stands in the fields."""
    with runtime().ground.sessions.reading() as session:
        deviation, _ = deviations.deviation_numbered(session, number)
    return act_page(
        DEVIATION,
        "assess",
        AssessmentIn(),
        lambda work, **body: deviations.assess(work, number, **body),
        thing=f"deviation:{number}",
        context=lambda _: {"facts": [(tell(N_("What happened")), deviation.description)]},
        suggest={name: getattr(deviation, name) for name in ("classification", "cause", "impact")},
    )


@pages.route("/deviations/<number>/close", methods=["GET", "POST"])
@needs("deviation:close")
def close(number: str) -> Response:
    """Close a deviation, signed."""
    act = lambda work: deviations.close(work, number)  # noqa: E731 (one line)
    return act_page(DEVIATION, "close", NothingIn(), act, thing=f"deviation:{number}")

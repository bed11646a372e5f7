"""The page that lifts a hold."""

from flask import Blueprint, Response

from cotrack.foundation.web.forms import act_page
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.foundation.web.words import site_time, tell, term
from cotrack.foundation.words import N_
from cotrack.lifecycles import HOLD
from cotrack.quality import service

pages = Blueprint("quality", __name__)


@pages.route("/holds/<int:hold_id>/lift", methods=["GET", "POST"])
@needs("hold:lift")
def lift(hold_id: int) -> Response:
    """Lift a hold, with the reason; the page says what stands on what, since when, why and by whom."""
    with runtime().ground.sessions.reading() as session:
        hold, placed_by = service.hold_numbered(session, hold_id)
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
        lambda work, reason: service.lift(work, hold_id, reason=reason),
        thing=hold.subject,
        context=lambda _: {"facts": facts},
    )

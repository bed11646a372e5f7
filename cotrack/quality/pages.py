"""The page that lifts a hold."""

from flask import Blueprint, Response

from cotrack.foundation.web.forms import act_page, page_of
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import needs
from cotrack.lifecycles import HOLD
from cotrack.quality import service

pages = Blueprint("quality", __name__)


@pages.route("/holds/<int:hold_id>/lift", methods=["GET", "POST"])
@needs("hold:lift")
def lift(hold_id: int) -> Response:
    """Lift a hold, with the reason."""
    return act_page(
        HOLD,
        "lift",
        ReasonIn(),
        lambda work, reason: service.lift(work, hold_id, reason=reason),
        thing="",
        then=lambda hold: page_of(hold.subject),
    )

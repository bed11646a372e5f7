"""The page on which QA gives a lot another expiry."""

from typing import Any

from flask import Blueprint, Response

from cotrack.foundation.web.forms import act_page
from cotrack.foundation.web.visit import needs, runtime
from cotrack.foundation.web.words import tell
from cotrack.lifecycles import LOT
from cotrack.release.schemas import expiry as schemas
from cotrack.release.service import expiry_decisions

pages = Blueprint("expiry", __name__)


@pages.route("/lots/<number>/expiry", methods=["GET", "POST"])
@needs("lot:decide_expiry")
def decide_expiry(number: str) -> Response:
    """Sign another expiry of a lot."""
    return act_page(
        LOT,
        "decide_expiry",
        schemas.ExpiryIn(),
        lambda work, **said: expiry_decisions.decide_expiry(work, number, **said),
        thing=f"lot:{number}",
        context=lambda session: {"facts": _facts(session, number)},
    )


def _facts(session: Any, number: str) -> list[tuple[str, str]]:
    sheet = expiry_decisions.expiry_sheet(session, number, runtime().ground.site)
    return [(tell(name), value) for name, value in sheet]

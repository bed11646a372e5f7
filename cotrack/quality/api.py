"""JSON routes of holds; they are placed at the thing they hold."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import needs
from cotrack.quality import service
from cotrack.quality.schemas import LiftedOut

api = Blueprint("api_quality", __name__, url_prefix="/api/v1/holds", description="Holds")


@api.post("/<int:hold_id>/lift")
@needs("hold:lift")
@api.arguments(ReasonIn)
@api.response(200, LiftedOut)
def lift(body: dict[str, Any], hold_id: int) -> Response:
    """Lift a hold; a recall is never lifted."""
    return answer(lambda work: service.lift(work, hold_id, **body), LiftedOut())

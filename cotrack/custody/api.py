"""JSON routes of custody."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.custody import service
from cotrack.custody.schemas import PlaceIn
from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.visit import needs
from cotrack.manufacture.schemas import UnitOut

api = Blueprint("api_custody", __name__, url_prefix="/api/v1/units", description="Custody")


@api.post("/<number>/store")
@needs("unit:store")
@api.arguments(PlaceIn)
@api.response(200, UnitOut)
def store_unit(body: dict[str, Any], number: str) -> Response:
    """Put a labelled unit into its place."""
    return answer(lambda work: service.store_unit(work, number, **body), UnitOut())

"""The page that puts a unit into its place."""

from flask import Blueprint, Response

from cotrack.custody import service
from cotrack.custody.schemas import PlaceIn
from cotrack.foundation.web.forms import act_page
from cotrack.foundation.web.visit import needs, runtime
from cotrack.lifecycles import UNIT

pages = Blueprint("custody", __name__)


@pages.route("/units/<number>/store", methods=["GET", "POST"])
@needs("unit:store")
def store_unit(number: str) -> Response:
    """Put a labelled unit into its place."""
    places = [(place, place) for place in runtime().ground.site.places]
    return act_page(
        UNIT,
        "store",
        PlaceIn(),
        lambda work, place: service.store_unit(work, number, place=place),
        thing=f"unit:{number}",
        context=lambda _: {"options": {"place": places}},
    )

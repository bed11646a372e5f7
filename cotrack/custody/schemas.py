"""Shapes of custody."""

from cotrack.foundation.web.schemas import In, Words
from cotrack.foundation.words import N_


class PlaceIn(In):
    """A place of the site."""

    place = Words(required=True, metadata={"label": N_("Place")})

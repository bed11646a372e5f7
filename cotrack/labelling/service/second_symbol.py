"""A unit's second code, for other people's systems: signed by nobody, and never taken for a label of ours."""

from datetime import datetime

from PIL import Image

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import Blocked
from cotrack.foundation.site import Site
from cotrack.foundation.words import N_
from cotrack.labelling.gateways.gs1 import gs1_matrix, split
from cotrack.labelling.rules.gs1 import UnitElements, element_string


def second_code(site: Site, *, lot: str, number: str, expires_at: datetime) -> str | None:
    """Return a unit as the site's second scheme writes it, its end to the minute in the site's time; None without one.

    Refuses a number that the scheme cannot carry (`second_code_impossible`).
    """
    if site.second_symbol is None:
        return None
    end = expires_at.astimezone(site.zone).replace(second=0, microsecond=0, tzinfo=None)
    try:
        return element_string(UnitElements(site.second_symbol.gtin, lot, number, end), split)
    except ValueError:
        words = N_("{unit} of lot {lot} does not fit a GS1 code: choose other numbers, or no second symbol.")
        raise Blocked(blockers=[Blocker("second_code_impossible", words, {"unit": number, "lot": lot})]) from None


def second_symbol(code: str, *, dots_a_module: int) -> Image.Image:
    """Return the symbol of a second code; raises LabelNotPrintable where it does not read back as that code."""
    return gs1_matrix(code, dots_a_module=dots_a_module)

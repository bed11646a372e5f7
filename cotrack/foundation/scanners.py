"""What the scanner of a station adds to a code, as the site says it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_ADDED = re.compile(r"[!-/:-@[\\^-`{-~]{0,5}")
"""What a scanner may be set to add to a code: signs alone, and not the one that begins a symbology identifier."""


@dataclass(frozen=True)
class Scanner:
    """What the scanner at a station puts before and behind every code that it types."""

    prefix: str = ""
    suffix: str = ""


ADDS_NOTHING: Final = Scanner()


def read_scanner(entry: Mapping[str, Any]) -> Scanner:
    """Return what a station's scanner adds; letters and digits are refused, because a code is made of them."""
    added = entry.get("scanner", {})
    is_known = isinstance(added, dict) and not added.keys() - {"prefix", "suffix"}
    if not is_known or not all(isinstance(each, str) and _ADDED.fullmatch(each) for each in added.values()):
        raise ValueError(f"station {entry['code']}: scanner takes a prefix and a suffix of up to five signs")
    return Scanner(**added)

"""The places and containers of a site that have a label of their own: stations, wards, stores, and what it lists."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STATION, WARD, STORE = "station", "ward", "freezer"
LOCATION_KINDS = ("freezer", "rack", "room", "bay", "bed", "box", "shipper")
"""What `site.toml` may list as `[[location]]`; stations, wards and places are locations by themselves."""
_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
LONGEST_CODE = 24


@dataclass(frozen=True)
class Location:
    """A place or a container with a label of its own; `within` is the code of the place that it stands in."""

    code: str
    kind: str
    name_en: str
    name_zh: str
    within: str = ""


def read_locations(
    entries: Sequence[Mapping[str, Any]], places: Sequence[str], stations: Sequence[Location]
) -> Mapping[str, Location]:
    """Return every location of a site by its code; raises ValueError naming the one at fault.

    A place where bags are kept may be listed too, to give it a name; a station or a ward may not.
    """
    found = {each: Location(each, STORE, each, each) for each in places}
    found |= {each.within: Location(each.within, WARD, each.within, each.within) for each in stations if each.within}
    found |= {each.code: each for each in stations}
    taken = {each.code for each in found.values() if each.kind in {STATION, WARD}}
    for entry in entries:
        location = _location(entry)
        if location.code in taken:
            raise ValueError(f"location {location.code}: there is a station or a ward of this code")
        found[location.code] = location
    for each in found.values():
        if each.within and each.within not in found:
            raise ValueError(f"location {each.code}: there is no location {each.within!r} for it to be in")
    return found


def _location(entry: Mapping[str, Any]) -> Location:
    code = entry["code"]
    if not _CODE.fullmatch(code) or len(code) > LONGEST_CODE:
        raise ValueError(
            f"location {code}: capital letters, digits and hyphens, as in BOX-0007, {LONGEST_CODE} at most"
        )
    if entry["kind"] not in LOCATION_KINDS:
        raise ValueError(f"location {code}: kind {entry['kind']!r} is none of {', '.join(LOCATION_KINDS)}")
    for name in ("name_en", "name_zh"):
        if not isinstance(entry[name], str) or not entry[name].strip():
            raise ValueError(f"location {code}: {name} must be a text")
    return Location(code, entry["kind"], entry["name_en"], entry["name_zh"], str(entry.get("within", "")))

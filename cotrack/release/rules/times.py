"""The forms in which a laboratory may write when it tested, each read in one way only; seconds are in none of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SITE_FORM: Final = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class TimeForm:
    """A pattern with named parts, and a time written by it."""

    pattern: re.Pattern[str]
    example: str


def _form(pattern: str, example: str) -> TimeForm:
    parts = {"Y": "(?P<year>[0-9]{4})", "M": "(?P<month>[0-9]{1,2})", "D": "(?P<day>[0-9]{1,2})"}
    clock = {"h": "(?P<hour>[0-9]{1,2})", "m": "(?P<minute>[0-9]{2})"}
    return TimeForm(re.compile("".join({**parts, **clock}.get(each, re.escape(each)) for each in pattern)), example)


TIME_FORMS: Final[Mapping[str, TimeForm]] = {
    "YYYY-MM-DD HH:MM": _form("Y-M-D h:m", "2026-10-05 09:12"),
    "YYYY/MM/DD HH:MM": _form("Y/M/D h:m", "2026/10/05 09:12"),
    "YYYY.MM.DD HH:MM": _form("Y.M.D h:m", "2026.10.05 09:12"),
    "DD.MM.YYYY HH:MM": _form("D.M.Y h:m", "05.10.2026 09:12"),
    "DD/MM/YYYY HH:MM": _form("D/M/Y h:m", "05/10/2026 09:12"),
    "MM/DD/YYYY HH:MM": _form("M/D/Y h:m", "10/05/2026 09:12"),
    "YYYY年MM月DD日 HH:MM": _form("Y年M月D日 h:m", "2026年10月05日 09:12"),
}
"""Whether day or month comes first is said by the mapping and never guessed from a file."""


def is_zone(name: str) -> bool:
    """Whether a zone of this name (`Europe/Berlin`) is known."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def site_time(text: str, form: TimeForm, zone: str, site_zone: str) -> str | None:
    """Return a time of a laboratory as the site writes it, in the site's zone; an empty zone is the site's.

    None where the text is in another form or no time, and where a clock change makes it none or two.
    """
    found = form.pattern.fullmatch(text)
    if found is None:
        return None
    try:
        local = datetime(**{name: int(part) for name, part in found.groupdict().items()})  # type: ignore[arg-type]  # noqa: DTZ001 (its zone follows)
        instant = _only_instant(local, ZoneInfo(zone or site_zone))
    except (ValueError, OverflowError):
        return None
    if instant is None:
        return None
    at_site = instant.astimezone(ZoneInfo(site_zone)).replace(tzinfo=None)
    return f"{at_site:{SITE_FORM}}" if _only_instant(at_site, ZoneInfo(site_zone)) == instant else None


def _only_instant(local: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the one instant at which the clocks of a zone show this time; None where there is none, or two."""
    instants = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    (first, *others) = instants
    return first if not others else None

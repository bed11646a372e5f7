"""Reads days, times and numbers in the one form in which each is written here; any other form is not guessed."""

import re
from datetime import date, datetime, tzinfo
from decimal import Decimal

_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?")
_WHOLE = re.compile(r"[0-9]{1,12}")
_SITE_TIME = "%Y-%m-%d %H:%M"


def day(text: str) -> date | None:
    """Return `2026-10-05` as a day; None where it is none, or is one in another form (`20261005`, `2026-W41-1`)."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.isoformat() == text else None


def site_instant(text: str, zone: tzinfo) -> datetime | None:
    """Return `2026-10-05 09:12`, in the site's time, as an instant; None where it is none."""
    try:
        found = datetime.strptime(text, _SITE_TIME).replace(tzinfo=zone)
    except ValueError:
        return None
    return found if found.strftime(_SITE_TIME) == text else None


def number(text: str) -> Decimal | None:
    """Return a decimal number in plain digits, at most nine before and six after the point; None where it is none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def whole(text: str) -> int | None:
    """Return a whole number in plain digits, at most twelve; None where it is none."""
    return int(text) if _WHOLE.fullmatch(text) else None

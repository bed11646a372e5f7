"""Reads and writes lines, days, times and numbers in the one form of each here; no other form is guessed."""

import re
import unicodedata
from datetime import date, datetime, tzinfo
from decimal import Decimal

_NUMBER = re.compile(r"(?:-(?=[0.]*[1-9]))?[0-9]{1,9}(?:\.[0-9]{1,6})?")
_WHOLE = re.compile(r"[0-9]{1,12}")
_SITE_TIME = "%Y-%m-%d %H:%M"
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
"""Between these lies every day that can be meant; at the ends of the calendar no rule could count to the next day."""
_NOT_IN_A_LINE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_PILE = "MMM"


def is_one_line(text: str) -> bool:
    """Whether a text is one line that looks as it is: what is signed or printed must not begin a line of its own.

    No line break, tab or other control character, none that hides or turns the direction, no pile of accents.
    """
    if text.isprintable() and text.isascii():
        return True
    categories = [unicodedata.category(each) for each in text]
    marks = "".join("M" if each in {"Mn", "Me"} else " " for each in categories)
    return _NOT_IN_A_LINE.isdisjoint(categories) and _PILE not in marks


def day(text: str) -> date | None:
    """Return `2026-10-05` as a day; None where it is none that can be meant, or in another form (`20261005`)."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.isoformat() == text and EARLIEST <= found <= LATEST else None


def site_instant(text: str, zone: tzinfo) -> datetime | None:
    """Return `2026-10-05 09:12`, in the site's time, as an instant; None where it is none."""
    try:
        found = datetime.strptime(text, _SITE_TIME).replace(tzinfo=zone)
    except ValueError:
        return None
    return found if found.strftime(_SITE_TIME) == text and EARLIEST <= found.date() <= LATEST else None


def site_words(instant: datetime, zone: tzinfo) -> str:
    """Write an instant in the site's time with its offset: `2026-11-22 14:05 +08:00`."""
    local = instant.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {local.isoformat()[-6:]}"


def instant_in_words(text: str) -> datetime | None:
    """Return the instant that `site_words` wrote, with the offset that stands there; None where a text is none."""
    try:
        return datetime.strptime(text, f"{_SITE_TIME} %z")
    except ValueError:
        return None


def number(text: str) -> Decimal | None:
    """Return a decimal number in plain digits, at most nine before and six after the point; None where it is none.

    Zero has no sign: `-0` counts as written wrong, because a later comparison would take it for a zero.
    """
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def whole(text: str) -> int | None:
    """Return a whole number in plain digits, at most twelve; None where it is none."""
    return int(text) if _WHOLE.fullmatch(text) else None


_AUTOLOGOUS_ONLY = re.compile(
    r"autologous(?:patient)?(?:use)?only|onlyforautologous|[仅只限专](?:供|限|用于|供于|能用于)?(?:患者)?自体|自体专用"
)
_BLANKS = re.compile(r"[\s\W_]+")


def says_autologous_only(text: str) -> bool:
    """Whether a text says that a product is for autologous use only (21 CFR 1271.90(c)(1)), in English or Chinese.

    However it is spelt: capital letters, full width, blanks, hyphens and line ends make no difference.
    """
    return _AUTOLOGOUS_ONLY.search(_BLANKS.sub("", unicodedata.normalize("NFKC", text).casefold())) is not None


def has_check_digit(number: str) -> bool:
    """Whether the last digit of a GS1 number is the check digit of those before it (reference/domain.md §2.2)."""
    if len(number) < 2 or not (number.isascii() and number.isdigit()):
        return False
    return check_digit(number[:-1]) == number[-1]


def check_digit(digits: str) -> str:
    """Return the check digit of a GS1 number over the digits before it: weights 3, 1, 3, … from the right."""
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)

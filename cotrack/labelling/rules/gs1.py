"""GS1 element strings: which of them hold, and how one of our own units is written (reference/domain.md §2.2).

A parser outside divides a string into its elements by GS1's dictionary; what a parser lets pass is judged here. An
element string is signed by nobody: it says what something is, and is never taken for a label of ours.
"""

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cotrack.foundation.written import has_check_digit
from cotrack.labelling.rules.symbology import GS1_SYMBOLS, PLAIN_SYMBOLS

GS: Final = "\x1d"
GTIN: Final = "01"
LOT: Final = "10"
EXPIRY_DAY: Final = "17"
SERIAL: Final = "21"
EXPIRY: Final = "7003"

_FIXED: Final = {"00": 18, GTIN: 14, "02": 14, "11": 6, "13": 6, "15": 6, EXPIRY_DAY: 6, EXPIRY: 10}
"""Elements of one length: a GS that was lost before one of them hides it in the value before."""
_ENDS_ITSELF: Final = re.compile(r"0[0-4]|1[1-9]|20|3[1-6]|41")
"""How an element begins that needs no GS after it: GS1's table of predefined lengths. (7003) is not in it."""
_CHECKED: Final = frozenset({"00", GTIN, "02", "8017", "8018"})
"""Elements whose last digit is a check digit."""
_DAYS: Final = frozenset({"11", "13", "15", EXPIRY_DAY})
_OF_AN_ITEM: Final = {
    LOT: {GTIN, "02", "03", "8006", "8026"},
    SERIAL: {GTIN, "03", "8006"},
    "11": {GTIN, "02", "03", "8006", "8026"},
    EXPIRY_DAY: {GTIN, "02", "03", "8006", "8026", "255"},
    EXPIRY: {GTIN, "02", "03"},
}
"""What says something of an item, and the elements of which one must say of which."""
_TEXT: Final = re.compile(r"[!\"%-?A-Z_a-z]{1,20}")
_YEARS: Final = 2000


@dataclass(frozen=True)
class Element:
    """One element: its application identifier and its value."""

    ai: str
    value: str


@dataclass(frozen=True)
class UnitElements:
    """What an element string says of one of our own units. The end is in the site's time; GS1 writes no zone."""

    gtin: str
    lot: str
    serial: str
    expires: datetime | date


Split = Callable[[str], Sequence[Element] | None]
"""Divides an element string by GS1's dictionary; None where it is none."""


def looks_like_gs1(content: str, symbology: str) -> bool:
    """Whether a scan claims to be GS1: by its symbol, else by a GS within or an item's number at its beginning."""
    if symbology:
        return symbology in GS1_SYMBOLS and symbology not in PLAIN_SYMBOLS
    is_item = content[:2] in {"00", GTIN} and content[2:16].isdecimal() and content.isascii() and len(content) >= 16
    return is_item or GS in content[1:]


def faults_of(content: str, split: Split) -> list[str]:
    """Return everything that is wrong with an element string, by name; nothing where it holds.

    `unreadable` (not by the dictionary) · `check_digit` · `day` · `time` · `twice` (one element with two values) ·
    `no_item` (of what?) · `separator` (the GS after a value of variable length was lost).
    """
    elements = split(content) if content.isascii() else None
    if not elements:
        return ["unreadable"]
    said = {each.ai for each in elements}
    found = [fault for each in elements for fault in _faults_of_one(each, split)]
    found += ["twice"] * (len(said) < len(set(elements)))
    found += ["separator"] * _lacks_separator(content, elements)
    found += ["no_item"] * any(not said & items for ai, items in _OF_AN_ITEM.items() if ai in said)
    return list(dict.fromkeys(found))


def _lacks_separator(content: str, elements: Sequence[Element]) -> bool:
    """Whether a GS is missing that must end an element: a parser that knows its length reads on all the same."""
    rest = content
    for each in elements:
        rest = rest[len(each.ai) + len(each.value) :]
        if rest and not rest.startswith(GS) and not _ENDS_ITSELF.match(each.ai):
            return True
        rest = rest.removeprefix(GS)
    return False


def _faults_of_one(element: Element, split: Split) -> list[str]:
    ai, value = element.ai, element.value
    found = []
    if ai in _CHECKED and not has_check_digit(value):
        found.append("check_digit")
    if (ai in _DAYS and not _is_day(value, may_be_month=True)) or (ai == EXPIRY and not _is_day(value[:6])):
        found.append("day")
    if ai == EXPIRY and not _is_time(value[6:]):
        found.append("time")
    if ai in {LOT, SERIAL} and _hides_another(value, split):
        found.append("separator")
    return found


def _is_day(value: str, *, may_be_month: bool = False) -> bool:
    """Whether six digits are a day; day 00 is the end of its month where the dictionary allows it (yymmd0)."""
    if not re.fullmatch(r"[0-9]{6}", value):
        return False
    month, day = int(value[2:4]), int(value[4:])
    if not 1 <= month <= 12:
        return False
    last = calendar.monthrange(_YEARS + int(value[:2]), month)[1]
    return (0 if may_be_month else 1) <= day <= last


def _is_time(value: str) -> bool:
    return re.fullmatch(r"(?:[01][0-9]|2[0-3])[0-5][0-9]", value) is not None


def _hides_another(value: str, split: Split) -> bool:
    """Whether the end of a value reads as further elements: the GS that should end it may have been lost."""
    return any(_is_further(value[start:], split) for start in range(1, len(value)))


def _is_further(text: str, split: Split) -> bool:
    ai = next((each for each in _FIXED if text.startswith(each)), "")
    length = len(ai) + _FIXED.get(ai, 0)
    if not ai or len(text) < length or not text[:length].isdigit():
        return False
    head, rest = Element(ai, text[len(ai) : length]), text[length:]
    return not _faults_of_one(head, split) and (not rest or split(rest) is not None)


def unit_said(content: str, split: Split) -> UnitElements | None:
    """Return the unit that a faultless element string names; None where it names none, or says less than we write."""
    if faults_of(content, split):
        return None
    said = {each.ai: each.value for each in split(content) or ()}
    end = said.get(EXPIRY) or said.get(EXPIRY_DAY, "")
    if not {GTIN, LOT, SERIAL} <= said.keys() or not end:
        return None
    return UnitElements(said[GTIN], said[LOT], said[SERIAL], _end(end))


def _end(value: str) -> datetime | date:
    year, month, day = _YEARS + int(value[:2]), int(value[2:4]), int(value[4:6])
    day = day or calendar.monthrange(year, month)[1]
    if len(value) == 6:
        return date(year, month, day)
    return datetime(year, month, day, int(value[6:8]), int(value[8:]))  # noqa: DTZ001 (GS1 writes no zone)


def element_string(unit: UnitElements, split: Split) -> str:
    """Return a unit as an element string, with a GS after each element whose end the dictionary does not give.

    An end with a time is (7003), in the site's time; a day alone is (17). Raises ValueError for what GS1 cannot carry,
    and for a number of which a lost GS would make another reading.
    """
    is_timed = isinstance(unit.expires, datetime)
    end = f"{EXPIRY}{unit.expires:%y%m%d%H%M}{GS}" if is_timed else f"{EXPIRY_DAY}{unit.expires:%y%m%d}"
    text = f"{GTIN}{unit.gtin}{end}{LOT}{unit.lot}{GS}{SERIAL}{unit.serial}"
    is_text = _TEXT.fullmatch(unit.lot) and _TEXT.fullmatch(unit.serial)
    if not is_text or len(unit.gtin) != _FIXED[GTIN] or unit_said(text, split) != unit:
        raise ValueError(f"{unit.serial} of {unit.lot}, GTIN {unit.gtin}: does not fit a GS1 element string")
    return text

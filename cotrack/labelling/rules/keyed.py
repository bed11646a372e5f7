"""A number typed from a label with its boxed check character, where no code can be read (domain.md §5.3 E18, E19)."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cotrack.labelling.rules.check_character import printed_check

LONGEST: Final = 40
NEVER_KEYED: Final = frozenset({"tag"})
"""A number names a thing and not one of its two labels. It stands for the one on the thing: a tag is only scanned."""

_KEYED: Final = re.compile(r"(?P<number>[A-Z0-9]+(?:-[A-Z0-9]+)+)(?: +(?P<check>[0-9A-Z*]))?")


@dataclass(frozen=True)
class Keyed:
    """A number and the character beside it, as typed; an empty character where the number stood alone."""

    number: str
    check: str


def read_keyed(text: str) -> Keyed | None:
    """Return a typed number with its character: `MSC26-0031-001 A`; None where the text is no such thing."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    found = _KEYED.fullmatch(plain) if len(plain) <= LONGEST else None
    return Keyed(found["number"], found["check"] or "") if found else None


def looks_keyed(content: str, symbology: str) -> bool:
    """Whether a text may have been typed: a scanner that says what it read was not fooled by a keyboard."""
    return not symbology and read_keyed(content) is not None


@dataclass(frozen=True)
class Printed:
    """A print of a label, as far as a typed number may mean it."""

    label_id: int
    instance: int
    is_live: bool


def meant_by(keyed: Keyed, prints: Iterable[Printed]) -> Printed | None:
    """Return the print whose boxed character was typed; where more than one has it, the live one, else the newest.

    None where no print of the number has it: it was misread, or guessed.
    """
    fitting = [each for each in prints if printed_check(keyed.number, each.instance) == keyed.check]
    return max(fitting, key=lambda each: (each.is_live, each.instance), default=None)

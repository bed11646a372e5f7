"""What a scanner says of the symbol it read, before the text: its symbology identifier (ISO/IEC 15424)."""

import re
import unicodedata
from typing import Final

GS1_SYMBOLS: Final = frozenset({"]d2", "]Q3", "]C1", "]e0"})
"""GS1 Data Matrix, GS1 QR, GS1-128, GS1 DataBar and composite (reference/domain.md §2.2)."""

PLAIN_SYMBOLS: Final = frozenset({"]d1", "]Q1"})
"""Data Matrix and QR whose text is nobody's element string."""

_IDENTIFIER: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")


def symbology_of(text: str) -> str:
    """Return the symbology identifier that was sent with a scan (`]Q1`); empty where none was."""
    found = _IDENTIFIER.match(_begun(text))
    return found.group() if found else ""


def content_of(text: str) -> str:
    """Return a scanned string without its symbology identifier and without the frame that scanners put around it.

    Nothing within is changed: a GS (0x1D) in it divides, and capital and small letters differ.
    """
    begun = _begun(text)
    return begun.removeprefix(symbology_of(begun)).rstrip("\x00\x02\x03\x04\t\r\n ")


def _begun(text: str) -> str:
    """Leave out what stands before the first character that anybody can see."""
    plain = unicodedata.normalize("NFKC", text)
    is_seen = (place for place, each in enumerate(plain) if each == "\x1d" or not _is_mark(each))
    return plain[next(is_seen, len(plain)) :]


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Zs"}

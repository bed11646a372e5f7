"""The sheet on which the scanner of a station is tested: its texts, and what other keyboard layouts make of them.

The texts are no secret. They name no thing, and as codes they are refused everywhere (`unknown_code`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cotrack.foundation.words import N_
from cotrack.labelling.rules.check_character import check_character

SHEET: Final = "CTTEST1"
"""Begins every test text, with the version of the sheet."""

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_MIXED: Final = "Q7Z4M0A9Y2W8X3K6V1B5C"
GROUP_SEPARATOR: Final = "\x1d"
SIGNS: Final = "]=<>&/,+;:-*.%?!()'\"_"
"""What codes of GS1 and ISBT 128 are made of beside letters and digits, and what begins a symbology identifier."""


def _long_text(letter: str) -> str:
    body = f"{SHEET}{letter}{_ALPHABET}{_MIXED}{_ALPHABET[::-1]}{_ALPHABET[17:]}{_ALPHABET[:17]}"
    return body + check_character(body)


@dataclass(frozen=True)
class SheetSymbol:
    """One symbol of the sheet: the field that takes its scan, the text in it, and its kind's letter in `]Q1`, `]d1`."""

    name: str
    title: str
    text: str
    letter: str


SYMBOLS: Final = (
    SheetSymbol("qr", N_("1 · QR, letters and digits"), _long_text("Q"), "Q"),
    SheetSymbol("square", N_("2 · square Data Matrix, letters and digits"), _long_text("D"), "d"),
    SheetSymbol(
        "signs",
        N_("3 · QR, small letters and signs"),
        f"{SHEET}S{_ALPHABET.lower()}{GROUP_SEPARATOR}{SIGNS}{GROUP_SEPARATOR}{_ALPHABET}",
        "Q",
    ),
)
"""The first two are longer than any code of ours, hold all its letters, and end in a check character."""

UNITED_STATES: Final = (
    "`1234567890-=~!@#$%^&*()_+qwertyuiop[]QWERTYUIOP{}asdfghjkl;'ASDFGHJKL:\"zxcvbnm,./ZXCVBNM<>?\\|"
)
LAYOUTS: Final[Mapping[str, str]] = {
    N_(
        "French (AZERTY)"
    ): "²&é\"'(-è_çà)=²1234567890°+azertyuiop^$AZERTYUIOP¨£qsdfghjklmùQSDFGHJKLM%wxcvbn,;:!WXCVBN?./§*µ",
    N_(
        "German (QWERTZ)"
    ): "^1234567890ß´°!\"§$%&/()=?`qwertzuiopü+QWERTZUIOPÜ*asdfghjklöäASDFGHJKLÖÄyxcvbnm,.-YXCVBNM;:_#'",
    N_("British"): "`1234567890-=¬!\"£$%^&*()_+qwertyuiop[]QWERTYUIOP{}asdfghjkl;'ASDFGHJKL:@zxcvbnm,./ZXCVBNM<>?#~",
    N_("Spanish"): "º1234567890'¡ª!\"·$%&/()=?¿qwertyuiop`+QWERTYUIOP^*asdfghjklñ´ASDFGHJKLÑ¨zxcvbnm,.-ZXCVBNM;:_çÇ",
}
"""What each layout types where a scanner presses the keys of a US keyboard, key by key, plain and with Shift.

Keys that wait for another one (dead keys) type nothing or join with it; such signs are not compared.
"""
DEAD: Final = "^¨´`~°"

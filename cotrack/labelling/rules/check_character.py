"""The check character of ISO/IEC 7064 mod 37-2, as printed in a box beside a number."""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}


def check_character(text: str) -> str:
    """Return the check character over digits and capital letters; raises KeyError for anything else."""
    total = 0
    for character in text:
        total = (total + _VALUES[character]) * 2 % 37
    return ALPHABET[(38 - total) % 37]


def has_valid_check(text: str) -> bool:
    """Whether the last character is the check character of those before it."""
    if len(text) < 2 or any(character not in _VALUES for character in text) or "*" in text[:-1]:
        return False
    return check_character(text[:-1]) == text[-1]


def printed_check(number: str, instance: int) -> str:
    """Return the boxed character beside a printed number: over its letters and digits and the label's instance.

    The instance is part of it, so that the number on a superseded label does not pass when it is keyed.
    """
    letters = "".join(character for character in number.upper() if character in _VALUES and character != "*")
    return check_character(f"{letters}{instance:02d}")

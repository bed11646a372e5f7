"""How much is kept of codes that are none of ours: a flood of them must not fill the disk."""

from dataclasses import dataclass
from typing import Final

LONGEST: Final = 1000
"""Characters. What is longer is no code of anybody's: its length and its HMAC are enough."""
MOST_OF_ONE_PERSON: Final = 60
"""Within an hour."""
MOST_OF_ALL: Final = 1000
"""Within a day."""


@dataclass(frozen=True)
class KeptSoFar:
    """What is kept already: of the same string, of this person within an hour, of everybody within a day."""

    same: int
    of_person: int
    of_all: int


def is_kept(text: str, so_far: KeptSoFar) -> bool:
    """Whether the string itself is kept for QA; the trail keeps symbology, length and HMAC of every scan anyway."""
    is_new = bool(text) and len(text) <= LONGEST and not so_far.same
    return is_new and so_far.of_person < MOST_OF_ONE_PERSON and so_far.of_all < MOST_OF_ALL

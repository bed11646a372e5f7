"""Decides whether the labels that came off each roll are the labels that were printed (21 CFR 211.125(c))."""

from collections.abc import Sequence
from dataclasses import dataclass

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_


@dataclass(frozen=True)
class RollFacts:
    """One roll of labels while it was on a station's printer for a lot, counted in labels.

    `position` numbers the rolls of one clearance from 0. `left` is empty while the roll is on the printer. `explained`
    is the newest difference that somebody explained, with `reason`.
    """

    clearance_id: int
    position: int
    station: str
    roll: str
    put_in: int
    left: int | None
    printed: int
    explained: int | None = None
    reason: str = ""

    @property
    def used(self) -> int | None:
        """How many labels came off it; empty while it is on the printer."""
        return None if self.left is None else self.put_in - self.left

    @property
    def difference(self) -> int:
        """How many more labels came off it than were printed; below 0, more were printed than came off."""
        return 0 if self.used is None else self.used - self.printed

    @property
    def signed_difference(self) -> str:
        """The difference as people read it: `+2`, `-1`, `+0`."""
        return f"{self.difference:+d}"

    @property
    def is_settled(self) -> bool:
        """Whether as many came off as were printed, or somebody said where the difference comes from."""
        return self.difference in {0, self.explained}


def against_rolls(lot_number: str, rolls: Sequence[RollFacts]) -> list[Blocker]:
    """Return what keeps a lot open: each roll off which another number of labels came than was printed.

    An explanation counts for the very difference it was given for: one more print, or another count, asks anew.
    """
    words = N_("Roll {roll} at {station}: {used} labels came off it, {printed} were printed. Explain the difference.")
    return [
        Blocker(
            "roll_differs",
            words,
            {"roll": each.roll, "station": each.station, "used": each.used or 0, "printed": each.printed},
            solve=f"lot:{lot_number}",
        )
        for each in rolls
        if not each.is_settled
    ]


def against_explaining(roll: RollFacts) -> list[Blocker]:
    """Return why nothing is explained about a roll: what came off it was printed, or it is explained already."""
    if roll.difference == 0:
        return [Blocker("roll_agrees", "As many labels came off this roll as were printed: nothing is to explain.")]
    if roll.is_settled:
        return [Blocker("roll_explained", "The difference of this roll is explained already.")]
    return []

"""Accounts for every label that was printed (21 CFR 211.125; reference/domain.md §3.3 rule 9)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

PAPERS: Final = ("spoiled", "destroyed", "returned", "in_hand")
"""What may have become of the paper of a label that never went on its thing."""


class Fate(StrEnum):
    """What became of one label, as far as a lot's account asks."""

    APPLIED = "applied"
    SPOILED = "spoiled"
    DESTROYED = "destroyed"
    RETURNED = "returned"
    IN_HAND = "in_hand"
    NEVER_PRINTED = "never_printed"


def fate_of(status: str, *, was_printed: bool, was_applied: bool, paper: str | None = None) -> Fate:
    """Return what became of a label: whether it came out of the printer and went on its thing, and how it stands.

    One that went on its thing stays applied, whatever came after. One that is being printed may be anywhere: in hand.
    Of one that counts no more, `paper` says it; where nobody was ever asked (older than the question), a printed one
    counts as spoiled.
    """
    if was_applied:
        return Fate.APPLIED
    if status in {"intended", "sending", "printed"}:
        return Fate.IN_HAND
    if paper is not None:
        return Fate(paper)
    return Fate.SPOILED if was_printed else Fate.NEVER_PRINTED


def paper_of_superseded(status: str) -> str | None:
    """Return what is known of the paper of a label that is superseded in this state: what came out is in hand."""
    return "in_hand" if status in {"sending", "printed"} else None


@dataclass(frozen=True)
class Account:
    """How many labels of one kind came to each end."""

    applied: int
    spoiled: int
    destroyed: int
    returned: int
    in_hand: int
    never_printed: int

    @property
    def printed(self) -> int:
        """Return how many labels there are to account for."""
        return self.applied + self.spoiled + self.destroyed + self.returned + self.in_hand

    @property
    def is_settled(self) -> bool:
        """Whether nothing is in hand: only then a lot is closed."""
        return self.in_hand == 0


def account_of(fates: Iterable[Fate]) -> Account:
    """Count labels by what became of them."""
    found = list(fates)
    return Account(**{each.name: found.count(Fate(each.name)) for each in fields(Account)})

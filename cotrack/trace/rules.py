"""Whom an alert about a lot concerns, and whether what they read is still everything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

QUALITY: Final = "qa_reviewer"
INVESTIGATOR: Final = "principal_investigator"
PHYSICIAN: Final = "physician"


@dataclass(frozen=True)
class Reached:
    """One bag of a lot that reached a participant, or that is set aside for one; `treated_by` is a user name."""

    unit: str
    participant: str
    order: str
    treated_by: str
    is_given: bool

    @property
    def line(self) -> str:
        """The line of the list that people are shown and acknowledge."""
        return f"{'given' if self.is_given else 'set_aside'} unit:{self.unit} participant:{self.participant}"


def list_of(units: Sequence[str], reached: Sequence[Reached]) -> str:
    """Return an alert's list, a line a thing: every bag and sample, and whom each bag reached or is set aside for."""
    return "\n".join([*(f"unit:{number}" for number in units), *(each.line for each in reached)])


def parties(reached: Iterable[Reached]) -> list[str]:
    """Return who must read an alert: QA, the principal investigator, each physician who treats one of the participants.

    For the first two roles one person reads for all; a treating physician reads in person (product.md, order).
    """
    physicians = sorted({each.treated_by for each in reached if each.treated_by})
    return [QUALITY, INVESTIGATOR, *(f"{PHYSICIAN}:{each}" for each in physicians)]


def parties_of(username: str, roles: Iterable[str]) -> frozenset[str]:
    """Return for whom a person may read an alert."""
    held = frozenset(roles)
    return (held & {QUALITY, INVESTIGATOR}) | ({f"{PHYSICIAN}:{username}"} if PHYSICIAN in held else frozenset())


def is_read(shown: Sequence[str], now: str) -> bool:
    """Whether one of the lists that a party acknowledged names every bag that is given now: more re-opens the alert."""
    given = {line for line in now.splitlines() if line.startswith("given ")}
    return any(given <= set(each.splitlines()) for each in shown)

"""Whether two people who type a result without seeing each other's typed the same."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime


@dataclass(frozen=True)
class Typed:
    """What one person typed of a result."""

    sample: str
    method: str
    reported: str
    tested_at: datetime
    analyst: str
    instrument: str
    retest_of: str


def differing(first: Typed, second: Typed) -> tuple[str, ...]:
    """Return the names of what two people typed differently: names alone, so that neither learns the other's value."""
    return tuple(each.name for each in fields(Typed) if getattr(first, each.name) != getattr(second, each.name))


def agreeing(earlier: Sequence[Typed], typed: Typed) -> int | None:
    """Return which of the earlier ones says the same in everything, the newest first; None where none does."""
    return next((place for place, each in reversed(list(enumerate(earlier))) if not differing(each, typed)), None)

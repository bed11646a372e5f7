"""How long the product keeps: the study's stability table, and the shelf life that it supports."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class StabilityPoint:
    """One time point of the table: how many lots were followed to that month, whether they met, which report says it.

    `meets` is whether every lot that was followed to the month met the specification then.
    """

    months: int
    lots: int
    meets: bool
    report: str


def supported_months(points: Sequence[StabilityPoint]) -> int:
    """Return the longest month up to which every time point met the specification; 0 where the first did not.

    A point that met after one that did not supports nothing: what is lost does not come back (ICH Q5C 6).
    """
    supported = 0
    for point in sorted(points, key=lambda each: each.months):
        if not point.meets:
            break
        supported = point.months
    return supported

"""How much endotoxin a lot holds at most, from its reviewed results (reference/domain.md §3.2, row 8)."""

from collections.abc import Sequence
from decimal import Decimal

from cotrack.release.rules.lots import ResultFacts
from cotrack.study.rules.definition import Definition

UNIT = "EU/mL"


def most_endotoxin_eu_per_ml(
    definition: Definition, results: Sequence[ResultFacts], test: str = "endotoxin"
) -> Decimal | None:
    """Return the highest of a lot's endotoxin results in EU/mL, never their mean; `<0.25` counts as 0.25.

    One of them is reviewed at least; one that waits for its review counts as well, which is the strict side. One that
    was made invalid counts no more.
    None where it is not known: no reviewed result, one that is only bounded from below (`>`), or another unit.
    """
    if test not in definition.tests or definition.tests[test].unit != UNIT:
        return None
    found = [each for each in results if each.test == test and each.is_valid]
    reported = [each.reported for each in found]
    bounds = [each.number for each in reported if each.number is not None and each.qualifier != ">"]
    is_reviewed = any(each.reviewed_by_id is not None for each in found)
    return max(bounds) if is_reviewed and len(bounds) == len(found) else None

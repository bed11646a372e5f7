"""How much endotoxin a lot holds at most, from its reviewed results (reference/domain.md §3.2, row 8)."""

from collections.abc import Sequence
from decimal import Decimal

from cotrack.release.rules.lots import ResultFacts
from cotrack.study.rules.definition import Definition

UNIT = "EU/mL"


def most_endotoxin_eu_per_ml(
    definition: Definition, results: Sequence[ResultFacts], test: str = "endotoxin"
) -> Decimal | None:
    """Return the highest of a lot's reviewed endotoxin results in EU/mL, never their mean; `<0.25` counts as 0.25.

    None where it is not known: no reviewed result, one that is only bounded from below (`>`), or another unit.
    """
    if test not in definition.tests or definition.tests[test].unit != UNIT:
        return None
    reported = [each.reported for each in results if each.test == test and each.reviewed_by_id is not None]
    bounds = [each.number for each in reported if each.number is not None and each.qualifier != ">"]
    return max(bounds) if bounds and len(bounds) == len(reported) else None

"""How many viable cells a lot holds, from its reviewed counts."""

from collections.abc import Sequence
from decimal import Decimal

from cotrack.release.rules.lots import ResultFacts


def viable_million_per_ml(results: Sequence[ResultFacts], test: str = "viable_cell_count") -> Decimal | None:
    """Return a lot's viable cells in millions per mL: the mean of its reviewed counts, never times viability again.

    A count that was made invalid is none.
    """
    counts = [
        each.reported.number
        for each in results
        if each.test == test
        and each.is_valid
        and each.reviewed_by_id is not None
        and each.reported.number is not None
        and not each.reported.qualifier
    ]
    return sum(counts, Decimal(0)) / len(counts) if counts else None

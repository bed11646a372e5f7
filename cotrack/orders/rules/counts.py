"""Whether the volume to give from a bag still stands on the viable cells of its lot."""

from decimal import Decimal

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.study.rules.definition import not_set


def against_changed_count(
    lot_number: str, then: Decimal, now: Decimal | None, tolerance_percent: Decimal | None
) -> list[Blocker]:
    """Return the reason where a bag's volume to give was set by a viable cell count that is not the lot's any more.

    `then` and `now` are millions per mL; a count made invalid, corrected or repeated since changes the cells in a mL.
    """
    if now == then:
        return []
    if tolerance_percent is None:
        return [not_set("dose.tolerance_percent")]
    if now is not None and abs(then - now) * 100 <= now * tolerance_percent:
        return []
    details = {"lot": lot_number, "then": then, "now": "–" if now is None else now}
    words = N_(
        "The volume to give was set by {then} million viable cells per mL in lot {lot}; by its valid results they are "
        "{now}. Its bags are allocated anew."
    )
    return [Blocker("count_changed", words, details, solve=f"lot:{lot_number}")]

"""How long a conditional release stands (reference/domain.md §3.3 rule 2: the conditional state has its own expiry)."""

from datetime import datetime, timedelta

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_


def conditional_end(decided_at: datetime, days: int | None) -> datetime | None:
    """Return when a conditional release ends: so many days of 24 hours after QA signed; None where no end was set."""
    return None if days is None else decided_at + timedelta(days=days)


def against_ended(lot: str, end: datetime | None, now: datetime) -> list[Blocker]:
    """Return the reason against giving from a lot whose conditional release ended: at its very instant it is over."""
    if end is None or now < end:
        return []
    words = N_(
        "The conditional release of lot {lot} ended at {at}. QA releases it fully, or conditionally once more, "
        "or rejects it."
    )
    return [Blocker("lot_conditional", words, {"lot": lot, "at": end}, solve=f"lot:{lot}")]

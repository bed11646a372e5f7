"""How long a conditional release stands (reference/domain.md §3.3 rule 2: the conditional state has its own expiry)."""

from datetime import datetime, timedelta

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.study.rules.definition import Product


def conditional_end(signed_at: datetime | None, product: Product) -> datetime | None:
    """Return when a conditional release ends: so many days of 24 hours after QA signed it last.

    None for a lot that was never released so, and where the study version sets no end.
    """
    days = product.conditional_release_days
    return None if signed_at is None or days is None else signed_at + timedelta(days=days)


def against_ended(lot: str, end: datetime | None, now: datetime, lead: timedelta = timedelta(0)) -> list[Blocker]:
    """Return the reason against giving from a lot whose conditional release ended: at its very instant it is over.

    `lead` is how long a bag may still be on its way: none is thawed that could not be started in time.
    """
    if end is None or now + lead < end:
        return []
    details, solve = {"lot": lot, "at": end}, f"lot:{lot}"
    if end <= now:
        words = N_(
            "The conditional release of lot {lot} ended at {at}. QA releases it fully, or conditionally once more, "
            "or rejects it."
        )
    else:
        words = N_(
            "The conditional release of lot {lot} ends at {at}, before a thawed bag could be given. QA releases it "
            "fully, or conditionally once more."
        )
    return [Blocker("lot_conditional", words, details, solve=solve)]

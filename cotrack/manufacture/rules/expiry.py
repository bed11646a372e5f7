"""Until when a lot and a unit may be given, and whether a label still says so."""

from datetime import date, datetime, time, timedelta, tzinfo

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_, Term
from cotrack.foundation.written import instant_in_words, site_words
from cotrack.study.rules.eligibility import add_months

FROZEN_STATES = frozenset({"filled", "stored", "allocated", "issued", "received", "returned"})
"""States of a bag that its lot's expiry decides about: before the thaw, when its labels can still be printed anew."""


def lot_expiry(made_on: date, shelf_life_months: int, zone: tzinfo) -> datetime:
    """Return the end of the last day of the shelf life, in the site's zone."""
    return end_of_day(add_months(made_on, shelf_life_months), zone)


def end_of_day(last_day: date, zone: tzinfo) -> datetime:
    """Return the instant at which a last day of use ends, 23:59 of the site: where clocks say it twice, the first."""
    return datetime.combine(last_day, time(23, 59), zone)


def end_of_life(lot_expires_at: datetime, *lives: tuple[datetime | None, int | None]) -> datetime:
    """Return when a unit may no longer be given: lot's expiry, thaw + hold, wash + hold, whichever is first.

    Each life is a beginning and its minutes; one that did not begin, or has no end, ends nothing. So none of them ever
    prolongs another (reference/domain.md §3.3 rule 6).
    """
    ends = [begun + timedelta(minutes=minutes) for begun, minutes in lives if begun is not None and minutes is not None]
    return min(lot_expires_at, *ends) if ends else lot_expires_at


def says_expiry(printed: str, lot_expires_at: datetime) -> bool:
    """Whether a label's printed expiry is the lot's, whatever zone it was printed in; one nobody can read is not."""
    said = instant_in_words(printed)
    return said is not None and said.tzinfo is not None and site_words(lot_expires_at, said.tzinfo) == printed


def label_outdated(number: str, label: str) -> Blocker:
    """Return the reason against going on with a frozen bag on which no label with its lot's expiry was scanned back.

    The new date and the lot's number go on the bag by who may label, and are read back (EU GMP Annex 13, 33).
    """
    words = N_("{unit}: its lot's expiry was changed. Print this label anew and scan it back: {label}.")
    return Blocker("label_outdated", words, {"unit": number, "label": Term(label)}, solve=f"unit:{number}")

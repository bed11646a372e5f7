"""From when a version of the study counts: its signatures, and the day that its text names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_


@dataclass(frozen=True)
class Signed:
    """A version with both signatures that waits for its day; `order` says which was signed after which."""

    sha256: str
    effective_on: date
    order: int


def against_first_signature(effective_on: date | None, today: date) -> list[Blocker]:
    """Return the reason against the first signature under a version whose day is over, by the site's calendar.

    Judged there alone: whoever signs second signs the text that the first one signed. Where that comes after the day,
    the version counts from the second signature, and never from an earlier moment.
    """
    if effective_on is None or effective_on >= today:
        return []
    words = N_("The effective date {day} is in the past: load a version whose date is today or later.")
    return [Blocker("effective_date_past", words, {"day": effective_on.isoformat()})]


def is_due(effective_on: date | None, today: date) -> bool:
    """Whether a version that is signed counts on this day of the site: it names no day, or the day has come."""
    return effective_on is None or effective_on <= today


def due_in_order(waiting: Sequence[Signed], today: date) -> list[Signed]:
    """Return the versions whose day has come, in the order in which they take effect: the last one counts."""
    due = [each for each in waiting if is_due(each.effective_on, today)]
    return sorted(due, key=lambda each: (each.effective_on, each.order))

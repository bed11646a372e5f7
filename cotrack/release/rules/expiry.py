"""Whether QA may give a lot another expiry: on which evidence, how far, by whom (EU GMP Annex 13; domain.md §3.3)."""

from dataclasses import dataclass
from datetime import datetime

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.quality.rules import against_held
from cotrack.release.rules.lots import Decider, LotFacts, against_involved


@dataclass(frozen=True)
class NewExpiry:
    """What a lot's expiry is to become, what supports it, and how far the lot's own history goes.

    `previous` is the lot's expiry until now; `made_at` the beginning of its day of making; `supported_until` the end
    that the study's stability table gives it, None where there is no table; `earlier` the expiries before its other
    decisions; `bags_left` how many of its bags are still frozen; `reference` the report that the new expiry stands on.
    """

    at: datetime
    previous: datetime
    made_at: datetime
    supported_until: datetime | None
    earlier: tuple[datetime, ...]
    bags_left: int
    reference: str

    @property
    def is_later(self) -> bool:
        """Whether it gives the lot more time."""
        return self.at > self.previous

    @property
    def is_beyond_table(self) -> bool:
        """Whether it gives time that the study's stability table does not support: there is none, or it ends before."""
        return self.is_later and (self.supported_until is None or self.at > self.supported_until)


def against_new_expiry(facts: LotFacts, new: NewExpiry, decider: Decider, now: datetime) -> list[Blocker]:
    """Return every reason against giving a lot this expiry.

    An earlier one waits for nothing but evidence and a second person: what stops a lot is never held up. A later one is
    for a lot that is neither held nor over; beyond the table it stands on a report that is named.
    """
    blockers = against_deciding_expiry(facts, new.bags_left, decider)
    if new.at == new.previous:
        blockers.append(Blocker("expiry_unchanged", "Lot {lot} expires then already.", {"lot": facts.number}))
    if new.at < new.made_at:
        blockers.append(Blocker("date_impossible", "This day lies before the day on which the lot was made."))
    if new.is_later:
        blockers += _against_extension(facts, new, now)
    if new.is_beyond_table and not new.reference.strip():
        words = N_("The study's stability table does not support this expiry: name the report that it stands on.")
        blockers.append(Blocker("reference_missing", words))
    return blockers


def against_deciding_expiry(facts: LotFacts, bags_left: int, decider: Decider) -> list[Blocker]:
    """Return why this person decides nothing about this lot's expiry: they made or tested it, or no bag is left."""
    blockers = against_involved(facts, decider)
    if bags_left == 0:
        words = N_("No bag of lot {lot} is left that could be given.")
        blockers.append(Blocker("no_bag_left", words, {"lot": facts.number}))
    return blockers


def _against_extension(facts: LotFacts, new: NewExpiry, now: datetime) -> list[Blocker]:
    """No later expiry for a lot that is held or over; a day that a decision set too early is put right by another."""
    blockers = against_held(facts.holds)
    if new.at <= now:
        words = N_("A later expiry that is past all the same gives the lot no time.")
        blockers.append(Blocker("date_in_past", words))
    if new.previous <= now and new.at > max([*new.earlier, new.previous]):
        words = N_(
            "Lot {lot} expired at {at}: what is over gets no new date. Only what an earlier decision took from it may "
            "be given back."
        )
        blockers.append(Blocker("expired", words, {"lot": facts.number, "at": new.previous}))
    return blockers

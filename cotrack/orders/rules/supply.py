"""When a bag out of specification is given: for one order, while what was accepted stands (domain.md §3.3 rule 4).

EU ATMP GMP §11.5: to avoid an immediate significant hazard, at the treating physician's request, after QA's evaluation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_, Words
from cotrack.release.rules.supply import without_deviations

ADDRESSEES: Final = ("sponsor", "authority", "ethics_committee")
"""Who is told of a supply; the manufacturer tells the sponsor immediately, who informs the authority (§3.3 rule 4)."""

A_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class SupplyFacts:
    """A supply out of specification that was accepted for the order at hand.

    `failed` names the failed tests; `accepted` is the text of findings that the physician signed, `now` what it is now.
    `typed` are the reasons that one person's typed entries give: nobody gives a bag over them.
    """

    number: str
    failed: tuple[Words, ...]
    accepted: str
    now: str
    bags: frozenset[str]
    typed: tuple[Blocker, ...] = ()

    @property
    def has_changed(self) -> bool:
        """Whether a result, an investigation, a deviation or a hold changed since it was accepted."""
        return self.accepted != self.now

    @property
    def while_given(self) -> "SupplyFacts":
        """What counts once a bag is being given: no deviation, nor what one person typed, interrupts it by itself."""
        accepted, now = without_deviations(self.accepted), without_deviations(self.now)
        return replace(self, accepted=accepted, now=now, typed=())


def against_supplied(lot: str, supply: SupplyFacts, unit: str = "") -> list[Blocker]:
    """Return why a lot is not given though it was accepted out of specification: something changed, or another bag.

    What one person typed of the lot stops it as it stops a conditional one, until it is settled. Without a unit it is
    asked whether anything of the lot is given at all.
    """
    details = {"lot": lot, "unit": unit}
    solve = f"oos_supply:{supply.number}"
    if supply.has_changed:
        words = N_(
            "Lot {lot} is not released. It was accepted out of specification for this order, and something of it "
            "changed since: that acceptance counts no longer."
        )
        return [Blocker("lot_not_released", words, details, solve=solve)]
    if unit and unit not in supply.bags:
        words = N_(
            "Lot {lot} is not released, and {unit} is none of the bags that QA lets be given out of specification for "
            "this order."
        )
        return [Blocker("lot_not_released", words, details, solve=solve)]
    return list(supply.typed)


def does_count(supply: SupplyFacts | None) -> bool:
    """Whether a supply stands for its order: what one person typed keeps its bags back, and ends nothing."""
    return supply is not None and not supply.has_changed


@dataclass(frozen=True)
class Needed:
    """What decides whether a lot out of specification is needed for an order.

    `bags_of` are the lots of the bags that are set aside for it; `open_supply` is a supply of it that is under way.
    """

    order: str
    is_open: bool
    lot: str
    is_of_its_study: bool
    is_served: bool
    bags_of: frozenset[str]
    open_supply: str = ""


def against_need(needed: Needed) -> list[Blocker]:
    """Return why no lot out of specification is supplied for an order: only where nothing else serves."""
    details = {"order": needed.order, "lot": needed.lot, "supply": needed.open_supply}
    order, found = f"order:{needed.order}", []
    if not needed.is_open:
        found.append(Blocker("order_not_valid", "Order {order} is over.", details, solve=order))
    if not needed.is_of_its_study:
        words = N_("Lot {lot} was made under another version of the study than the order's.")
        found.append(Blocker("other_study_version", words, details, solve=f"lot:{needed.lot}"))
    if needed.is_served:
        words = N_("A lot that may be given is in store for order {order}: one out of specification is not.")
        found.append(Blocker("released_lot_serves", words, details, solve=order))
    if needed.bags_of - {needed.lot}:
        words = N_("Bags of another lot are set aside for order {order}: they are taken back first.")
        found.append(Blocker("bags_set_aside", words, details, solve=order))
    if needed.open_supply:
        words = N_("{supply} is under way for order {order}: one lot out of specification at a time.")
        found.append(Blocker("supply_open", words, details, solve=f"oos_supply:{needed.open_supply}"))
    return found


def against_same_person(before: int | None, person_id: int | None) -> list[Blocker]:
    """Return the reason where who signed the step before would sign this one: physician and QA are two people."""
    if before is None or before != person_id:
        return []
    words = N_("You signed the step before this one: another person signs this.")
    return [Blocker("same_person", words)]


@dataclass(frozen=True)
class Evaluated:
    """What a physician is about to accept: the findings that QA evaluated and those of now, and the lot's expiry."""

    supply: str
    lot: str
    evaluated: str
    now: str
    expires_at: datetime


def against_accepting(facts: Evaluated, now: datetime) -> list[Blocker]:
    """Return why an evaluation cannot be accepted: it is about other findings than those of now, or the lot expired."""
    found = []
    if facts.evaluated != facts.now:
        words = N_("Something of lot {lot} changed since QA evaluated it: QA evaluates it anew first.")
        found.append(Blocker("list_changed", words, {"lot": facts.lot}, solve=f"oos_supply:{facts.supply}"))
    if facts.expires_at <= now:
        details = {"lot": facts.lot, "at": facts.expires_at}
        found.append(Blocker("expired", "Lot {lot} expired at {at}.", details, solve=f"lot:{facts.lot}"))
    return found


def against_notice(supply: str, accepted_at: datetime | None) -> list[Blocker]:
    """Return why no notice is recorded: nobody is told of what was not accepted."""
    if accepted_at is not None:
        return []
    words = N_("The supply was never accepted: there is nothing to tell anybody.")
    return [Blocker("not_accepted", words, solve=f"oos_supply:{supply}")]


def is_time_of_notice(sent_at: datetime, accepted_at: datetime, now: datetime) -> bool:
    """Whether a notice may have been sent then: typed to the minute, not before the acceptance, not in the future."""
    return accepted_at - A_MINUTE < sent_at <= now


def missing_notices(told: Sequence[str]) -> list[str]:
    """Return whom nobody has told yet, in order."""
    return [each for each in ADDRESSEES if each not in told]

"""What is known of a bag, its order and its participant at one instant: everything that the checks decide on."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from cotrack.foundation.blockers import Blocker
from cotrack.orders.rules import History, SupplyFacts, Weighed, against_supplied
from cotrack.quality.rules import HoldFacts
from cotrack.study.rules.definition import Definition


@dataclass(frozen=True)
class OrderFacts:
    """The order that a bag is set aside for, and its participant."""

    order_id: int
    number: str
    status: str
    participant_id: int
    subject_number: str
    participant_status: str
    weight_kg: Decimal
    weighed_on: date
    newest_weight: Weighed | None
    is_started: bool
    history: History
    volume_to_give_ml: Decimal


@dataclass(frozen=True)
class BagFacts:
    """A bag as the database has it now."""

    unit_id: int
    number: str
    status: str
    lot_number: str
    lot_status: str
    has_acceptance: bool
    expires_at: datetime
    issued_to_ward: str
    thaw_started_at: datetime | None
    definition: Definition
    holds: tuple[HoldFacts, ...]
    is_band_confirmed: bool
    order: OrderFacts | None
    over: tuple[Blocker, ...] = ()
    """The reasons where the conditional release of its lot is over, or what one person typed of it is unsettled."""
    supply: SupplyFacts | None = None
    """The supply out of specification of its lot that was accepted for its order."""
    washed_at: datetime | None = None
    is_station_tested: bool = True
    """Whether the scanner where it is scanned read the self-test sheet true, and not too long ago."""
    old_labels: tuple[str, ...] = ()
    """The kinds of its labels that carry another expiry than its lot has now."""

    @property
    def is_given(self) -> bool:
        """Whether it was begun to be given: then a person judges at the bed."""
        return self.status in {"started", "paused"}

    @property
    def stops(self) -> tuple[HoldFacts, ...]:
        """What stops the bag. Once it is being given, an open deviation of it does not: a person judges at the bed."""
        return tuple(each for each in self.holds if not (self.is_given and each.is_deviation))

    @property
    def supplied(self) -> list[Blocker] | None:
        """What stands against its supply out of specification; None where there is none."""
        if self.supply is None:
            return None
        supply = self.supply.while_given if self.is_given else self.supply
        return against_supplied(self.lot_number, supply, self.number)

    @property
    def order_id(self) -> int | None:
        """The order that the bag is set aside for."""
        return self.order.order_id if self.order else None


@dataclass(frozen=True)
class Place:
    """Where and when somebody checks: the registered station's ward (None: no such station) and the site's day."""

    ward: str | None
    now: datetime
    today: date


@dataclass(frozen=True)
class CheckFacts:
    """A check that was made, as far as a later step depends on it."""

    check_id: int
    kind: str
    result: str
    person_id: int
    is_person_entitled: bool
    session_id: int | None
    unit_id: int | None
    order_id: int | None
    decided_at: datetime
    valid_until: datetime
    has_later_mismatch: bool
    label_statuses: tuple[str, ...]

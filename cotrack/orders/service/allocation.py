"""Setting bags aside for an order, first to expire first, each with its volume to give."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.work import Work
from cotrack.lifecycles import ORDER
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.service.inputs import held_among, holds_over
from cotrack.orders.models import Allocation, Order
from cotrack.orders.rules import (
    Bag,
    Portion,
    against_bag,
    against_lots_mixed,
    against_portions,
    against_supplied,
    portions,
)
from cotrack.orders.service.acceptance import has_acceptance, stops_of
from cotrack.orders.service.counts import COUNT_STEP
from cotrack.orders.service.dosing import held_allocations, order_numbered
from cotrack.orders.service.endotoxin import endotoxin_of_portions
from cotrack.orders.service.supplied import supplied_lot, supply_now
from cotrack.release.service.case import viable_cells
from cotrack.study import service as study

ENDED_STATES = frozenset({"completed", "stopped_early"})


def usable_bags(session: Session, order: Order, now: datetime) -> list[tuple[Unit, Bag]]:
    """Return the stored bags that may be given for an order now, with their reviewed cell counts.

    What is supplied out of specification stands last: it is the exception, where no other lot serves.
    """
    supplied_lot_id, supply = supplied_lot(session, order.id) or (None, None)
    statement = (
        select(Unit)
        .join(Lot)
        .options(joinedload(Unit.lot))
        .where(
            Unit.kind == "bag",
            Unit.status == "stored",
            or_(Lot.status.in_(("released", "conditionally_released")), Lot.id == supplied_lot_id),
            Lot.study_definition_id == order.study_definition_id,
            Lot.expires_at > now,
        )
        .order_by(Lot.expires_at, Unit.number)
    )
    found = session.scalars(statement).all()
    units = sorted(found, key=lambda unit: unit.lot_id == supplied_lot_id)
    lots = {unit.lot.number: unit.lot for unit in units}
    counts = {number: viable_cells(session, lot.id) for number, lot in lots.items()}
    subjects = [f"lot:{number}" for number in lots] + [f"unit:{unit.number}" for unit in units]
    held = held_among(session, subjects)
    may_be_given = {
        number
        for number, lot in lots.items()
        if lot.status == "released"
        or lot.id == supplied_lot_id
        or (has_acceptance(session, order.id, lot, now) and not stops_of(session, lot, now))
    }
    return [
        (unit, bag)
        for unit in units
        if (bag := _bag(unit, counts[unit.lot.number])) is not None
        and unit.lot.number in may_be_given
        and (supply is None or unit.lot_id != supplied_lot_id or unit.number in supply.bags)
        and not {f"lot:{unit.lot.number}", f"unit:{unit.number}"} & held
    ]


def _bag(unit: Unit, viable_million_per_ml: Decimal | None) -> Bag | None:
    if viable_million_per_ml is None:
        return None
    return Bag(unit.number, unit.lot.number, unit.volume_ml, viable_million_per_ml, unit.lot.expires_at)


def plan(session: Session, order: Order, now: datetime) -> list[Portion]:
    """Return what would be given from which bag: of one lot, first to expire first (E36).

    A lot whose endotoxin is too much for this participant is passed over, as long as another one serves (§3.2).
    """
    dose = study.definition_of(order.study_definition).dose
    recovery = study.said(dose.post_thaw_recovery, "dose.post_thaw_recovery")
    by_lot: dict[str, list[Bag]] = {}
    for _, bag in usable_bags(session, order, now):
        by_lot.setdefault(bag.lot_number, []).append(bag)
    plans = [portions(order.target_million_cells, bags, recovery) for bags in by_lot.values()]
    enough = [each for each in plans if not against_portions(order.target_million_cells, each, dose.tolerance_percent)]
    harmless = (each for each in enough if not endotoxin_of_portions(session, order, each).blockers)
    return next(harmless, enough[0] if enough else plans[0] if plans else [])


def is_short(session: Session, order: Order, now: datetime) -> bool:
    """Whether no lot that may be given today holds the dose of an order, or only with too much endotoxin."""
    tolerance = study.definition_of(order.study_definition).dose.tolerance_percent
    chosen = plan(session, order, now)
    is_less = bool(against_portions(order.target_million_cells, chosen, tolerance))
    return is_less or bool(endotoxin_of_portions(session, order, chosen).blockers)


def allocate(work: Work, number: str) -> Order:
    """Set the planned bags aside; each is locked and looked at again before it is taken."""
    work.begin(ORDER, "allocate", number)
    chosen = plan(work.session, order_numbered(work.session, number), work.now)
    # Locks in the order lot, unit, order: a hold or recall waits, or is seen below.
    for lot_number in sorted({portion.bag.lot_number for portion in chosen}):
        work.lock(Lot, lot_number, share=True)
    units = {
        portion.bag.number: work.lock(Unit, portion.bag.number)
        for portion in sorted(chosen, key=lambda each: each.bag.number)
    }
    order = work.lock(Order, number)
    work.expect(order, "allocate")
    work.refuse_if(_against_allocation(work, order, chosen, units))
    for portion in chosen:
        unit = units[portion.bag.number]
        work.move(unit, "allocate")
        work.session.add(
            Allocation(
                order_id=order.id,
                unit_id=unit.id,
                volume_to_give_ml=portion.volume_ml,
                viable_million_per_ml=portion.bag.viable_million_per_ml.quantize(COUNT_STEP),
                allocated_at=work.now,
                allocated_by_id=work.person_id,
            )
        )
    work.move(order, "allocate")
    work.session.flush()
    return order


def _against_allocation(work: Work, order: Order, chosen: Sequence[Portion], units: dict[str, Unit]) -> list[Blocker]:
    definition = study.definition_of(order.study_definition)
    if not chosen:
        return [Blocker("no_bags", "No released bag is in store for this order.")]
    blockers = against_portions(order.target_million_cells, chosen, definition.dose.tolerance_percent)
    blockers += [*against_lots_mixed(chosen), *endotoxin_of_portions(work.session, order, chosen).blockers]
    for portion in chosen:
        unit = units[portion.bag.number]
        holds = holds_over(work.session, [f"lot:{portion.bag.lot_number}", f"unit:{unit.number}"])
        over, supplied = stops_of(work.session, unit.lot, work.now), _supplied(work, order, unit)
        is_accepted = has_acceptance(work.session, order.id, unit.lot, work.now)
        # The plan was read before the lock: a decision may have shortened the lot's time meanwhile.
        bag = replace(portion.bag, expires_at=unit.lot.expires_at)
        blockers += against_bag(
            bag, unit.lot.status, holds, work.now, has_acceptance=is_accepted, over=over, supplied=supplied
        )
        if unit.status != "stored":
            blockers.append(
                Blocker(
                    "already_used",
                    "{unit} was taken meanwhile.",
                    {"unit": unit.number},
                    solve=f"unit:{unit.number}",
                )
            )
    return blockers


def _supplied(work: Work, order: Order, unit: Unit) -> list[Blocker] | None:
    """Return what stands against a bag's supply out of specification for an order, on locked rows; None without one."""
    supply = supply_now(work.session, order.id, unit.lot)
    return None if supply is None else against_supplied(unit.lot.number, supply, unit.number)


def release_bag(work: Work, unit: Unit) -> None:
    """End a bag's allocation when it comes back unused or is lost.

    With no bag left the order waits for others; with only ended bags left it is complete.
    """
    allocation = work.session.scalar(
        select(Allocation).where(Allocation.unit_id == unit.id, Allocation.released_at.is_(None)).with_for_update()
    )
    if allocation is None:
        return
    allocation.released_at = work.now
    order = work.session.get_one(Order, allocation.order_id, with_for_update=True)
    work.session.flush()
    if not held_allocations(work.session, order.id):
        work.move(order, "deallocate")
    else:
        record_administration(work, order)


def record_start(work: Work, order: Order) -> None:
    """Take note that the treatment event of an order began; the interval to the next one runs from here."""
    if order.started_at is None:
        order.started_at = work.now


def record_administration(work: Work, order: Order) -> None:
    """Take note that a bag of an order came to its end; with the last one the order is complete."""
    work.session.flush()
    if all(each.unit.status in ENDED_STATES for each in held_allocations(work.session, order.id)):
        work.move(order, "complete")


def order_of_bag(session: Session, unit_number: str) -> str:
    """Return the number of the order that a bag is set aside for; empty where there is none."""
    found = session.scalar(
        select(Order.number)
        .join(Allocation, Allocation.order_id == Order.id)
        .join(Unit, Unit.id == Allocation.unit_id)
        .where(Unit.number == unit_number, Allocation.released_at.is_(None))
    )
    return found or ""

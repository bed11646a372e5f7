"""Under which supply out of specification a bag is given, or was given: read at every place where the bag shows."""

from typing import Final

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import Session, joinedload

from cotrack.bedside.models import Infusion
from cotrack.bedside.rules.facts import BagFacts
from cotrack.foundation.words import Words
from cotrack.labelling.service.documents import both
from cotrack.manufacture.models import Lot
from cotrack.orders.models import OosSupply, Order
from cotrack.orders.rules import SupplyFacts
from cotrack.orders.service.supplied import failed_names, supplied_when, supply_now

IS_SUPPLIED: Final[ColumnElement[bool]] = exists().where(
    OosSupply.order_id == Order.id, OosSupply.lot_id == Lot.id, OosSupply.status == "accepted"
)
"""The condition that a supply out of specification was accepted for the order and the lot of a bag."""


def supply_of_bag(session: Session, order_id: int, lot_id: int) -> SupplyFacts | None:
    """Return the supply that was accepted for a bag's order, with what is known of its lot now (E07)."""
    return supply_now(session, order_id, session.get_one(Lot, lot_id, options=[joinedload(Lot.study_definition)]))


def supply_of(session: Session, infusion: Infusion) -> OosSupply | None:
    """Return the supply under which the bag of an infusion was started, whatever became of it later."""
    return supplied_when(session, infusion.order_id, infusion.unit.lot_id, infusion.started_at)


def supplied_names(session: Session, facts: BagFacts | None, infusion: Infusion | None) -> tuple[Words, ...]:
    """Return the failed tests over which a bag is supplied for its order now, or was given; none for any other bag."""
    if infusion is not None:
        supply = supply_of(session, infusion)
        return failed_names(supply) if supply is not None else ()
    if facts is None or facts.supply is None or facts.supplied or facts.lot_status != "quarantine":
        return ()
    return facts.supply.failed


def supplied_lines(session: Session, infusion: Infusion) -> list[str]:
    """Return what is signed at the end of an infusion of a bag that was supplied out of specification: which failed."""
    supply = supply_of(session, infusion)
    if supply is None:
        return []
    return [
        f"Out of specification, not released / 超标未放行: supplied for this order / 例外供应 {supply.number}",
        *(f"Failed / 不合格: {both(each)}" for each in failed_names(supply)),
    ]

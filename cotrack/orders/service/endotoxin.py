"""The endotoxin of an infusion: before bags are chosen, of bags that would be given, and of those set aside."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.manufacture.models import Lot
from cotrack.orders.models import Order
from cotrack.orders.rules import Endotoxin, Infusion, Portion, Share, endotoxin_of_infusion
from cotrack.orders.service.set_aside import lots_set_aside
from cotrack.orders.service.weights import weight_now
from cotrack.release.service.endotoxin import most_endotoxin
from cotrack.study.rules.definition import Definition
from cotrack.study.service import definition_of


def endotoxin_allowed(definition: Definition, weight_kg: Decimal) -> Endotoxin:
    """Return what an infusion to somebody of this weight may bring, before any bag is chosen."""
    return endotoxin_of_infusion(Infusion.of(definition.dose, weight_kg), [])


def endotoxin_of_portions(session: Session, order: Order, chosen: Sequence[Portion]) -> Endotoxin:
    """Return the endotoxin of an order's infusion, were these portions given now."""
    lots = session.scalars(select(Lot).where(Lot.number.in_({portion.bag.lot_number for portion in chosen})))
    most = {lot.number: most_endotoxin(session, lot) for lot in lots}
    shares = [Share(each.bag.lot_number, each.volume_ml, most[each.bag.lot_number]) for each in chosen]
    dose = definition_of(order.study_definition).dose
    return endotoxin_of_infusion(Infusion.of(dose, weight_now(session, order)), shares)


def endotoxin_of(session: Session, order: Order) -> Endotoxin:
    """Return the endotoxin of an order's infusion, from the bags that are set aside for it."""
    return endotoxin_set_aside(session, order.id, definition_of(order.study_definition), weight_now(session, order))


def endotoxin_set_aside(session: Session, order_id: int, definition: Definition, weight_kg: Decimal) -> Endotoxin:
    """Return the endotoxin of the bags set aside for an order; those of it that were given count as planned."""
    bags = lots_set_aside(session, order_id)
    most = {lot.id: most_endotoxin(session, lot) for lot in {each.Lot for each in bags}}
    shares = [Share(lot.number, set_aside.volume_to_give_ml, most[lot.id]) for lot, set_aside in bags]
    return endotoxin_of_infusion(Infusion.of(definition.dose, weight_kg), shares)

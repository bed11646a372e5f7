"""What the order pages show before anybody signs: the dose as it would be, and everything against it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.words import Words
from cotrack.foundation.work import Work
from cotrack.manufacture.models import Lot
from cotrack.orders.models import Order
from cotrack.orders.rules import Portion
from cotrack.orders.service.allocation import plan
from cotrack.orders.service.dosing import dose_case, order_numbered
from cotrack.orders.service.endotoxin import endotoxin_allowed, endotoxin_of_portions
from cotrack.orders.service.supplied import supplied_lot
from cotrack.participants.service.knowledge import definition_for, participant_numbered
from cotrack.study import service as study
from cotrack.study.rules.definition import Definition


def order_sheet(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the dose that would be ordered today, and what stands against it now."""
    participant = participant_numbered(session, number)
    definition = definition_for(participant)
    work = Work(ground, session, actor)
    today = work.now.astimezone(ground.site.zone).date()
    case = dose_case(work, participant, first_dose(definition), today)
    return {
        "participant": participant,
        "case": case,
        "definition": definition,
        "endotoxin": endotoxin_allowed(definition, case.weight_kg) if case.weight_kg else None,
    }


def suggestion(ground: Ground, number: str) -> Mapping[str, Any]:
    """Return what the form stands at: the study's first dose, today."""
    with ground.sessions.reading() as session:
        definition = definition_for(participant_numbered(session, number))
    today = ground.sessions.clock().astimezone(ground.site.zone).date()
    return {"cells_per_kg": str(first_dose(definition)), "planned_on": today.isoformat()}


def first_dose(definition: Definition) -> int:
    """Return the dose in cells per kg at which the study begins; raises Blocked where the sponsor has not set it."""
    return study.said(definition.dose.cells_per_kg, "dose.cells_per_kg")


def allocation_sheet(ground: Ground, session: Session, number: str) -> Mapping[str, Any]:
    """Return the bags that would be set aside for an order now, with the volume from each and their endotoxin."""
    order = order_numbered(session, number)
    chosen = plan(session, order, ground.sessions.clock())
    return {
        "order": order,
        "portions": chosen,
        "total": sum(portion.million_cells for portion in chosen),
        "endotoxin": endotoxin_of_portions(session, order, chosen),
        "supplied": _supplied(session, order, chosen),
    }


def _supplied(session: Session, order: Order, chosen: Sequence[Portion]) -> tuple[Words, ...]:
    """Return the failed tests of the lot that would be given out of specification; none where another lot serves."""
    lot_id, supply = supplied_lot(session, order.id) or (None, None)
    lots = session.scalars(select(Lot.id).where(Lot.number.in_({each.bag.lot_number for each in chosen})))
    return supply.failed if supply is not None and lot_id in set(lots) else ()

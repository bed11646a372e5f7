"""What was weighed since an order was signed: a dose per kilogram is one of the newest weight."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from cotrack.foundation import written
from cotrack.foundation.blockers import Blocker
from cotrack.orders.models import Order
from cotrack.orders.rules import Weighed, against_newer_weight
from cotrack.orders.service.dosing import OPEN_STATES
from cotrack.participants.service.knowledge import last_weight
from cotrack.study.service import definition_of


def weighed(kg: str | None, on: date | None) -> Weighed | None:
    """Return a weight as it was observed; None where there is none."""
    number = written.number(kg or "")
    return Weighed(number, on) if number is not None and on is not None else None


def weight_now(session: Session, order: Order) -> Decimal:
    """Return the weight in kg that counts for what is given: of an open order the newest one, else the one signed.

    What is over stays as it was: nobody's later weight changes what was allowed then.
    """
    if order.status not in OPEN_STATES:
        return order.weight_kg
    newest = weighed(*last_weight(session, order.participant_id))
    return newest.kg if newest is not None else order.weight_kg


def against_order_now(session: Session, order: Order) -> list[Blocker]:
    """Return what was weighed since an open order was signed and will stop its bags."""
    if order.status not in OPEN_STATES:
        return []
    newest = weighed(*last_weight(session, order.participant_id))
    dose = definition_of(order.study_definition).dose
    against = against_newer_weight(order.weight_kg, newest, dose.tolerance_percent)
    return [replace(each, solve=f"participant:{order.participant.subject_number}") for each in against]

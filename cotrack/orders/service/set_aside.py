"""The bags that are set aside for an order."""

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from cotrack.manufacture.models import Lot, Unit
from cotrack.orders.models import Allocation


def lots_set_aside(session: Session, order_id: int) -> Sequence[Row[Lot, Allocation]]:
    """Return the lot and the allocation of each bag that is set aside for an order, in the order of setting aside."""
    statement = (
        select(Lot, Allocation)
        .join(Unit, Unit.lot_id == Lot.id)
        .join(Allocation, Allocation.unit_id == Unit.id)
        .where(Allocation.order_id == order_id, Allocation.released_at.is_(None))
        .order_by(Allocation.id)
    )
    return session.execute(statement).all()

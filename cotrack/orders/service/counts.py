"""Whether the volumes of an order still stand on the viable cell counts of its lots."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.manufacture.models import Lot, Unit
from cotrack.orders.models import Allocation
from cotrack.orders.rules import against_changed_count
from cotrack.release.service.dispositions import viable_cells

STEP = Decimal("0.001")
"""The step in which an allocation keeps millions of cells per mL."""


def against_counts(session: Session, order_id: int, tolerance_percent: Decimal | None) -> list[Blocker]:
    """Return a reason for each lot whose viable cell count is not the one that set the volumes of an order's bags."""
    rows = session.execute(
        select(Lot, Allocation.viable_million_per_ml)
        .join(Unit, Unit.lot_id == Lot.id)
        .join(Allocation, Allocation.unit_id == Unit.id)
        .where(Allocation.order_id == order_id, Allocation.released_at.is_(None))
        .order_by(Allocation.id)
    ).all()
    then = {(lot.id, lot.number, cells) for lot, cells in rows}
    now = {lot_id: viable_cells(session, lot_id) for lot_id, _, _ in then}
    return [
        found
        for lot_id, number, cells in sorted(then)
        for found in against_changed_count(number, cells, _kept(now[lot_id]), tolerance_percent)
    ]


def _kept(cells: Decimal | None) -> Decimal | None:
    return None if cells is None else cells.quantize(STEP)

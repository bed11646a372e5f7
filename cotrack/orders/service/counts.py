"""Whether the volumes of an order still stand on the viable cell counts of its lots."""

from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.orders.rules import against_changed_count
from cotrack.orders.service.set_aside import lots_set_aside
from cotrack.release.service.case import viable_cells

COUNT_STEP: Final = Decimal("0.001")
"""The step in which an allocation keeps millions of cells per mL."""


def against_counts(session: Session, order_id: int, tolerance_percent: Decimal | None) -> list[Blocker]:
    """Return a reason for each lot whose viable cell count is not the one that set the volumes of an order's bags."""
    bags = lots_set_aside(session, order_id)
    then = {(lot.id, lot.number, set_aside.viable_million_per_ml) for lot, set_aside in bags}
    now = {lot_id: viable_cells(session, lot_id) for lot_id, _, _ in then}
    return [
        found
        for lot_id, number, cells in sorted(then)
        for found in against_changed_count(number, cells, _kept(now[lot_id]), tolerance_percent)
    ]


def _kept(cells: Decimal | None) -> Decimal | None:
    return None if cells is None else cells.quantize(COUNT_STEP)

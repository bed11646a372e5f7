"""Puts a lot that was released or given on hold, where a result that comes, or goes, takes its ground away."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.work import Work
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.service.late_inputs import OUT_STATES
from cotrack.manufacture.service.lots import stop_lot
from cotrack.release.models import Disposition


@dataclass(frozen=True)
class StoppedLot:
    """A released lot that its results put on hold, and the reason of the hold."""

    lot: Lot
    reason: str

    @property
    def number(self) -> str:
        """The lot's number."""
        return self.lot.number


def ever_released(session: Session, lot_ids: Collection[int]) -> frozenset[int]:
    """Return the lots that were released once, by their ids: what became of them since does not call a bag back."""
    statement = select(Disposition.lot_id).where(Disposition.lot_id.in_(lot_ids), Disposition.decision != "reject")
    return frozenset(session.scalars(statement))


def ever_given(session: Session, lot_ids: Collection[int]) -> frozenset[int]:
    """Return the lots that were released once, or of which a bag left the freezer though they never were.

    A lot out of specification is in quarantine while it is supplied: whoever got a bag of it is told all the same.
    """
    out = select(Unit.lot_id).where(Unit.lot_id.in_(lot_ids), Unit.status.in_(OUT_STATES))
    return ever_released(session, lot_ids) | frozenset(session.scalars(out))


def stop_lots(work: Work, stopped: Iterable[StoppedLot]) -> None:
    """Hold these lots, which are locked, within the command that takes their ground away, by whoever gives it.

    It asks for no permission of theirs, because it follows by itself.
    """
    for each in stopped:
        stop_lot(work, each.lot, reason=each.reason)
        work.details.setdefault("held", []).append(f"lot:{each.number}")

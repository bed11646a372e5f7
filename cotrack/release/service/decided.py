"""The decisions that were taken about a lot."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.release.models import Disposition, ExpiryDecision


def dispositions_of(session: Session, lot_id: int) -> list[Disposition]:
    """Return the decisions about a lot, newest first, with their signatures."""
    statement = (
        select(Disposition)
        .options(joinedload(Disposition.signature))
        .where(Disposition.lot_id == lot_id)
        .order_by(Disposition.id.desc())
    )
    return list(session.scalars(statement))


def expiry_decisions_of(session: Session, lot_id: int) -> Sequence[ExpiryDecision]:
    """Return the decisions about a lot's expiry, newest first, with their signatures."""
    statement = select(ExpiryDecision).options(joinedload(ExpiryDecision.signature))
    return session.scalars(statement.where(ExpiryDecision.lot_id == lot_id).order_by(ExpiryDecision.id.desc())).all()

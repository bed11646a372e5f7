"""The decisions that were taken about a lot."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.release.models import Disposition


def dispositions_of(session: Session, lot_id: int) -> list[Disposition]:
    """Return the decisions about a lot, newest first, with their signatures."""
    statement = (
        select(Disposition)
        .options(joinedload(Disposition.signature))
        .where(Disposition.lot_id == lot_id)
        .order_by(Disposition.id.desc())
    )
    return list(session.scalars(statement))

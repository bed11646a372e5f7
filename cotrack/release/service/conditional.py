"""When the conditional release of a lot ends."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.manufacture.models import Lot
from cotrack.release.models import Disposition
from cotrack.release.rules.conditional import conditional_end
from cotrack.study import service as study

CONDITIONAL: Final = "conditionally_released"
CONDITIONAL_SINCE = (
    select(Disposition.decided_at)
    .where(Disposition.lot_id == Lot.id, Disposition.decision == "release_conditionally")
    .order_by(Disposition.id.desc())
    .limit(1)
    .correlate(Lot)
    .scalar_subquery()
)
"""When QA signed the conditional release of a lot last."""


def lots_with_ends(session: Session, states: Sequence[str]) -> list[tuple[Lot, datetime | None]]:
    """Return the lots in these states by their numbers' age, each with the end of its conditional release, if any."""
    statement = select(Lot, CONDITIONAL_SINCE).options(joinedload(Lot.study_definition)).where(Lot.status.in_(states))
    return [
        (lot, _end(lot, signed_at) if lot.status == CONDITIONAL else None)
        for lot, signed_at in session.execute(statement.order_by(Lot.id))
    ]


def end_of(session: Session, lot: Lot) -> datetime | None:
    """Return when a lot's conditional release ends; None in another state, or where its study version sets no end."""
    if lot.status != CONDITIONAL:
        return None
    return _end(lot, session.scalar(select(CONDITIONAL_SINCE).select_from(Lot).where(Lot.id == lot.id)))


def _end(lot: Lot, signed_at: datetime | None) -> datetime | None:
    return conditional_end(signed_at, study.definition_of(lot.study_definition).product)

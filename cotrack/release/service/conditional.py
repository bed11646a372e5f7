"""When the conditional release of a lot ends."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.manufacture.models import Lot
from cotrack.release.models import Disposition
from cotrack.release.rules.conditional import conditional_end
from cotrack.study import service as study

CONDITIONAL_SINCE = (
    select(Disposition.decided_at)
    .where(Disposition.lot_id == Lot.id, Disposition.decision == "release_conditionally")
    .order_by(Disposition.id.desc())
    .limit(1)
    .correlate(Lot)
    .scalar_subquery()
)
"""When QA signed the conditional release of a lot last."""


def end_of(session: Session, lot: Lot) -> datetime | None:
    """Return when a lot's conditional release ends; None in another state, or where its study version sets no end."""
    if lot.status != "conditionally_released":
        return None
    signed_at = session.scalar(select(CONDITIONAL_SINCE).select_from(Lot).where(Lot.id == lot.id))
    return conditional_end(signed_at, study.definition_of(lot.study_definition).product)

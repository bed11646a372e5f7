"""When the conditional release of a lot ends."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.manufacture.models import Lot
from cotrack.release.models import Disposition
from cotrack.release.rules.conditional import conditional_end
from cotrack.study import service as study


def end_of(session: Session, lot: Lot) -> datetime | None:
    """Return when a lot's conditional release ends; None in another state, or where its study version sets no end."""
    if lot.status != "conditionally_released":
        return None
    decided_at = session.scalars(
        select(Disposition.decided_at)
        .where(Disposition.lot_id == lot.id, Disposition.decision == "release_conditionally")
        .order_by(Disposition.id.desc())
        .limit(1)
    ).one()
    return conditional_end(decided_at, study.definition_of(lot.study_definition).product.conditional_release_days)

"""The deviations of a lot and of its bags together: whoever decides on a lot reads of both."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.manufacture.models import Lot, Unit
from cotrack.quality.models import Deviation
from cotrack.quality.rules import DeviationFacts
from cotrack.quality.service.deviations import deviation_facts


def deviations_under(session: Session, lot: Lot) -> Sequence[Deviation]:
    """Return every deviation that a lot or one of its bags ever had, newest first, by one statement."""
    bags = select("unit:" + Unit.number).where(Unit.lot_id == lot.id)
    about = (Deviation.subject == f"lot:{lot.number}") | Deviation.subject.in_(bags)
    return session.scalars(select(Deviation).where(about).order_by(Deviation.id.desc())).all()


def open_under(session: Session, lot: Lot) -> list[DeviationFacts]:
    """Return the open deviations of a lot and of its bags, oldest first."""
    return [deviation_facts(each) for each in reversed(deviations_under(session, lot)) if each.status == "open"]

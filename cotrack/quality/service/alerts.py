"""Alerts about a thing that was stopped after its release, and who has read them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.access.models import Person
from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.quality.models import Acknowledgement, Alert, Deviation, Hold


def raise_alert(work: Work, hold: Hold, deviation: Deviation) -> Alert:
    """Raise the alert that a hold and a deviation after a failed result call for; certain people must read it."""
    alert = Alert(
        subject=hold.subject,
        reason=hold.reason,
        hold_id=hold.id,
        deviation_id=deviation.id,
        raised_at=work.now,
        raised_by_id=work.person_id,
    )
    work.add(alert)
    return alert


def alert_numbered(session: Session, alert_id: int) -> Alert:
    """Return an alert with its hold and its deviation; raises NotFound."""
    loaded = (joinedload(Alert.hold), joinedload(Alert.deviation))
    alert = session.get(Alert, alert_id, options=loaded)
    if alert is None:
        raise NotFound("There is no such alert.")
    return alert


def alerts_of(session: Session, subject: str = "") -> Sequence[Alert]:
    """Return every alert ever raised about a thing, or about anything, newest first."""
    statement = select(Alert).options(joinedload(Alert.hold), joinedload(Alert.deviation)).order_by(Alert.id.desc())
    return session.scalars(statement.where(Alert.subject == subject) if subject else statement).all()


def acknowledgements_of(session: Session, alert_ids: Sequence[int]) -> Sequence[tuple[Acknowledgement, str]]:
    """Return who has read these alerts, oldest first, each with their printed name."""
    statement = (
        select(Acknowledgement, Person.printed_name)
        .join(Person, Person.id == Acknowledgement.person_id)
        .where(Acknowledgement.alert_id.in_(alert_ids))
        .order_by(Acknowledgement.id)
    )
    return [(each, name) for each, name in session.execute(statement)]

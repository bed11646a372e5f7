"""Alerts about a lot that was stopped after its release: whom they name, who must read them, who has."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.bedside.models import Infusion
from cotrack.foundation.acting import Actor
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.manufacture.models import Lot, Unit
from cotrack.orders.models import Allocation, Order
from cotrack.participants.models import Participant
from cotrack.participants.service.treatment import treating_physicians
from cotrack.quality.models import Acknowledgement, Alert
from cotrack.quality.service import alerts
from cotrack.trace.rules import Reached, is_read, list_of, parties, parties_of


@dataclass(frozen=True)
class Reach:
    """How far a lot went: its bags and samples with their status, and whom each bag reached or is set aside for."""

    units: Sequence[tuple[str, str]]
    reached: Sequence[Reached]
    infusions: Mapping[str, Infusion]

    @property
    def text(self) -> str:
        """The list that is acknowledged."""
        return list_of([number for number, _ in self.units], self.reached)

    @property
    def sha256(self) -> str:
        """What tells one list from another."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def reach_of(session: Session, subject: str) -> Reach:
    """Return how far a lot went by now, by five statements however many bags it has."""
    number = subject.partition(":")[2]
    units = session.execute(
        select(Unit.number, Unit.status)
        .join(Lot, Lot.id == Unit.lot_id)
        .where(Lot.number == number)
        .order_by(Unit.number)
    )
    rows = session.execute(
        select(Unit.number, Participant, Order.number, Infusion)
        .join(Allocation, (Allocation.unit_id == Unit.id) & Allocation.released_at.is_(None))
        .join(Lot, Lot.id == Unit.lot_id)
        .join(Order, Order.id == Allocation.order_id)
        .join(Participant, Participant.id == Order.participant_id)
        .outerjoin(Infusion, Infusion.unit_id == Unit.id)
        .where(Lot.number == number)
        .order_by(Unit.number)
    ).all()
    treating = treating_physicians(session, [participant for _, participant, _, _ in rows])
    reached = [
        Reached(unit, participant.subject_number, order, treating.get(participant.id, ""), infusion is not None)
        for unit, participant, order, infusion in rows
    ]
    infusions = {unit: infusion for unit, _, _, infusion in rows if infusion is not None}
    return Reach([(number, status) for number, status in units], reached, infusions)


def acknowledge(work: Work, alert_id: int, *, shown_sha256: str) -> list[Acknowledgement]:
    """Say that an alert was read, for each party that the person stands for; the list shown is kept with it.

    Raises Blocked where the list has grown since it was shown, or where the alert is not for this person.
    """
    work.record("alert.acknowledge", f"alert:{alert_id}", permission="alert:acknowledge")
    alert = alerts.alert_numbered(work.session, alert_id)
    work.lock(Lot, alert.subject.partition(":")[2], share=True)
    reach = reach_of(work.session, alert.subject)
    mine = parties_of(work.actor.username, work.actor.roles) & set(parties(reach.reached))
    work.refuse_if(_against(reach, mine, shown_sha256))
    read = [
        Acknowledgement(
            alert_id=alert.id, party=party, shown=reach.text, acknowledged_at=work.now, person_id=work.person_id
        )
        for party in sorted(mine)
    ]
    work.session.add_all(read)
    work.session.flush()
    return read


def _against(reach: Reach, mine: Iterable[str], shown_sha256: str) -> list[Blocker]:
    if not mine:
        words = N_("This alert is for quality assurance, the principal investigator and the treating physicians.")
        return [Blocker("not_concerned", words)]
    if shown_sha256 != reach.sha256:
        return [Blocker("list_changed", N_("The list has changed since you read it: read it again."))]
    return []


def to_read(session: Session, actor: Actor) -> list[Alert]:
    """Return the alerts that wait for a person: not yet read for a party that they stand for, or grown since."""
    return [alert for alert in alerts.alerts_of(session) if _waits(session, alert, actor)]


def _waits(session: Session, alert: Alert, actor: Actor) -> bool:
    mine = parties_of(actor.username, actor.roles)
    read = _by_party(alerts.acknowledgements_of(session, [alert.id]))
    if mine <= read.keys() and alert.hold.status == "lifted":
        return False
    reach = reach_of(session, alert.subject)
    return any(not is_read(read.get(each, ()), reach.text) for each in mine & set(parties(reach.reached)))


def _by_party(acknowledgements: Iterable[tuple[Acknowledgement, str]]) -> Mapping[str, list[str]]:
    read: dict[str, list[str]] = {}
    for each, _ in acknowledgements:
        read.setdefault(each.party, []).append(each.shown)
    return read


def alert_page(session: Session, actor: Actor, alert_id: int) -> Mapping[str, Any]:
    """Return the page of an alert: what failed, whom it reached, who must read it and who has."""
    alert = alerts.alert_numbered(session, alert_id)
    reach = reach_of(session, alert.subject)
    acknowledgements = alerts.acknowledgements_of(session, [alert_id])
    read = _by_party(acknowledgements)
    waiting = [each for each in parties(reach.reached) if not is_read(read.get(each, ()), reach.text)]
    return {
        "alert": alert,
        "reach": reach,
        "acknowledgements": acknowledgements,
        "waiting": waiting,
        "is_mine": bool(parties_of(actor.username, actor.roles) & set(waiting)),
    }

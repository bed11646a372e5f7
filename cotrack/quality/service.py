"""Holds, deviations and alerts about any thing. The stage of the thing locks it, and all below it, first."""

from collections.abc import Sequence

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.access.models import Person
from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.lifecycles import DEVIATION, HOLD
from cotrack.quality.models import Acknowledgement, Alert, Deviation, Hold
from cotrack.quality.rules import DeviationFacts, HoldFacts, against_closing, against_open

STANDING_STATES = ("standing", "recalled")


def begin_hold(work: Work, action: str, subject: str, *, reason: str) -> None:
    """State a hold (`place`) or a recall (`recall`): permission first, then the reason, which is always asked."""
    work.begin(HOLD, action, "", reason=reason, subject=subject)


def place(work: Work, action: str, subject: str, *, reason: str) -> Hold:
    """Write a hold that was begun, or that follows from another act, on things that its stage has locked."""
    hold = Hold(
        subject=subject,
        status=str(HOLD[action].to_state),
        reason=reason.strip(),
        placed_at=work.now,
        placed_by_id=work.person_id,
    )
    work.add(hold)
    return hold


def lift(work: Work, hold_id: int, *, reason: str) -> Hold:
    """Lift a hold, with the reason; a recall is never lifted.

    A hold over a failed test stands until its deviation is closed: QA signs what the failure means (§3.3 rules 3, 4).
    """
    found = work.session.get(Hold, hold_id)
    work.begin(HOLD, "lift", str(hold_id), reason=reason, subject=found.subject if found else "")
    hold = work.session.get(Hold, hold_id, with_for_update=True)
    if hold is None:
        raise NotFound("There is no such hold.")
    work.expect(hold, "lift")
    work.refuse_if(against_open(_open_behind(work.session, hold)))
    work.move(hold, "lift")
    hold.lifted_at, hold.lifted_by_id, hold.lift_reason = work.now, work.person_id, reason.strip()
    return hold


def _open_behind(session: Session, hold: Hold) -> list[DeviationFacts]:
    """Return the open deviation that was opened with a hold, if there is one."""
    statement = (
        select(Deviation)
        .join(Alert, Alert.deviation_id == Deviation.id)
        .where(Alert.hold_id == hold.id, Deviation.status == "open")
    )
    return [deviation_facts(each) for each in session.scalars(statement)]


def hold_numbered(session: Session, hold_id: int) -> tuple[Hold, str]:
    """Return a hold with the name of who placed it; raises NotFound."""
    statement = select(Hold, Person.printed_name).join(Person, Person.id == Hold.placed_by_id)
    found = session.execute(statement.where(Hold.id == hold_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such hold.")
    hold, placed_by = found
    return hold, placed_by


def standing_holds(session: Session, subjects: Sequence[str]) -> list[HoldFacts]:
    """Return the holds and recalls that stand on any of these things now, by one statement."""
    rows = session.connection().execute(_STANDING, {"subjects": list(subjects)})
    return [HoldFacts(*row) for row in rows]


_STANDING = (
    select(Hold.subject, Hold.status, Hold.reason, Hold.placed_at)
    .where(Hold.subject.in_(bindparam("subjects", expanding=True)), Hold.status.in_(STANDING_STATES))
    .order_by(Hold.id)
)


def holds_of(session: Session, *subjects: str) -> Sequence[Hold]:
    """Return every hold that these things ever had, newest first."""
    return session.scalars(select(Hold).where(Hold.subject.in_(subjects)).order_by(Hold.id.desc())).all()


def begin_deviation(work: Work, subject: str, *, description: str) -> None:
    """State a deviation of a thing: permission first, then the description, which is always asked."""
    work.begin(DEVIATION, "open", "", reason=description, subject=subject)


def open_deviation(work: Work, subject: str, *, description: str) -> Deviation:
    """Write a deviation that was begun, or that follows from another act, on a thing that its stage has locked."""
    earlier = work.session.scalar(select(func.count()).select_from(Deviation).where(Deviation.subject == subject)) or 0
    deviation = Deviation(
        number=f"DEV-{subject.partition(':')[2]}-{earlier + 1}",
        subject=subject,
        status="open",
        description=description.strip(),
        classification="",
        cause="",
        impact="",
        opened_at=work.now,
        opened_by_id=work.person_id,
    )
    work.add(deviation)
    return deviation


def assess(work: Work, number: str, *, classification: str, cause: str, impact: str) -> Deviation:
    """Write down what QA found out about an open deviation; an earlier assessment stays in the trail."""
    deviation = work.take(Deviation, "assess", number)
    deviation.classification, deviation.cause, deviation.impact = classification, cause.strip(), impact.strip()
    return deviation


def close(work: Work, number: str) -> Deviation:
    """Close a deviation that is assessed; QA signs over what was found (21 CFR 211.192)."""
    deviation = work.take(Deviation, "close", number)
    work.refuse_if(against_closing(deviation_facts(deviation)))
    deviation.closure_signature = work.sign(DEVIATION["close"].meaning, _closure_text(deviation))
    work.move(deviation, "close")
    return deviation


def _closure_text(deviation: Deviation) -> str:
    return "\n".join(
        (
            f"Deviation / 偏差 {deviation.number}",
            f"About / 涉及 {deviation.subject.partition(':')[2]}",
            f"What happened / 经过: {deviation.description}",
            f"Class / 级别: {deviation.classification}",
            f"Cause / 原因: {deviation.cause}",
            f"Impact / 影响: {deviation.impact}",
            "I close this deviation. / 本人关闭该偏差。",
        )
    )


def deviation_facts(deviation: Deviation) -> DeviationFacts:
    """Return what decides about a deviation."""
    return DeviationFacts(
        deviation.number, deviation.description, deviation.classification, deviation.cause, deviation.impact
    )


def open_deviations(session: Session, subject: str) -> list[DeviationFacts]:
    """Return the open deviations of a thing, oldest first."""
    statement = select(Deviation).where(Deviation.subject == subject, Deviation.status == "open").order_by(Deviation.id)
    return [deviation_facts(each) for each in session.scalars(statement)]


def deviations_of(session: Session, subject: str) -> Sequence[Deviation]:
    """Return every deviation that a thing ever had, newest first."""
    return session.scalars(select(Deviation).where(Deviation.subject == subject).order_by(Deviation.id.desc())).all()


def listed_deviations() -> Select[Deviation]:
    """Return how deviations are found, for a list that is paged by key."""
    return select(Deviation).options(joinedload(Deviation.closure_signature))


def deviation_numbered(session: Session, number: str) -> tuple[Deviation, str]:
    """Return a deviation with the name of who opened it; raises NotFound."""
    statement = (
        select(Deviation, Person.printed_name)
        .join(Person, Person.id == Deviation.opened_by_id)
        .options(joinedload(Deviation.closure_signature))
    )
    found = session.execute(statement.where(Deviation.number == number)).one_or_none()
    if found is None:
        raise NotFound("There is no deviation {number}.", number=number)
    deviation, opened_by = found
    return deviation, opened_by


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

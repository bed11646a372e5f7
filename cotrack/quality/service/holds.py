"""Holds and recalls of any thing. The stage of the thing locks it, and all below it, first."""

from collections.abc import Callable, Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Person
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.lifecycles import HOLD
from cotrack.quality.models import Alert, Deviation, Hold
from cotrack.quality.rules import DeviationFacts, HoldFacts, against_open
from cotrack.quality.service.deviations import deviation_facts

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


def lift(
    work: Work, hold_id: int, *, reason: str, against: Callable[[Session, str], Sequence[Blocker]] | None = None
) -> Hold:
    """Lift a hold, with the reason; a recall is never lifted.

    A hold over a failed test stands until its deviation is closed: QA signs what the failure means (§3.3 rules 3, 4).
    `against` says what a later stage knows against letting the thing go on.
    """
    found = work.session.get(Hold, hold_id)
    work.begin(HOLD, "lift", str(hold_id), reason=reason, subject=found.subject if found else "")
    hold = work.session.get(Hold, hold_id, with_for_update=True)
    if hold is None:
        raise NotFound("There is no such hold.")
    work.expect(hold, "lift")
    known = against(work.session, hold.subject) if against else ()
    work.refuse_if([*against_open(_open_behind(work.session, hold)), *known])
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

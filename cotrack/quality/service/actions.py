"""Actions after a deviation: what is to be done, by whom, by when, and what came of it."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from cotrack.foundation.access.models import Person, PersonRole
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import DEVIATION_ACTION
from cotrack.policy import roles_granting
from cotrack.quality.models import Deviation, DeviationAction
from cotrack.quality.rules import against_ending

_LOADED = (joinedload(DeviationAction.deviation), joinedload(DeviationAction.owner))


def plan(work: Work, number: str, *, kind: str, description: str, owner: str, due_on: date) -> DeviationAction:
    """Plan an action after an open deviation: a correction (before its closure) or a prevention, with owner and day.

    Raises InvalidInput for a day that is over, or an owner who does not work here.
    """
    work.begin(DEVIATION_ACTION, "plan", "", subject=f"deviation:{number}")
    # The deviation is locked for itself: it is closed before this, or its closure sees the action.
    deviation = work.lock(Deviation, number)
    work.expect(deviation, "assess")
    if due_on < work.today:
        raise InvalidInput(fields={"due_on": [N_("This day is over.")]})
    person = next((each for each in possible_owners(work.session) if each.username == owner), None)
    if person is None:
        raise InvalidInput(fields={"owner": [N_("Choose somebody who works here.")]})
    action = DeviationAction(
        deviation_id=deviation.id,
        kind=kind,
        status="planned",
        description=description.strip(),
        owner_id=person.id,
        due_on=due_on,
        outcome="",
        planned_at=work.now,
        planned_by_id=work.person_id,
    )
    work.add(action)
    return action


def finish(work: Work, action_id: int, *, outcome: str) -> DeviationAction:
    """Report an action as done, as its owner, with what was done."""
    action = _taken(work, action_id, "finish")
    work.refuse_if(against_ending(action.owner.username, work.actor.username))
    return _end(work, action, "finish", outcome)


def drop(work: Work, action_id: int, *, reason: str) -> DeviationAction:
    """Drop an action that is not needed, or that another owner gets anew; the reason stays with it."""
    action = _taken(work, action_id, "drop", reason=reason)
    return _end(work, action, "drop", reason)


def _taken(work: Work, action_id: int, act: str, *, reason: str = "") -> DeviationAction:
    """Begin an act on an action, recorded under its deviation; return it locked."""
    found = work.session.get(DeviationAction, action_id)
    subject = f"deviation:{found.deviation.number}" if found else ""
    work.begin(DEVIATION_ACTION, act, str(action_id), reason=reason, subject=subject)
    action = work.session.get(DeviationAction, action_id, with_for_update=True)
    if action is None:
        raise NotFound("There is no such action.")
    work.expect(action, act)
    return action


def _end(work: Work, action: DeviationAction, act: str, outcome: str) -> DeviationAction:
    work.move(action, act)
    action.outcome, action.ended_at, action.ended_by_id = outcome.strip(), work.now, work.person_id
    return action


def possible_owners(session: Session) -> Sequence[Person]:
    """Return who may own an action: everybody who works here in a role that acts, by their printed names."""
    roles = PersonRole.revoked_at.is_(None) & PersonRole.role.in_(roles_granting("deviation:act"))
    statement = select(Person).where(Person.is_active, Person.roles.any(roles)).order_by(Person.printed_name)
    return session.scalars(statement).all()


def actions_of(session: Session, deviation_id: int) -> Sequence[DeviationAction]:
    """Return every action after a deviation, in the order of planning."""
    statement = select(DeviationAction).options(*_LOADED).where(DeviationAction.deviation_id == deviation_id)
    return session.scalars(statement.order_by(DeviationAction.id)).all()


def action_numbered(session: Session, action_id: int) -> DeviationAction:
    """Return an action with its deviation and its owner; raises NotFound."""
    action = session.get(DeviationAction, action_id, options=_LOADED)
    if action is None:
        raise NotFound("There is no such action.")
    return action


def planned_actions(session: Session) -> Sequence[DeviationAction]:
    """Return the actions that are not done yet, first due first."""
    statement = (
        select(DeviationAction)
        .join(DeviationAction.deviation)
        .options(contains_eager(DeviationAction.deviation), joinedload(DeviationAction.owner))
        .where(DeviationAction.status == "planned")
        .order_by(DeviationAction.due_on, DeviationAction.id)
    )
    return session.scalars(statement).all()

"""What waits in making lots: the next step, a step for a second person, a calibration that ends."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.desk.service.tasks import Desk, Task
from cotrack.foundation.words import N_
from cotrack.manufacture.models import Lot, Step
from cotrack.manufacture.rules.process import against_start, against_verifying
from cotrack.manufacture.service.equipment import DUE_SOON, due_by
from cotrack.manufacture.service.process import doers, lot_steps, verified_steps
from cotrack.study.service import definition_of

UNDER_WAY = ("in_process", "quarantine")


def steps_to_do(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the lots with a step that is next, and that nobody else performs."""
    statement = select(Lot).options(joinedload(Lot.study_definition)).where(Lot.status.in_(UNDER_WAY)).order_by(Lot.id)
    verified = verified_steps(session, UNDER_WAY)
    for lot in session.scalars(statement):
        process = definition_of(lot.study_definition).process
        # Most lots have all their steps: only the others are looked at whole.
        if process is None or verified.get(lot.id, set()) >= {each.key for each in process.steps}:
            continue
        steps = lot_steps(session, lot)
        step = steps.next_step if steps is not None else None
        if steps is None or step is None:
            continue
        row = session.scalar(select(Step).where(Step.lot_id == lot.id, Step.step == step.key))
        is_open = not against_start(steps, step) if row is None else row.performed_by_id == desk.actor.person_id
        if is_open:
            title = N_("Do the next step") if row is None else N_("Go on with the step")
            since, details = lot.made_at if row is None else row.started_at, {"step": step.name}
            arguments, note = {"number": lot.number}, N_("{step}")
            yield Task(title, f"lot:{lot.number}", "process.next_step", arguments, since, note=note, details=details)


def steps_to_verify(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the steps that somebody else performed, and that wait for a second person."""
    waiting = Step.lot.has(Lot.status.in_(UNDER_WAY))
    loaded = joinedload(Step.lot).joinedload(Lot.study_definition)
    statement = select(Step).options(loaded).where(Step.status == "performed", waiting).order_by(Step.id)
    for row in session.scalars(statement):
        steps = lot_steps(session, row.lot)
        described = steps.process.step(row.step) if steps is not None else None
        if described is None or against_verifying(desk.actor.person_id, doers(session, row)):
            continue
        arguments, details = {"number": row.lot.number, "step": row.step}, {"step": described.name}
        yield Task(
            N_("Verify a step"),
            f"lot:{row.lot.number}",
            "process.verify_step",
            arguments,
            row.ended_at,
            note=N_("{step}"),
            details=details,
        )


def calibrations_due(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the rooms and devices whose calibration ends within a month, or has ended."""
    today = desk.site_day(desk.now)
    for each in due_by(session, today + DUE_SOON):
        yield Task(
            N_("Have it calibrated"),
            f"equipment:{each.number}",
            "desk.equipment",
            {"number": each.number},
            until=desk.end_of_day(each.due_on),
            is_urgent=each.due_on < today,
            note=each.name,
        )

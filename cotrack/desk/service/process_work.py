"""What waits in making lots: the next step, a step for a second person, a calibration that ends."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.desk.service.tasks import Desk, Task
from cotrack.foundation.words import N_
from cotrack.manufacture.models import Lot, Step
from cotrack.manufacture.rules.process import LotSteps, against_start, against_verifying
from cotrack.manufacture.service.equipment import DUE_SOON, due_by
from cotrack.manufacture.service.process import doers_of, steps_of_lots
from cotrack.study.service import definition_of

NOT_DECIDED = ("in_process", "quarantine")


def steps_to_do(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the lots with a step that is next, and that nobody else performs."""
    statement = (
        select(Lot).options(joinedload(Lot.study_definition)).where(Lot.status.in_(NOT_DECIDED)).order_by(Lot.id)
    )
    lots = session.scalars(statement).all()
    begun = _begun(session, lots)
    for lot, steps in _with_steps(session, lots):
        step = steps.next_step
        if step is None:
            continue
        row = begun.get((lot.id, step.key))
        is_open = not against_start(steps, step) if row is None else row.performed_by_id == desk.actor.person_id
        if is_open:
            title = N_("Do the next step") if row is None else N_("Go on with the step")
            since, details = lot.made_at if row is None else row.started_at, {"step": step.name}
            arguments, note = {"number": lot.number}, N_("{step}")
            yield Task(title, f"lot:{lot.number}", "process.next_step", arguments, since, note=note, details=details)


def _with_steps(session: Session, lots: Sequence[Lot]) -> list[tuple[Lot, LotSteps]]:
    """Return the lots whose study describes how they are made, each with its steps."""
    found = steps_of_lots(session, lots)
    return [(lot, found[lot.id]) for lot in lots if lot.id in found]


def _begun(session: Session, lots: Sequence[Lot]) -> dict[tuple[int, str], Step]:
    """Return the steps of these lots that are under way."""
    statement = select(Step).where(Step.lot_id.in_([each.id for each in lots]), Step.status == "begun")
    return {(each.lot_id, each.step): each for each in session.scalars(statement)}


def steps_to_verify(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the steps that somebody else performed, and that wait for a second person."""
    waiting = Step.lot.has(Lot.status.in_(NOT_DECIDED))
    loaded = joinedload(Step.lot).joinedload(Lot.study_definition)
    statement = select(Step).options(loaded).where(Step.status == "performed", waiting).order_by(Step.id)
    rows = session.scalars(statement).all()
    people = doers_of(session, rows)
    for row in rows:
        process = definition_of(row.lot.study_definition).process
        described = process.step(row.step) if process is not None else None
        if described is None or against_verifying(desk.actor.person_id, people[row.id]):
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

"""Marks what waits with a bag that a hold or a recall stands over: nobody is sent on with it."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.desk.service.tasks import Task
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.service.inputs import held_among


def mark_held(session: Session, tasks: Sequence[Task]) -> list[Task]:
    """Return the tasks, each bag's with whether its lot or itself is held; two statements, however many there are."""
    bags = {task.subject.removeprefix("unit:") for task in tasks if task.subject.startswith("unit:")}
    if not bags:
        return list(tasks)
    rows = session.execute(
        select(Unit.number, Lot.number).join(Lot, Lot.id == Unit.lot_id).where(Unit.number.in_(bags))
    )
    lots = {f"unit:{unit}": f"lot:{lot}" for unit, lot in rows}
    held = held_among(session, [*lots, *set(lots.values())])
    return [replace(task, is_held=bool({task.subject, lots.get(task.subject)} & held)) for task in tasks]

"""What was scanned at a step: what it still asks for, and whether a room or device may still be used."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.work import Work
from cotrack.manufacture.models import Equipment, Step, StepScan
from cotrack.manufacture.rules.process import against_equipment, against_performing
from cotrack.manufacture.service.equipment import facts_of
from cotrack.study.rules.process import ProcessStep


def open_needs(session: Session, described: ProcessStep, step: Step | None, today: date) -> list[str]:
    """Return the kinds of things that a step asks for and that were not scanned yet, in their order.

    A room or device that may not be used by now is asked for anew: another of its kind takes its place.
    """
    scanned = _scanned_at(session, step)
    return [each for each in described.needs if each not in scanned or _against(scanned[each], today)]


def against_devices(session: Session, step: Step | None, today: date) -> list[Blocker]:
    """Return why a room or device that was scanned at a step may not be used on this day of the site."""
    return [found for each in _scanned_at(session, step).values() for found in _against(each, today)]


def against_scanned(work: Work, described: ProcessStep, step: Step) -> list[Blocker]:
    """Return why a step is not performed: what was not scanned yet, and what was and may not be used by now."""
    scanned = _scanned_at(work.session, step)
    missing = [each for each in described.needs if each not in scanned]
    return [*against_devices(work.session, step, work.today), *against_performing(missing)]


def lock_devices(work: Work, step_number: str) -> None:
    """Lock the rooms and devices that were scanned at a step, before its lot: nobody takes one out meanwhile."""
    step = work.session.scalar(select(Step).where(Step.number == step_number))
    for number in sorted({each.number for each in _scanned_at(work.session, step).values() if each is not None}):
        work.lock(Equipment, number, share=True)


def _scanned_at(session: Session, step: Step | None) -> dict[str, Equipment | None]:
    """Return the kinds that were scanned at a step, each with the room or device that was scanned last."""
    if step is None:
        return {}
    statement = (
        select(StepScan.need, Equipment)
        .outerjoin(Equipment, Equipment.id == StepScan.equipment_id)
        .where(StepScan.step_id == step.id)
        .order_by(StepScan.id)
    )
    return dict(session.execute(statement).all())


def _against(equipment: Equipment | None, today: date) -> list[Blocker]:
    return [] if equipment is None else against_equipment(facts_of(equipment), today)

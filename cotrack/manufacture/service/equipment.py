"""Rooms and devices: registered and calibrated by QA, taken out of use by whoever works with them."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import EQUIPMENT
from cotrack.manufacture.models import Equipment, Lot, Step, StepScan
from cotrack.manufacture.rules.process import EquipmentFacts
from cotrack.manufacture.service.sources import LONGEST_NUMBER, SOURCE_NUMBER, against_number, typed

DUE_SOON = timedelta(days=30)


def register(work: Work, *, number: str, kind: str, name: str, calibrated_on: date, due_on: date) -> Equipment:
    """Register a room or a device with its last calibration and the last day on which that stands."""
    number = typed(number)
    work.begin(EQUIPMENT, "register", number)
    if len(number) > LONGEST_NUMBER or not SOURCE_NUMBER.fullmatch(number):
        raise InvalidInput(fields={"number": [N_("A number looks like INC-01.")]})
    work.refuse_if(against_number(work.session, number))
    _check_days(work, calibrated_on, due_on)
    row = Equipment(
        number=number,
        kind=kind,
        name=name,
        calibrated_on=calibrated_on,
        due_on=due_on,
        registered_at=work.now,
        registered_by_id=work.person_id,
        status="in_use",
    )
    work.add(row)
    return row


def calibrate(work: Work, number: str, *, calibrated_on: date, due_on: date) -> Equipment:
    """Write down a calibration and until when it stands; earlier days stay in the trail (21 CFR 211.68)."""
    equipment = work.take(Equipment, "calibrate", number)
    _check_days(work, calibrated_on, due_on)
    equipment.calibrated_on, equipment.due_on = calibrated_on, due_on
    return equipment


def _check_days(work: Work, calibrated_on: date, due_on: date) -> None:
    faults = {}
    if calibrated_on > work.today:
        faults["calibrated_on"] = [N_("This day lies in the future.")]
    if due_on < calibrated_on:
        faults["due_on"] = [N_("This day lies before the calibration.")]
    if faults:
        raise InvalidInput(fields=faults)


def take_out(work: Work, number: str, *, reason: str) -> Equipment:
    """Take a room or a device out of use: no step is performed with it until QA brings it back."""
    return _moved(work, number, "take_out", reason)


def bring_back(work: Work, number: str, *, reason: str) -> Equipment:
    """Bring a room or a device back into use, with the reason why it may be used again."""
    return _moved(work, number, "bring_back", reason)


def _moved(work: Work, number: str, action: str, reason: str) -> Equipment:
    equipment = work.take(Equipment, action, number, reason=reason)
    work.move(equipment, action)
    return equipment


def equipment_named(session: Session, number: str) -> Equipment | None:
    """Return the room or device of a number as somebody typed or scanned it."""
    return session.scalar(select(Equipment).where(Equipment.number == typed(number)))


def equipment_numbered(session: Session, number: str) -> Equipment:
    """Return a room or device; raises NotFound."""
    found = session.scalar(select(Equipment).where(Equipment.number == number))
    if found is None:
        raise NotFound("There is no equipment {number}.", number=number)
    return found


def listed_equipment() -> Select[Equipment]:
    """Return how rooms and devices are found, for a list that is paged by key."""
    return select(Equipment)


def due_by(session: Session, day: date) -> list[Equipment]:
    """Return the rooms and devices in use whose calibration ends by a day, the first to end first."""
    is_due = (Equipment.status == "in_use", Equipment.due_on <= day)
    return list(session.scalars(select(Equipment).where(*is_due).order_by(Equipment.due_on, Equipment.id)))


def lots_made_with(session: Session, equipment: Equipment) -> Sequence[Lot]:
    """Return the lots at whose steps a room or device was scanned, newest first."""
    used = select(Step.lot_id).join(StepScan, StepScan.step_id == Step.id).where(StepScan.equipment_id == equipment.id)
    return session.scalars(select(Lot).where(Lot.id.in_(used)).order_by(Lot.number.desc())).all()


def facts_of(equipment: Equipment) -> EquipmentFacts:
    """Return what decides about the use of a room or device."""
    return EquipmentFacts(equipment.number, equipment.kind, equipment.status, equipment.due_on)

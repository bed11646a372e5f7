"""What is known of a lot's steps: where each stands, what was scanned and measured, who did it, how far cells grew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.access.models import Person
from cotrack.lifecycles import STEP
from cotrack.manufacture.models import (
    CellBank,
    Lot,
    LotInput,
    Step,
    StepScan,
    StepValue,
    StepVerification,
)
from cotrack.manufacture.rules.process import Growth, LotSteps, growth, judge
from cotrack.manufacture.service.acts import acts_on
from cotrack.study.rules.process import Parameter, Process, ProcessStep
from cotrack.study.rules.specification import Standing
from cotrack.study.service import definition_of

Row = TypeVar("Row", StepScan, StepValue, StepVerification)


def lot_steps(session: Session, lot: Lot, beside: CellBank | None = None) -> LotSteps | None:
    """Return what decides about a lot's steps; None where its study version describes no process.

    `beside` is a bank that is about to be recorded as one of its own.
    """
    process = definition_of(lot.study_definition).process
    if process is None:
        return None
    statuses = dict(session.execute(select(Step.step, Step.status).where(Step.lot_id == lot.id)).all())
    return LotSteps(lot.number, lot.status, process, statuses, _growth(session, lot.id, process, beside))


def verified_steps(session: Session, lot_states: Sequence[str]) -> Mapping[int, set[str]]:
    """Return which steps are verified of every lot in these states, by the lot's id, in one statement."""
    statement = select(Step.lot_id, Step.step).join(Lot, Lot.id == Step.lot_id)
    found: dict[int, set[str]] = {}
    for lot_id, step in session.execute(statement.where(Step.status == "verified", Lot.status.in_(lot_states))):
        found.setdefault(lot_id, set()).add(step)
    return found


def _growth(session: Session, lot_id: int, process: Process, beside: CellBank | None) -> Growth:
    wanted = {(step, parameter.key) for step, parameter in process.counted}
    statement = (
        select(Step.step, StepValue.parameter, StepValue.number)
        .join(Step, Step.id == StepValue.step_id)
        .where(Step.lot_id == lot_id, StepValue.number.is_not(None))
        .order_by(StepValue.id)
    )
    rows = session.execute(statement).all()
    # A correction is written later than what it corrects, so the last one of a parameter counts.
    numbers: dict[tuple[str, str], Decimal] = {}
    for step, parameter, number in rows:
        if number is not None and (step, parameter) in wanted:
            numbers[step, parameter] = number
    return growth(process, numbers, _bank_passage(session, lot_id, beside))


def _bank_passage(session: Session, lot_id: int, beside: CellBank | None) -> int | None:
    """Return the highest passage of a lot's banks; None where it has none, or one of them does not say its own."""
    statement = (
        select(CellBank.passage).join(LotInput, LotInput.bank_id == CellBank.id).where(LotInput.lot_id == lot_id)
    )
    said = [*session.scalars(statement), *([beside.passage] if beside is not None else [])]
    known = [each for each in said if each is not None]
    return max(known) if known and len(known) == len(said) else None


BEGAN = (STEP.event("start"), STEP.event("take_over"))
"""Acts of which a step's row names the last alone: who began it before somebody took it over stands in the trail."""


def workers(session: Session, lot: Lot) -> frozenset[int]:
    """Return everybody who began, performed, scanned, measured, corrected or verified at a step of a lot."""
    lot_id, of_lot = lot.id, select(Step.id).where(Step.lot_id == lot.id)
    statement = union(
        select(Step.performed_by_id).where(Step.lot_id == lot_id),
        select(StepScan.scanned_by_id).where(StepScan.step_id.in_(of_lot)),
        select(StepValue.recorded_by_id).where(StepValue.step_id.in_(of_lot)),
        select(StepVerification.verified_by_id).where(StepVerification.step_id.in_(of_lot)),
    )
    return frozenset(session.scalars(statement)) | {person for _, person in acts_on(session, lot, BEGAN)}


def doers(session: Session, step: Step) -> frozenset[int]:
    """Return everybody who did a part of a step: they began or took it over, scanned, measured or corrected."""
    scanned = session.scalars(select(StepScan.scanned_by_id).where(StepScan.step_id == step.id))
    measured = session.scalars(select(StepValue.recorded_by_id).where(StepValue.step_id == step.id))
    begun = [person for key, person in acts_on(session, step.lot, BEGAN) if key == step.step]
    return frozenset({step.performed_by_id, *begun, *scanned, *measured})


def newest_value(session: Session, step: Step) -> str:
    """Return by which number the newest value of a step is known; empty where nothing is measured at it."""
    newest = session.scalar(select(func.max(StepValue.id)).where(StepValue.step_id == step.id))
    return "" if newest is None else str(newest)


def open_needs(session: Session, described: ProcessStep, step: Step | None) -> list[str]:
    """Return the kinds of things that a step asks for and that were not scanned yet, in their order."""
    if step is None:
        return list(described.needs)
    scanned = set(session.scalars(select(StepScan.need).where(StepScan.step_id == step.id)))
    return [each for each in described.needs if each not in scanned]


@dataclass(frozen=True)
class ValueLine:
    """A value of a step as people read it: the newest, what it corrected, where it stands against its limits."""

    parameter: Parameter
    value: StepValue
    standing: Standing
    earlier: Sequence[StepValue]


@dataclass(frozen=True)
class StepLine:
    """One step of a lot as people read it; `row` is None where it was not begun."""

    described: ProcessStep
    row: Step | None
    scans: Sequence[StepScan] = ()
    values: Sequence[ValueLine] = ()
    verifications: Sequence[StepVerification] = ()
    begun_by: frozenset[int] = frozenset()

    @property
    def verified(self) -> StepVerification | None:
        """The verification that counts now."""
        return self.verifications[-1] if self.row is not None and self.row.status == "verified" else None

    @property
    def doers(self) -> frozenset[int]:
        """Everybody who did a part of it: they began or took it over, scanned, measured or corrected."""
        measured = (value.recorded_by_id for each in self.values for value in (*each.earlier, each.value))
        begun = (self.row.performed_by_id,) if self.row is not None else ()
        return frozenset((*self.begun_by, *begun, *(each.scanned_by_id for each in self.scans), *measured))

    @property
    def newest_value(self) -> str:
        """By which number its newest value is known; empty where nothing was measured yet."""
        return str(max((each.value.id for each in self.values), default=""))

    @property
    def status(self) -> str:
        """Its status; empty where it was not begun."""
        return self.row.status if self.row is not None else ""


def step_lines(session: Session, lot: Lot) -> list[StepLine]:
    """Return every step of a lot's process in its order, with all that is known of it, in five statements."""
    process = definition_of(lot.study_definition).process
    if process is None:
        return []
    statement = select(Step).options(joinedload(Step.performed_by)).where(Step.lot_id == lot.id)
    rows = {each.step: each for each in session.scalars(statement)}
    ids = [each.id for each in rows.values()]
    things = joinedload(StepScan.lot_input)
    loaded = (joinedload(StepScan.equipment), things.joinedload(LotInput.bank), things.joinedload(LotInput.material))
    scans = session.scalars(select(StepScan).options(*loaded).where(StepScan.step_id.in_(ids)).order_by(StepScan.id))
    by_step = _grouped(scans.all())
    values = session.scalars(
        select(StepValue)
        .options(joinedload(StepValue.recorded_by), joinedload(StepValue.deviation))
        .where(StepValue.step_id.in_(ids))
        .order_by(StepValue.id)
    )
    measured = _grouped(values.all())
    verified = session.scalars(
        select(StepVerification)
        .options(joinedload(StepVerification.verified_by))
        .where(StepVerification.step_id.in_(ids))
        .order_by(StepVerification.id)
    )
    seen, began = _grouped(verified.all()), acts_on(session, lot, BEGAN)
    return [
        StepLine(each, None)
        if row is None
        else StepLine(
            each,
            row,
            by_step.get(row.id, []),
            _values(each, measured.get(row.id, [])),
            seen.get(row.id, []),
            frozenset(person for key, person in began if key == each.key),
        )
        for each in process.steps
        for row in (rows.get(each.key),)
    ]


def _grouped(rows: Sequence[Row]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for each in rows:
        found.setdefault(each.step_id, []).append(each)
    return found


def _values(described: ProcessStep, rows: Sequence[StepValue]) -> list[ValueLine]:
    lines = []
    for parameter in described.parameters:
        mine = [each for each in rows if each.parameter == parameter.key]
        if mine:
            lines.append(ValueLine(parameter, mine[-1], judge(parameter, mine[-1].reported), mine[:-1]))
    return lines


def name_of_performer(session: Session, step: Step) -> str:
    """Return the printed name of who performs a step."""
    return session.scalar(select(Person.printed_name).where(Person.id == step.performed_by_id)) or "–"

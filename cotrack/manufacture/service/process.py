"""What is known of a lot's steps: where each stands, what was scanned and measured, who did it, how far cells grew."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import Select, func, select, union
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
from cotrack.manufacture.service.acts import acts_on, acts_on_lots
from cotrack.study.rules.process import Parameter, Process, ProcessStep
from cotrack.study.rules.specification import Standing
from cotrack.study.service import definition_of

Row = TypeVar("Row", StepScan, StepValue, StepVerification)


def lot_steps(session: Session, lot: Lot, beside: CellBank | None = None) -> LotSteps | None:
    """Return what decides about a lot's steps; None where its study version describes no process.

    `beside` is a bank that is about to be recorded as one of its own.
    """
    return steps_of_lots(session, [lot], beside).get(lot.id)


def steps_of_lots(session: Session, lots: Sequence[Lot], beside: CellBank | None = None) -> dict[int, LotSteps]:
    """Return what decides about the steps of lots, by their ids, in three statements however many there are.

    A lot whose study version describes no process is left out.
    """
    described = [(lot, definition_of(lot.study_definition).process) for lot in lots]
    processes = {lot.id: process for lot, process in described if process is not None}
    if not processes:
        return {}
    statuses: dict[int, dict[str, str]] = {each: {} for each in processes}
    rows = select(Step.lot_id, Step.step, Step.status).where(Step.lot_id.in_(processes))
    for lot_id, step, status in session.execute(rows):
        statuses[lot_id][step] = status
    grown = _growths(session, processes, beside)
    return {
        lot.id: LotSteps(lot.number, lot.status, process, statuses[lot.id], grown[lot.id])
        for lot, process in described
        if process is not None
    }


def _growths(session: Session, processes: Mapping[int, Process], beside: CellBank | None) -> dict[int, Growth]:
    counted = {(each, step, one.key) for each, process in processes.items() for step, one in process.counted}
    statement = (
        select(Step.lot_id, Step.step, StepValue.parameter, StepValue.number)
        .join(Step, Step.id == StepValue.step_id)
        .where(Step.lot_id.in_(processes), StepValue.number.is_not(None))
        .order_by(StepValue.id)
    )
    # A correction is written later than what it corrects, so the last one of a parameter counts.
    numbers: dict[int, dict[tuple[str, str], Decimal]] = {each: {} for each in processes}
    for lot_id, step, parameter, number in session.execute(statement):
        if number is not None and (lot_id, step, parameter) in counted:
            numbers[lot_id][step, parameter] = number
    passages = _bank_passages(session, processes)
    also = [beside.passage] if beside is not None else []
    return {
        each: growth(process, numbers[each], _highest([*passages[each], *also])) for each, process in processes.items()
    }


def _bank_passages(session: Session, lot_ids: Collection[int]) -> dict[int, list[int | None]]:
    """Return the passage of each bank of these lots, None where a bank does not say its own."""
    statement = (
        select(LotInput.lot_id, CellBank.passage)
        .join(CellBank, CellBank.id == LotInput.bank_id)
        .where(LotInput.lot_id.in_(lot_ids))
    )
    said: dict[int, list[int | None]] = {each: [] for each in lot_ids}
    for lot_id, passage in session.execute(statement):
        said[lot_id].append(passage)
    return said


def _highest(passages: Sequence[int | None]) -> int | None:
    """Return the highest passage of a lot's banks; None where it has none, or one of them does not say its own."""
    known = [each for each in passages if each is not None]
    return max(known) if known and len(known) == len(passages) else None


BEGAN = (STEP.event("start"), STEP.event("take_over"))
"""Acts of which a step's row names the last alone: who began it before somebody took it over stands in the trail."""


def workers(lot_id: int) -> tuple[Select[int], ...]:
    """Return how everybody is found who performed, scanned, measured, corrected or verified at a step of a lot."""
    of_lot = select(Step.id).where(Step.lot_id == lot_id)
    return (
        select(Step.performed_by_id).where(Step.lot_id == lot_id),
        select(StepScan.scanned_by_id).where(StepScan.step_id.in_(of_lot)),
        select(StepValue.recorded_by_id).where(StepValue.step_id.in_(of_lot)),
        select(StepVerification.verified_by_id).where(StepVerification.step_id.in_(of_lot)),
    )


def doers(session: Session, step: Step) -> frozenset[int]:
    """Return everybody who did a part of a step: they began or took it over, scanned, measured or corrected."""
    return doers_of(session, [step])[step.id]


def doers_of(session: Session, steps: Sequence[Step]) -> dict[int, frozenset[int]]:
    """Return everybody who did a part of each of these steps, by its id, in two statements however many there are."""
    ids = [each.id for each in steps]
    statement = union(
        select(StepScan.step_id, StepScan.scanned_by_id).where(StepScan.step_id.in_(ids)),
        select(StepValue.step_id, StepValue.recorded_by_id).where(StepValue.step_id.in_(ids)),
    )
    began = acts_on_lots(session, {each.lot for each in steps}, BEGAN)
    found = {
        each.id: {each.performed_by_id, *(person for key, person in began[each.lot_id] if key == each.step)}
        for each in steps
    }
    for step_id, person_id in session.execute(statement):
        found[step_id].add(person_id)
    return {step_id: frozenset(people) for step_id, people in found.items()}


def newest_value(session: Session, step: Step) -> str:
    """Return by which number the newest value of a step is known; empty where nothing is measured at it."""
    newest = session.scalar(select(func.max(StepValue.id)).where(StepValue.step_id == step.id))
    return "" if newest is None else str(newest)


@dataclass(frozen=True)
class HiddenScan:
    """What went into a lot at a step, for who may not read sources: its kind, who scanned it and when, not what."""

    need: str
    scanned_at: datetime
    scanned_by_id: int
    equipment: None = None
    lot_input: None = None


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
    scans: Sequence[StepScan | HiddenScan] = ()
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


def in_neutral_words(lines: Sequence[StepLine], *, reads_sources: bool) -> list[StepLine]:
    """Return steps as a reader may know them: without the banks and materials for who may not read sources."""
    if reads_sources:
        return list(lines)
    return [replace(each, scans=[_hidden(scan) for scan in each.scans]) for each in lines]


def _hidden(scan: StepScan | HiddenScan) -> StepScan | HiddenScan:
    if scan.lot_input is None:
        return scan
    return HiddenScan(scan.need, scan.scanned_at, scan.scanned_by_id)


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

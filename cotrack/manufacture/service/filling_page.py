"""What the technician's page for filling shows: one step, of one unit, at one station; and how its label is printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Person
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.errors import NotFound
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.reconciliation import Fate, account_of
from cotrack.labelling.service import instances, printing
from cotrack.labelling.service.print_jobs import counts_when_found
from cotrack.manufacture.models import LineClearance, Lot
from cotrack.manufacture.rules import UnitFacts
from cotrack.manufacture.rules.filling import Count, count_of, is_open, next_label
from cotrack.manufacture.service import clearances, filling
from cotrack.manufacture.service.lots import label_fates, lot_numbered
from cotrack.manufacture.service.units import unit_facts, unit_numbered

AFTER_SPOILED = "the print before was spoiled"
STEP_OF_CLEARANCE = {"cleared": "check", "leaving": "check_after"}
STEP_OF_LABEL = {"": "print", "intended": "print", "sending": "lost", "printed": "apply"}


@dataclass(frozen=True)
class Stand:
    """Where the filling of a lot stands at a station: the one step that is next, and what it is about."""

    lot: Lot
    station: str
    step: str
    clearance: LineClearance | None
    unit: UnitFacts | None
    label: LabelInstance | None
    label_kind: str
    bags: Count
    samples: Count
    in_hand: int
    is_doubtful: bool
    """Whether the label that is to be printed may have come out already: scanned on its bag, it counts."""


def stand_of(session: Session, actor: Actor, lot_number: str) -> Stand:
    """Return where the filling of a lot stands for this person at their station; raises NotFound."""
    lot = lot_numbered(session, lot_number)
    units = unit_facts(session, lot.id)
    here = clearances.at_station(session, actor.station) if actor.station else None
    unit = next((each for each in units if is_open(each)), None)
    kind = next_label(unit) if unit else ""
    label = instances.live_label(session, f"unit:{unit.number}", kind) if unit else None
    before = instances.labels_of(session, f"unit:{unit.number}")[:1] if unit and label is None else ()
    fates = [fate for _, fate in label_fates(session, lot)]
    return Stand(
        lot=lot,
        station=actor.station,
        step=_step(lot, actor.station, here, (label.status if label else "") if unit else None),
        clearance=here,
        unit=unit,
        label=label,
        label_kind=kind,
        bags=count_of([each for each in units if each.kind == "bag"]),
        samples=count_of([each for each in units if each.kind != "bag"]),
        in_hand=account_of(fates).in_hand if Fate.IN_HAND in fates else 0,
        is_doubtful=any(each.kind == kind and counts_when_found(session, each) for each in before),
    )


def require_in_lot(session: Session, lot_number: str, named: Mapping[str, Any]) -> None:
    """Raise NotFound where what is named beside a lot (`unit`, `clearance_id`, `label_id`) is none of that lot's."""
    lot = lot_numbered(session, lot_number)
    if "unit" in named:
        _require_unit(session, lot, str(named["unit"]))
    if "clearance_id" in named:
        clearance = session.get(LineClearance, named["clearance_id"])
        if clearance is None or clearance.lot_id != lot.id:
            raise NotFound("There is no such line clearance.")
    if "label_id" in named:
        noun, _, key = instances.label_numbered(session, named["label_id"]).subject.partition(":")
        if noun != "unit":
            raise NotFound("There is no such label.")
        _require_unit(session, lot, key)


def _require_unit(session: Session, lot: Lot, unit_number: str) -> None:
    if unit_numbered(session, unit_number).lot_id != lot.id:
        raise NotFound("There is no unit {unit}.", unit=unit_number)


def _step(lot: Lot, station: str, here: LineClearance | None, label: str | None) -> str:
    """Return the step; `label` is the status of the label that waits, empty where it is yet to be printed."""
    is_here = here is not None and here.lot_id == lot.id
    if here is not None and is_here and here.status in STEP_OF_CLEARANCE:
        return STEP_OF_CLEARANCE[here.status]
    if lot.status != "in_process":
        return "leave" if is_here else "over"
    if not is_here:
        return "no_station" if not station else "clear" if here is None else "taken"
    return "fill" if label is None else STEP_OF_LABEL[label]


def print_next(ground: Ground, actor: Actor, unit_number: str, kind: str, *, printer: str = "") -> printing.HandedOut:
    """Ask for the label that the page shows, unless it is asked for already, and hand it out, once.

    After a spoiled print the next one says so. Raises what the request and the printing raise.
    """
    with ground.sessions.reading() as session:
        older = [each for each in instances.labels_of(session, f"unit:{unit_number}") if each.kind == kind]
    if older and older[0].status == "intended":
        return printing.hand_out(ground, actor, older[0].id, printer=printer)
    reason = AFTER_SPOILED if older and older[0].status == "void" else ""
    with unit_of_work(ground, actor) as work:
        asked = filling.request_label(work, unit_number, kind=kind, reason=reason)
    return printing.hand_out(ground, actor, asked.id, printer=printer)


def clearance_lines(session: Session, lot_id: int) -> Sequence[tuple[LineClearance, list[str], list[str]]]:
    """Return the clearances of a lot, each with the rolls that were on its printer and who cleared and checked it."""
    rows = clearances.clearances_of(session, lot_id)
    changes = clearances.roll_changes_of(session, [each.id for each in rows])
    people = {row.id: row.printed_name for row in session.scalars(select(Person).where(Person.id.in_(_ids(rows))))}
    return [
        (
            each,
            [each.roll, *(one.roll for one in changes if one.clearance_id == each.id)],
            [people.get(person or 0, "") for person in _people(each)],
        )
        for each in rows
    ]


def _people(row: LineClearance) -> tuple[int | None, ...]:
    return row.cleared_by_id, row.checked_by_id, row.left_by_id, row.ended_by_id


def _ids(rows: Sequence[LineClearance]) -> set[int]:
    return {person for row in rows for person in _people(row) if person is not None}

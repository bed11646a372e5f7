"""Filling a lot's bags and samples at a cleared line, one at a time: fill, label, scan back, or destroy."""

from sqlalchemy import func, select

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service import instances, papers
from cotrack.lifecycles import UNIT
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.rules import against_filled_volume, against_labelling, against_relabelling, lot_not_in_process
from cotrack.manufacture.rules.filling import Content, against_filled_cells, against_label_kind, against_next_label
from cotrack.manufacture.rules.process import against_bags
from cotrack.manufacture.service.clearances import against_line_now
from cotrack.manufacture.service.process import lot_steps
from cotrack.manufacture.service.units import label_fields, unit_facts, unit_numbered
from cotrack.study import service as study


def fill_unit(work: Work, lot_number: str, content: Content, *, reason: str = "") -> Unit:
    """Fill the next bag of a lot at a cleared line.

    A volume that the study's bag cannot hold is refused; one that is less than usual, and cells or viability outside
    the study's limits, ask a reason. No bag is filled before the steps that come before filling are performed.
    """
    lot = _begin(work, lot_number, reason)
    definition = study.definition_of(lot.study_definition)
    against = [
        *against_filled_volume(definition, content.volume_ml, reason),
        *against_filled_cells(definition, content, reason),
    ]
    work.refuse_if([*_against_filling(work, lot), *_against_steps(work, lot), *against])
    return _fill(work, lot, "bag", content)


def fill_sample(work: Work, lot_number: str, content: Content, *, kind: str, reason: str = "") -> Unit:
    """Fill a sample of a lot at a cleared line: a unit that is never given (reference/domain.md §3.3 rule 7)."""
    lot = _begin(work, lot_number, reason)
    work.refuse_if(_against_filling(work, lot))
    return _fill(work, lot, kind, content)


def _begin(work: Work, lot_number: str, reason: str) -> Lot:
    work.record(UNIT.event("fill"), f"lot:{lot_number}", permission=UNIT["fill"].permission, reason=reason)
    return work.lock(Lot, lot_number)


def _against_filling(work: Work, lot: Lot) -> list[Blocker]:
    if lot.status != "in_process":
        return [lot_not_in_process(lot.number)]
    return against_line_now(work.session, lot, work.actor.station)


def _against_steps(work: Work, lot: Lot) -> list[Blocker]:
    steps = lot_steps(work.session, lot)
    return against_bags(steps) if steps is not None else []


def _fill(work: Work, lot: Lot, kind: str, content: Content) -> Unit:
    unit = Unit(
        lot_id=lot.id,
        number=_next_number(work, lot, kind),
        kind=kind,
        volume_ml=content.volume_ml,
        viable_million_per_ml=content.viable_million_per_ml,
        viability_percent=content.viability_percent,
        filled_at=work.now,
        filled_by_id=work.person_id,
        status="filled",
    )
    work.add(unit)
    work.narrow(f"unit:{unit.number}")
    return unit


def _next_number(work: Work, lot: Lot, kind: str) -> str:
    """Number bags -001, -002, and samples of every kind -S01, -S02: nobody takes one for the other."""
    same = Unit.kind == "bag" if kind == "bag" else Unit.kind != "bag"
    count = int(work.session.scalar(select(func.count()).where(Unit.lot_id == lot.id, same)) or 0) + 1
    return f"{lot.number}-{count:03d}" if kind == "bag" else f"{lot.number}-S{count:02d}"


def request_label(
    work: Work, unit_number: str, *, kind: str, reason: str = "", template: str = "", is_with_its_lot: bool = False
) -> LabelInstance:
    """Ask for a label of a unit, with what its template prints; with all of its lot only where it lies in the cold.

    While its lot is filled this is decided under the lot's lock: the line is cleared at this station, and every unit
    before it has its labels scanned back or is destroyed (21 CFR 211.125, 211.130).
    """
    subject = f"unit:{unit_number}"
    instances.begin_request(work, kind, subject, reason=reason)
    lot = unit_numbered(work.session, unit_number).lot
    # Filling ends once and for ever: a label of a bag on a ward keeps nobody waiting for its lot.
    if lot.status == "in_process":
        lot = work.lock(Lot, lot.number)
    unit = work.lock(Unit, unit_number)
    # What the units before it look like is asked only while the lot is filled.
    facts = unit_facts(work.session, lot.id, number="" if lot.status == "in_process" else unit_number)
    own = next(each for each in facts if each.number == unit_number)
    against = [*against_labelling(unit.number, unit.status), *against_label_kind(own, kind)]
    if is_with_its_lot:
        against += against_relabelling(unit.number, unit.status)
    # Nobody prints where there is no station: that is said by who prints.
    if not against and lot.status == "in_process" and work.site.station(work.actor.station) is not None:
        against = [
            *against_line_now(work.session, lot, work.actor.station),
            *against_next_label(facts, unit_number, kind),
        ]
    work.refuse_if(against)
    fields = label_fields(work, unit, kind)
    return instances.request_label(work, kind, subject, fields=fields, reason=reason, template=template)


def destroy_unit(work: Work, unit_number: str, *, reason: str) -> Unit:
    """Destroy a unit that will not be given; its labels that never went on it are destroyed with it."""
    unit = work.take(Unit, "destroy", unit_number, reason=reason)
    papers.destroy_with(work, f"unit:{unit_number}")
    work.move(unit, "destroy")
    return unit

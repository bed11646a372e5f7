"""Making, finishing and holding a lot."""

import re
from collections.abc import Sequence
from datetime import date

from sqlalchemy import CompoundSelect, Select, select, union
from sqlalchemy.orm import Session, selectinload

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.reconciliation import Fate
from cotrack.labelling.service.papers import fate_of_label
from cotrack.lifecycles import LOT
from cotrack.manufacture.models import Lot, LotInput, Unit
from cotrack.manufacture.rules import against_finish, lot_expiry
from cotrack.manufacture.rules.filling import against_leaving_filling
from cotrack.manufacture.rules.process import against_finish_of_steps
from cotrack.manufacture.service.acts import acts_on
from cotrack.manufacture.service.clearances import FORGOTTEN, clearance_facts, clearers
from cotrack.manufacture.service.process import BEGAN, lot_steps, workers
from cotrack.manufacture.service.units import unit_facts
from cotrack.quality.models import Deviation, Hold
from cotrack.quality.service import alerts, deviations, holds
from cotrack.study import service as study

LOT_NUMBER = re.compile(r"[A-Z]{2,6}[0-9]{2}-[0-9]{4}")
AT_ONCE = 500


def make_lot(work: Work, *, number: str, made_on: date) -> Lot:
    """Begin a lot under the study version in effect; its expiry follows from the study's stability table."""
    work.begin(LOT, "make", number)
    if not LOT_NUMBER.fullmatch(number):
        raise InvalidInput(fields={"number": [N_("A lot number looks like MSC26-0031.")]})
    definition_row = study.in_effect_on(work.session, work.today)
    definition = study.definition_of(definition_row)
    needed = definition.against_use("product.shelf_life_months", "product.stability", "process")
    work.refuse_if([*_against_making(work, number, made_on), *needed])
    shelf_life = study.said(definition.product.shelf_life, "product.shelf_life_months")
    lot = Lot(
        number=number,
        study_definition_id=definition_row.id,
        made_on=made_on,
        expires_at=lot_expiry(made_on, shelf_life, work.site.zone),
        made_at=work.now,
        made_by_id=work.person_id,
        status="in_process",
    )
    work.add(lot)
    return lot


def _against_making(work: Work, number: str, made_on: date) -> list[Blocker]:
    blockers = []
    if work.session.scalar(select(Lot.id).where(Lot.number == number)) is not None:
        blockers.append(Blocker("lot_exists", "There is a lot {lot} already.", {"lot": number}, solve=f"lot:{number}"))
    if made_on > work.today:
        blockers.append(Blocker("date_in_future", "The day of making lies in the future."))
    return blockers


def finish_lot(work: Work, number: str) -> Lot:
    """End filling: every unit has its labels scanned back, the line was cleared after it; it waits in quarantine."""
    lot = work.take(Lot, "finish", number)
    work.refuse_if(against_finish_now(work.session, lot))
    work.move(lot, "finish")
    return lot


def against_finish_now(session: Session, lot: Lot) -> list[Blocker]:
    """Return what keeps a lot in filling now."""
    steps = lot_steps(session, lot)
    of_steps = against_finish_of_steps(steps) if steps is not None else []
    of_line = against_leaving_filling(clearance_facts(session, lot.id), lot.number)
    return [*of_steps, *against_finish(unit_facts(session, lot.id)), *of_line]


def label_fates(session: Session, lot: Lot) -> list[tuple[LabelInstance, Fate]]:
    """Return every label that was ever asked for on a bag of a lot, each with what became of it."""
    statement = (
        select(LabelInstance)
        .join(Unit, LabelInstance.subject == "unit:" + Unit.number)
        .where(Unit.lot_id == lot.id)
        .order_by(LabelInstance.subject, LabelInstance.kind, LabelInstance.instance)
    )
    return [(each, fate_of_label(each)) for each in session.scalars(statement)]


def hold_lot(work: Work, number: str, *, action: str, reason: str) -> Hold:
    """Put a lot on hold or recall it: it and every unit below it are locked, so that no start slips through."""
    holds.begin_hold(work, action, f"lot:{number}", reason=reason)
    return _hold(work, work.lock(Lot, number), action, reason)


def stop_lot(work: Work, lot: Lot, *, reason: str, action: str = "stop", deviation: Deviation | None = None) -> Hold:
    """Put a lot on hold as a result out of specification, or a late record, demands, within the act that tells of it.

    The lot is locked already; every unit below it is locked here, so that no start slips through. A deviation is
    opened, and an alert raised that QA, the investigator and the treating physicians must read (§3.3 rule 3).
    """
    hold = _hold(work, lot, action, reason)
    behind = deviation or deviations.open_deviation(work, hold.subject, description=reason)
    alerts.raise_alert(work, hold, behind)
    return hold


def open_deviation(work: Work, number: str, *, description: str) -> Deviation:
    """Write down that something about a lot went otherwise than it should; its release waits until QA closes it."""
    deviations.begin_deviation(work, f"lot:{number}", description=description)
    work.lock(Lot, number)
    deviation = deviations.open_deviation(work, f"lot:{number}", description=description)
    work.details["deviation"] = deviation.number
    return deviation


def _hold(work: Work, lot: Lot, action: str, reason: str) -> Hold:
    work.session.execute(select(Unit.id).where(Unit.lot_id == lot.id).order_by(Unit.id).with_for_update()).all()
    return holds.place(work, action, f"lot:{lot.number}", reason=reason)


def listed_lots() -> Select[Lot]:
    """Return how lots are found, for a list that is paged by key."""
    return select(Lot)


def lot_numbered(session: Session, number: str) -> Lot:
    """Return one lot with its units; raises NotFound."""
    lot = session.scalar(
        select(Lot).options(selectinload(Lot.units), selectinload(Lot.study_definition)).where(Lot.number == number)
    )
    if lot is None:
        raise NotFound("There is no lot {lot}.", lot=number)
    return lot


def bags_in_words(lot: Lot) -> str:
    """Return the first and the last bag of a lot and their number, as its documents print them; samples are none."""
    bags = [unit.number for unit in lot.units if unit.kind == "bag"]
    return f"{bags[0]} – {bags[-1]} ({len(bags)})" if bags else "–"


def producers(session: Session, lot: Lot) -> frozenset[int]:
    """Return who had a hand in the lot: made it, did a step, cleared its line, filled, printed or applied.

    Whoever put something in or verified a step is one of them; none may release it.
    """
    labelled = (LabelInstance.requested_by_id, LabelInstance.applied_by_id)
    on_its_units = LabelInstance.subject == "unit:" + Unit.number
    had_a_hand: CompoundSelect[int | None] = union(
        select(Unit.filled_by_id).where(Unit.lot_id == lot.id),
        *(select(each).join(Unit, on_its_units).where(Unit.lot_id == lot.id) for each in labelled),
        select(LotInput.used_by_id).where(LotInput.lot_id == lot.id),
        *workers(lot.id),
        *clearers(lot.id),
    )
    by_its_rows = (person for person in session.scalars(had_a_hand) if person is not None)
    by_its_trail = (person for _, person in acts_on(session, lot, (*BEGAN, *FORGOTTEN)))
    return frozenset({lot.made_by_id, *by_its_rows, *by_its_trail})


def lots_numbered(session: Session, numbers: Sequence[str], *, lock: bool = False) -> dict[str, Lot]:
    """Return the lots of these numbers that exist, in steps that every database takes.

    `lock` locks them in the order of their numbers, as an allocation does.
    """
    found: dict[str, Lot] = {}
    for first in range(0, len(numbers), AT_ONCE):
        statement = select(Lot).where(Lot.number.in_(numbers[first : first + AT_ONCE])).order_by(Lot.number)
        rows = session.scalars(statement.with_for_update() if lock else statement)
        found |= {lot.number: lot for lot in rows}
    return found

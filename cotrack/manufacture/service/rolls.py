"""The account of each roll of labels: what came off it beside what was printed (21 CFR 211.125(c))."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.errors import NotFound
from cotrack.foundation.site import Site
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.kinds import SHEETS
from cotrack.labelling.service.papers import came_out
from cotrack.manufacture.models import LineClearance, RollChange, RollExplanation, Unit
from cotrack.manufacture.rules.rolls import RollFacts, against_explaining
from cotrack.manufacture.service.clearances import clearances_of, roll_changes_of, take_clearance


@dataclass(frozen=True)
class _Print:
    """A label that came out of a printer."""

    station: str
    at: datetime
    is_of_lot: bool


@dataclass(frozen=True)
class _Span:
    """A roll on a station's printer: from when to when it was there, what was put in and what was left."""

    station: str
    roll: str
    put_in: int
    left: int | None
    since: datetime
    until: datetime | None
    is_last: bool

    def holds(self, one: _Print) -> bool:
        """Whether a label came off this roll; at the very instant of a clearance only the lot's own labels did."""
        if one.station != self.station:
            return False
        if self.until is not None and (one.at > self.until or (one.at == self.until and not self.is_last)):
            return False
        at_an_edge = one.at in {self.since, self.until}
        return one.at >= self.since and (one.is_of_lot or not at_an_edge)


def rolls_of(session: Session, lot_id: int, site: Site) -> list[RollFacts]:
    """Return the account of every roll that was on a printer for a lot, by four statements however many there are.

    What was printed is every label that came out of the printer of the roll's station while it was there, of whatever
    thing, but for sheets of paper; one that was sent to another printer came off no roll of the station. Labels that
    a technician tears off or feeds through by hand are no prints: they are what a difference is made of.
    """
    cleared = [each for each in clearances_of(session, lot_id) if each.status != "withdrawn"]
    changes = roll_changes_of(session, [each.id for each in cleared])
    explained = _explanations(session, [each.id for each in cleared])
    printed = _prints(session, lot_id, cleared, site)
    return [
        RollFacts(
            clearance_id=clearance.id,
            position=position,
            station=span.station,
            roll=span.roll,
            put_in=span.put_in,
            left=span.left,
            printed=sum(1 for each in printed if span.holds(each)),
            explained=said.difference if said else None,
            reason=said.reason if said else "",
        )
        for clearance in cleared
        for position, span in enumerate(_spans(clearance, [one for one in changes if one.clearance_id == clearance.id]))
        for said in [explained.get((clearance.id, position))]
    ]


def _spans(clearance: LineClearance, changes: Sequence[RollChange]) -> list[_Span]:
    """Return the rolls of one clearance in their order; what is printed until the line is checked again is theirs."""
    rolls = [(clearance.roll, clearance.labels_before), *((each.roll, each.labels_put_in) for each in changes)]
    since = [clearance.cleared_at, *(each.changed_at for each in changes)]
    until = [*since[1:], clearance.ended_at]
    left = [*(each.labels_left for each in changes), clearance.labels_after]
    return [
        _Span(clearance.station, *roll, left=count, since=begun, until=ended, is_last=number == len(rolls))
        for number, (roll, count, begun, ended) in enumerate(zip(rolls, left, since, until, strict=True), start=1)
    ]


def _prints(session: Session, lot_id: int, cleared: Sequence[LineClearance], site: Site) -> list[_Print]:
    """Return each label that came out at a station that stood under one of these clearances, of any thing."""
    if not cleared:
        return []
    of_lot = select(Unit.id).where(Unit.lot_id == lot_id, LabelInstance.subject == "unit:" + Unit.number).exists()
    statement = select(LabelInstance, of_lot).where(
        LabelInstance.station.in_({each.station for each in cleared}),
        LabelInstance.requested_at >= min(each.cleared_at for each in cleared),
        LabelInstance.kind.not_in(SHEETS),
    )
    return [
        _Print(each.station, each.printed_at or each.requested_at, own)
        for each, own in session.execute(statement)
        if came_out(each) and _is_at_home(each, site)
    ]


def _is_at_home(label: LabelInstance, site: Site) -> bool:
    """Whether a label came out of its own station's printer; taken so where the site has that printer no more."""
    station = site.station(label.station)
    return station is None or label.printer == station.printer or label.printer not in site.printers


def _explanations(session: Session, clearance_ids: Sequence[int]) -> dict[tuple[int, int], RollExplanation]:
    statement = select(RollExplanation).where(RollExplanation.clearance_id.in_(clearance_ids))
    found = session.scalars(statement.order_by(RollExplanation.id))
    return {(each.clearance_id, each.position): each for each in found}


def explain_roll(work: Work, clearance_id: int, position: int, *, reason: str) -> RollExplanation:
    """Say where the difference of a roll comes from: labels torn off, fed through, spoiled before they were printed.

    Raises Blocked where nothing differs, NotFound where the clearance has no such roll. QA reads it before it signs
    the account that closes the lot.
    """
    clearance = take_clearance(work, "explain_roll", clearance_id, reason=reason)
    rolls = rolls_of(work.session, clearance.lot_id, work.site)
    roll = next((each for each in rolls if (each.clearance_id, each.position) == (clearance_id, position)), None)
    if roll is None:
        raise NotFound("There is no such roll.")
    work.refuse_if(against_explaining(roll))
    row = RollExplanation(
        clearance_id=clearance_id,
        position=position,
        difference=roll.difference,
        reason=reason,
        explained_at=work.now,
        explained_by_id=work.person_id,
    )
    work.add(row)
    return row

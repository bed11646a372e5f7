"""Line clearance: a station is cleared for one lot before it is filled, and cleared of it afterwards, each by two."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import LINE_CLEARANCE
from cotrack.manufacture.models import LineClearance, Lot, RollChange
from cotrack.manufacture.rules import lot_not_in_process
from cotrack.manufacture.rules.filling import ClearanceFacts, Look, against_leaving, against_line, against_look, is_open
from cotrack.manufacture.service.units import unit_facts

AT_STATION = ("cleared", "in_force", "leaving")


def clear_line(work: Work, lot_number: str, *, looked_at: Sequence[str], roll: str, labels: int) -> LineClearance:
    """Clear the line of one's station for a lot: no label, bag or document of another lot, and the roll counted.

    It stands once another person checked it (21 CFR 211.130(e)); a station stands for one lot at a time.
    """
    work.begin(LINE_CLEARANCE, "clear", "", subject=f"lot:{lot_number}")
    lot = work.lock(Lot, lot_number)
    work.refuse_if([*_against_station(work, lot), *against_look(Look(work.person_id, work.actor.station, looked_at))])
    row = LineClearance(
        lot_id=lot.id,
        station=work.actor.station,
        roll=roll,
        labels_before=labels,
        looked_at=" ".join(looked_at),
        cleared_at=work.now,
        cleared_by_id=work.person_id,
        looked_at_after="",
        status="cleared",
    )
    work.add(row)
    return row


def _against_station(work: Work, lot: Lot) -> list[Blocker]:
    blockers = [] if lot.status == "in_process" else [lot_not_in_process(lot.number)]
    if work.site.station(work.actor.station) is None:
        blockers.append(Blocker("station_unknown", "Labels are printed at a station: sign in at one."))
    taken = at_station(work.session, work.actor.station)
    if taken is not None:
        details = {"station": taken.station, "lot": taken.lot.number}
        blockers.append(Blocker("station_taken", STATION_TAKEN, details, solve=f"lot:{taken.lot.number}"))
    return blockers


STATION_TAKEN = N_("The line at {station} is cleared for lot {lot}: clear it of that lot first.")


def check_line(work: Work, clearance_id: int, *, looked_at: Sequence[str]) -> LineClearance:
    """Check a cleared line as the second person, at the same station; from now on the lot is filled there."""
    row = take_clearance(work, "check", clearance_id)
    work.refuse_if(against_look(_look(work, row, looked_at, row.cleared_by_id)))
    work.move(row, "check")
    row.checked_at, row.checked_by_id = work.now, work.person_id
    return row


def withdraw_line(work: Work, clearance_id: int, *, reason: str) -> LineClearance:
    """Withdraw a clearance that was not checked: something of another lot was found."""
    row = take_clearance(work, "withdraw", clearance_id, reason=reason)
    work.move(row, "withdraw")
    return row


def leave_line(work: Work, clearance_id: int, *, looked_at: Sequence[str], labels: int) -> LineClearance:
    """Clear the line of the lot after filling: nothing of it is left, no bag waits for its labels, the roll counted."""
    row = take_clearance(work, "leave", clearance_id)
    waiting = [each.number for each in unit_facts(work.session, row.lot_id) if is_open(each)]
    work.refuse_if([*against_look(_look(work, row, looked_at, None)), *against_leaving(waiting)])
    work.move(row, "leave")
    row.looked_at_after, row.labels_after = " ".join(looked_at), labels
    row.left_at, row.left_by_id = work.now, work.person_id
    return row


def end_line(work: Work, clearance_id: int, *, looked_at: Sequence[str]) -> LineClearance:
    """Check the line after filling as the second person; the station is free for another lot."""
    row = take_clearance(work, "end", clearance_id)
    work.refuse_if(against_look(_look(work, row, looked_at, row.left_by_id)))
    work.move(row, "end")
    row.ended_at, row.ended_by_id = work.now, work.person_id
    return row


def resume_line(work: Work, clearance_id: int, *, reason: str) -> LineClearance:
    """Go on filling after the first look: something was left, or more is filled; who looked is asked anew."""
    row = take_clearance(work, "resume", clearance_id, reason=reason)
    work.move(row, "resume")
    row.left_at, row.left_by_id, row.labels_after, row.looked_at_after = None, None, None, ""
    return row


def change_roll(work: Work, clearance_id: int, *, labels_left: int, roll: str, labels: int) -> RollChange:
    """Put another roll of labels in: how many were left of the old one, and how many the new one holds."""
    row = take_clearance(work, "change_roll", clearance_id)
    change = RollChange(
        clearance_id=row.id,
        labels_left=labels_left,
        roll=roll,
        labels_put_in=labels,
        changed_at=work.now,
        changed_by_id=work.person_id,
    )
    work.add(change)
    return change


def take_clearance(work: Work, action: str, clearance_id: int, *, reason: str = "") -> LineClearance:
    """Begin an action on a clearance under its lot, which is locked first: no unit is filled meanwhile."""
    found = work.session.get(LineClearance, clearance_id)
    subject = f"lot:{found.lot.number}" if found else f"line_clearance:{clearance_id}"
    work.begin(LINE_CLEARANCE, action, "", reason=reason, subject=subject)
    if found is None:
        raise NotFound("There is no such line clearance.")
    work.lock(Lot, found.lot.number)
    row = work.session.get_one(LineClearance, clearance_id, with_for_update=True, populate_existing=True)
    work.expect(row, action)
    return row


def _look(work: Work, row: LineClearance, looked_at: Sequence[str], first: int | None) -> Look:
    return Look(work.person_id, work.actor.station, looked_at, first, row.station)


def clearances_of(session: Session, lot_id: int) -> Sequence[LineClearance]:
    """Return the clearances of a lot, oldest first."""
    statement = select(LineClearance).options(joinedload(LineClearance.lot)).where(LineClearance.lot_id == lot_id)
    return session.scalars(statement.order_by(LineClearance.id)).all()


def clearance_facts(session: Session, lot_id: int) -> list[ClearanceFacts]:
    """Return the clearances of a lot as rules ask for them."""
    return [ClearanceFacts(each.station, each.status) for each in clearances_of(session, lot_id)]


def against_line_now(session: Session, lot: Lot, station: str) -> list[Blocker]:
    """Return why nothing of the lot is filled or labelled at this station now; its lot is locked by who decides."""
    return against_line(clearance_facts(session, lot.id), lot.number, station)


def at_station(session: Session, station: str) -> LineClearance | None:
    """Return the clearance that a station stands under now, if it does."""
    return session.scalar(
        select(LineClearance).where(LineClearance.station == station, LineClearance.status.in_(AT_STATION))
    )


def clearances_waiting(session: Session, person_id: int | None) -> Sequence[LineClearance]:
    """Return the clearances that wait for a second person, but for those of this person; each with its lot."""
    loaded = select(LineClearance).options(joinedload(LineClearance.lot))
    statement = loaded.where(LineClearance.status.in_(("cleared", "leaving"))).order_by(LineClearance.id)
    return [
        each
        for each in session.scalars(statement)
        if person_id != (each.cleared_by_id if each.status == "cleared" else each.left_by_id)
    ]


def roll_changes_of(session: Session, clearance_ids: Sequence[int]) -> Sequence[RollChange]:
    """Return the changes of roll under these clearances, oldest first."""
    statement = select(RollChange).where(RollChange.clearance_id.in_(clearance_ids)).order_by(RollChange.id)
    return session.scalars(statement).all()


FORGOTTEN = tuple(LINE_CLEARANCE.event(each) for each in ("leave", "resume", "withdraw"))
"""Acts on a line of which its row keeps nobody, once it is gone on with."""


def clearers(lot_id: int) -> tuple[Select[int | None], ...]:
    """Return how everybody is found who cleared or checked a line for a lot or changed a roll."""
    looks = (
        LineClearance.cleared_by_id,
        LineClearance.checked_by_id,
        LineClearance.left_by_id,
        LineClearance.ended_by_id,
    )
    rolls = select(RollChange.changed_by_id).join(LineClearance, LineClearance.id == RollChange.clearance_id)
    of_lot = LineClearance.lot_id == lot_id
    return (*(select(each).where(of_lot) for each in looks), rolls.where(of_lot))

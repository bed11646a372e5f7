"""Putting units into their places and taking them out, and handing them over by two names."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.custody.models import Handover, Placement
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.work import Work
from cotrack.labelling.service.instances import live_label
from cotrack.manufacture.models import Unit
from cotrack.manufacture.rules import LABELS_OF_A_BAG, label_missing


def store_unit(work: Work, unit_number: str, *, place: str) -> Unit:
    """Put a labelled unit into a place of the site."""
    unit = work.take(Unit, "store", unit_number)
    work.refuse_if(against_storing(work, unit, place))
    put(work, unit, place)
    work.move(unit, "store")
    return unit


def against_storing(work: Work, unit: Unit, place: str) -> list[Blocker]:
    """Return what speaks against storing: an unknown place, a bag without its labels scanned back."""
    if unit.kind != "bag":
        return [Blocker("not_a_bag", "{unit} is a sample: it is never stored to be given.", {"unit": unit.number})]
    blockers = []
    if place not in work.site.places:
        blockers.append(Blocker("unknown_place", "There is no place {place} at this site.", {"place": place}))
    for kind in LABELS_OF_A_BAG:
        label = live_label(work.session, f"unit:{unit.number}", kind)
        if label is None or label.status != "applied":
            blockers.append(label_missing(unit.number, kind))
    return blockers


def put(work: Work, unit: Unit, place: str) -> Placement:
    """Write that a unit lies in a place from now."""
    placement = Placement(unit_id=unit.id, place=place, placed_at=work.now, placed_by_id=work.person_id)
    work.add(placement)
    return placement


def take_out(work: Work, unit: Unit) -> None:
    """Write that a unit left its place."""
    placement = work.session.scalar(
        select(Placement).where(Placement.unit_id == unit.id, Placement.taken_out_at.is_(None)).with_for_update()
    )
    if placement is not None:
        placement.taken_out_at = work.now


def hand_over(work: Work, unit: Unit, *, kind: str, ward: str, given_by_id: int, taken_by_id: int) -> Handover:
    """Write that one named person gave a unit to another."""
    handover = Handover(
        unit_id=unit.id,
        kind=kind,
        ward=ward,
        given_by_id=given_by_id,
        taken_by_id=taken_by_id,
        handed_over_at=work.now,
    )
    work.add(handover)
    return handover


def last_handover(session: Session, unit_id: int, kind: str) -> Handover | None:
    """Return the newest handover of a kind."""
    return session.scalar(
        select(Handover).where(Handover.unit_id == unit_id, Handover.kind == kind).order_by(Handover.id.desc()).limit(1)
    )


def handovers_of(session: Session, unit_id: int) -> Sequence[Handover]:
    """Return all handovers of a unit in their order."""
    return session.scalars(select(Handover).where(Handover.unit_id == unit_id).order_by(Handover.id)).all()


def place_of(session: Session, unit_id: int) -> str:
    """Return where a unit lies now; empty where it lies in no place."""
    found = session.scalar(
        select(Placement.place).where(Placement.unit_id == unit_id, Placement.taken_out_at.is_(None))
    )
    return found or ""

"""Follows a lot, a unit or a participant through every stage: made from what, given to whom, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.bedside.models import Infusion
from cotrack.foundation.audit.service import Told, records_of
from cotrack.foundation.errors import NotFound
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service.print_queue import files_with
from cotrack.manufacture.models import Lot, LotInput, Unit
from cotrack.manufacture.service.inputs import inputs_of
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.manufacture.service.sources import chain_of, subject_of
from cotrack.manufacture.service.units import unit_numbered
from cotrack.orders.models import Order
from cotrack.orders.service.dosing import orders_of
from cotrack.orders.service.supplied import supplies_for, supplies_naming
from cotrack.participants.models import Participant
from cotrack.participants.service.knowledge import participant_numbered
from cotrack.release.service.trail_reviews import files_of, subjects_of

NOUNS = ("lot", "unit", "participant")


@dataclass(frozen=True)
class Given:
    """One bag given to one participant."""

    lot: str
    unit: str
    participant: str
    order: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Used:
    """What went into a lot: how much of what, and all that it comes from, up to the donor."""

    amount: str
    chain: tuple[str, ...]


@dataclass(frozen=True)
class Traced:
    """A thing with what it was made from, everything it was given to, or that was given to it, and what happened."""

    subject: str
    made_from: tuple[Used, ...]
    units: tuple[tuple[str, str, str], ...]
    """Number, kind and status of each."""
    given: tuple[Given, ...]
    records: tuple[Told, ...]


def trace(session: Session, noun: str, key: str) -> Traced:
    """Return whence a lot or unit came and where it went, or what a participant got; raises NotFound."""
    column = {"lot": Lot.number, "unit": Unit.number, "participant": Participant.subject_number}[noun]
    if session.scalar(select(column).where(column == key)) is None:
        raise NotFound("There is no {noun} {key}.", noun=noun, key=key)
    units = tuple(_units(session, noun, key))
    given = tuple(_given(session, column, key))
    records = tuple(records_of(session, _subjects(session, noun, key), most=None))
    return Traced(f"{noun}:{key}", tuple(_made_from(session, noun, key)), units, given, records)


def _made_from(session: Session, noun: str, key: str) -> Iterator[Used]:
    """Return what went into a lot, or into the lot of a unit; a participant is made from nothing of ours."""
    if noun == "participant":
        return
    lot_id = lot_numbered(session, key).id if noun == "lot" else unit_numbered(session, key).lot_id
    for each in inputs_of(session, lot_id):
        source = each.bank or each.material
        if source is not None:
            yield Used(_how_much(each), tuple(subject_of(link) for link in chain_of(source)))


def _how_much(each: LotInput) -> str:
    """Say how much went into a lot: of a bank so many vials, of a material what was typed, with its unit."""
    if each.vials is None:
        return each.amount
    return "1 vial" if each.vials == 1 else f"{each.vials} vials"


def _subjects(session: Session, noun: str, key: str) -> list[str]:
    """Return under what the records of a thing stand: of a lot what its trail review reads, of a participant orders.

    A supply out of specification belongs to its lot, to the bags that it names, and to the participant of its order.
    """
    if noun == "lot":
        lot = lot_numbered(session, key)
        return [*subjects_of(session, lot), *session.scalars(files_of(lot))]
    if noun == "participant":
        participant = participant_numbered(session, key)
        orders = [f"order:{each.number}" for each in orders_of(session, participant.id)]
        supplies = [f"oos_supply:{each}" for each in supplies_for(session, participant.id)]
        return [f"participant:{key}", f"file:{participant.screening_file_sha256}", *orders, *supplies]
    files = session.scalars(files_with(LabelInstance.subject == f"unit:{key}"))
    return [f"unit:{key}", *files, *(f"oos_supply:{each}" for each in supplies_naming(session, key))]


def _units(session: Session, noun: str, key: str) -> list[tuple[str, str, str]]:
    """Return number, kind and status of a lot's units, or of the unit itself."""
    if noun == "participant":
        return []
    column = Lot.number if noun == "lot" else Unit.number
    statement = select(Unit.number, Unit.kind, Unit.status).join(Lot, Lot.id == Unit.lot_id).where(column == key)
    return [(number, kind, status) for number, kind, status in session.execute(statement.order_by(Unit.number))]


def _given(session: Session, column: object, key: str) -> Iterator[Given]:
    statement = (
        select(
            Lot.number,
            Unit.number,
            Participant.subject_number,
            Order.number,
            Infusion.started_at,
            Infusion.ended_at,
        )
        .join(Unit, Unit.id == Infusion.unit_id)
        .join(Lot, Lot.id == Unit.lot_id)
        .join(Participant, Participant.id == Infusion.participant_id)
        .join(Order, Order.id == Infusion.order_id)
        .where(column == key)  # type: ignore[arg-type]  # a column compared gives a condition
        .order_by(Infusion.id)
    )
    for row in session.execute(statement):
        yield Given(*row)

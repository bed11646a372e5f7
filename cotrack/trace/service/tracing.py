"""Follows a lot, a unit or a participant through every stage: from whom to whom, and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.bedside.models import Infusion
from cotrack.foundation.audit.service import Told, records_of
from cotrack.foundation.errors import NotFound
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.orders.models import Order
from cotrack.orders.service.dosing import orders_of
from cotrack.participants.models import Participant
from cotrack.participants.service.knowledge import participant_numbered
from cotrack.release.service.results import files_of

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
class Traced:
    """A thing with everything it was given to, or that was given to it, and what happened to it."""

    subject: str
    units: tuple[tuple[str, str], ...]
    given: tuple[Given, ...]
    records: tuple[Told, ...]


def trace(session: Session, noun: str, key: str) -> Traced:
    """Return where a lot or unit went, or what a participant got; raises NotFound."""
    column = {"lot": Lot.number, "unit": Unit.number, "participant": Participant.subject_number}[noun]
    if session.scalar(select(column).where(column == key)) is None:
        raise NotFound("There is no {noun} {key}.", noun=noun, key=key)
    units = tuple(_units(session, noun, key))
    given = tuple(_given(session, column, key))
    subjects = [f"{noun}:{key}", *_below(session, noun, key, units)]
    return Traced(f"{noun}:{key}", units, given, tuple(records_of(session, subjects, most=None)))


def _below(session: Session, noun: str, key: str, units: Sequence[tuple[str, str]]) -> list[str]:
    """Return what else the records of a thing stand under: a lot's bags and files, a participant's orders and file."""
    if noun == "lot":
        files = files_of(session, lot_numbered(session, key).id)
        return [*(f"unit:{number}" for number, _ in units), *(f"file:{each}" for each in files)]
    if noun == "participant":
        participant = participant_numbered(session, key)
        orders = orders_of(session, participant.id)
        return [f"file:{participant.screening_file_sha256}", *(f"order:{each.number}" for each in orders)]
    return []


def _units(session: Session, noun: str, key: str) -> Iterator[tuple[str, str]]:
    if noun == "participant":
        return
    column = Lot.number if noun == "lot" else Unit.number
    statement = select(Unit.number, Unit.status).join(Lot, Lot.id == Unit.lot_id).where(column == key)
    yield from ((number, status) for number, status in session.execute(statement.order_by(Unit.number)))


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

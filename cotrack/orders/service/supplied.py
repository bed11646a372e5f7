"""Which supply out of specification counts: for an order's bags now, and for a bag that was given (domain.md §3.3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Row, exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from cotrack.foundation.errors import NotFound
from cotrack.foundation.words import Words
from cotrack.manufacture.models import Lot
from cotrack.orders.models import OosSupply, Order, SupplyNotice
from cotrack.orders.rules.supply import SupplyFacts, does_count
from cotrack.release.models import Disposition
from cotrack.release.rules.entries import against_unsettled
from cotrack.release.service.supply import findings_of
from cotrack.release.service.unsettled import unsettled_of
from cotrack.study.rules.definition import Definition
from cotrack.study.service import definition_of

UNDER_WAY_STATES: Final = ("requested", "evaluated", "accepted")
_SIGNED: Final = (
    joinedload(OosSupply.lot).joinedload(Lot.study_definition),
    joinedload(OosSupply.order).joinedload(Order.participant),
    *(
        joinedload(each)
        for each in (OosSupply.request_signature, OosSupply.evaluation_signature, OosSupply.acceptance_signature)
    ),
    selectinload(OosSupply.notices).joinedload(SupplyNotice.recorded_by),
)


def supply_numbered(session: Session, number: str) -> OosSupply:
    """Return a supply with order, lot, signatures and notices, as they are now; raises NotFound."""
    found = session.scalar(
        select(OosSupply).options(*_SIGNED).where(OosSupply.number == number).execution_options(**_NOW)
    )
    if found is None:
        raise NotFound("There is no supply {number}.", number=number)
    return found


_NOW: Final = {"populate_existing": True}
"""What another command changed since is read anew: a row that was loaded before a lock says nothing after it."""


def supplies_of(session: Session, *, order_id: int | None = None, lot_id: int | None = None) -> Sequence[OosSupply]:
    """Return every supply of an order or of a lot, newest first."""
    statement = select(OosSupply).options(*_SIGNED).order_by(OosSupply.id.desc())
    if order_id is not None:
        statement = statement.where(OosSupply.order_id == order_id)
    if lot_id is not None:
        statement = statement.where(OosSupply.lot_id == lot_id)
    return session.scalars(statement).all()


def under_way(session: Session, order_id: int) -> OosSupply | None:
    """Return the supply of an order that has not ended; there is one at most."""
    is_here = (OosSupply.order_id == order_id) & OosSupply.status.in_(UNDER_WAY_STATES)
    return session.scalar(select(OosSupply).options(*_SIGNED).where(is_here).execution_options(**_NOW))


def all_under_way(session: Session) -> Sequence[OosSupply]:
    """Return every supply that has not ended, oldest first."""
    statement = select(OosSupply).options(*_SIGNED).where(OosSupply.status.in_(UNDER_WAY_STATES))
    return session.scalars(statement.order_by(OosSupply.id)).all()


def without_notice(session: Session, addressee: str) -> Sequence[OosSupply]:
    """Return the supplies that were accepted and that this addressee was not told of, oldest first."""
    told = exists().where(SupplyNotice.supply_id == OosSupply.id, SupplyNotice.addressee == addressee)
    statement = select(OosSupply).options(*_SIGNED).where(OosSupply.accepted_at.is_not(None), ~told)
    return session.scalars(statement.order_by(OosSupply.id)).all()


def names_of(definition: Definition, keys: str) -> tuple[Words, ...]:
    """Return the names of tests that are kept by their keys."""
    return tuple(definition.tests[each].name for each in keys.split())


def facts_of(session: Session, supply: OosSupply) -> SupplyFacts:
    """Return an accepted supply as the rules see it, with what is known of its lot now."""
    return _facts(session, supply.lot, supply)


def _facts(session: Session, lot: Lot, accepted: OosSupply | Row[str, str, str, str]) -> SupplyFacts:
    now = findings_of(session, lot)
    # What changed stops it already: a ward waits for each statement.
    unsettled = unsettled_of(session, lot) if now == accepted.findings else ()
    return SupplyFacts(
        number=accepted.number,
        failed=names_of(definition_of(lot.study_definition), accepted.failed_tests),
        accepted=accepted.findings,
        now=now,
        bags=frozenset(accepted.bags.split()),
        typed=tuple(against_unsettled(lot.number, unsettled)),
    )


def supply_now(session: Session, order_id: int, lot: Lot) -> SupplyFacts | None:
    """Return the supply of a lot that was accepted for an order; None where there is none.

    A lot in another state than quarantine is never supplied so: it is released, or rejected, or not filled yet.
    """
    if lot.status != "quarantine":
        return None
    is_accepted = (OosSupply.order_id == order_id) & (OosSupply.lot_id == lot.id) & (OosSupply.status == "accepted")
    columns = select(OosSupply.number, OosSupply.failed_tests, OosSupply.findings, OosSupply.bags).where(is_accepted)
    row = session.execute(columns).one_or_none()
    return None if row is None else _facts(session, lot, row)


def supplied_lot(session: Session, order_id: int) -> tuple[int, SupplyFacts] | None:
    """Return the lot of which bags are supplied out of specification for an order now, by its id."""
    found = under_way(session, order_id)
    if found is None or found.status != "accepted" or found.lot.status != "quarantine":
        return None
    facts = facts_of(session, found)
    return (found.lot_id, facts) if does_count(facts) else None


def supplied_when(session: Session, order_id: int, lot_id: int, at: datetime) -> OosSupply | None:
    """Return the supply under which a bag of a lot was given for an order at an instant; None where none was needed.

    It stays what it was for ever: what became of it, or of the lot, later changes nothing of what was given.
    """
    was_released = exists().where(
        Disposition.lot_id == lot_id, Disposition.decision != "reject", Disposition.decided_at <= at
    )
    statement = select(OosSupply).options(*_SIGNED)
    return session.scalar(
        statement.where(
            OosSupply.order_id == order_id,
            OosSupply.lot_id == lot_id,
            OosSupply.accepted_at <= at,
            or_(OosSupply.ended_at.is_(None), OosSupply.ended_at > at),
            ~was_released,
        )
    )


def failed_names(supply: OosSupply) -> tuple[Words, ...]:
    """Return the names of the tests that a supply was accepted over."""
    return names_of(definition_of(supply.lot.study_definition), supply.failed_tests)


def supplies_naming(session: Session, unit_number: str) -> Sequence[str]:
    """Return the numbers of the supplies that let a bag be given, oldest first."""
    is_named = (" " + OosSupply.bags + " ").contains(f" {unit_number} ", autoescape=True)
    return session.scalars(select(OosSupply.number).where(is_named).order_by(OosSupply.id)).all()


def supplies_for(session: Session, participant_id: int) -> Sequence[str]:
    """Return the numbers of the supplies for a participant's orders, oldest first."""
    statement = select(OosSupply.number).join(Order, Order.id == OosSupply.order_id)
    return session.scalars(statement.where(Order.participant_id == participant_id).order_by(OosSupply.id)).all()

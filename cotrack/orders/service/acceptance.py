"""A physician's acceptance of a conditionally released lot for one order, naming its outstanding tests."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.work import Work
from cotrack.lifecycles import ORDER
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.service.inputs import holds_over
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.orders.models import Acceptance, Order
from cotrack.orders.rules import against_acceptance, against_treating, is_accepted
from cotrack.orders.service.dosing import OPEN_STATES, WHOLE, order_numbered
from cotrack.participants.service.treatment import treating_physicians
from cotrack.release.rules.conditional import against_ended
from cotrack.release.rules.entries import against_unsettled
from cotrack.release.rules.lots import TestStanding, against_failed, outstanding
from cotrack.release.service.case import lot_standings
from cotrack.release.service.conditional import end_of
from cotrack.release.service.dispositions import invalidated_lines
from cotrack.release.service.unsettled import unsettled_of
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.specification import expected, limit_words


def accept_lot(work: Work, number: str, *, lot: str, reason: str) -> Acceptance:
    """Accept a conditionally released lot for one order; the physician signs the very tests that are outstanding.

    A list that changes between reading and signing changes the text, and the signature is refused (product.md, order).
    """
    work.begin(ORDER, "accept_lot", number, reason=reason)
    # Locks in the order lot, order: an import of results waits, or its results are seen below.
    found = work.lock(Lot, lot, share=True)
    order = work.lock(Order, number)
    work.expect(order, "accept_lot")
    work.refuse_if(_against(work, order, found))
    standings = lot_standings(work.session, found)
    tests = outstanding(standings)
    signature = work.sign(
        ORDER["accept_lot"].meaning, _text(order_numbered(work.session, number), found, standings, reason)
    )
    acceptance = Acceptance(
        order_id=order.id,
        lot_id=found.id,
        outstanding_tests=" ".join(each.key for each in tests),
        reason=reason.strip(),
        accepted_at=work.now,
        signature=signature,
    )
    work.add(acceptance)
    return acceptance


def _against(work: Work, order: Order, lot: Lot) -> list[Blocker]:
    standings = lot_standings(work.session, lot)
    tests = [each.key for each in outstanding(standings)]
    stops = [*stops_of(work.session, lot, work.now), *against_failed(lot.number, standings)]
    holds = holds_over(work.session, [f"lot:{lot.number}"])
    return [
        *against_treating(order.participant.subject_number, _treating(work.session, order), work.actor.username),
        *against_acceptance(lot.number, lot.status, tests, holds, stops=stops),
    ]


def _treating(session: Session, order: Order) -> str:
    return treating_physicians(session, [order.participant]).get(order.participant_id, "")


def _text(order: Order, lot: Lot, standings: Sequence[TestStanding], reason: str) -> str:
    tests = outstanding(standings)
    lines = [f"{each.name['en']} / {each.name['zh']} ({limit_words(each)}){_due(each, lot)}" for each in tests]
    return "\n".join(
        (
            f"Order / 医嘱 {order.number}",
            f"Participant / 受试者 {order.participant.subject_number}",
            f"Lot / 批次 {lot.number}",
            "These tests are outstanding / 以下检验尚未完成:",
            *lines,
            *invalidated_lines(standings),
            "I accept this lot for this order. / 本人同意将该批次用于本医嘱。",
            f"Reason / 理由: {reason.strip()}",
        )
    )


def _due(test: ReleaseTest, lot: Lot) -> str:
    """Say when a result is expected, in what is signed; nothing where the specification does not say."""
    awaited = expected(test, lot.made_on, lot.made_on)
    return f" due / 预计 {awaited.due_on.isoformat()}" if awaited else ""


def newest_acceptance(session: Session, order_id: int, lot_id: int) -> Acceptance | None:
    """Return what was signed last for an order and a lot."""
    statement = (
        select(Acceptance)
        .options(joinedload(Acceptance.signature))
        .where(Acceptance.order_id == order_id, Acceptance.lot_id == lot_id)
        .order_by(Acceptance.id.desc())
        .limit(1)
    )
    return session.scalar(statement)


def over(session: Session, lot: Lot, now: datetime) -> list[Blocker]:
    """Return the reason where the time of a conditional release is over: the lot is given to nobody then."""
    return against_ended(lot.number, end_of(session, lot), now)


def stops_of(session: Session, lot: Lot, now: datetime) -> list[Blocker]:
    """Return what keeps a conditional lot from everybody, accepted or not: its time, and what one person typed of it.

    That is not "outstanding": a growth that waits for a second typist would be signed over, and given.
    """
    if lot.status != "conditionally_released":
        return []
    return [*over(session, lot, now), *against_typed(session, lot)]


def against_typed(session: Session, lot: Lot) -> list[Blocker]:
    """Return a reason for each typed entry of a lot that is unsettled."""
    return against_unsettled(lot.number, unsettled_of(session, lot))


def has_acceptance(session: Session, order_id: int, lot: Lot, now: datetime) -> bool:
    """Whether a conditionally released lot may be given for an order now: its time is not over, and it is accepted.

    What was accepted before the release ended counts again once QA signed it once more.
    """
    is_conditional = lot.status == "conditionally_released"
    return is_conditional and not over(session, lot, now) and is_accepted_as_it_stands(session, order_id, lot)


def is_accepted_as_it_stands(session: Session, order_id: int, lot: Lot) -> bool:
    """Whether a lot is accepted for an order with the tests that are outstanding now, and none of its tests failed."""
    standings = lot_standings(session, lot)
    newest = newest_acceptance(session, order_id, lot.id)
    if newest is None or against_failed(lot.number, standings):
        return False
    return is_accepted(newest.outstanding_tests, [each.key for each in outstanding(standings)])


def acceptances_of(session: Session, order: Order, now: datetime) -> list[tuple[Acceptance, bool]]:
    """Return an order's acceptances, newest first, each with whether it counts now."""
    statement = (
        select(Acceptance)
        .options(joinedload(Acceptance.signature), joinedload(Acceptance.lot))
        .where(Acceptance.order_id == order.id)
        .order_by(Acceptance.id.desc())
    )
    found = session.scalars(statement).all()
    newest = {each.lot_id: each.id for each in reversed(found)}
    return [
        (each, newest[each.lot_id] == each.id and has_acceptance(session, order.id, each.lot, now)) for each in found
    ]


def open_orders_of(session: Session, username: str) -> list[Order]:
    """Return the open orders of the participants whom this person treats, oldest first, in few statements."""
    statement = select(Order).options(*WHOLE).where(Order.status.in_(OPEN_STATES)).order_by(Order.id)
    orders = session.scalars(statement).all()
    treating = treating_physicians(session, [each.participant for each in orders])
    return [each for each in orders if treating.get(each.participant_id) == username]


def lots_to_accept(session: Session, order: Order, username: str, now: datetime) -> list[Lot]:
    """Return the lots that wait for this person's acceptance for an order: none where somebody else treats."""
    return lots_awaiting(session, order, now) if _treating(session, order) == username else []


def lots_awaiting(session: Session, order: Order, now: datetime) -> list[Lot]:
    """Return the conditionally released lots that could serve an order once its treating physician accepts them.

    Before bags are set aside those with a bag in store; afterwards the lot of a bag whose acceptance counts no longer.
    """
    conditional = select(Lot).where(Lot.status == "conditionally_released").order_by(Lot.id)
    if order.status == "allocated":
        set_aside = [each.unit.lot_id for each in order.allocations if each.released_at is None]
        statement = conditional.where(Lot.id.in_(set_aside))
    else:
        in_store = exists().where(Unit.lot_id == Lot.id, Unit.status == "stored")
        statement = conditional.where(in_store, Lot.study_definition_id == order.study_definition_id)
    return [
        each
        for each in session.scalars(statement)
        if not over(session, each, now)
        and not against_failed(each.number, lot_standings(session, each))
        and not has_acceptance(session, order.id, each, now)
    ]


def acceptance_sheet(work: Work, number: str, lot_number: str) -> Mapping[str, Any]:
    """Return what a physician reads before accepting a lot: what is outstanding, until when, and what is against it."""
    order, lot = order_numbered(work.session, number), lot_numbered(work.session, lot_number)
    standings = lot_standings(work.session, lot)
    return {
        "order": order,
        "lot": lot,
        "tests": [
            (each, limit_words(each), expected(each, lot.made_on, work.today)) for each in outstanding(standings)
        ],
        "invalidated": [(each.test, result) for each in standings for result in each.invalidated],
        "ends_at": end_of(work.session, lot),
        "against": _against(work, order, lot),
        "acceptance": newest_acceptance(work.session, order.id, lot.id),
    }

"""Supplying a lot out of specification for one order: request, risk evaluation, acceptance, and their ends (§3.3)."""

import hashlib
import re
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Signature
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import OOS_SUPPLY
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.service.inputs import holds_over
from cotrack.orders.models import OosSupply, Order
from cotrack.orders.rules import against_treating, does_count
from cotrack.orders.rules.supply import Evaluated, Needed, against_accepting, against_need, against_same_person
from cotrack.orders.service.allocation import is_short
from cotrack.orders.service.dosing import OPEN_STATES, held_allocations, order_numbered
from cotrack.orders.service.supplied import facts_of, supply_numbered, under_way
from cotrack.participants.service.treatment import treating_physicians
from cotrack.quality.rules import against_held
from cotrack.release.rules.entries import against_unsettled
from cotrack.release.rules.supply import against_supplying
from cotrack.release.service.case import lot_standings
from cotrack.release.service.supply import against_evaluation_now, failed_tests, finding_lines, findings_of
from cotrack.release.service.unsettled import unsettled_of

MAY_BE_SUPPLIED = ("stored", "allocated", "issued", "received")


def request_supply(work: Work, order_number: str, *, lot: str, hazard: str, alternatives: str) -> OosSupply:
    """Request a lot out of specification for one order; its treating physician signs hazard and alternatives.

    A supply of the order that was accepted and counts no longer becomes void in the same record.
    """
    work.begin(OOS_SUPPLY, "request", "", subject=f"order:{order_number}")
    found = work.lock(Lot, lot)
    order = work.lock(Order, order_number)
    work.refuse_if(against_request(work, order, found))
    numbered = order_numbered(work.session, order_number)
    said = _requested(hazard, alternatives)
    signature = work.sign(OOS_SUPPLY["request"].meaning, _request_text(work.session, numbered, found, said))
    _replaced(work, order)
    earlier = work.session.scalar(select(func.count()).where(OosSupply.lot_id == found.id)) or 0
    supply = OosSupply(
        number=f"SUP-{found.number}-{earlier + 1}",
        order_id=order.id,
        lot_id=found.id,
        hazard=hazard.strip(),
        alternatives=alternatives.strip(),
        requested_at=work.now,
        request_signature_id=signature.id,
        status="requested",
        **dict.fromkeys(("evaluation", "findings", "failed_tests", "bags", "end_reason"), ""),
    )
    work.add(supply)
    work.narrow(f"oos_supply:{supply.number}")
    return supply


def _replaced(work: Work, order: Order) -> None:
    """End the supply of an order that counts no longer, before another begins."""
    before = under_way(work.session, order.id)
    if before is not None:
        work.move(before, "replace")
        _end(work, before, "requested anew / 重新申请")
        work.session.flush()


def against_request(work: Work, order: Order, lot: Lot) -> list[Blocker]:
    """Return every reason why this person cannot request a lot out of specification for an order."""
    return [
        *_against_treating(work, order),
        *against_supplying(lot.number, lot.status, lot_standings(work.session, lot)),
        *against_need(_needed(work, order, lot)),
        *against_held(holds_over(work.session, [f"lot:{lot.number}"])),
    ]


def _needed(work: Work, order: Order, lot: Lot, *, own: str = "") -> Needed:
    bags = held_allocations(work.session, order.id)
    before = under_way(work.session, order.id)
    is_over = before is not None and before.status == "accepted" and not _counts(work.session, before)
    open_supply = "" if before is None or is_over or before.number == own else before.number
    return Needed(
        order=order.number,
        is_open=order.status in OPEN_STATES,
        lot=lot.number,
        is_of_its_study=order.study_definition_id == lot.study_definition_id,
        # A supply that counts serves the order by itself: it is named below, and is no other lot.
        is_served=not open_supply and order.status == "ordered" and not is_short(work.session, order, work.now),
        bags_of=frozenset(each.unit.lot.number for each in bags),
        open_supply=open_supply,
    )


def _counts(session: Session, supply: OosSupply) -> bool:
    return supply.lot.status == "quarantine" and does_count(supply.lot.number, facts_of(session, supply))


def _against_treating(work: Work, order: Order) -> list[Blocker]:
    treated_by = treating_physicians(work.session, [order.participant]).get(order.participant_id, "")
    return against_treating(order.participant.subject_number, treated_by, work.actor.username)


def evaluate_supply(work: Work, number: str, *, evaluation: str, bags: str) -> OosSupply:
    """Sign QA's risk evaluation and which bags may be given; it is about the findings as they stand at this moment."""
    supply = _taken(work, number, "evaluate")
    lot = supply.lot
    work.refuse_if(against_evaluating(work, supply))
    chosen = _bags_named(work.session, lot, bags)
    text = _evaluation_text(work.session, supply, evaluation, chosen)
    signature = work.sign(OOS_SUPPLY["evaluate"].meaning, text)
    work.move(supply, "evaluate")
    supply.evaluation, supply.bags = evaluation.strip(), " ".join(chosen)
    supply.findings = findings_of(work.session, lot)
    supply.failed_tests = " ".join(each.test.key for each in failed_tests(work.session, lot))
    supply.evaluated_at, supply.evaluation_signature_id = work.now, signature.id
    return supply


def against_evaluating(work: Work, supply: OosSupply) -> list[Blocker]:
    """Return every reason why this person cannot sign the risk evaluation of a supply now."""
    return [
        *against_need(_needed(work, supply.order, supply.lot, own=supply.number)),
        *against_same_person(supply.request_signature.person_id, work.actor.person_id),
        *against_evaluation_now(work, supply.lot, work.site),
    ]


def _bags_named(session: Session, lot: Lot, text: str) -> list[str]:
    """Return the bags of a lot that people named; raises InvalidInput where one is none, or can no longer be given."""
    asked = sorted({each.upper() for each in re.split(r"[\s,;，；、]+", text) if each})
    may_be = set(bags_to_supply(session, lot))
    if not asked or not set(asked) <= may_be:
        raise InvalidInput(fields={"bags": [N_("Name bags of this lot that are in store, such as MSC26-0033-001.")]})
    return asked


def bags_to_supply(session: Session, lot: Lot) -> Sequence[str]:
    """Return the bags of a lot that could be given yet."""
    statement = select(Unit.number).where(Unit.lot_id == lot.id, Unit.kind == "bag", Unit.status.in_(MAY_BE_SUPPLIED))
    return session.scalars(statement.order_by(Unit.number)).all()


def accept_supply(work: Work, number: str) -> OosSupply:
    """Accept QA's evaluation as the treating physician, signed over the very failed tests and its text."""
    supply = _taken(work, number, "accept")
    work.refuse_if(against_acceptance_now(work, supply))
    signature = work.sign(OOS_SUPPLY["accept"].meaning, _acceptance_text(work.session, supply))
    work.move(supply, "accept")
    supply.accepted_at, supply.acceptance_signature_id = work.now, signature.id
    return supply


def against_acceptance_now(work: Work, supply: OosSupply) -> list[Blocker]:
    """Return every reason why this person cannot accept a supply now."""
    lot, evaluated_by = supply.lot, supply.evaluation_signature
    found = findings_of(work.session, lot)
    evaluated = Evaluated(supply.number, lot.number, supply.findings, found, lot.expires_at)
    return [
        *_against_treating(work, supply.order),
        *against_same_person(evaluated_by.person_id if evaluated_by else None, work.actor.person_id),
        *against_supplying(lot.number, lot.status, lot_standings(work.session, lot)),
        *against_need(_needed(work, supply.order, lot, own=supply.number)),
        *against_accepting(evaluated, work.now),
        *against_held(holds_over(work.session, [f"lot:{lot.number}"])),
        *against_unsettled(lot.number, unsettled_of(work.session, lot)),
    ]


def decline_supply(work: Work, number: str, *, reason: str) -> OosSupply:
    """Decline a supply as QA: the lot is not given for this order."""
    return _ended(work, number, "decline", reason)


def withdraw_supply(work: Work, number: str, *, reason: str) -> OosSupply:
    """Withdraw a supply as the treating physician; what was given stays given, no further bag is."""
    return _ended(work, number, "withdraw", reason)


def void_supply(work: Work, number: str, *, reason: str) -> OosSupply:
    """Make an accepted supply void as QA."""
    return _ended(work, number, "void", reason)


def _ended(work: Work, number: str, action: str, reason: str) -> OosSupply:
    supply = _taken(work, number, action, reason=reason)
    if action == "withdraw":
        work.refuse_if(_against_treating(work, supply.order))
    work.move(supply, action)
    _end(work, supply, reason)
    return supply


def _end(work: Work, supply: OosSupply, reason: str) -> None:
    supply.ended_at, supply.ended_by_id, supply.end_reason = work.now, work.person_id, reason.strip()


def _taken(work: Work, number: str, action: str, *, reason: str = "") -> OosSupply:
    """Begin an act on a supply: its lot, its order and itself are locked, so that a start waits or sees it."""
    work.begin(OOS_SUPPLY, action, number, reason=reason)
    places = select(Lot.number, Order.number).join(OosSupply, OosSupply.lot_id == Lot.id)
    found = work.session.execute(places.join(Order, Order.id == OosSupply.order_id).where(OosSupply.number == number))
    row = found.one_or_none()
    if row is None:
        raise NotFound("There is no supply {number}.", number=number)
    work.lock(Lot, row[0], share=True)
    work.lock(Order, row[1])
    work.lock(OosSupply, number)
    supply = supply_numbered(work.session, number)
    work.expect(supply, action)
    return supply


def _head(order: Order, lot: Lot) -> list[str]:
    return [
        "Supply of a lot out of specification / 超标批次的例外供应",
        f"Order / 医嘱 {order.number}",
        f"Participant / 受试者 {order.participant.subject_number}",
        f"Lot / 批次 {lot.number}",
    ]


def _requested(hazard: str, alternatives: str) -> list[str]:
    return [
        f"Immediate significant hazard that it averts / 所避免的紧迫重大危害: {hazard.strip()}",
        f"Alternatives that there are not / 为何无其他选择: {alternatives.strip()}",
    ]


def _request_text(session: Session, order: Order, lot: Lot, said: Sequence[str]) -> str:
    statement = (
        "I request this lot for this order though it is out of specification. / "
        "本人明知该批次超标，仍为本医嘱申请使用。"
    )
    return "\n".join([*_head(order, lot), *finding_lines(session, lot), *said, statement])


def _evaluated(session: Session, supply: OosSupply, evaluation: str, bags: Sequence[str]) -> list[str]:
    found = findings_of(session, supply.lot)
    return [
        f"{supply.number}",
        *_head(supply.order, supply.lot),
        *_requested(supply.hazard, supply.alternatives),
        *finding_lines(session, supply.lot),
        f"Findings / 依据 sha256:{hashlib.sha256(found.encode()).hexdigest()}",
        f"Bags that may be given / 可供细胞袋: {', '.join(bags)}",
        f"Risk evaluation / 风险评估: {evaluation.strip()}",
    ]


def _evaluation_text(session: Session, supply: OosSupply, evaluation: str, bags: Sequence[str]) -> str:
    statement = (
        "I evaluated the risk; the lot is not released, and these bags may be given for this order alone. / "
        "本人已完成风险评估；该批次未放行，上述细胞袋仅可用于本医嘱。"
    )
    return "\n".join([*_evaluated(session, supply, evaluation, bags), statement])


def _acceptance_text(session: Session, supply: OosSupply) -> str:
    by: Signature | None = supply.evaluation_signature
    statement = (
        "I have read QA's evaluation and accept these bags for this order. / "
        "本人已阅读质量保证部门的风险评估，同意将上述细胞袋用于本医嘱。"
    )
    evaluated = f"Evaluated by / 评估人: {by.printed_name if by else '–'}"
    return "\n".join([*_evaluated(session, supply, supply.evaluation, supply.bags.split()), evaluated, statement])

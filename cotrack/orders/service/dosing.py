"""The physician's dose order: decided against everything known today, and signed."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, case, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import ChangedMeanwhile, NotFound
from cotrack.foundation.work import Work
from cotrack.labelling.rules.codes import LETTERS
from cotrack.lifecycles import ORDER
from cotrack.manufacture.models import Unit
from cotrack.orders.models import Allocation, Order
from cotrack.orders.rules import (
    History,
    against_dose_step,
    against_schedule,
    against_weight,
    target_million,
)
from cotrack.participants.models import Participant
from cotrack.participants.rules import against_verdict
from cotrack.participants.service.enrolment import verdict_for_dose
from cotrack.participants.service.knowledge import (
    definition_for,
    known_values,
    observed_on,
    participant_numbered,
)
from cotrack.study.rules.definition import Definition

OPEN_STATES = ("ordered", "allocated")
NEEDED_OF_STUDY = (
    "dose.cells_per_kg",
    "dose.steps_cells_per_kg",
    "dose.tolerance_percent",
    "dose.post_thaw_recovery",
    "dose.planned_minutes",
    "dose.endotoxin_eu_per_kg_hour",
    "dose.premedication_en",
    "dose.premedication_zh",
    "product.name_en",
    "product.name_zh",
    "product.route_en",
    "product.route_zh",
    "product.thawed_life_minutes",
)
"""What an order and the steps after it take from the study, beside what the rules of weight and schedule ask for."""

COI_LETTERS = 10


@dataclass(frozen=True)
class DoseCase:
    """What a dose order would say, and everything against it."""

    participant: Participant
    definition: Definition
    weight_kg: Decimal | None
    weighed_on: date | None
    target_million_cells: Decimal | None
    history: History
    blockers: tuple[Blocker, ...]


def dose_case(work: Work, participant: Participant, cells_per_kg: int, planned_on: date) -> DoseCase:
    """Gather what decides about an order, and decide."""
    session, definition = work.session, definition_for(participant)
    known = known_values(session, participant.id)
    weight = Decimal(known["weight_kg"]) if "weight_kg" in known else None
    weighed_on = observed_on(session, participant.id, "weight_kg")
    history = history_of(session, participant.id, work.site.zone)
    solve = f"participant:{participant.subject_number}"
    today = work.today
    blockers = [*_against_participant(participant), *definition.against_use(*NEEDED_OF_STUDY)]
    if planned_on < today:
        blockers.append(Blocker("date_in_past", "The planned day lies in the past."))
        # Everything else is judged for today: what was measured since then is no fault of that day.
        planned_on = today
    blockers += against_dose_step(definition, cells_per_kg)
    blockers += _against_weight(definition, weighed_on, planned_on, solve)
    blockers += against_schedule(definition.schedule, history, planned_on)
    blockers += against_verdict(verdict_for_dose(work, participant, planned_on), solve)
    open_order = _open_order(session, participant.id)
    if open_order is not None:
        blockers.append(
            Blocker(
                "order_open",
                "Order {order} is open already.",
                {"order": open_order.number},
                solve=f"order:{open_order.number}",
            )
        )
    target = target_million(cells_per_kg, weight) if weight else None
    return DoseCase(participant, definition, weight, weighed_on, target, history, tuple(blockers))


def _against_weight(definition: Definition, weighed_on: date | None, on: date, solve: str) -> list[Blocker]:
    against = against_weight(weighed_on, on, definition.dose.weight_valid_days)
    return [replace(each, solve=solve) if each.code == "weight_stale" else each for each in against]


def _against_participant(participant: Participant) -> list[Blocker]:
    if participant.status == "enrolled":
        return []
    return [
        Blocker(
            "participant_not_eligible",
            "{number} is not enrolled.",
            {"number": participant.subject_number},
            solve=f"participant:{participant.subject_number}",
        )
    ]


def history_of(session: Session, participant_id: int, zone: ZoneInfo, *, but_order_id: int = 0) -> History:
    """Return what a participant was given before: treatment events that started, stopped ones included."""
    count, last = session.execute(
        select(func.count(), func.max(Order.started_at)).where(
            Order.participant_id == participant_id, Order.started_at.is_not(None), Order.id != but_order_id
        )
    ).one()
    return History(count, last.astimezone(zone).date() if last else None)


def make_order(work: Work, subject_number: str, *, cells_per_kg: int, planned_on: date) -> Order:
    """Order a dose for one treatment event; the chain-of-identity identifier begins here. The physician signs."""
    work.begin(ORDER, "make", "", subject=f"participant:{subject_number}")
    work.lock(Participant, subject_number)
    participant = participant_numbered(work.session, subject_number)
    case = dose_case(work, participant, cells_per_kg, planned_on)
    work.refuse_if(case.blockers)
    if case.weight_kg is None or case.weighed_on is None or case.target_million_cells is None:
        raise NotFound("No weight is recorded.")
    sequence = _next_sequence(work.session, participant.id)
    number = f"{subject_number}-{sequence:02d}"
    infusion_number = case.history.infusions + 1
    signature = work.sign(
        ORDER["make"].meaning, _order_text(case, number=number, cells_per_kg=cells_per_kg, planned_on=planned_on)
    )
    order = Order(
        number=number,
        sequence=sequence,
        coi_id="COI-" + "".join(secrets.choice(LETTERS) for _ in range(COI_LETTERS)),
        participant_id=participant.id,
        study_definition_id=participant.study_definition_id,
        infusion_number=infusion_number,
        planned_on=planned_on,
        cells_per_kg=cells_per_kg,
        weight_kg=case.weight_kg,
        weighed_on=case.weighed_on,
        target_million_cells=case.target_million_cells,
        ordered_at=work.now,
        signature_id=signature.id,
        status="ordered",
    )
    work.add(order)
    work.narrow(f"order:{number}")
    return order


def _order_text(case: DoseCase, *, number: str, cells_per_kg: int, planned_on: date) -> str:
    name, route = case.definition.product.name, case.definition.product.route
    dose = f"{cells_per_kg:,} viable cells/kg × {case.weight_kg} kg ({case.weighed_on})"
    return "\n".join(
        (
            f"Order / 医嘱 {number}",
            f"Participant / 受试者 {case.participant.subject_number}",
            f"Product / 产品 {name['en']} / {name['zh']}, {route['en']} / {route['zh']}",
            f"Infusion number / 第几次输注 {case.history.infusions + 1}",
            f"Dose / 剂量 {dose} = {case.target_million_cells} ×10^6",
            f"Planned day / 计划日期 {planned_on.isoformat()}",
            "I order this dose. / 本人开具该剂量医嘱。",
        )
    )


def cancel_order(work: Work, number: str, *, reason: str) -> Order:
    """Withdraw an order before anything was given; bags not yet issued become free again."""
    work.begin(ORDER, "cancel", number, reason=reason)
    order, allocations = lock_with_bags(work, number)
    work.expect(order, "cancel")
    work.refuse_if(_against_taking_back(allocations))
    free_bags(work, allocations)
    work.move(order, "cancel")
    return order


def _against_taking_back(allocations: Sequence[Allocation]) -> list[Blocker]:
    return [
        Blocker(
            "bag_issued",
            "{unit} is issued already: let it come back first.",
            {"unit": allocation.unit.number},
            solve=f"unit:{allocation.unit.number}",
        )
        for allocation in allocations
        if allocation.unit.status != "allocated"
    ]


def take_back_bags(work: Work, number: str, *, reason: str) -> Order:
    """Take an order's bags back into the store, as long as none was issued."""
    work.begin(ORDER, "deallocate", number, reason=reason)
    order, allocations = lock_with_bags(work, number)
    work.expect(order, "deallocate")
    work.refuse_if(_against_taking_back(allocations))
    free_bags(work, allocations)
    work.move(order, "deallocate")
    return order


def free_bags(work: Work, allocations: Sequence[Allocation]) -> None:
    """End these allocations; the bags are free again."""
    for allocation in allocations:
        work.move(allocation.unit, "deallocate")
        allocation.released_at = work.now


def lock_with_bags(work: Work, number: str) -> tuple[Order, Sequence[Allocation]]:
    """Lock an order's bags and then the order itself; raises ChangedMeanwhile where other bags were set aside."""
    before = [each.unit.number for each in held_allocations(work.session, order_numbered(work.session, number).id)]
    for unit_number in sorted(before):
        work.lock(Unit, unit_number)
    order = work.lock(Order, number)
    allocations = held_allocations(work.session, order.id)
    if [each.unit.number for each in allocations] != before:
        raise ChangedMeanwhile("The bags of this order changed at this moment: load the page again and look.")
    return order, allocations


def held_allocations(session: Session, order_id: int) -> Sequence[Allocation]:
    """Return the bags still set aside for an order."""
    statement = (
        select(Allocation)
        .options(joinedload(Allocation.unit))
        .where(Allocation.order_id == order_id, Allocation.released_at.is_(None))
        .order_by(Allocation.id)
        .execution_options(populate_existing=True)
    )
    return session.scalars(statement).all()


def _open_order(session: Session, participant_id: int) -> Order | None:
    return session.scalar(select(Order).where(Order.participant_id == participant_id, Order.status.in_(OPEN_STATES)))


def _next_sequence(session: Session, participant_id: int) -> int:
    newest = session.scalar(select(func.max(Order.sequence)).where(Order.participant_id == participant_id))
    return int(newest or 0) + 1


WHOLE = (
    *(joinedload(each) for each in (Order.participant, Order.study_definition, Order.signature)),
    selectinload(Order.allocations).joinedload(Allocation.unit),
)
"""What is loaded with an order."""


def order_numbered(session: Session, number: str) -> Order:
    """Return one order with participant, study version, signature and bags; raises NotFound."""
    order = session.scalar(select(Order).options(*WHOLE).where(Order.number == number))
    if order is None:
        raise NotFound("There is no order {order}.", order=number)
    return order


def status_for_people() -> ColumnElement[str]:
    """Return an order's status as `ended_as` says it, as a column: for lists, which filter and sort by it."""
    is_stopped_early = exists().where(
        Allocation.order_id == Order.id,
        Allocation.released_at.is_(None),
        Unit.id == Allocation.unit_id,
        Unit.status == "stopped_early",
    )
    return case(((Order.status == "completed") & is_stopped_early, "stopped_early"), else_=Order.status)


def orders_of(session: Session, participant_id: int) -> Sequence[Order]:
    """Return a participant's orders, newest first."""
    statement = select(Order).where(Order.participant_id == participant_id).order_by(Order.sequence.desc())
    return session.scalars(statement).all()


def orders_with_status(session: Session, participant_id: int) -> Sequence[Row[Order, str]]:
    """Return a participant's orders, newest first, each with its status as people read it."""
    statement = select(Order, status_for_people()).where(Order.participant_id == participant_id)
    return session.execute(statement.order_by(Order.sequence.desc())).all()

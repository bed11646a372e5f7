"""What waits in clinic, freezer and ward."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from cotrack.bedside.models import Infusion
from cotrack.bedside.service.clocks import WASHED_AT, last_use
from cotrack.custody.models import Handover
from cotrack.desk.service.tasks import Desk, Task
from cotrack.foundation.words import N_
from cotrack.labelling.models import LabelInstance
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.service.inputs import HOLDS_ON_LOTS
from cotrack.orders.models import Allocation, Order
from cotrack.orders.rules import History, against_schedule
from cotrack.orders.service import acceptance
from cotrack.orders.service.allocation import is_short
from cotrack.participants.models import Band, Participant
from cotrack.study.models import StudyDefinition
from cotrack.study.service import definition_hashed, definition_of


def people_to_answer(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    statement = select(Participant).where(Participant.status == "screening").order_by(Participant.id)
    for each in session.scalars(statement):
        number = each.subject_number
        yield Task(N_("Answer criteria and enrol"), f"participant:{number}", "desk.participant", {"number": number})


def doses_to_order(session: Session, desk: Desk) -> Iterator[Task]:
    """Return who is due for a dose: enrolled, no order open, the interval over, infusions left.

    Where the sponsor has not set number or interval, the page of the order says so: nobody is left out here.
    """
    last, is_open = aliased(Order), aliased(Order)
    statement = (
        select(Participant, StudyDefinition, last.started_at, last.infusion_number)
        .join(StudyDefinition, StudyDefinition.id == Participant.study_definition_id)
        .outerjoin(
            last,
            and_(
                last.participant_id == Participant.id,
                last.started_at.is_not(None),
                ~exists().where(is_open.participant_id == Participant.id, is_open.started_at > last.started_at),
            ),
        )
        .where(
            Participant.status == "enrolled",
            ~exists().where(Order.participant_id == Participant.id, Order.status.in_(("ordered", "allocated"))),
        )
        .order_by(Participant.id)
    )
    for participant, row, started_at, given in session.execute(statement):
        schedule = definition_of(row).schedule
        history = History(given or 0, desk.site_day(started_at) if started_at else None)
        against = {each.code for each in against_schedule(schedule, history, desk.site_day(desk.now))}
        if not against & {"too_many_infusions", "interval_too_short"}:
            number = participant.subject_number
            due, until = (
                _after(started_at, schedule.interval_least_days),
                _after(started_at, schedule.interval_most_days),
            )
            yield Task(N_("Order a dose"), f"participant:{number}", "orders.make_order", {"number": number}, due, until)


def _after(started_at: datetime | None, days: int | None) -> datetime | None:
    return None if started_at is None or days is None else started_at + timedelta(days=days)


def identities_to_record(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    statement = (
        select(Participant)
        .where(
            Participant.status == "enrolled",
            ~exists().where(Band.participant_id == Participant.id, Band.status != "removed"),
        )
        .order_by(Participant.id)
    )
    for each in session.scalars(statement):
        number = each.subject_number
        yield Task(
            N_("Print the band and have it put on"), f"participant:{number}", "desk.participant", {"number": number}
        )


def orders_to_allocate(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    for order in session.scalars(select(Order).where(Order.status == "ordered").order_by(Order.id)):
        yield Task(
            N_("Allocate bags"), f"order:{order.number}", "orders.allocate", {"number": order.number}, order.ordered_at
        )


def lots_to_accept(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the orders that wait for their treating physician's acceptance: no released bag serves, or it ended.

    Each open order is looked at, but only while some lot is released conditionally, which is rare.
    """
    if session.scalar(select(Lot.id).where(Lot.status == "conditionally_released").limit(1)) is None:
        return
    title = N_("Accept the lot for this order")
    for order in acceptance.open_orders_of(session, desk.actor.username):
        if order.status == "ordered" and not is_short(session, order, desk.now):
            continue
        for lot in acceptance.lots_awaiting(session, order, desk.now):
            arguments = {"number": order.number, "lot": lot.number}
            is_urgent = order.status == "allocated"
            yield Task(
                title, f"order:{order.number}", "orders.accept_lot", arguments, order.ordered_at, is_urgent=is_urgent
            )


def bands_to_confirm(session: Session, desk: Desk) -> Iterator[Task]:
    statement = (
        select(Band.put_on_at, Band.put_on_by_id, Participant.subject_number)
        .join(Participant, Participant.id == Band.participant_id)
        .where(Band.status == "put_on")
    )
    for put_on_at, put_on_by_id, number in session.execute(statement):
        if put_on_by_id != desk.actor.person_id:
            yield Task(
                N_("Confirm the band"),
                f"participant:{number}",
                "participants.confirm_band",
                {"number": number},
                put_on_at,
            )


def bags_to_issue(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    statement = (
        select(Unit.number, Allocation.allocated_at)
        .join(Allocation, (Allocation.unit_id == Unit.id) & Allocation.released_at.is_(None))
        .where(Unit.status == "allocated")
        .order_by(Allocation.id)
    )
    for number, allocated_at in session.execute(statement):
        yield Task(N_("Issue the bag to the ward"), f"unit:{number}", "bags.issue", {"number": number}, allocated_at)


def bands_to_put_on(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    """Return whose printed band waits for the first of two people."""
    subject = "participant:" + Participant.subject_number
    statement = (
        select(Participant.subject_number, LabelInstance.requested_at)
        .join(LabelInstance, (LabelInstance.subject == subject) & (LabelInstance.kind == "wristband"))
        .where(
            LabelInstance.status == "printed",
            Participant.status == "enrolled",
            ~exists().where(Band.participant_id == Participant.id, Band.status != "removed"),
        )
        .order_by(LabelInstance.id)
    )
    for number, requested_at in session.execute(statement):
        arguments = {"number": number}
        yield Task(N_("Put the band on"), f"participant:{number}", "participants.put_on_band", arguments, requested_at)


def bags_to_receive(session: Session, desk: Desk) -> Iterator[Task]:
    patience = timedelta(minutes=desk.ground.site.minutes["watch_issued"])
    for bag in bags_on_the_way(session, desk, "issued"):
        is_late = bag.handed_over_at + patience < desk.now
        title = N_("Receive the bag on the ward")
        yield Task(title, f"unit:{bag.number}", "bags.receive", {}, bag.handed_over_at, is_urgent=is_late)


def bags_to_check(session: Session, desk: Desk) -> Iterator[Task]:
    title = N_("Check bag, tag and order before the thaw")
    for bag in bags_on_the_way(session, desk, "received"):
        arguments = {"number": bag.order_number}
        yield Task(title, f"unit:{bag.number}", "bedside.check_before_thaw", arguments, bag.handed_over_at)


def bags_running_out(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the bags whose clock runs: thawing, or thawed and not started."""
    for bag in bags_on_the_way(session, desk, "thawing"):
        until = _last_use(session, desk, bag)
        title, arguments = N_("Thaw is running"), {"number": bag.number}
        yield Task(
            title, f"unit:{bag.number}", "bags.finish_thaw", arguments, bag.thaw_started_at, until, is_urgent=True
        )
    for bag in bags_on_the_way(session, desk, "thawed"):
        until = _last_use(session, desk, bag)
        title = N_("Check at the bedside and start")
        yield Task(title, f"unit:{bag.number}", "bedside.question", {}, bag.thaw_started_at, until, is_urgent=True)


def _last_use(session: Session, desk: Desk, bag: Any) -> datetime:
    """Return until when the bedside lets a bag be given: the shortest of lot, study and site."""
    definition = definition_hashed(session, bag.sha256)
    return last_use(desk.ground.site, definition, bag.expires_at, bag.thaw_started_at, washed_at=bag.washed_at)


def bags_on_the_way(session: Session, desk: Desk, status: str) -> Iterator[Any]:
    """Yield bags of one state that were last issued to this station's ward, or to any where the station has none."""
    station = desk.ground.site.station(desk.actor.station)
    later = aliased(Handover)
    statement = (
        select(
            Unit.number,
            Unit.thaw_started_at,
            WASHED_AT.label("washed_at"),
            Handover.handed_over_at,
            Order.number.label("order_number"),
            Lot.expires_at,
            StudyDefinition.sha256,
        )
        .join(Lot, Lot.id == Unit.lot_id)
        .join(StudyDefinition, StudyDefinition.id == Lot.study_definition_id)
        .join(Allocation, (Allocation.unit_id == Unit.id) & Allocation.released_at.is_(None))
        .join(Order, Order.id == Allocation.order_id)
        .join(Handover, (Handover.unit_id == Unit.id) & (Handover.kind == "issue"))
        .where(
            Unit.status == status,
            ~exists().where(later.unit_id == Unit.id, later.kind == "issue", later.id > Handover.id),
        )
        .order_by(Handover.id)
    )
    if station is not None and station.ward:
        statement = statement.where(Handover.ward == station.ward)
    yield from session.execute(statement)


def held_lots_of_participants(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    """Return whose bags, set aside or given, are of a lot that is on hold or recalled.

    Every physician sees them, whoever signed the order: a late growth must not wait for somebody who is away.
    """
    statement = (
        select(Participant.subject_number, Lot.number, func.min(HOLDS_ON_LOTS.c.placed_at), func.count(Infusion.id))
        .join(Order, Order.participant_id == Participant.id)
        .join(Allocation, (Allocation.order_id == Order.id) & Allocation.released_at.is_(None))
        .join(Unit, Unit.id == Allocation.unit_id)
        .join(Lot, Lot.id == Unit.lot_id)
        .join(HOLDS_ON_LOTS, HOLDS_ON_LOTS.c.lot_id == Lot.id)
        .outerjoin(Infusion, Infusion.unit_id == Unit.id)
        .group_by(Participant.id, Participant.subject_number, Lot.number)
        .order_by(Participant.id, Lot.number)
    )
    given, set_aside = N_("Was given a bag of a held lot"), N_("A bag of a held lot is set aside")
    for number, lot, placed_at, infusions in session.execute(statement):
        title = given if infusions else set_aside
        yield Task(title, f"participant:{number}", "desk.lot", {"number": lot}, placed_at, is_urgent=True)


def infusions_running(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    statement = (
        select(Infusion.id, Infusion.started_at, Unit.number, Unit.status)
        .join(Unit, Unit.id == Infusion.unit_id)
        .where(Infusion.ended_at.is_(None))
        .order_by(Infusion.id)
    )
    for infusion_id, started_at, number, status in session.execute(statement):
        title = N_("Infusion is paused") if status == "paused" else N_("Infusion is running: complete it")
        yield Task(
            title, f"unit:{number}", "infusions.show_infusion", {"infusion_id": infusion_id}, started_at, is_urgent=True
        )

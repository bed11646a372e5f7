"""A lot out of specification is given for one order alone: requested, evaluated, accepted, nothing changed since."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from support.late import closed
from support.oos import investigation, reported
from support.races import HeldCommand, Waiting
from support.refusals import records, refused
from support.stages import HER, HIM, LOT, OTHER_LOT, OTHER_PHYSICIAN, codes, results_of
from support.supply import (
    EVALUATION,
    HAZARD,
    accept_supply,
    evaluate,
    evaluated,
    out_of_specification,
    request,
    supplied,
    supplied_at_the_bedside,
    tell,
)
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.foundation.errors import (
    Blocked,
    ChangedMeanwhile,
    InvalidInput,
    PermissionDenied,
    ReasonMissing,
    SignatureRefused,
    TransitionNotAllowed,
)
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service import lots, units
from cotrack.orders.models import OosSupply
from cotrack.orders.service import allocation, dosing, supplies
from cotrack.orders.service.supplied import supply_numbered
from cotrack.participants.service import treatment
from cotrack.quality.service import holds
from cotrack.release.service import dispositions, imports, investigations, trail_reviews

MORE = "more.csv"


def status_of(world: World, number: str) -> str:
    return world.read(lambda session: supply_numbered(session, number)).status


def worse(world: World, lot: str = LOT) -> bytes:
    """Return a laboratory's file with a further CD105 result that failed."""
    head, *rows = results_of(world, lot, **{"CD105+": "93.0"}).decode().splitlines()
    (row,) = [each for each in rows if "CD105+" in each]
    return f"{head}\n{row.replace(',1,93.0', ',2,93.0')}\n".encode()


# The whole way


def test_a_supplied_bag_goes_from_request_to_infusion_while_its_lot_stays_in_quarantine(world: World) -> None:
    bag, order, number = supplied_at_the_bedside(world)
    tell(world, number)
    assert codes(world.journey.check(HER, bag, "zhou.n")) == []
    world.journey.completed(world.journey.started(HER, bag), "25.5", "4.5")
    assert world.journey.order(order).status == "completed"
    assert world.read(lambda session: session.scalar(select(Lot.status).where(Lot.number == LOT))) == "quarantine"
    events = [each["event"] for each in records(world, subject=f"oos_supply:{number}")]
    assert events == [f"oos_supply.{each}" for each in ("request", "evaluate", "accept", "notify")]


def test_each_signature_stands_under_the_failed_tests_and_the_acceptance_under_the_evaluation(world: World) -> None:
    _, number = supplied(world)
    supply = world.read(lambda session: supply_numbered(session, number))
    for signature in (supply.request_signature, supply.evaluation_signature, supply.acceptance_signature):
        for words in (LOT, HER, HAZARD, "CD105+", "94.2 %", f"OOS-{LOT}-1"):
            assert words in signature.text
    assert EVALUATION in supply.acceptance_signature.text
    assert f"OOS-{LOT}-1: phase 1 / 第一阶段" in supply.acceptance_signature.text
    assert f"{LOT}-001, {LOT}-002" in supply.acceptance_signature.text
    assert supply.failed_tests == "cd105"


def test_an_accepted_supply_counts_for_its_order_alone(world: World) -> None:
    supplied(world)
    other = world.journey.ordered(HIM)
    with refused("no_bags"):
        world.journey.allocated(other)


def test_nothing_is_set_aside_before_the_physician_accepted(world: World) -> None:
    order, _ = evaluated(world)
    with refused("no_bags"):
        world.journey.allocated(order)


def test_only_the_bags_that_qa_named_are_set_aside(world: World) -> None:
    order = out_of_specification(world)
    number = request(world, order).number
    world.journey.trail_reviewed(LOT)
    evaluate(world, number, bags=f"{LOT}-002")
    accept_supply(world, number)
    assert world.journey.allocated(order) == [f"{LOT}-002"]


def test_a_released_lot_is_given_before_one_that_is_supplied_out_of_specification(world: World) -> None:
    order, _ = supplied(world)
    world.journey.released_lot(OTHER_LOT)
    assert world.journey.allocated(order) == [f"{OTHER_LOT}-001"]


# What voids it


@pytest.mark.parametrize("what", ["result", "investigation", "hold", "deviation", "bag's deviation", "rejection"])
def test_whatever_changes_of_the_lot_ends_the_acceptance_and_stops_the_bag_at_the_bed(world: World, what: str) -> None:
    bag, _, _ = supplied_at_the_bedside(world)
    first, second = (world.journey.check(HER, bag, by) for by in ("zhou.n", "wu.n"))
    assert codes(first) == codes(second) == []
    changed(world, what)
    expected = "lot_rejected" if what == "rejection" else "lot_not_released"
    assert expected in codes(world.journey.check(HER, bag, "zhou.n"))
    with pytest.raises(Blocked) as found:
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert expected in {each.code for each in found.value.reasons}


def changed(world: World, what: str) -> None:
    """Change something of the lot, by whoever may."""
    match what:
        case "result":
            world.journey.results(worse(world), name=MORE)
        case "investigation":
            number = investigation(world, "cd105").number
            reported(world, number, "none_found")
            world.sign("qian.m", lambda work: investigations.go_on(work, number))
        case "hold":
            placed = world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
            world.do("qian.m", lambda work: holds.lift(work, placed.id, reason="false alarm"))
        case "deviation":
            world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
        case "bag's deviation":
            world.do("zhao.l", lambda work: units.open_deviation(work, f"{LOT}-002", description="label lifts"))
        case "rejection":
            world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="CD105"))


def test_a_start_waits_for_a_result_and_is_refused_by_it(world: World) -> None:
    bag, _, _ = supplied_at_the_bedside(world)
    first, second = (world.journey.check(HER, bag, by) for by in ("zhou.n", "wu.n"))
    content = worse(world)
    stored = HeldCommand(world, "wang.l", lambda work: imports.import_results(work, file_name=MORE, content=content))
    started = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert started.waits()
    stored.commit()
    started.end()
    assert started.result is None
    assert "lot_not_released" in {each.code for each in started.refusal.reasons}


def test_a_start_waits_for_a_withdrawal_and_is_refused_by_it(world: World) -> None:
    bag, _, number = supplied_at_the_bedside(world)
    first, second = (world.journey.check(HER, bag, by) for by in ("zhou.n", "wu.n"))
    act = lambda work: supplies.withdraw_supply(work, number, reason="better")  # noqa: E731 (one line)
    withdrawn = HeldCommand(world, "dr.gao", act)
    started = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert started.waits()
    withdrawn.commit()
    started.end()
    assert {each.code for each in started.refusal.reasons} == {"lot_not_released"}


def test_an_allocation_waits_for_a_withdrawal_and_is_refused_by_it(world: World) -> None:
    order, number = supplied(world)
    act = lambda work: supplies.withdraw_supply(work, number, reason="better")  # noqa: E731 (one line)
    withdrawn = HeldCommand(world, "dr.gao", act)
    allocated = Waiting(world, "li.c", lambda work: allocation.allocate(work, order))
    assert allocated.waits()
    withdrawn.commit()
    allocated.end()
    assert {each.code for each in allocated.refusal.reasons} == {"lot_not_released"}


def test_an_acceptance_waits_for_a_result_and_is_not_signed_over_the_older_findings(world: World) -> None:
    _, number = evaluated(world)
    content = worse(world)
    stored = HeldCommand(world, "wang.l", lambda work: imports.import_results(work, file_name=MORE, content=content))
    accepted = Waiting(world, "dr.gao", lambda work: supplies.accept_supply(work, number), is_signed=True)
    # Deciding twice and the password take longer than a moment: it waits for several.
    assert all(accepted.waits() for _ in range(5))
    stored.commit()
    accepted.end()
    assert isinstance(accepted.refusal, SignatureRefused) or "list_changed" in {
        each.code for each in accepted.refusal.reasons
    }
    assert status_of(world, number) == "evaluated"


def test_a_laboratorys_report_that_ends_no_phase_changes_nothing_of_what_was_evaluated(world: World) -> None:
    _, number = evaluated(world)
    reported(world, investigation(world, "cd105").number, "none_found")
    assert accept_supply(world, number).status == "accepted"


def test_a_supply_that_counts_no_longer_is_requested_anew_and_becomes_void(world: World) -> None:
    order, number = supplied(world)
    with refused("supply_open"):
        request(world, order)
    world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    again = request(world, order)
    assert (status_of(world, number), again.number) == ("void", f"SUP-{LOT}-2")
    with refused("deviation_open", "trail_unreviewed"):
        evaluate(world, again.number)


def test_a_bag_that_is_set_aside_may_be_supplied_anew(world: World) -> None:
    order, _ = supplied(world)
    (bag,) = world.journey.allocated(order)
    world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    with refused("lot_not_released"):
        world.journey.issued(bag)
    again = request(world, order).number
    closed(world)
    world.journey.trail_reviewed(LOT)
    evaluate(world, again)
    accept_supply(world, again)
    world.journey.issued(bag)


# What each step refuses


def test_a_request_is_the_treating_physicians(world: World) -> None:
    order = out_of_specification(world)
    world.cast.add(OTHER_PHYSICIAN)
    with refused("not_treating_physician"):
        request(world, order, by=OTHER_PHYSICIAN.username)
    for by in ("qian.m", "prof.han", "zhou.n", "li.c"):
        with pytest.raises(PermissionDenied):
            request(world, order, by=by)


def test_no_lot_is_requested_while_another_serves_or_that_did_not_fail_or_is_held(world: World) -> None:
    order = out_of_specification(world)
    world.journey.finished_lot(OTHER_LOT)
    with refused("nothing_failed"):
        request(world, order, lot=OTHER_LOT)
    held = world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    with refused("lot_on_hold"):
        request(world, order)
    world.do("qian.m", lambda work: holds.lift(work, held.id, reason="false alarm"))
    world.journey.results(results_of(world, OTHER_LOT), name="other.csv")
    world.journey.review(OTHER_LOT)
    world.journey.release(OTHER_LOT)
    with refused("released_lot_serves"):
        request(world, order)
    with refused("lot_not_in_quarantine", "released_lot_serves"):
        request(world, order, lot=OTHER_LOT)
    world.journey.allocated(order)
    with refused("bags_set_aside"):
        request(world, order)


def test_an_order_that_is_over_gets_nothing(world: World) -> None:
    order = out_of_specification(world)
    number = request(world, order).number
    world.do("dr.gao", lambda work: dosing.cancel_order(work, order, reason="fever"))
    world.journey.trail_reviewed(LOT)
    with refused("order_not_valid"):
        evaluate(world, number)
    with refused("order_not_valid", "supply_open"):
        request(world, order)


def test_an_evaluation_is_qas_who_did_nothing_to_the_lot_and_waits_for_the_trail(world: World) -> None:
    order = out_of_specification(world)
    number = request(world, order).number
    with refused("trail_unreviewed"):
        evaluate(world, number)
    world.journey.trail_reviewed(LOT)
    for by in ("dr.gao", "wang.l", "zhao.l", "prof.han"):
        with pytest.raises(PermissionDenied):
            evaluate(world, number, by=by)
    assert evaluate(world, number).status == "evaluated"


@pytest.mark.parametrize("bags", [f"{LOT}-003", f"{OTHER_LOT}-001", f"{LOT}-001, {HER}", " , "])
def test_qa_names_bags_of_this_lot_that_are_in_store(world: World, bags: str) -> None:
    order = out_of_specification(world)
    number = request(world, order).number
    world.journey.trail_reviewed(LOT)
    with pytest.raises(InvalidInput) as found:
        evaluate(world, number, bags=bags)
    assert set(found.value.fields) == {"bags"}


def test_what_changed_since_the_evaluation_is_evaluated_anew_before_it_is_accepted(world: World) -> None:
    _, number = evaluated(world)
    world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    with refused("list_changed"):
        accept_supply(world, number)
    closed(world)
    world.journey.trail_reviewed(LOT)
    evaluate(world, number)
    assert accept_supply(world, number).status == "accepted"


def test_an_acceptance_is_the_treating_physicians_of_that_moment(world: World) -> None:
    _, number = evaluated(world)
    world.cast.add(OTHER_PHYSICIAN)
    with refused("not_treating_physician"):
        accept_supply(world, number, by=OTHER_PHYSICIAN.username)
    world.do(OTHER_PHYSICIAN.username, lambda work: treatment.take_over(work, HER, reason="on call"))
    with refused("not_treating_physician"):
        accept_supply(world, number)
    assert accept_supply(world, number, by=OTHER_PHYSICIAN.username).status == "accepted"


def test_an_expired_lot_is_not_accepted(world: World) -> None:
    _, number = evaluated(world)
    world.clock.pass_by(days=800)
    with refused("expired"):
        accept_supply(world, number)


def test_a_supply_is_declined_withdrawn_or_made_void_with_a_reason_and_then_gives_nothing(world: World) -> None:
    order = out_of_specification(world)
    number = request(world, order).number
    with pytest.raises(ReasonMissing):
        world.do("qian.m", lambda work: supplies.decline_supply(work, number, reason=" "))
    world.do("qian.m", lambda work: supplies.decline_supply(work, number, reason="too risky"))
    with pytest.raises(TransitionNotAllowed):
        evaluate(world, number)
    again = request(world, order).number
    world.cast.add(OTHER_PHYSICIAN)
    with refused("not_treating_physician"):
        world.do(OTHER_PHYSICIAN.username, lambda work: supplies.withdraw_supply(work, again, reason="mine"))
    world.do("dr.gao", lambda work: supplies.withdraw_supply(work, again, reason="better"))
    assert [status_of(world, each) for each in (number, again)] == ["declined", "withdrawn"]


def test_a_supply_that_qa_made_void_stops_the_bag(world: World) -> None:
    bag, _, number = supplied_at_the_bedside(world)
    world.do("qian.m", lambda work: supplies.void_supply(work, number, reason="new literature"))
    assert codes(world.journey.check(HER, bag, "zhou.n")) == ["lot_not_released"]


# Notices


def test_a_notice_names_whom_when_how_and_by_whom_and_is_not_of_the_future(world: World) -> None:
    _, number = supplied(world)
    notice = tell(world, number)
    assert (notice.addressee, notice.sent_by, notice.how) == ("sponsor", "QIAN Min", "telephone and e-mail")
    tell(world, number, addressee="ethics_committee", by="prof.han")
    for at in (world.clock.now + timedelta(hours=1), world.clock.now - timedelta(days=2)):
        with pytest.raises(InvalidInput):
            tell(world, number, at=f"{at.astimezone(world.runtime.ground.site.zone):%Y-%m-%d %H:%M}")
    with pytest.raises(InvalidInput):
        tell(world, number, at="yesterday")
    with pytest.raises(PermissionDenied):
        tell(world, number, by="dr.gao")


def test_nobody_is_told_of_what_was_withdrawn_before_it_was_accepted(world: World) -> None:
    _, number = evaluated(world)
    world.do("dr.gao", lambda work: supplies.withdraw_supply(work, number, reason="better"))
    with refused("not_accepted"):
        tell(world, number)


# The trail


def test_the_trail_of_the_lot_holds_its_supplies_and_none_of_them_undoes_its_review(world: World) -> None:
    _, number = supplied(world)
    tell(world, number)
    site = world.runtime.ground.site
    lot = world.read(lambda session: lots.lot_numbered(session, LOT))
    trail = world.read(lambda session: trail_reviews.lot_trail(session, lot))
    assert [each.event for each in trail if each.event.startswith("oos_supply")] == [
        f"oos_supply.{each}" for each in ("request", "evaluate", "accept", "notify")
    ]
    about = world.read(lambda session: trail_reviews.records_about(session, lot))
    assert world.read(lambda session: trail_reviews.trail_standing(session, lot, site, about)).is_reviewed


def test_the_database_holds_one_supply_of_an_order_under_way(world: World) -> None:
    _, number = supplied(world)

    def twice(work) -> None:  # type: ignore[no-untyped-def]  # a command of the test's own
        supply = supply_numbered(work.session, number)
        columns = [each.name for each in OosSupply.__table__.columns if each.name not in {"id", "number"}]
        work.record("oos_supply.request", "order:x", permission="oos_supply:request")
        work.add(OosSupply(number="SUP-2", **{name: getattr(supply, name) for name in columns}))

    with pytest.raises(ChangedMeanwhile):
        world.do("dr.gao", twice)

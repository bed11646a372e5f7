"""What must never happen, 2: a bag is infused whose lot may not be given, also when that changes at the last moment."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from support.races import HeldCommand, Waiting
from support.refusals import records
from support.stages import (
    HER,
    HIM,
    LOT,
    OTHER_LOT,
    at_the_bedside,
    at_the_ward,
    codes,
    enrolled,
    kept,
    results_of,
)
from support.supply import accept_supply, evaluate, out_of_specification, request
from support.worlds import World

from cotrack.bedside.service import infusions, ward
from cotrack.foundation.errors import Blocked, TransitionNotAllowed
from cotrack.foundation.work import Work
from cotrack.labelling.service import papers
from cotrack.manufacture.service import lots, units
from cotrack.orders.service import allocation, supplies
from cotrack.quality.service.holds import standing_holds
from cotrack.release.service import dispositions, imports


def reasons(refused: pytest.ExceptionInfo[Blocked]) -> list[str]:
    return [each.code for each in refused.value.blockers]


@pytest.mark.parametrize(("action", "code"), [("place", "lot_on_hold"), ("recall", "lot_recalled")])
def test_a_held_or_recalled_lot_is_stopped_at_every_step(world: World, action: str, code: str) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action=action, reason="growth"))
    assert codes(bedside.check("zhou.n")) == [code]
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert code in reasons(refused)


def test_a_held_bag_is_stopped(world: World) -> None:
    bedside = at_the_bedside(world)
    world.do("qian.m", lambda work: units.hold_unit(work, bedside.bag, reason="dropped"))
    assert codes(bedside.check("zhou.n")) == ["unit_on_hold"]


def test_a_held_lot_stops_the_thaw_before_the_bag_is_lost(world: World) -> None:
    bedside = at_the_ward(world)
    first, second = (world.journey.thaw_check(bedside.bag, by) for by in ("zhou.n", "wu.n"))
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.start_thaw(work, first_check=first.id, second_check=second.id))
    assert reasons(refused) == ["lot_on_hold"]
    assert codes(world.journey.thaw_check(bedside.bag, "zhou.n")) == ["lot_on_hold"]


def test_a_held_lot_is_not_issued(world: World) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    (bag,) = world.journey.allocated(world.journey.ordered(HER))
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    with pytest.raises(Blocked) as refused:
        world.journey.issued(bag)
    assert reasons(refused) == ["lot_on_hold"]


def test_nothing_of_a_lot_in_quarantine_or_rejected_is_set_aside(world: World) -> None:
    world.journey.finished_lot(LOT)
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    with pytest.raises(Blocked) as refused:
        world.do("li.c", lambda work: allocation.allocate(work, order))
    assert reasons(refused) == ["no_bags"]
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    with pytest.raises(Blocked):
        world.do("li.c", lambda work: allocation.allocate(work, order))


def test_a_conditionally_released_lot_is_not_set_aside_without_an_acceptance(world: World) -> None:
    world.journey.finished_lot(LOT)
    content = results_of(world, LOT)
    kept = [line for line in content.decode().splitlines() if ",Sterility,BacT" not in line and ",RCL," not in line]
    world.journey.results("\n".join(kept).encode())
    world.journey.review(LOT)
    world.journey.release_conditionally(LOT, reason="urgent")
    enrolled(world, HER)
    with pytest.raises(Blocked) as refused:
        world.journey.allocated(world.journey.ordered(HER))
    assert reasons(refused) == ["no_bags"]


def test_a_lot_with_a_failing_missing_or_unreviewed_result_is_not_released(world: World) -> None:
    for number in (LOT, OTHER_LOT):
        world.journey.finished_lot(number)
    world.journey.results(results_of(world, LOT, Sterility="growth: Cutibacterium sp."))
    with pytest.raises(Blocked) as refused:
        world.journey.release(LOT)
    assert set(reasons(refused)) == {"out_of_specification", "investigation_open", "result_unreviewed"}
    with pytest.raises(Blocked) as refused:
        world.journey.release(OTHER_LOT)
    assert set(reasons(refused)) == {"result_missing"}
    assert len(reasons(refused)) == 19


GROWTH = "growth: S. aureus"
HELD_BY_GROWTH = (
    "Sterility, day 14: growth: S. aureus (out of specification) / 无菌（第 14 天）: growth: S. aureus (超标)"
)


def late(world: World, result: str = GROWTH, **columns: str) -> bytes:
    """Return a laboratory's file with one late result of the lot's sterility."""
    (head, *rows) = results_of(world, LOT, Sterility=result).decode().splitlines()
    (row,) = [each for each in rows if ",Sterility,BacT" in each]
    cells = dict(zip(head.split(","), row.split(","), strict=True)) | {"Replicate": "2"} | columns
    return f"{head}\n{','.join(cells.values())}\n".encode()


def import_late(world: World, **columns: str) -> Callable[[Work], imports.StoredFile]:
    content = late(world, **columns)
    return lambda work: imports.import_results(work, file_name="late.csv", content=content)


def test_a_late_failure_of_a_released_lot_stops_every_step_at_once(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    stored = world.do("wang.l", import_late(world))
    assert [(each.number, each.reason) for each in stored.stopped] == [(LOT, HELD_BY_GROWTH)]
    assert codes(bedside.check("zhou.n")) == ["lot_on_hold"]
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert "lot_on_hold" in reasons(refused)
    with pytest.raises(Blocked) as refused:
        world.journey.allocated(world.journey.ordered(HIM))
    assert reasons(refused) == ["no_bags"]


def test_a_late_failure_stops_a_lot_that_is_released_conditionally(world: World) -> None:
    world.journey.finished_lot(LOT)
    content = results_of(world, LOT)
    kept = [line for line in content.decode().splitlines() if ",Sterility,BacT" not in line]
    world.journey.results("\n".join(kept).encode())
    world.journey.review(LOT)
    world.journey.release_conditionally(LOT, reason="urgent")
    world.do("wang.l", import_late(world, Replicate="1"))
    (hold,) = world.read(lambda session: standing_holds(session, [f"lot:{LOT}"]))
    assert (hold.status, hold.reason) == ("standing", HELD_BY_GROWTH)


def test_a_late_failure_holds_the_lot_in_the_name_of_whoever_imported_it_within_the_one_record(world: World) -> None:
    world.journey.released_lot(LOT)
    before = len(records(world))
    world.do("wang.l", import_late(world))
    (record,) = records(world)[before:]
    assert (record["event"], record["actor"]) == ("result.import", "wang.l")
    held = {each["column"]: each["new"] for each in record["changes"] if each["row"].startswith("hold:")}
    assert (held["subject"], held["status"], held["reason"]) == (f"lot:{LOT}", "standing", HELD_BY_GROWTH)
    assert record["details"]["held"] == [f"lot:{LOT}"]


def test_a_late_failure_that_was_known_in_quarantine_or_is_none_holds_nothing(world: World) -> None:
    world.journey.finished_lot(OTHER_LOT)
    world.journey.results(results_of(world, OTHER_LOT, Sterility=GROWTH))
    world.journey.released_lot(LOT)
    good = late(world, "no growth")
    world.do("wang.l", lambda work: imports.import_results(work, file_name="late.csv", content=good))
    assert world.read(lambda session: standing_holds(session, [f"lot:{LOT}", f"lot:{OTHER_LOT}"])) == []


def test_a_start_waits_for_an_import_with_a_late_failure_and_does_not_follow(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    failure = HeldCommand(world, "wang.l", import_late(world))
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert start.waits()
    failure.commit()
    start.end()
    assert failure.refusal is None
    assert start.refusal is not None
    assert [each.code for each in start.refusal.reasons] == ["lot_on_hold"]


def test_an_import_with_a_late_failure_waits_for_a_start_and_then_holds_the_lot(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    start = HeldCommand(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    failure = Waiting(world, "wang.l", import_late(world))
    assert failure.waits()
    start.commit()
    failure.end()
    assert (start.refusal, failure.refusal) == (None, None)
    assert world.read(lambda session: standing_holds(session, [f"lot:{LOT}"]))[0].reason == HELD_BY_GROWTH


def test_a_bag_past_the_end_of_its_thaw_is_stopped_by_the_servers_clock(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    world.clock.pass_by(minutes=90)
    assert "expired" in codes(bedside.check("zhou.n"))
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert "expired" in reasons(refused)


def test_a_bag_that_would_expire_during_the_infusion_is_stopped(world: World) -> None:
    bedside = at_the_bedside(world)
    world.clock.pass_by(minutes=61)
    assert codes(bedside.check("zhou.n")) == ["expires_before_end"]


def test_an_expired_lot_is_not_set_aside(world: World) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    world.clock.now += timedelta(days=800)
    with pytest.raises(Blocked) as refused:
        world.do("li.c", lambda work: allocation.allocate(work, order))
    assert reasons(refused) == ["no_bags"]


def test_a_recall_between_check_and_start_lets_no_start_follow(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    recall = HeldCommand(world, "qian.m", lambda work: lots.hold_lot(work, LOT, action="recall", reason="growth"))
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert start.waits()
    recall.commit()
    start.end()
    assert start.refusal is not None
    assert [each.code for each in start.refusal.reasons] == ["lot_recalled"]


@pytest.mark.parametrize("subject", ["unit", "participant"])
def test_a_label_that_dies_between_check_and_start_lets_no_start_follow(world: World, subject: str) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    label_id = getattr(kept(world, first), "unit_label_id" if subject == "unit" else "other_label_id")
    death = HeldCommand(world, "qian.m", lambda work: papers.make_void(work, label_id, reason="torn"))
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert start.waits()
    death.commit()
    start.end()
    assert death.refusal is None
    assert start.refusal is not None
    assert [each.code for each in start.refusal.reasons] == ["label_void"]


def test_a_label_dies_only_after_the_start_that_counted_on_it_is_recorded(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    scanned = kept(world, first)
    start = HeldCommand(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    death = Waiting(world, "qian.m", lambda work: papers.make_void(work, scanned.unit_label_id, reason="torn"))
    assert death.waits()
    start.commit()
    death.end()
    assert (start.refusal, death.refusal) == (None, None)


def test_a_label_that_dies_between_check_and_thaw_lets_no_thaw_follow(world: World) -> None:
    ward_side = at_the_ward(world)
    first, second = (world.journey.thaw_check(ward_side.bag, by) for by in ("zhou.n", "wu.n"))
    scanned = kept(world, first)
    death = HeldCommand(world, "qian.m", lambda work: papers.make_void(work, scanned.other_label_id, reason="torn"))
    pair = {"first_check": first.id, "second_check": second.id}
    thaw = Waiting(world, "wu.n", lambda work: infusions.start_thaw(work, **pair))
    assert thaw.waits()
    death.commit()
    thaw.end()
    assert thaw.refusal is not None
    assert [each.code for each in thaw.refusal.reasons] == ["label_void"]


def test_a_recall_during_a_start_waits_until_the_start_is_done_and_recorded(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    start = HeldCommand(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    recall = Waiting(world, "qian.m", lambda work: lots.hold_lot(work, LOT, action="recall", reason="growth"))
    assert recall.waits()
    start.commit()
    recall.end()
    assert start.refusal is None
    assert recall.refusal is None


def test_a_paused_infusion_of_a_lot_recalled_meanwhile_does_not_go_on(world: World) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="recall", reason="growth"))
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.resume(work, infusion.id))
    assert reasons(refused) == ["lot_recalled"]


def test_thawed_cells_never_go_back_to_the_store(world: World) -> None:
    bedside = at_the_bedside(world)
    with pytest.raises(TransitionNotAllowed):
        world.do("zhou.n", lambda work: ward.return_unit(work, bedside.bag, reason="not needed"))


def test_a_lot_out_of_specification_is_given_for_the_order_that_it_is_supplied_for_and_no_other(world: World) -> None:
    hers = out_of_specification(world)
    his = world.journey.ordered(HIM)
    numbers, bags = {}, {}
    for order, bag in ((hers, f"{LOT}-001"), (his, f"{LOT}-002")):
        numbers[order] = request(world, order).number
        world.journey.trail_reviewed(LOT)
        evaluate(world, numbers[order], bags=bag)
        accept_supply(world, numbers[order])
        (bags[order],) = world.journey.allocated(order)
        world.journey.issued(bags[order])
        world.journey.received(bags[order])
        world.journey.thawed(bags[order])
    assert codes(world.journey.check(HIM, bags[his], "zhou.n")) == []
    assert codes(world.journey.check(HIM, bags[hers], "zhou.n")) == ["wrong_patient"]
    world.do("dr.gao", lambda work: supplies.withdraw_supply(work, numbers[his], reason="another product came"))
    assert codes(world.journey.check(HIM, bags[his], "zhou.n")) == ["lot_not_released"]
    assert codes(world.journey.check(HER, bags[hers], "zhou.n")) == []

"""What must never happen, 2: a bag of which a deviation is open goes on, at whichever step."""

from collections.abc import Callable
from typing import Any

import pytest
from support.laboratory import example_rows, file_of
from support.races import HeldCommand, Waiting
from support.refusals import refused
from support.stages import HER, LOT, OTHER_LOT, Bedside, at_the_bedside, at_the_ward, codes, enrolled
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.foundation.errors import InvalidInput, NotFound, PermissionDenied
from cotrack.foundation.work import Work
from cotrack.manufacture.service import deviations as concerning
from cotrack.manufacture.service import lots, units
from cotrack.manufacture.service.inputs import held_among
from cotrack.quality.service import deviations
from cotrack.release.service import dispositions
from cotrack.release.service.case import release_case
from cotrack.release.service.trail_reviews import lot_trail

CRACKED = "a port is cracked"


def cracked(bag: str) -> Callable[[Work], Any]:
    return lambda work: units.open_deviation(work, bag, description=CRACKED)


def closed(world: World, number: str) -> None:
    found = {"classification": "minor", "cause": "seen wrongly", "impact": "none"}
    world.do("qian.m", lambda work: deviations.assess(work, number, **found))
    world.sign("qian.m", lambda work: deviations.close(work, number))


def test_an_open_deviation_of_a_bag_keeps_it_from_allocation_and_issue_until_qa_closes_it(world: World) -> None:
    world.journey.released_lot(LOT, bags=1)
    bag = f"{LOT}-001"
    number = world.do("zhao.l", cracked(bag)).number
    assert number == f"DEV-{bag}-1"
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    with refused("no_bags"):
        world.journey.allocated(order)
    closed(world, number)
    assert world.journey.allocated(order) == [bag]
    world.do("zhao.l", cracked(bag))
    with refused("unit_on_hold") as refusal:
        world.journey.issued(bag)
    assert refusal.value.reasons[0].sentence == f"Deviation DEV-{bag}-2 is open: {CRACKED}"
    closed(world, f"DEV-{bag}-2")
    world.journey.issued(bag)


def test_an_open_deviation_of_a_bag_stops_the_check_before_the_thaw_and_the_thaw(world: World) -> None:
    ward = at_the_ward(world)
    first, second = (world.journey.thaw_check(ward.bag, by) for by in ("zhou.n", "wu.n"))
    world.do("zhao.l", cracked(ward.bag))
    with refused("unit_on_hold"):
        world.do("wu.n", lambda work: infusions.start_thaw(work, first_check=first.id, second_check=second.id))
    assert codes(world.journey.thaw_check(ward.bag, "zhou.n")) == ["unit_on_hold"]


def test_an_open_deviation_of_a_bag_stops_the_check_at_the_bedside_and_the_start_of_that_bag_alone(
    world: World,
) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    world.do("zhao.l", cracked(f"{LOT}-002"))
    assert codes(bedside.check("zhou.n")) == []
    world.do("zhao.l", cracked(bedside.bag))
    with refused("unit_on_hold"):
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert codes(bedside.check("zhou.n")) == ["unit_on_hold"]


def test_a_deviation_between_check_and_start_lets_no_start_follow(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    opened = HeldCommand(world, "zhao.l", cracked(bedside.bag))
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert start.waits()
    opened.commit()
    start.end()
    assert start.refusal is not None
    assert [each.code for each in start.refusal.reasons] == ["unit_on_hold"]


def naming(world: World, *bags: str) -> str:
    """Open a deviation of another lot, and let QA name these bags as concerned by it."""
    world.journey.lot(OTHER_LOT)
    opened = world.do("zhao.l", lambda work: lots.open_deviation(work, OTHER_LOT, description=CRACKED))
    world.do("qian.m", named_by(opened.number, *bags))
    return str(opened.number)


def named_by(number: str, *bags: str) -> Callable[[Work], Any]:
    found = {"classification": "major", "cause": "the freezer failed", "impact": "a bag too"}
    return lambda work: concerning.assess(work, number, **found, affected=", ".join(bags))


def test_a_bag_that_an_open_deviation_of_another_lot_names_is_stopped_from_allocation_on(world: World) -> None:
    world.journey.released_lot(LOT, bags=2)
    enrolled(world, HER)
    number = naming(world, f"{LOT}-001")
    order = world.journey.ordered(HER)
    assert world.journey.allocated(order) == [f"{LOT}-002"]
    world.do("qian.m", named_by(number, f"{LOT}-001", f"{LOT}-002"))
    with refused("unit_on_hold") as refusal:
        world.journey.issued(f"{LOT}-002")
    assert refusal.value.reasons[0].sentence == f"Deviation {number} is open: {CRACKED}"
    world.sign("qian.m", lambda work: deviations.close(work, number))
    world.journey.issued(f"{LOT}-002")


def test_a_bag_that_an_open_deviation_of_another_lot_names_is_neither_thawed_nor_started(world: World) -> None:
    ward = at_the_ward(world)
    first, second = (world.journey.thaw_check(ward.bag, by) for by in ("zhou.n", "wu.n"))
    number = naming(world, ward.bag)
    with refused("unit_on_hold"):
        world.do("wu.n", lambda work: infusions.start_thaw(work, first_check=first.id, second_check=second.id))
    assert codes(world.journey.thaw_check(ward.bag, "zhou.n")) == ["unit_on_hold"]
    world.do("qian.m", named_by(number, f"{LOT}-002"))
    world.journey.thawed(ward.bag)
    bedside = Bedside(world, ward.bag, ward.order)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    named = HeldCommand(world, "qian.m", named_by(number, ward.bag))
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert start.waits()
    named.commit()
    start.end()
    assert start.refusal is not None
    assert [each.code for each in start.refusal.reasons] == ["unit_on_hold"]
    assert codes(bedside.check("zhou.n")) == ["unit_on_hold"]


def test_a_lot_that_a_deviation_names_is_not_held_by_it_and_its_other_bags_go_on(world: World) -> None:
    ward = at_the_ward(world)
    naming(world, LOT, f"{LOT}-002")
    assert codes(world.journey.thaw_check(ward.bag, "zhou.n")) == []
    asked = [f"lot:{LOT}", f"unit:{LOT}-001", f"unit:{LOT}-002"]
    assert world.read(lambda session: held_among(session, asked)) == {f"unit:{LOT}-002"}


def test_a_deviation_opened_while_a_bag_is_given_does_not_interrupt_it(world: World) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    world.do("zhao.l", cracked(bedside.bag))
    world.do("wu.n", lambda work: infusions.resume(work, infusion.id))


def test_a_deviation_of_a_bag_stands_on_its_lots_release_and_in_its_trail(world: World) -> None:
    world.journey.finished_lot(LOT)
    world.do("zhao.l", cracked(f"{LOT}-001"))
    lot = world.read(lambda session: lots.lot_numbered(session, LOT))
    case = world.read(lambda session: release_case(session, lot, world.runtime.ground.site))
    assert [each.number for each in case.facts.deviations] == [f"DEV-{LOT}-001-1"]
    found = {"classification": "minor", "cause": "seen wrongly", "impact": "none"}
    world.do("qian.m", lambda work: deviations.assess(work, f"DEV-{LOT}-001-1", **found))
    told = world.read(lambda session: lot_trail(session, lot))
    assert [each.event for each in told][-2:] == ["deviation.open", "deviation.assess"]


def test_a_deviation_is_opened_on_a_bag_that_is_there_by_who_may(world: World) -> None:
    world.journey.finished_lot(LOT)
    with pytest.raises(NotFound):
        world.do("zhao.l", cracked(f"{LOT}-999"))
    with pytest.raises(PermissionDenied):
        world.do("zhou.n", cracked(f"{LOT}-001"))


def test_the_lots_and_bags_that_a_deviation_concerns_are_there_and_stand_in_its_closure(world: World) -> None:
    world.journey.finished_lot(LOT, bags=2)
    number = world.do("zhao.l", cracked(f"{LOT}-001")).number
    found = {"classification": "minor", "cause": "a bent tool", "impact": "one port"}
    named = f"{LOT}, {LOT}-001; {LOT.lower()}-002"
    with pytest.raises(InvalidInput):
        world.do("qian.m", lambda work: concerning.assess(work, number, **found, affected=f"{named}, MSC99-0001"))
    assessed = world.do("qian.m", lambda work: concerning.assess(work, number, **found, affected=named))
    assert assessed.things == [f"lot:{LOT}", f"unit:{LOT}-001", f"unit:{LOT}-002"]
    closed = world.sign("qian.m", lambda work: deviations.close(work, number))
    assert f"Concerned / 涉及物品: {LOT}, {LOT}-001, {LOT}-002" in closed.closure_signature.text.splitlines()


@pytest.mark.parametrize("named", [LOT, f"{LOT}-001"])
def test_a_lot_that_an_open_deviation_of_another_lot_names_is_not_released(world: World, named: str) -> None:
    world.journey.finished_lot(LOT)
    world.journey.results(file_of(example_rows(LOT)))
    world.journey.review(LOT)
    world.journey.trail_reviewed(LOT)
    world.journey.lot(OTHER_LOT)
    opened = world.do("zhao.l", lambda work: lots.open_deviation(work, OTHER_LOT, description="the alarm rang"))
    found = {"classification": "major", "cause": "the freezer failed", "impact": "both lots", "affected": named}
    assessed = HeldCommand(world, "qian.m", lambda work: concerning.assess(work, opened.number, **found))
    release = Waiting(world, "tang.w", lambda work: dispositions.release(work, LOT), is_signed=True)
    assert release.waits()
    assessed.commit()
    release.end()
    assert release.refusal is not None
    assert [each.code for each in release.refusal.reasons] == ["deviation_open", "trail_unreviewed"]

"""What must never happen, 2: a bag is infused whose donor, cell bank or material is on hold, at whichever step."""

from collections.abc import Callable
from typing import Any

import pytest
from support.races import HeldCommand, Waiting
from support.refusals import refused
from support.remembered import remembered
from support.sources import BELOW, MEDIUM, WORKING, approved_sources, hold
from support.stages import HER, HIM, LOT, Bedside, codes, enrolled, results_of
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.desk.service.home import tasks_for
from cotrack.foundation.work import Work
from cotrack.manufacture.service import sources
from cotrack.quality.service import holds
from cotrack.release.service import dispositions

EACH_SOURCE = pytest.mark.parametrize("noun", ["donor", "cell_bank", "material"])


def under_inquiry(noun: str) -> Callable[[Work], Any]:
    return lambda work: sources.hold_source(work, noun, BELOW[noun], reason="under inquiry")


@remembered
def _received(world: World) -> tuple[str, str]:
    approved_sources(world)
    world.journey.recipe = {WORKING: "2", MEDIUM: "500 mL"}
    world.journey.released_lot(LOT, bags=3)
    enrolled(world, HER, HIM)
    order = world.journey.ordered(HER)
    (bag,) = world.journey.allocated(order)
    return bag, order


@remembered
def _thawed(world: World) -> tuple[str, str]:
    bag, order = _received(world)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    return bag, order


def at_the_bedside(world: World) -> Bedside:
    return Bedside(world, *_thawed(world))


@EACH_SOURCE
def test_a_held_source_stops_the_check_at_the_bedside_and_the_start(world: World, noun: str) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    assert (codes(first), codes(second)) == ([], [])
    hold(world, noun)
    with refused("lot_on_hold"):
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert codes(bedside.check("zhou.n")) == ["lot_on_hold"]


@EACH_SOURCE
def test_a_held_source_stops_allocation_issue_and_thaw(world: World, noun: str) -> None:
    bag, _ = _received(world)
    other = world.journey.ordered(HIM)
    world.journey.allocated(other)
    held = hold(world, noun)
    with refused("lot_on_hold"):
        world.journey.issued(bag)
    lift(world, held.id)
    world.journey.issued(bag)
    world.journey.received(bag)
    first, second = (world.journey.thaw_check(bag, by) for by in ("zhou.n", "wu.n"))
    hold(world, noun)
    with refused("lot_on_hold"):
        world.do("wu.n", lambda work: infusions.start_thaw(work, first_check=first.id, second_check=second.id))
    assert codes(world.journey.thaw_check(bag, "zhou.n")) == ["lot_on_hold"]


@EACH_SOURCE
def test_nothing_made_from_a_held_source_is_set_aside(world: World, noun: str) -> None:
    _received(world)
    order = world.journey.ordered(HIM)
    hold(world, noun)
    with refused("no_bags"):
        world.journey.allocated(order)


def test_a_paused_infusion_does_not_go_on_over_a_held_source(world: World) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    hold(world, "donor")
    with refused("lot_on_hold"):
        world.do("wu.n", lambda work: infusions.resume(work, infusion.id))


@EACH_SOURCE
def test_a_hold_on_a_source_between_check_and_start_lets_no_start_follow(world: World, noun: str) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    held = HeldCommand(world, "qian.m", under_inquiry(noun))
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert start.waits()
    held.commit()
    start.end()
    assert start.refusal is not None
    assert [each.code for each in start.refusal.reasons] == ["lot_on_hold"]


def test_a_hold_on_a_source_waits_for_a_start_that_is_under_way(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    start = HeldCommand(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    held = Waiting(world, "qian.m", under_inquiry("donor"))
    assert held.waits()
    start.commit()
    held.end()
    assert (start.refusal, held.refusal) == (None, None)


def test_a_hold_on_a_source_between_decision_and_release_lets_no_release_follow(world: World) -> None:
    approved_sources(world)
    world.journey.recipe = {MEDIUM: "500 mL"}
    world.journey.finished_lot(LOT)
    world.journey.results(results_of(world, LOT))
    world.journey.review(LOT)
    world.journey.trail_reviewed(LOT)
    held = HeldCommand(world, "qian.m", under_inquiry("material"))
    release = Waiting(world, "qian.m", lambda work: dispositions.release(work, LOT), is_signed=True)
    assert release.waits()
    held.commit()
    release.end()
    assert release.refusal is not None
    assert [each.code for each in release.refusal.reasons] == ["lot_on_hold", "trail_unreviewed"]


def test_a_source_that_is_found_bad_after_its_use_stops_its_bags_in_the_same_moment(world: World) -> None:
    bedside = at_the_bedside(world)
    world.sign("qian.m", lambda work: sources.reject(work, "donor", BELOW["donor"], reason="HBV positive"))
    assert codes(bedside.check("zhou.n")) == ["lot_recalled"]


@EACH_SOURCE
def test_physicians_are_told_whose_bags_are_of_a_lot_over_a_held_source(world: World, noun: str) -> None:
    _received(world)
    hold(world, noun)
    actor, ground = world.cast.actor("dr.gao"), world.runtime.ground
    tasks = world.read(lambda session: tasks_for(ground, session, actor))
    assert ("A bag of a held lot is set aside", f"participant:{HER}") in [(each.title, each.subject) for each in tasks]


def lift(world: World, hold_id: int) -> None:
    world.do("qian.m", lambda work: holds.lift(work, hold_id, reason="found harmless"))

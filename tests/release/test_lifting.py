"""A hold of a released lot is lifted only while the lot's valid results would release it."""

import pytest
from support.conditional import released_conditionally
from support.deviations import open_of
from support.invalid import assessed, closed, invalidated
from support.late import day_14, grows
from support.refusals import refused
from support.stages import LOT
from support.worlds import World

from cotrack.manufacture.service import lots
from cotrack.quality.service import holds
from cotrack.release.service.lifting import lift_hold


def lift(world: World) -> None:
    """Let QA lift the newest hold of the lot."""
    (newest, *_) = world.read(lambda session: holds.holds_of(session, f"lot:{LOT}"))
    world.do("tang.w", lambda work: lift_hold(work, newest.id, reason="judged"))


def settled(world: World) -> None:
    """Let QA assess and close every open deviation of the lot."""
    for each in open_of(world, LOT):
        assessed(world, number=each.number)
        closed(world, each.number)


def test_a_closed_deviation_alone_gives_no_lot_with_growth_to_anybody(world: World) -> None:
    world.journey.released_lot(LOT)
    grows(world, replicate=2)
    settled(world)
    with refused("investigation_open", "out_of_specification", "result_unreviewed"):
        lift(world)


def test_a_released_lot_without_a_valid_result_of_a_required_test_waits_for_its_correction(world: World) -> None:
    world.journey.released_lot(LOT)
    invalidated(world, "sterility", assessed(world))
    settled(world)
    with refused("result_missing"):
        lift(world)
    world.clock.pass_by(hours=1)
    world.journey.results(day_14(world, "no growth"), "corrected.csv")
    with refused("result_unreviewed"):
        lift(world)
    world.journey.review(LOT)
    lift(world)
    assert world.read(lambda session: holds.standing_holds(session, [f"lot:{LOT}"])) == []


@pytest.mark.parametrize("is_conditional", [False, True])
def test_a_hold_over_something_else_is_lifted_as_ever(world: World, *, is_conditional: bool) -> None:
    if is_conditional:
        released_conditionally(world)
    else:
        world.journey.lot(LOT)
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    lift(world)
    assert world.read(lambda session: holds.standing_holds(session, [f"lot:{LOT}"])) == []

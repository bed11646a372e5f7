"""What must never happen, 2: a bag is given whose lot's time was taken at the last moment."""

from support.expiry import decision, last_day_of, older_lot, on_its_way
from support.races import Act, HeldCommand, Waiting
from support.refusals import refused
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.orders.service import allocation


def thawed(world: World) -> tuple[int, int]:
    """Two matches of a thawed bag of an older lot."""
    bag = on_its_way(world)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    return tuple(world.journey.check(HER, bag, by).id for by in ("zhou.n", "wu.n"))  # type: ignore[return-value]


def over(world: World) -> Act:
    """Return the command that ends the lot's time yesterday."""
    return decision(world, (world.journey.today() - last_day_of(world)).days - 1)


def test_a_start_waits_for_a_decision_that_takes_the_lots_time_and_does_not_follow(world: World) -> None:
    first, second = thawed(world)
    taken = HeldCommand(world, "qian.m", over(world), is_signed=True)
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first, second_check=second))
    assert start.waits()
    taken.commit()
    start.end()
    assert taken.refusal is None
    assert start.refusal is not None
    assert [each.code for each in start.refusal.reasons] == ["expired"]


def test_a_decision_that_takes_the_lots_time_waits_for_a_start(world: World) -> None:
    first, second = thawed(world)
    start = HeldCommand(world, "wu.n", lambda work: infusions.start(work, first_check=first, second_check=second))
    taken = Waiting(world, "qian.m", over(world), is_signed=True)
    assert taken.waits()
    start.commit()
    taken.end()
    assert (start.refusal, taken.refusal) == (None, None)
    assert world.read(lambda session: lot_numbered(session, LOT)).expires_at < world.clock()


def test_an_allocation_that_was_planned_before_a_decision_is_refused_after_it(world: World) -> None:
    older_lot(world)
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    taken = HeldCommand(world, "qian.m", over(world), is_signed=True)
    allocated = Waiting(world, "li.c", lambda work: allocation.allocate(work, order))
    assert allocated.waits()
    taken.commit()
    allocated.end()
    assert allocated.refusal is not None
    # On a busy machine it may have planned after the decision: then there is no bag to plan with.
    assert [each.code for each in allocated.refusal.reasons] in (["expired"], ["no_bags"])
    with refused("no_bags"):
        world.journey.allocated(order)

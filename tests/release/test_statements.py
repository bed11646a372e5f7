"""What is asked about a lot is asked a few times: others wait for its lot meanwhile, and a home page for its orders."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from support.conditional import accept, released_conditionally
from support.laboratory import example_rows, file_of, lots_in_quarantine
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.orders.service import acceptance, allocation
from cotrack.orders.service.dosing import order_numbered
from cotrack.release.service import dispositions

MOST = 82
"""Of a rehearsal and the decision itself: as many as it takes, so that a paper that reads for itself again is seen."""
DECIDED_TWICE = 2
RESULTS = "\nFROM result LEFT"


@contextmanager
def asking(world: World) -> Iterator[list[str]]:
    """Listen to what the database is asked."""
    asked: list[str] = []

    def hear(*given: Any) -> None:
        asked.append(str(given[2]))

    engine = world.runtime.ground.sessions.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def test_a_decision_with_its_papers_reads_results_once_each_time_it_is_decided(world: World) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(example_rows(LOT)))
    world.journey.review(LOT)
    world.journey.trail_reviewed(LOT)
    with asking(world) as asked:
        world.sign("tang.w", lambda work: dispositions.release(work, LOT))
    assert sum(RESULTS in each for each in asked) == DECIDED_TWICE
    assert len(asked) <= MOST, "\n".join(asked)


def test_a_conditional_lot_has_its_results_read_once_for_each_order_that_waits_for_it(world: World) -> None:
    released_conditionally(world)
    enrolled(world, HER)
    number, now = world.journey.ordered(HER), world.clock.now
    order = world.read(lambda session: order_numbered(session, number))

    def readings(asks: Any) -> int:
        with asking(world) as asked:
            world.read(lambda session: asks(session, order, now))
        return sum(RESULTS in each for each in asked)

    assert readings(allocation.usable_bags) == 0, "nobody accepted it: what it holds is nothing to anybody"
    assert readings(acceptance.lots_awaiting) == 1
    accept(world, number)
    assert readings(acceptance.lots_awaiting) == 1

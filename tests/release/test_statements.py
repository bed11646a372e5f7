"""A decision about a lot with its two papers asks the database a few times: others wait for its lot meanwhile."""

from typing import Any

from sqlalchemy import event
from support.laboratory import example_rows, file_of, lots_in_quarantine
from support.stages import LOT
from support.worlds import World

from cotrack.release.service import dispositions

MOST = 104
"""Of a rehearsal and the decision itself; it was 128 when each paper read everything for itself."""
DECIDED_TWICE = 2


def test_a_decision_with_its_papers_reads_results_once_each_time_it_is_decided(world: World) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(example_rows(LOT)))
    world.journey.review(LOT)
    world.journey.trail_reviewed(LOT)
    asked: list[str] = []

    def hear(*given: Any) -> None:
        asked.append(str(given[2]))

    engine = world.runtime.ground.sessions.engine
    event.listen(engine, "before_cursor_execute", hear)
    world.sign("tang.w", lambda work: dispositions.release(work, LOT))
    event.remove(engine, "before_cursor_execute", hear)
    assert sum("\nFROM result LEFT" in each for each in asked) == DECIDED_TWICE
    assert len(asked) <= MOST, "\n".join(asked)

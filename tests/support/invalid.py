"""A result that QA makes invalid, over a deviation that names its cause, for tests of what follows."""

from cotrack.manufacture.service import lots
from cotrack.quality.service import deviations
from cotrack.release.models import Result
from cotrack.release.service import invalidations, investigated, results
from support.oos import error_found
from support.stages import LOT
from support.worlds import World

CAUSE, REASON = "a torn glove in the laboratory", "the sample was contaminated in the laboratory"


def opened(world: World, lot: str = LOT) -> str:
    """Open a deviation of a lot and return its number; nobody has assessed it."""
    number: str = world.do("wang.l", lambda work: lots.open_deviation(work, lot, description="growth on day 14")).number
    return number


def assessed(world: World, lot: str = LOT, number: str = "") -> str:
    """Let QA write down the cause of a deviation, a new one where none is named; return its number."""
    number = number or opened(world, lot)
    found = {"classification": "major", "cause": CAUSE, "impact": "none"}
    world.do("qian.m", lambda work: deviations.assess(work, number, **found))
    return number


def closed(world: World, number: str) -> None:
    """Let QA close a deviation that is assessed."""
    world.sign("qian.m", lambda work: deviations.close(work, number))


def stored(world: World, test: str, lot: str = LOT) -> list[Result]:
    """Return the results of a test, oldest first."""
    lot_id = world.read(lambda session: lots.lot_numbered(session, lot)).id
    found = world.read(lambda session: results.results_of(session, lot_id))
    return [each for each in found if each.test == test]


def invalidated(
    world: World, test: str, number: str, *, by: str = "qian.m", lot: str = LOT, reason: str = REASON
) -> invalidations.Invalidated:
    """Let QA make the newest result of a test invalid, over this deviation; if it failed, the laboratory erred."""
    newest = stored(world, test, lot)[-1].id
    behind = [each for each in world.read(investigated.under_way) if newest in each.result_ids]
    if behind and behind[0].status == "phase_1":
        error_found(world, test, lot)
    act = lambda work: invalidations.invalidate_result(work, newest, deviation=number, reason=reason)  # noqa: E731
    done: invalidations.Invalidated = world.sign(by, act)
    return done

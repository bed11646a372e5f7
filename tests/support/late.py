"""A late growth of a released lot, for tests of who is told."""

from cotrack.quality.service import deviations
from support.conditional import STERILITY, accept, released_conditionally
from support.remembered import remembered
from support.stages import HER, HIM, LOT, enrolled, results_of
from support.worlds import World

GROWTH = "growth: S. aureus"


@remembered
def infused_conditionally(world: World) -> str:
    """Infuse a bag of a conditional lot into her, by her order; a second bag is in store. Return the bag."""
    released_conditionally(world)
    enrolled(world, HER, HIM)
    order = world.journey.ordered(HER)
    accept(world, order)
    (bag,) = world.journey.allocated(order)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    world.journey.completed(world.journey.started(HER, bag), "25.5", "4.5")
    return bag


def day_14(world: World, result: str = GROWTH, *, replicate: int = 1) -> bytes:
    """Return a laboratory's file with the day-14 sterility of the lot alone."""
    head, *rows = results_of(world, LOT, Sterility=result).decode().splitlines()
    (row,) = [each for each in rows if STERILITY in each]
    return f"{head}\n{row.replace(f',1,{result}', f',{replicate},{result}')}\n".encode()


def grows(world: World, *, replicate: int = 1) -> None:
    """Let the day-14 sterility of the lot arrive, with growth."""
    world.journey.results(day_14(world, replicate=replicate), "day-14.csv")


def closed(world: World) -> None:
    """Let QA assess and close the deviation that came with the growth."""
    number = f"DEV-{LOT}-1"
    found = {"classification": "major", "cause": "a torn glove in the laboratory", "impact": "none: retest clean"}
    world.do("qian.m", lambda work: deviations.assess(work, number, **found))
    world.sign("qian.m", lambda work: deviations.close(work, number))

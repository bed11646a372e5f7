"""A conditionally released lot and its acceptance, for tests of what may be given from it."""

from cotrack.orders.models import Acceptance
from cotrack.orders.service import acceptance
from support.remembered import remembered
from support.stages import LOT, results_of
from support.worlds import World

STERILITY, RCL = ",Sterility,BacT", ",RCL,"


def lines_of(world: World, lot: str, *, without: tuple[str, ...] = ()) -> bytes:
    """Return a laboratory's file without the lines of some tests."""
    lines = results_of(world, lot).decode().splitlines()
    return "\n".join(each for each in lines if not any(test in each for test in without)).encode()


@remembered
def released_conditionally(world: World, lot: str = LOT, *, bags: int = 2) -> None:
    """A lot whose day-14 sterility and RCL are outstanding, released conditionally."""
    world.journey.finished_lot(lot, bags=bags)
    world.journey.results(lines_of(world, lot, without=(STERILITY, RCL)))
    world.journey.review(lot)
    world.journey.release_conditionally(lot, reason="urgent")


def accept(world: World, order: str, *, by: str = "dr.gao", lot: str = LOT, reason: str = "urgent") -> Acceptance:
    accepted: Acceptance = world.sign(by, lambda work: acceptance.accept_lot(work, order, lot=lot, reason=reason))
    return accepted

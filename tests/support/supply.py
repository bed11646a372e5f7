"""A lot out of specification and its supply for one order, step by step, each by somebody who may do it."""

from cotrack.orders.models import OosSupply, SupplyNotice
from cotrack.orders.service import notices, supplies
from support.remembered import remembered
from support.stages import HER, HIM, LOT, enrolled, results_of
from support.worlds import World

HAZARD = "bleeding that no other product stops"
ALTERNATIVES = "no released lot in store, the next in six weeks"
EVALUATION = "CD105 is a little low; potency and sterility are as they should be"
LOW_CD105 = {"CD105+": "94.2"}


@remembered
def out_of_specification(world: World, lot: str = LOT, *, bags: int = 2) -> str:
    """Bring a lot into quarantine with CD105 too low and all else in order, enrol her and him; return her order."""
    world.journey.finished_lot(lot, bags=bags)
    world.journey.results(results_of(world, lot, **LOW_CD105))
    world.journey.review(lot)
    enrolled(world, HER, HIM)
    return world.journey.ordered(HER)


def request(world: World, order: str, *, by: str = "dr.gao", lot: str = LOT, hazard: str = HAZARD) -> OosSupply:
    said = {"lot": lot, "hazard": hazard, "alternatives": ALTERNATIVES}
    made: OosSupply = world.sign(by, lambda work: supplies.request_supply(work, order, **said))
    return made


def evaluate(world: World, number: str, *, by: str = "qian.m", bags: str = f"{LOT}-001, {LOT}-002") -> OosSupply:
    said = {"evaluation": EVALUATION, "bags": bags}
    made: OosSupply = world.sign(by, lambda work: supplies.evaluate_supply(work, number, **said))
    return made


def accept_supply(world: World, number: str, *, by: str = "dr.gao") -> OosSupply:
    made: OosSupply = world.sign(by, lambda work: supplies.accept_supply(work, number))
    return made


def tell(world: World, number: str, *, addressee: str = "sponsor", by: str = "qian.m", at: str = "") -> SupplyNotice:
    sent_at = at or f"{world.journey.site_time():%Y-%m-%d %H:%M}"
    said = {"addressee": addressee, "sent_at": sent_at, "sent_by": "QIAN Min", "how": "telephone and e-mail"}
    made: SupplyNotice = world.do(by, lambda work: notices.record_notice(work, number, **said))
    return made


@remembered
def evaluated(world: World) -> tuple[str, str]:
    """Bring a supply for her order as far as QA's evaluation; return order and supply."""
    order = out_of_specification(world)
    number = request(world, order).number
    world.journey.trail_reviewed(LOT)
    evaluate(world, number)
    return order, number


@remembered
def supplied(world: World) -> tuple[str, str]:
    """Bring a supply for her order as far as the physician's acceptance; return order and supply."""
    order, number = evaluated(world)
    accept_supply(world, number)
    return order, number


@remembered
def supplied_at_the_bedside(world: World) -> tuple[str, str, str]:
    """Bring a bag that is supplied so thawed to her bedside; return bag, order and supply."""
    order, number = supplied(world)
    (bag,) = world.journey.allocated(order)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    return bag, order, number

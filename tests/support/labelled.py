"""Things with a label of each of the smaller kinds, and who prints it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from cotrack.manufacture.rules.filling import Content
from cotrack.manufacture.service import filling
from support.sources import DONOR, MASTER, registered_bank, registered_donor
from support.stages import HER, LOT, enrolled
from support.worlds import World

CONTENT = Content(Decimal("1.0"), Decimal("5.360"), Decimal("93.0"))


@dataclass(frozen=True)
class Thing:
    """A thing with a label: who prints and scans it, and somebody who may not."""

    kind: str
    key: str
    subject: str
    by: str
    stranger: str


def a_tube(world: World) -> Thing:
    world.journey.lot(LOT)
    world.journey.line_cleared(LOT)
    number = world.do("zhao.l", lambda work: filling.fill_sample(work, LOT, CONTENT, kind="mycoplasma")).number
    return Thing("tube", number, f"unit:{number}", "zhao.l", "ma.k")


def a_vial(world: World) -> Thing:
    registered_donor(world)
    registered_bank(world, MASTER, DONOR, vials=3)
    return Thing("vial", f"{MASTER}-V002", f"vial:{MASTER}-V002", "zhao.l", "ma.k")


def a_lot(world: World) -> Thing:
    world.journey.lot(LOT)
    return Thing("batch_sheet", LOT, f"lot:{LOT}", "zhao.l", "ma.k")


def an_order(world: World) -> Thing:
    enrolled(world, HER)
    world.journey.ordered(HER)
    number = world.journey.order_of(HER)
    return Thing("order_sheet", number, f"order:{number}", "li.c", "zhou.n")


def of_the_site(kind: str, code: str) -> Callable[[World], Thing]:
    return lambda _: Thing(kind, code, f"location:{code}", "ma.k", "dr.gao")


NEW: dict[str, Callable[[World], Thing]] = {
    "tube": a_tube,
    "vial": a_vial,
    "batch_sheet": a_lot,
    "order_sheet": an_order,
    "badge": lambda _: Thing("badge", "zhao.l", "person:zhao.l", "root.a", "qian.m"),
    "location": of_the_site("location", "3A-BED-12"),
    "box": of_the_site("box", "BOX-0001"),
    "shipper": of_the_site("shipper", "DRY-01"),
}

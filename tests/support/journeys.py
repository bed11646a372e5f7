"""The whole journey through the services: a lot from its results to a closed infusion, and lots beside it."""

from datetime import date
from pathlib import Path

from support.worlds import World


def travel(world: World, examples: Path) -> None:
    """Take lot MSC26-0031 from its results to a bag infused into IFN-001; the study is in effect already."""
    journey = world.journey
    for number in ("MSC26-0031", "MSC26-0032", "MSC26-0033"):
        journey.finished_lot(number, made_on=date(2026, 10, 4))
    journey.results((examples / "qc-results.csv").read_bytes())
    journey.review("MSC26-0031")
    journey.release("MSC26-0031")
    journey.screened((examples / "screening.csv").read_bytes())
    journey.identified("IFN-001", "测试一 CESHI Yi", "H0001", date(1967, 3, 14))
    journey.answered("IFN-001", {"breast_feeding": "no"})
    journey.enrolled("IFN-001")
    journey.banded("IFN-001")
    journey.measured("IFN-001", {"weight_kg": "61.5", "organ_function_on": "2026-11-20"})
    order = journey.ordered("IFN-001")
    (bag,) = journey.allocated(order)
    journey.issued(bag)
    journey.received(bag)
    journey.thawed(bag)
    infusion = journey.started("IFN-001", bag)
    journey.completed(infusion, "25.5", "4.5")
    assert journey.order(order).status == "completed"

"""What lots are made from, registered and approved, for tests of what may not go into a lot."""

from datetime import date, timedelta
from typing import Any

from cotrack.manufacture.service import inputs, late_inputs, sources
from support.worlds import World

DONOR, MASTER, WORKING = "DON-0007", "MCB-26-01", "WCB-26-01"
MEDIUM, VECTOR = "MAT-26-0101", "VEC-26-0002"
BELOW = {"donor": DONOR, "cell_bank": WORKING, "material": MEDIUM}


def day(world: World, days: int) -> date:
    return world.journey.today() + timedelta(days=days)


def registered_donor(world: World, number: str = DONOR) -> Any:
    return world.do("zhao.l", lambda work: sources.register_donor(work, number=number))


def registered_bank(world: World, number: str, origin: str, *, vials: int = 10, days: int = 900, **more: int) -> Any:
    described = {"name": "UC-MSC P2", "origin": origin, "vials_total": vials, "expires_on": day(world, days), **more}
    return world.do("zhao.l", lambda work: sources.register_bank(work, number=number, **described))


def registered_material(world: World, number: str = MEDIUM, *, kind: str = "medium", days: int = 90) -> Any:
    described = {
        "kind": kind,
        "name": "MEM alpha",
        "supplier": "Gibco",
        "supplier_lot": "2718",
        "expires_on": day(world, days),
    }
    return world.do("zhao.l", lambda work: sources.register_material(work, number=number, **described))


def approve(world: World, noun: str, number: str, *, markers: str = "", by: str = "qian.m") -> Any:
    return world.sign(by, lambda work: sources.approve(work, noun, number, markers=markers))


def use(world: World, lot: str, source: str, amount: str = "2", *, by: str = "zhao.l") -> Any:
    return world.do(by, lambda work: inputs.use_in_lot(work, lot, source=source, amount=amount))


def hold(world: World, noun: str, *, number: str = "") -> Any:
    chosen = number or BELOW[noun]
    return world.do("qian.m", lambda work: sources.hold_source(work, noun, chosen, reason="under inquiry"))


def reject(world: World, noun: str, number: str) -> Any:
    return world.sign("qian.m", lambda work: sources.reject(work, noun, number, reason="HBV positive"))


def approved_sources(world: World) -> None:
    """A donor with a master and a working bank, a medium and a vector, all approved."""
    registered_donor(world)
    approve(world, "donor", DONOR, markers="HIV HBV HCV HTLV TP negative")
    for number, origin in ((MASTER, DONOR), (WORKING, MASTER)):
        registered_bank(world, number, origin)
        approve(world, "cell_bank", number)
    for number, kind in ((MEDIUM, "medium"), (VECTOR, "vector")):
        registered_material(world, number, kind=kind)
        approve(world, "material", number)


def with_sources(world: World, *, lot: str) -> None:
    """Put two vials and a medium into a lot in process."""
    approved_sources(world)
    use(world, lot, WORKING)
    use(world, lot, MEDIUM, "500 mL")


def recorded_late(
    world: World, lot: str, source: str, amount: str = "500 mL", *, by: str = "qian.m", **said: str
) -> Any:
    """Let QA record what the technician really put into a lot an hour ago."""
    used_at = world.runtime.ground.sessions.clock().astimezone(world.runtime.ground.site.zone) - timedelta(hours=1)
    told = {"used_at": f"{used_at:%Y-%m-%d %H:%M}", "used_by": "zhao.l", "reason": "the sheet was left in the room"}
    told |= {"source": source, "amount": amount, **said}
    return world.sign(by, lambda work: late_inputs.record_late(work, lot, **told))

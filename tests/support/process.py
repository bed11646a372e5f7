"""A site whose study describes how a lot is made: rooms and devices, sources by kind, and a lot in process."""

from typing import Any

from cotrack.demonstration import making
from cotrack.demonstration.making import Plan, begun, equipped, performed, verified
from cotrack.manufacture.models import StepValue
from cotrack.manufacture.service import sources, steps
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.manufacture.service.process import StepLine, lot_steps, step_lines
from cotrack.study.rules.process import ProcessStep
from support.remembered import remembered
from support.sources import DONOR, MASTER, MEDIUM, VECTOR, WORKING, approve, day, registered_donor, registered_material
from support.stages import LOT
from support.studies import in_effect
from support.texts import WHOLE
from support.worlds import World

REAGENT, BAGS = "REA-26-0003", "CON-26-0004"
PASSAGES = {MASTER: 1, WORKING: 3}


def with_process(*changes: tuple[str, str]) -> str:
    """Return the whole demonstration as another version, with some values changed."""
    text = WHOLE.replace('version = "1-demonstration"', 'version = "2-demonstration"')
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@remembered
def lot_in_process(world: World, *changes: tuple[str, str]) -> str:
    """A lot of a study with a process, with everything there that its steps ask for; no step is begun."""
    in_effect(world, with_process(*changes))
    registered_donor(world)
    approve(world, "donor", DONOR, markers="HIV HBV HCV negative")
    for number, origin in ((MASTER, DONOR), (WORKING, MASTER)):
        described = {"name": "UC-MSC", "origin": origin, "vials_total": 10, "passage": PASSAGES[number]}
        days = day(world, 900)
        world.do(
            "zhao.l",
            lambda work, on=days, said=described, each=number: sources.register_bank(
                work, number=each, expires_on=on, **said
            ),
        )
        approve(world, "cell_bank", number)
    for number, kind in ((MEDIUM, "medium"), (REAGENT, "reagent"), (VECTOR, "vector"), (BAGS, "container")):
        registered_material(world, number, kind=kind)
        approve(world, "material", number)
    equipped(world.cast, world.journey.today())
    return world.journey.lot(LOT)


def plan(**values: str) -> Plan:
    """Return what is taken at each step, with some values measured otherwise."""
    named = {"cell_bank": (WORKING, "2"), "medium": (MEDIUM, "2 L"), "reagent": (REAGENT, "250 mL")}
    named |= {"vector": (VECTOR, "1.2 mL"), "container": (BAGS, "12")}
    devices = {kind: number for number, kind, _, _ in making.EQUIPMENT}
    return Plan(devices, named, {**making.VALUES, **values})


def described(world: World, key: str) -> ProcessStep:
    found = world.read(lambda session: lot_steps(session, lot_numbered(session, LOT)).process.step(key))
    assert found is not None
    return found


def do(world: World, key: str, **values: str) -> None:
    """Let a technician do one step, and another verify it."""
    performed(world.cast, LOT, described(world, key), plan(**values))
    verified(world.cast, LOT, described(world, key))


def do_until(world: World, key: str, **values: str) -> None:
    """Do and verify every step before this one."""
    for each in world.read(lambda session: lot_steps(session, lot_numbered(session, LOT)).process.steps):
        if each.key == key:
            return
        do(world, each.key, **values)


def begin(world: World, key: str) -> None:
    """Begin a step and scan everything."""
    begun(world.cast, LOT, described(world, key), plan())


def line(world: World, key: str) -> StepLine:
    found: list[StepLine] = world.read(lambda session: step_lines(session, lot_numbered(session, LOT)))
    return next(each for each in found if each.described.key == key)


def scan(world: World, key: str, code: str, amount: str = "", *, by: str = "zhao.l") -> Any:
    return world.do(by, lambda work: steps.scan(work, LOT, key, code=code, amount=amount))


def correct(world: World, key: str, parameter: str, reported: str, *, by: str = "zhao.l") -> StepValue:
    said = {"parameter": parameter, "reported": reported, "reason": "typed wrong"}
    kept: StepValue = world.do(by, lambda work: steps.correct(work, LOT, key, **said))
    return kept

"""How the demonstration's people make a lot: rooms and devices, and every step done by one and verified by another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from cotrack.demonstration.players import Cast
from cotrack.manufacture.rules.process import LotSteps
from cotrack.manufacture.service import equipment, steps
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.manufacture.service.process import lot_steps
from cotrack.study.rules.process import ProcessStep

PERFORMS, VERIFIES = "zhao.l", "feng.t"
EQUIPMENT: Final = (
    ("ROOM-B01", "clean_room", "grade B filling suite", 300),
    ("BSC-02", "safety_cabinet", "biosafety cabinet 2", 200),
    ("INC-03", "incubator", "carbon dioxide incubator 3", 160),
    ("CNT-01", "cell_counter", "cell counter NC-200", 150),
    ("WSH-01", "cell_washer", "cell washer Lovo", 250),
    ("FIL-01", "filling_device", "bag filling device", 240),
    ("CRF-01", "controlled_rate_freezer", "controlled-rate freezer", 310),
)
"""Number, kind, name, and for how many days from its registration each is calibrated."""
VALUES: Final = {
    "cells_seeded": "10",
    "viability_at_seeding": "93.5",
    "temperature": "37.0",
    "carbon_dioxide": "5.0",
    "confluence": "85",
    "cells_expanded": "210",
    "cells_transduced": "50",
    "multiplicity": "10",
    "morphology": "spindle-shaped, adherent",
    "cells_harvested": "1850",
    "viability_at_harvest": "95.1",
    "recovery": "88",
    "bulk_volume": "370",
    "bulk_temperature": "4.5",
    "particles": "210",
    "end_temperature": "-120",
}


@dataclass(frozen=True)
class Plan:
    """What is taken at each step: devices and sources by kind, how much of each source, and what is measured."""

    devices: Mapping[str, str]
    sources: Mapping[str, tuple[str, str]]
    values: Mapping[str, str] = field(default_factory=lambda: VALUES)


STOPPED: Final = ("INC-04", "incubator", "carbon dioxide incubator 4", 90)


def equipped(cast: Cast, today: date) -> dict[str, str]:
    """Let QA register every room and device, one of which is broken; return the others' numbers by kind."""
    for number, kind, name, days in (*EQUIPMENT, STOPPED):
        described = {"number": number, "kind": kind, "name": name}
        days_of = {"calibrated_on": today - timedelta(days=20), "due_on": today + timedelta(days=days)}
        cast.do("qian.m", lambda work, said=described, on=days_of: equipment.register(work, **said, **on))  # type: ignore[misc]
    reason = "door seal torn; repair ordered"
    cast.do("feng.t", lambda work: equipment.take_out(work, STOPPED[0], reason=reason))
    return {kind: number for number, kind, _, _ in EQUIPMENT}


def steps_of(cast: Cast, lot: str, *, is_after_filling: bool) -> Sequence[ProcessStep]:
    """Return the steps of a lot before or after the end of its filling."""
    known: LotSteps | None = cast.read(lambda session: lot_steps(session, lot_numbered(session, lot)))
    return [each for each in known.process.steps if each.is_after_filling == is_after_filling] if known else []


def begun(cast: Cast, lot: str, step: ProcessStep, plan: Plan, *, by: str = PERFORMS) -> None:
    """Begin a step and scan everything that it asks for."""
    cast.do(by, lambda work: steps.start(work, lot, step.key))
    for need in step.needs:
        code, amount = plan.sources.get(need) or (plan.devices[need], "")
        asked = {"code": code, "amount": amount}
        cast.do(by, lambda work, each=asked: steps.scan(work, lot, step.key, **each))  # type: ignore[misc]


def performed(cast: Cast, lot: str, step: ProcessStep, plan: Plan, *, by: str = PERFORMS) -> None:
    """Begin a step, scan and measure."""
    begun(cast, lot, step, plan, by=by)
    values = {each.key: plan.values[each.key] for each in step.parameters}
    cast.do(by, lambda work: steps.perform(work, lot, step.key, values=values))


def verified(cast: Cast, lot: str, step: ProcessStep, *, by: str = VERIFIES) -> None:
    """Let a second person verify a step."""
    cast.do(by, lambda work: steps.verify(work, lot, step.key))


def made(cast: Cast, lot: str, plan: Plan | None, *, is_after_filling: bool = False) -> None:
    """Do a lot's steps up to the end of filling, or those after it; nothing without a plan."""
    if plan is None:
        return
    for step in steps_of(cast, lot, is_after_filling=is_after_filling):
        performed(cast, lot, step, plan)
        verified(cast, lot, step)


def under_way(cast: Cast, lot: str, plan: Plan) -> None:
    """Seeded and verified; expanded with one value typed wrong and another outside its limits, and not verified yet."""
    seed, expand = steps_of(cast, lot, is_after_filling=False)[:2]
    performed(cast, lot, seed, plan)
    verified(cast, lot, seed)
    performed(cast, lot, expand, replace(plan, values={**plan.values, "carbon_dioxide": "5.9", "confluence": "84"}))
    wrong = {"parameter": "confluence", "reported": "88", "reason": "read from the wrong vessel"}
    cast.do(PERFORMS, lambda work: steps.correct(work, lot, expand.key, **wrong))

"""Rooms and devices: registered and calibrated by QA, stopped by whoever works with them."""

from datetime import timedelta
from typing import Any

import pytest
from support.refusals import records, refused
from support.sources import MEDIUM, registered_material
from support.worlds import World

from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import InvalidInput, PermissionDenied, ReasonMissing
from cotrack.manufacture.service import equipment


def registered(world: World, number: str = "INC-09", *, by: str = "qian.m", ago: int = 10, left: int = 90) -> Any:
    today = world.journey.today()
    days = {"calibrated_on": today - timedelta(days=ago), "due_on": today + timedelta(days=left)}
    described = {"number": number, "kind": "incubator", "name": "incubator 9"}
    return world.do(by, lambda work: equipment.register(work, **described, **days))


def test_qa_registers_and_calibrates_and_a_technician_only_stops(world: World) -> None:
    with pytest.raises(PermissionDenied):
        registered(world, by="zhao.l")
    with pytest.raises(PermissionDenied):
        registered(world, by="root.a")
    registered(world, " inc-09 ")
    world.do("zhao.l", lambda work: equipment.take_out(work, "INC-09", reason="alarm"))
    with pytest.raises(PermissionDenied):
        world.do("zhao.l", lambda work: equipment.bring_back(work, "INC-09", reason="reset"))
    with pytest.raises(ReasonMissing):
        world.do("qian.m", lambda work: equipment.bring_back(work, "INC-09", reason=" "))
    world.do("qian.m", lambda work: equipment.bring_back(work, "INC-09", reason="sensor changed"))
    today = world.journey.today()
    due_on = today + timedelta(days=365)
    world.do("qian.m", lambda work: equipment.calibrate(work, "INC-09", calibrated_on=today, due_on=due_on))
    kept = {each["column"]: each for each in records(world, event="equipment.calibrate")[-1]["changes"]}
    assert kept["due_on"]["old"] == (today + timedelta(days=90)).isoformat()
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []


@pytest.mark.parametrize(("ago", "left", "field"), [(-1, 90, "calibrated_on"), (10, -11, "due_on")])
def test_a_calibration_lies_in_the_past_and_ends_after_it(world: World, ago: int, left: int, field: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        registered(world, ago=ago, left=left)
    assert list(fault.value.fields) == [field]


def test_equipment_and_what_lots_are_made_from_share_no_number(world: World) -> None:
    registered_material(world)
    with refused("number_taken"):
        registered(world, MEDIUM)
    registered(world)
    with refused("number_taken"):
        registered_material(world, "INC-09")
    with pytest.raises(InvalidInput):
        registered(world, "the incubator")


def test_what_ends_within_a_month_is_due_and_what_is_out_of_use_is_not(world: World) -> None:
    for number, left in (("INC-01", 31), ("INC-02", 30), ("INC-03", -2), ("INC-04", 5)):
        registered(world, number, ago=20, left=left)
    world.do("zhao.l", lambda work: equipment.take_out(work, "INC-04", reason="alarm"))
    by = world.journey.today() + equipment.DUE_SOON
    assert [each.number for each in world.read(lambda session: equipment.due_by(session, by))] == ["INC-03", "INC-02"]

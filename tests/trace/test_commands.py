"""`cotrack trace`: where a lot or bag went, what a participant got, and every record about it."""

import pytest
from support.laboratory import example_rows, file_of, lots_in_quarantine
from support.late import GROWTH
from support.oos import error_found
from support.programs import Program
from support.sources import DONOR, MASTER, WORKING, approved_sources, use
from support.stages import HER, HIM, LOT, at_the_bedside
from support.supply import supplied
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.manufacture.service import filling, lots
from cotrack.quality.service import deviations


@pytest.fixture
def program(world: World) -> Program:
    return Program(world.home, world.settings.database_url, more={"COTRACK_PASSWORD": PASSWORD})


def infused(world: World) -> tuple[str, str]:
    """Give her a bag; return bag and order."""
    bedside = at_the_bedside(world)
    world.journey.completed(world.journey.started(HER, bedside.bag), "25.5", "4.5")
    return bedside.bag, bedside.order


def traced(program: Program, noun: str, key: str, *, by: str = "qian.m") -> list[str]:
    said = program.call("trace", noun, key, "--as", by)
    assert said.status == 0, said
    return said.out.splitlines()


def events(lines: list[str]) -> list[str]:
    return [line.split()[1] for line in lines if line.startswith("  20")]


def test_a_lot_is_followed_to_every_bag_and_every_vein(world: World, program: Program) -> None:
    bag, order = infused(world)
    lines = traced(program, "lot", LOT)
    assert lines[0] == f"lot:{LOT}"
    assert f"  unit {bag}  completed" in lines
    assert f"  unit {LOT}-002  stored" in lines
    assert any(line.startswith(f"  given {bag} to {HER}, order {order}, 2026-11-23T04:00:00+00:00") for line in lines)
    told = events(lines)
    assert told[0] == "lot.make"
    assert {"result.import", "result.review", "lot.release", "unit.fill", "unit.thaw", "unit.complete"} <= set(told)


def test_lot_bag_and_participant_name_the_supply_out_of_specification(world: World, program: Program) -> None:
    supplied(world)
    steps = [f"oos_supply.{each}" for each in ("request", "evaluate", "accept")]
    for noun, key in (("lot", LOT), ("unit", f"{LOT}-002"), ("participant", HER)):
        assert [each for each in events(traced(program, noun, key)) if each in steps] == steps
    assert not set(events(traced(program, "participant", HIM))) & set(steps)


def test_a_lot_and_its_bags_are_followed_back_to_bank_and_donor_by_those_who_may_read_of_them(
    world: World, program: Program
) -> None:
    approved_sources(world)
    world.journey.lot(LOT)
    use(world, LOT, WORKING, "2")
    bag = world.journey.unit(LOT)
    back = f"  from cell_bank:{WORKING} < cell_bank:{MASTER} < donor:{DONOR}  2 vials"
    assert back in traced(program, "lot", LOT)
    assert back in traced(program, "unit", bag)
    assert DONOR not in "\n".join(traced(program, "lot", LOT, by="dr.gao"))


def test_what_qa_found_about_a_lot_stands_among_its_records(world: World, program: Program) -> None:
    world.journey.lot(LOT)
    found = world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="the alarm rang"))
    assess = {"classification": "minor", "cause": "a door", "impact": "none"}
    world.do("qian.m", lambda work: deviations.assess(work, found.number, **assess))
    assert "deviation.assess" in events(traced(program, "lot", LOT))


def test_what_was_found_out_about_a_failed_result_stands_among_the_lots_records(world: World, program: Program) -> None:
    lots_in_quarantine(world, LOT)
    rows = [{**row, **({"Result": GROWTH} if row["Test"] == "Sterility" else {})} for row in example_rows(LOT)]
    world.journey.results(file_of(rows))
    error_found(world)
    assert {"investigation.report", "investigation.find_error"} <= set(events(traced(program, "lot", LOT)))


def test_a_sample_is_told_from_a_bag(world: World, program: Program) -> None:
    world.journey.lot(LOT)
    bag, sample = world.journey.labelled_unit(LOT), world.journey.sample(LOT, "sterility")
    lines = traced(program, "lot", LOT)
    assert f"  unit {bag}  filled" in lines
    assert f"  unit {sample}  filled  sample (sterility)" in lines


def test_a_bag_is_followed_from_its_filling_to_its_end(world: World, program: Program) -> None:
    bag, _ = infused(world)
    told = events(traced(program, "unit", bag))
    steps = ["unit.fill", "unit.store", "unit.issue", "unit.receive", "unit.thaw", "unit.start", "unit.complete"]
    assert [each for each in told if each in steps] == steps


def test_a_participant_is_followed_from_screening_to_the_last_dose_without_a_name(
    world: World, program: Program
) -> None:
    bag, order = infused(world)
    lines = traced(program, "participant", HER)
    assert any(line.startswith(f"  given {bag} to {HER}") for line in lines)
    assert [each for each in events(lines) if each in {"participant.screen", "participant.enrol", "order.make"}] == [
        "participant.screen",
        "participant.enrol",
        "order.make",
    ]
    assert any(f"order:{order}" in line for line in lines)
    assert "测试" not in "\n".join(lines)


def test_every_record_is_told_however_many_there_are(world: World, program: Program) -> None:
    world.journey.lot(LOT)
    for _ in range(60):
        world.journey.unit(LOT)
    unit = f"{LOT}-001"
    for _ in range(60):
        world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="bag", reason="again"))
    told = events(traced(program, "lot", LOT))
    assert told.count("unit.fill") == 60
    assert told.count("label_instance.request") == 60


def test_who_does_not_see_infusions_is_not_told_who_was_given_what(world: World, program: Program) -> None:
    infused(world)
    lines = traced(program, "lot", LOT, by="zhao.l")
    assert HER not in "\n".join(lines)
    assert f"  unit {LOT}-001  completed" in lines


@pytest.mark.parametrize("noun", ["lot", "unit", "participant"])
def test_what_is_not_there_ends_with_one_line(world: World, program: Program, noun: str) -> None:
    assert program.call("trace", noun, "X-1", "--as", "qian.m").refusal == f"There is no {noun} X-1."


def test_a_participant_is_traced_only_by_those_who_may_see_participants(world: World, program: Program) -> None:
    infused(world)
    refusal = program.call("trace", "participant", HER, "--as", "zhao.l").refusal
    assert refusal == "Your role does not include “participant:read”."


def test_what_can_be_traced_is_said_where_something_else_is_asked(program: Program) -> None:
    assert program.call("trace", "order", "X", "--as", "qian.m").status == 2

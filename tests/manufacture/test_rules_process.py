"""Population doublings, passage, limits and order of steps, by numbers that were worked out by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from support.texts import WHOLE

from cotrack.foundation.blockers import Blocker
from cotrack.manufacture.rules.process import (
    ADVICE,
    EquipmentFacts,
    Growth,
    LotSteps,
    advice,
    against_correction,
    against_equipment,
    against_finish_of_steps,
    against_growth,
    against_kind,
    against_performer,
    against_performing,
    against_start,
    against_steps,
    against_verifying,
    doublings,
    growth,
    in_hundredths,
    judge,
)
from cotrack.study.rules.process import Parameter, Process
from cotrack.study.rules.reading import read_definition
from cotrack.study.rules.specification import Standing

TODAY = date(2026, 11, 23)


def process() -> Process:
    definition, faults = read_definition(WHOLE)
    assert definition is not None, faults
    assert definition.process is not None
    return definition.process


PROCESS = process()
KEYS = [each.key for each in PROCESS.steps]
NONE_GROWN = Growth(Decimal(0), 0, 3)


def lot(status: str = "in_process", grown: Growth = NONE_GROWN, **statuses: str) -> LotSteps:
    return LotSteps("MSC26-0031", status, PROCESS, statuses, grown)


def all_steps(status: str, *, but: str = "", is_: str = "") -> dict[str, str]:
    return {key: is_ if key == but else status for key in KEYS if key != but or is_}


def codes(blockers: list[Blocker]) -> list[str]:
    return [each.code for each in blockers]


def parameter(key: str) -> Parameter:
    return next(each for step in PROCESS.steps for each in step.parameters if each.key == key)


@pytest.mark.parametrize(
    ("seeded", "harvested", "expected"),
    [
        ("1", "2", "1"),
        ("10", "80", "3"),
        ("5", "5120", "10"),
        ("10", "210", "4.392317"),  # log2 21
        ("50", "1850", "5.209453"),  # log2 37
        ("3", "10", "1.736966"),
        ("7", "7", "0"),
        ("8", "4", "0"),
        ("0.000001", "0.000008", "3"),
    ],
)
def test_population_doublings_are_the_logarithm_to_two_of_cells_harvested_by_cells_seeded(
    seeded: str, harvested: str, expected: str
) -> None:
    assert doublings(Decimal(seeded), Decimal(harvested)) == Decimal(expected)


def test_doublings_are_summed_over_expansions_and_each_expansion_is_a_passage() -> None:
    numbers = {("seed", "cells_seeded"): Decimal(10), ("expand", "cells_expanded"): Decimal(210)}
    once = growth(PROCESS, numbers, 3)
    assert (once.doublings, once.expansions, once.passage) == (Decimal("4.392317"), 1, 4)
    numbers |= {("transduce", "cells_transduced"): Decimal(50)}
    assert growth(PROCESS, numbers, 3) == once
    numbers |= {("harvest", "cells_harvested"): Decimal(1850)}
    twice = growth(PROCESS, numbers, 3)
    assert (twice.doublings, twice.passage) == (Decimal("9.601770"), 5)
    assert growth(PROCESS, {}, None) == Growth(Decimal(0), 0, None)


@pytest.mark.parametrize(
    ("grown", "expected"),
    [
        (Growth(Decimal(12), 2, 4), []),
        (Growth(Decimal("12.000001"), 2, 3), ["doublings_exceeded"]),
        (Growth(Decimal(3), 4, 3), ["passage_exceeded"]),
        (Growth(Decimal(13), 1, None), ["doublings_exceeded", "passage_unknown"]),
    ],
)
def test_cells_that_grew_beyond_the_studys_limits_are_named_with_number_and_limit(
    grown: Growth, expected: list[str]
) -> None:
    found = against_growth(lot(grown=grown))
    assert codes(found) == expected
    if expected == ["doublings_exceeded"]:
        assert "12.01" in found[0].sentence
        assert found[0].sentence.endswith("allows: 12.")


def test_a_process_without_limits_of_growth_asks_for_none() -> None:
    free = replace(PROCESS, passage_most=None, doublings_most=None)
    assert against_growth(replace(lot(grown=Growth(Decimal(99), 9, None)), process=free)) == []


def test_doublings_are_told_upwards_so_that_none_beyond_a_limit_reads_like_it() -> None:
    assert in_hundredths(Decimal("12.000001")) == Decimal("12.01")
    assert in_hundredths(Decimal(12)) == Decimal("12.00")


@pytest.mark.parametrize(
    ("key", "text", "standing"),
    [
        ("temperature", "36.0", Standing.WITHIN),
        ("temperature", "35.9", Standing.OUT_OF_SPECIFICATION),
        ("temperature", "38.0", Standing.WITHIN),
        ("temperature", "38.1", Standing.OUT_OF_SPECIFICATION),
        ("viability_at_harvest", "89", Standing.NEAR_LIMIT),
        ("viability_at_harvest", "90", Standing.WITHIN),
        ("viability_at_harvest", "84.9", Standing.OUT_OF_SPECIFICATION),
        ("end_temperature", "-100", Standing.WITHIN),
        ("end_temperature", "-99", Standing.OUT_OF_SPECIFICATION),
        ("morphology", "spindle-shaped, adherent", Standing.WITHIN),
        ("morphology", "rounded", Standing.OUT_OF_SPECIFICATION),
    ],
)
def test_a_value_is_judged_against_its_limits_which_are_themselves_within(
    key: str, text: str, standing: Standing
) -> None:
    assert judge(parameter(key), text) is standing


@pytest.mark.parametrize(
    ("key", "text", "is_said"),
    [
        ("cells_seeded", "0", False),
        ("cells_seeded", "-1", False),
        ("cells_seeded", "10", True),
        ("temperature", "0", True),
        ("temperature", "warm", False),
        ("temperature", "1e3", False),
        ("morphology", "spindle-shaped, adherent", True),
        ("morphology", "rounded", True),
        ("morphology", "Rounded", False),
    ],
)
def test_a_value_is_a_number_or_one_of_its_words(key: str, text: str, *, is_said: bool) -> None:
    assert parameter(key).is_said(text) is is_said


@pytest.mark.parametrize(
    ("key", "limits"),
    [
        ("temperature", "36.0 – 38.0 °C"),
        ("cells_harvested", "≥ 400 ×10⁶"),
        ("end_temperature", "≤ -100 °C"),
        ("multiplicity", "5 – 20"),
        ("morphology", "spindle-shaped, adherent"),
    ],
)
def test_limits_are_written_as_a_batch_record_writes_them(key: str, limits: str) -> None:
    assert parameter(key).limits == limits
    assert replace(parameter("temperature"), least=None, most=None).limits == "–"


def test_a_step_out_of_order_names_every_step_that_comes_before() -> None:
    harvest = PROCESS.steps[3]
    found = against_start(lot(seed="verified", expand="begun"), harvest)
    assert codes(found) == ["step_out_of_order", "step_out_of_order"]
    assert [each.parameters["earlier"] for each in found] == [PROCESS.steps[1].name, PROCESS.steps[2].name]
    assert against_start(lot(seed="verified", expand="performed", transduce="verified"), harvest) == []


def test_a_step_is_begun_once_and_on_a_lot_that_is_being_made() -> None:
    seed, freeze = PROCESS.steps[0], PROCESS.steps[-1]
    assert codes(against_start(lot(seed="begun"), seed)) == ["step_begun"]
    assert codes(against_start(lot("quarantine"), seed)) == ["lot_not_in_process"]
    before = all_steps("verified", but="freeze")
    assert against_start(lot("quarantine", **before), freeze) == []
    assert codes(against_start(lot("in_process", **before), freeze)) == ["filling_not_over"]
    assert codes(against_start(lot("released", **before), freeze)) == ["lot_not_in_process"]


def test_the_next_step_is_the_first_that_is_not_performed() -> None:
    assert lot().next_step is PROCESS.steps[0]
    assert lot(seed="performed", expand="begun").next_step is PROCESS.steps[1]
    assert lot(**all_steps("performed")).next_step is None


@pytest.mark.parametrize(
    ("status", "due_on", "expected"),
    [
        ("in_use", TODAY, []),
        ("in_use", date(2026, 11, 22), ["calibration_overdue"]),
        ("out_of_use", TODAY, ["equipment_out_of_use"]),
        ("out_of_use", date(2026, 11, 22), ["equipment_out_of_use", "calibration_overdue"]),
    ],
)
def test_equipment_past_its_calibration_or_out_of_use_is_refused_in_plain_words(
    status: str, due_on: date, expected: list[str]
) -> None:
    found = against_equipment(EquipmentFacts("INC-03", "incubator", status, due_on), TODAY)
    assert codes(found) == expected
    assert all("INC-03" in each.sentence for each in found)


def test_only_what_the_step_asks_for_now_is_taken() -> None:
    assert against_kind("INC-03", "incubator", ["incubator", "medium"]) == []
    assert codes(against_kind("MED-1", "medium", ["incubator", "medium"])) == ["wrong_kind"]
    assert codes(against_kind("MED-1", "medium", [])) == ["nothing_to_scan"]
    assert codes(against_performing(["incubator", "medium"])) == ["scan_missing", "scan_missing"]


def test_one_person_performs_a_step_and_another_verifies_it() -> None:
    assert against_performer(1, 1, "Li") == []
    assert codes(against_performer(2, 1, "Li")) == ["step_of_another"]
    assert codes(against_verifying(1, frozenset({1, 2}))) == ["same_person"]
    assert against_verifying(3, frozenset({1, 2})) == []


def test_a_lot_leaves_filling_when_every_step_up_to_there_is_verified() -> None:
    assert against_finish_of_steps(lot(**all_steps("verified", but="freeze"))) == []
    found = against_finish_of_steps(lot(**all_steps("verified", but="wash", is_="performed")))
    assert codes(found) == ["step_not_verified"]
    assert codes(against_finish_of_steps(lot(**all_steps("verified", but="fill")))) == ["step_not_performed"]
    assert codes(against_finish_of_steps(lot(**all_steps("verified", but="fill", is_="begun")))) == [
        "step_not_performed"
    ]


def test_a_lot_is_released_only_when_all_its_steps_are_verified() -> None:
    assert codes(against_steps(lot(**all_steps("verified", but="freeze")))) == ["step_not_performed"]
    assert against_steps(lot(**all_steps("verified"))) == []


@pytest.mark.parametrize("status", ["in_process", "quarantine", "released", "conditionally_released", "closed"])
def test_a_value_is_corrected_until_qa_has_decided(status: str) -> None:
    is_open = status in {"in_process", "quarantine"}
    assert codes(against_correction(lot(status))) == ([] if is_open else ["lot_decided"])


def test_a_stop_says_what_to_do_by_its_first_reason_that_has_advice() -> None:
    assert advice([Blocker("step_of_another", "x"), Blocker("wrong_kind", "y")]) == ADVICE["wrong_kind"]
    assert advice([]) == "Stop, and call QA."

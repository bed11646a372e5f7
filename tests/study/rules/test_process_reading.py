"""How a lot is made is read whole, or every fault is named with its key; a version may say nothing of it."""

import pytest
from support.texts import DEMONSTRATION, WHOLE

from cotrack.study.rules.definition import Definition
from cotrack.study.rules.process import EQUIPMENT_KINDS, SOURCE_KINDS
from cotrack.study.rules.reading import read_definition


def faults(*changes: tuple[str, str]) -> list[str]:
    text = WHOLE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    definition, found = read_definition(text)
    assert (definition is None) == bool(found)
    return [str(each) for each in found]


def read(text: str) -> Definition:
    definition, found = read_definition(text)
    assert definition is not None, found
    return definition


def test_the_demonstration_describes_eight_steps_with_everything_that_is_scanned_and_measured() -> None:
    process = read(WHOLE).process
    assert process is not None
    assert [each.key for each in process.steps] == [
        *("seed", "expand", "transduce", "harvest", "wash", "formulate", "fill", "freeze")
    ]
    assert process.steps[0].needs == ("clean_room", "safety_cabinet", "cell_counter", "cell_bank", "medium")
    assert [each.is_after_filling for each in process.steps] == [False] * 7 + [True]
    assert {kind for each in process.steps for kind in each.sources} == set(SOURCE_KINDS)
    assert {kind for each in process.steps for kind in each.equipment} <= set(EQUIPMENT_KINDS)
    assert process.step("nothing") is None


def test_a_version_that_says_nothing_of_its_process_has_none_and_nothing_unset() -> None:
    definition = read(DEMONSTRATION)
    assert (definition.process, definition.unset) == (None, frozenset())


def test_a_limit_of_the_process_that_the_sponsor_has_not_set_is_listed_by_its_key() -> None:
    text = WHOLE.replace("passage_most = 6", 'passage_most = "sponsor_to_set"')
    assert read(text).unset == {"process.passage_most"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"safety_cabinet", "cell_counter"', '"oven", "cell_counter"', "process.step.seed.equipment: has 'oven'"),
        ('["cell_bank", "medium"]', '["medium", "medium"]', "process.step.seed.sources: names a kind twice"),
        ('["cell_bank", "medium"]', '["incubator"]', "process.step.seed.sources: has 'incubator'"),
        ("after_filling = true", 'after_filling = true\nsources = ["medium"]', "process.step.freeze.sources: go into"),
        ('equipment = ["cell_washer"]', "after_filling = true", "process.step.formulate: comes before filling ends"),
        ('key = "wash"', 'key = "Wash it"', "process.step.Wash it.key: is 'Wash it'"),
        ('key = "recovery"', 'key = "password"', "process.step.wash.parameter.password.key: is 'password'"),
        ('key = "wash"', 'key = "seed"', "process.step.seed: stands twice"),
        ('instruction_en = "Wash', 'instruction = "Wash', "process.step.wash.instruction_en: is missing"),
        ("least = 36.0\nmost = 38.0", "least = 38.0\nmost = 36.0", "least: and most are the wrong way round"),
        ("alert_least = 85", "alert_least = 79", "least: and alert_least are the wrong way round"),
        ("least = 36.0", 'least = "warm"', "process.step.expand.parameter.temperature.least: is 'warm'"),
        ('rejects = ["rounded", "detached"]', "", "morphology.accepts: is missing"),
        (
            'rejects = ["rounded", "detached"]',
            'rejects = ["spindle-shaped, adherent"]',
            "morphology.rejects: and accepts have a word in common",
        ),
        (
            'rejects = ["rounded", "detached"]',
            'rejects = ["x"]\nmost = 3',
            "morphology.most: is not read where kind is",
        ),
        ("most = 3520", 'accepts = ["few"]', "particles.accepts: is not read where kind is number"),
        ('counts = "cells_seeded"', 'counts = "cells"', "cells_seeded.counts: is 'cells'"),
        (
            'counts = "cells_seeded"',
            'counts = "cells_harvested"',
            "process.step.seed.parameter.cells_seeded.counts: must be cells_seeded here",
        ),
        ("passage_most = 6", "passages = 6", "process.passages: is not known here"),
        ("passage_most = 6", "passage_most = 0", "process.passage_most: is 0"),
    ],
)
def test_each_fault_of_a_process_is_named_with_its_key(old: str, new: str, expected: str) -> None:
    found = faults((old, new))
    assert any(expected in each for each in found), found


def test_cells_that_are_seeded_and_never_harvested_are_a_fault() -> None:
    text = WHOLE.rpartition('counts = "cells_harvested"\n')
    _, found = read_definition(text[0] + text[2])
    assert [str(each) for each in found] == ["process.step: has cells_seeded without cells_harvested after it"]


def test_a_limit_of_growth_without_counts_is_a_fault() -> None:
    text = WHOLE.replace('counts = "cells_seeded"\n', "").replace('counts = "cells_harvested"\n', "")
    _, found = read_definition(text)
    assert [each.key for each in found] == ["process.step"]
    free = text.replace("passage_most = 6\n", "").replace("doublings_most = 12\n", "")
    assert read(free).process is not None


def test_a_process_is_a_table_with_at_least_one_step() -> None:
    base = DEMONSTRATION.replace("format = 1\n", "format = 1\nprocess = 3\n", 1)
    _, found = read_definition(base)
    assert [str(each) for each in found] == ["process: is 3: it must be a table"]
    empty = DEMONSTRATION.replace("\n[study]\n", "\n[process]\n\n[study]\n", 1)
    _, found = read_definition(empty)
    assert [str(each) for each in found] == ["process.step: is missing: it must be a list of tables"]

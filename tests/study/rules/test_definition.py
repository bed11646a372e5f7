"""What a study definition answers about itself."""

from dataclasses import replace

import pytest

from cotrack.foundation.resources import resource
from cotrack.study.rules.definition import Definition, not_set
from cotrack.study.rules.reading import SEPARATOR, read_definition

FOLDER = resource("study/definitions")
BASE = (FOLDER / "msc-ifna.toml").read_text(encoding="utf-8")
DEMONSTRATION = (FOLDER / "msc-ifna.demonstration.toml").read_text(encoding="utf-8")


def study_of(text: str) -> Definition:
    definition, faults = read_definition(text)
    assert definition is not None, faults
    return definition


STUDY = study_of(BASE)
DEMONSTRATED = study_of(BASE + SEPARATOR + DEMONSTRATION)

VIABILITY = [f"test.viability.{name}" for name in ("alert_least", "due_days", "least", "method_en", "method_zh")]


@pytest.mark.parametrize(
    ("keys", "unset"),
    [
        (("product.shelf_life_months",), ["product.shelf_life_months"]),
        (("test.viability",), VIABILITY),
        (("dose.planned_minutes", "dose.tolerance_percent"), ["dose.planned_minutes", "dose.tolerance_percent"]),
        (("test.viability.least", "test.viability"), VIABILITY),
        (("schedule",), []),
        (("test.viabil",), []),
        (("dose.cells_per_kg",), []),
        ((), []),
    ],
)
def test_what_the_sponsor_has_not_set_at_or_below_a_key_stands_against_its_use(
    keys: tuple[str, ...], unset: list[str]
) -> None:
    reasons = STUDY.against_use(*keys)
    assert [each.sentence for each in reasons] == [f"The sponsor has not set {key} in study MSC-IFNA." for key in unset]
    assert {each.code for each in reasons} <= {"sponsor_to_set"}


def test_a_value_that_is_not_set_is_named_as_a_reason_of_its_own() -> None:
    reason = not_set("dose.planned_minutes")
    assert (reason.code, reason.sentence) == ("sponsor_to_set", "The sponsor has not set dose.planned_minutes.")


def test_nothing_stands_against_the_use_of_a_filled_study() -> None:
    assert DEMONSTRATED.against_use("product", "arm", "dose", "schedule", "test") == []


def test_a_study_for_training_is_a_demonstration_and_no_other_is() -> None:
    assert DEMONSTRATED.is_demonstration
    assert not STUDY.is_demonstration


def test_only_tests_that_the_study_says_are_required_are_needed_for_a_release() -> None:
    needed = {test.key for test in [test for test in DEMONSTRATED.tests.values() if test.is_required]}
    assert set(DEMONSTRATED.tests) - needed == {"transgene_identity", "ifna_positive", "karyotype", "str_identity"}
    assert {test.key for test in [test for test in STUDY.tests.values() if test.is_required]} == needed


@pytest.mark.parametrize(
    ("words", "key"),
    [("Sterility", "sterility"), ("Sterility interim", "sterility_interim"), ("sterility", None), ("", None)],
)
def test_a_test_is_found_by_the_very_words_of_the_laboratory(words: str, key: str | None) -> None:
    found = STUDY.test_reported_as(words)
    assert (found.key if found else None) == key


def test_a_definition_cannot_be_changed_but_only_replaced() -> None:
    with pytest.raises(AttributeError):
        STUDY.version = "2"  # type: ignore[misc]
    assert replace(STUDY, version="2").version == "2"

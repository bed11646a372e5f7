"""The endotoxin of a lot at most: its highest reviewed result in EU/mL, and unknown where none bounds it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from cotrack.foundation.resources import resource
from cotrack.release.rules.endotoxin import most_endotoxin_eu_per_ml
from cotrack.release.rules.lots import ResultFacts
from cotrack.study.rules.reading import read_definition
from cotrack.study.rules.specification import Reported, read_reported

STUDY, _ = read_definition(resource("study/definitions/msc-ifna.toml").read_text(encoding="utf-8"))
assert STUDY is not None
REVIEWER = 2


def result(text: str, *, test: str = "endotoxin", replicate: int = 1, reviewer: int | None = REVIEWER) -> ResultFacts:
    reported = read_reported(STUDY.tests[test], text)
    assert reported is not None
    return ResultFacts(test, replicate, reported, frozenset({"wang.l"}), reviewer)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["0.31"], "0.31"),
        (["<0.25"], "0.25"),
        (["0.10", "0.31", "0.20"], "0.31"),
        (["<0.25", "0.10"], "0.25"),
        (["<0.25", "0.31"], "0.31"),
        (["0"], "0"),
        ([">0.1"], None),
        (["0.31", ">0.1"], None),
        ([], None),
    ],
)
def test_the_highest_replicate_counts_and_a_bound_from_above_counts_as_the_bound(
    texts: list[str], expected: str | None
) -> None:
    results = [result(text, replicate=n) for n, text in enumerate(texts, 1)]
    found = most_endotoxin_eu_per_ml(STUDY, [*results, result("93.4", test="viability")])
    assert found == (None if expected is None else Decimal(expected))


def test_one_result_is_reviewed_and_one_that_waits_for_its_review_counts_too() -> None:
    assert most_endotoxin_eu_per_ml(STUDY, [result("0.31", reviewer=None)]) is None
    assert most_endotoxin_eu_per_ml(STUDY, [result("0.31"), result("0.4", replicate=2, reviewer=None)]) == Decimal(
        "0.4"
    )
    assert most_endotoxin_eu_per_ml(STUDY, [result("0.31"), result(">0.4", replicate=2, reviewer=None)]) is None


def test_words_are_no_amount() -> None:
    words = replace(result("0.31"), reported=Reported("", None, "clumped"))
    assert most_endotoxin_eu_per_ml(STUDY, [words]) is None
    assert most_endotoxin_eu_per_ml(STUDY, [words, result("0.31", replicate=2)]) is None


def test_an_amount_in_another_unit_or_of_a_test_that_the_study_does_not_have_is_not_taken_for_eu_per_millilitre() -> (
    None
):
    per_kg = {**STUDY.tests, "endotoxin": replace(STUDY.tests["endotoxin"], unit="EU/kg")}
    assert most_endotoxin_eu_per_ml(replace(STUDY, tests=per_kg), [result("0.31")]) is None
    none = {key: test for key, test in STUDY.tests.items() if key != "endotoxin"}
    assert most_endotoxin_eu_per_ml(replace(STUDY, tests=none), [result("0.31")]) is None

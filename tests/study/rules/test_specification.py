"""Laboratory results against limits and alert limits (reference/domain.md §3.2, §3.3 rule 5)."""

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotrack.foundation.resources import resource
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.reading import SEPARATOR, read_definition
from cotrack.study.rules.specification import (
    Expected,
    Reported,
    Standing,
    alert_words,
    expected,
    judge_all,
    judge_one,
    limit_words,
    read_reported,
)

FOLDER = resource("study/definitions")
STUDY, _ = read_definition(
    SEPARATOR.join(
        (FOLDER / name).read_text(encoding="utf-8") for name in ("msc-ifna.toml", "msc-ifna.demonstration.toml")
    )
)
assert STUDY is not None
TESTS = STUDY.tests
RESULTS = Path(__file__).parents[2] / "examples" / "qc-results.csv"
WITHIN, NEAR, OUT, UNDECIDABLE = (
    Standing.WITHIN,
    Standing.NEAR_LIMIT,
    Standing.OUT_OF_SPECIFICATION,
    Standing.UNDECIDABLE,
)
MEAN = TESTS["ifna_secretion"]
EACH = replace(MEAN, replicates="one", alert_least=Decimal(150))


def reported(test: ReleaseTest, text: str) -> Reported:
    found = read_reported(test, text)
    assert found is not None, text
    return found


def standing(test: ReleaseTest, *texts: str) -> Standing:
    return judge_all(test, [reported(test, text) for text in texts])


def standings_of(lot: str) -> Mapping[str, Standing]:
    by_test: dict[str, list[str]] = {}
    with RESULTS.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["Lot No."] == lot:
                by_test.setdefault(row["Test"], []).append(row["Result"])
    return {
        test.key: standing(test, *by_test[test.reported_as])
        for test in TESTS.values()
        if test.is_required or test.reported_as in by_test
    }


def test_the_first_example_lot_is_within_every_limit() -> None:
    found = standings_of("MSC26-0031")
    assert len(found) == 19
    assert set(found.values()) == {WITHIN}


def test_the_second_example_lot_is_near_the_limit_in_exactly_three_tests() -> None:
    found = standings_of("MSC26-0032")
    assert {key for key, where in found.items() if where is NEAR} == {"viability", "cd105", "endotoxin"}
    assert set(found.values()) == {WITHIN, NEAR}


def test_the_third_example_lot_fails_in_cd105_and_grows() -> None:
    found = standings_of("MSC26-0033")
    assert {key for key, where in found.items() if where is OUT} == {"cd105", "sterility"}
    assert set(found.values()) == {WITHIN, OUT}


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("viability", "90", WITHIN),
        ("viability", "89.9", NEAR),
        ("viability", "85", NEAR),
        ("viability", "84.9", OUT),
        ("viable_cell_count", "4.0", WITHIN),
        ("viable_cell_count", "3.99", OUT),
        ("viable_cell_count", "6.0", WITHIN),
        ("viable_cell_count", "6.01", OUT),
        ("cd45", "2", WITHIN),
        ("cd45", "2.01", OUT),
        ("endotoxin", "0.25", WITHIN),
        ("endotoxin", "0.26", NEAR),
        ("endotoxin", "0.4999", NEAR),
        ("endotoxin", "0.5", OUT),
        ("vector_copy_number", "4.9", WITHIN),
        ("vector_copy_number", "5", OUT),
    ],
)
def test_near_the_limit_is_beyond_the_alert_limit_and_inside_the_limit(key: str, text: str, expected: Standing) -> None:
    assert standing(TESTS[key], text) is expected


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("endotoxin", "<0.25", WITHIN),
        ("endotoxin", "< 0.10", WITHIN),
        ("endotoxin", "<0.26", NEAR),
        ("endotoxin", "<0.5", NEAR),
        ("endotoxin", "<0.51", UNDECIDABLE),
        ("cd45", "<2", WITHIN),
        ("cd45", "<2.1", UNDECIDABLE),
        ("cd73", ">95", WITHIN),
        ("cd73", ">94.9", UNDECIDABLE),
        ("viability", ">90", WITHIN),
        ("viability", ">89", NEAR),
        ("viability", "<99", UNDECIDABLE),
        ("endotoxin", ">0.1", UNDECIDABLE),
        ("viable_cell_count", "<5", UNDECIDABLE),
        ("viable_cell_count", ">5", UNDECIDABLE),
    ],
)
def test_a_bounded_result_passes_only_where_every_number_it_can_stand_for_passes(
    key: str, text: str, expected: Standing
) -> None:
    assert standing(TESTS[key], text) is expected


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("endotoxin", ">0.5", OUT),
        ("endotoxin", ">60", OUT),
        ("endotoxin", ">0.49", UNDECIDABLE),
        ("cd45", ">2", OUT),
        ("cd45", ">1.9", UNDECIDABLE),
        ("viability", "<85", OUT),
        ("viability", "<50", OUT),
        ("viability", "<85.1", UNDECIDABLE),
        ("viable_cell_count", ">6.0", OUT),
        ("viable_cell_count", "<4.0", OUT),
        ("viable_cell_count", "<4.1", UNDECIDABLE),
    ],
)
def test_a_bounded_result_that_can_only_fail_is_out(key: str, text: str, expected: Standing) -> None:
    assert standing(TESTS[key], text) is expected


@given(
    key=st.sampled_from(["viability", "cd73", "cd45", "endotoxin", "vector_copy_number", "viable_cell_count"]),
    qualifier=st.sampled_from("<>"),
    bound=st.decimals(0, 120, places=2),
    fraction=st.decimals("0.01", "0.99", places=2),
)
@settings(max_examples=50, deadline=None)
def test_no_number_behind_a_bounded_result_that_passes_fails(
    *, key: str, qualifier: str, bound: Decimal, fraction: Decimal
) -> None:
    test = TESTS[key]
    number = bound * fraction if qualifier == "<" else bound / fraction
    if judge_one(test, Reported(qualifier, bound, "")) in {WITHIN, NEAR}:
        assert judge_one(test, Reported("", number, "")) is not OUT


@pytest.mark.parametrize(
    ("test", "texts", "expected"),
    [
        (MEAN, ("182", "188"), WITHIN),
        (MEAN, ("100", "100"), WITHIN),
        (MEAN, ("99.9", "500"), OUT),
        (MEAN, ("500", "99.9", "500"), OUT),
        (replace(MEAN, alert_least=Decimal(150)), ("140", "170"), WITHIN),
        (replace(MEAN, alert_least=Decimal(150)), ("140", "150"), NEAR),
        (EACH, ("140", "170"), NEAR),
        (EACH, ("150", "170"), WITHIN),
        (EACH, ("99", "170"), OUT),
        (replace(MEAN, alert_least=Decimal(150)), (">140", "170"), NEAR),
        (MEAN, (">100", "170"), WITHIN),
        (MEAN, ("<500", "170"), UNDECIDABLE),
        (MEAN, ("<500", "99"), OUT),
        (MEAN, (), Standing.MISSING),
        (TESTS["sterility"], ("no growth", "growth"), OUT),
        (TESTS["sterility"], ("no growth", "no growth"), WITHIN),
    ],
)
def test_the_mean_decides_where_the_study_says_so_and_no_replicate_may_fail(
    test: ReleaseTest, texts: tuple[str, ...], expected: Standing
) -> None:
    assert standing(test, *texts) is expected


@given(
    good=st.lists(st.integers(100, 10_000), max_size=4),
    bad=st.integers(0, 99),
    place=st.integers(0, 4),
    test=st.sampled_from([MEAN, EACH]),
)
@settings(max_examples=50, deadline=None)
def test_a_pass_is_never_averaged_with_a_fail(*, good: list[int], bad: int, place: int, test: ReleaseTest) -> None:
    numbers = [str(each) for each in good]
    numbers.insert(place, str(bad))
    assert standing(test, *numbers) is OUT


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("appearance", "conforms", WITHIN),
        ("appearance", "does not conform", OUT),
        ("sterility", "no growth", WITHIN),
        ("sterility", " no growth ", WITHIN),
        ("sterility", "growth", OUT),
        ("sterility", "growth: Cutibacterium sp.", OUT),
        ("sterility", "growth of moulds", OUT),
        ("mycoplasma", "not detected", WITHIN),
        ("mycoplasma", "detected", OUT),
        ("str_identity", "mismatch", OUT),
    ],
)
def test_words_pass_or_fail_as_the_study_says(key: str, text: str, expected: Standing) -> None:
    assert standing(TESTS[key], text) is expected


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("sterility", "No growth"),
        ("sterility", "no growth yet"),
        ("sterility", "growths"),
        ("sterility", "negative"),
        ("sterility", ""),
        ("mycoplasma", "undetected"),
        ("viability", ""),
        ("viability", "93,4"),
        ("viability", "93.4 %"),
        ("viability", "ninety"),
        ("viability", "-1"),
        ("viability", "≤0.25"),
        ("viability", "<<1"),
        ("viability", "1e2"),
        ("viability", "1234567890"),
        ("viability", "934"),
        ("viability", "100.1"),
        ("viability", ">100.1"),
        ("viability", "NaN"),
        ("viability", "no growth"),
        ("viability", "９３"),
        ("viability", "-0"),
        ("viability", "9_3"),
        ("viability", ".5"),
        ("viability", "<"),
        ("viability", "93.1234567"),
    ],
)
def test_words_and_numbers_that_the_study_does_not_know_are_no_result(key: str, text: str) -> None:
    assert read_reported(TESTS[key], text) is None


@pytest.mark.parametrize(
    ("text", "qualifier", "number"),
    [("93.4", "", "93.4"), (" 93.40 ", "", "93.40"), ("<0.25", "<", "0.25"), ("> 95", ">", "95"), ("0", "", "0")],
)
def test_a_number_is_kept_exactly_with_its_bound_and_its_words(text: str, qualifier: str, number: str) -> None:
    found = reported(TESTS["viability"], text)
    assert found == Reported(qualifier, Decimal(number), text.strip())
    assert str(found.number) == number


def test_a_hundred_percent_may_be_reported_and_other_units_go_beyond() -> None:
    assert reported(TESTS["viability"], "100").number == 100
    assert reported(TESTS["ifna_secretion"], "934").number == 934


def test_without_a_limit_nothing_can_be_decided() -> None:
    unset = replace(TESTS["viability"], least=None)
    assert standing(unset, "99") is UNDECIDABLE
    assert standing(unset, ">99") is UNDECIDABLE
    assert standing(replace(unset, replicates="mean"), "99") is UNDECIDABLE


@pytest.mark.parametrize(
    ("key", "open_limit", "text", "expected"),
    [
        ("viable_cell_count", "least", "5", UNDECIDABLE),
        ("viable_cell_count", "least", "6.01", OUT),
        ("viable_cell_count", "most", "5", UNDECIDABLE),
        ("viable_cell_count", "most", "3.99", OUT),
        ("endotoxin", "most", "<0.1", UNDECIDABLE),
        ("endotoxin", "most", "0.5", OUT),
        ("endotoxin", "alert_most", "0.3", WITHIN),
    ],
)
def test_a_result_is_within_only_where_no_limit_is_left_open_and_out_beyond_any_that_is_set(
    key: str, open_limit: str, text: str, expected: Standing
) -> None:
    test = replace(TESTS[key], **{open_limit: None}, unset=(f"test.{key}.{open_limit}",))
    assert standing(test, text) is expected
    assert standing(replace(test, replicates="mean"), text, text) is expected


def test_of_two_upper_limits_the_lower_one_decides_over_a_bound() -> None:
    both = replace(TESTS["endotoxin"], most=Decimal("0.5"), below=Decimal("0.4"), alert_most=None)
    assert [standing(both, text) for text in ("<0.4", "<0.41")] == [WITHIN, UNDECIDABLE]
    assert [standing(replace(both, most=Decimal("0.3")), text) for text in ("<0.3", "<0.31")] == [WITHIN, UNDECIDABLE]


def test_words_where_a_number_belongs_cannot_be_decided() -> None:
    assert judge_one(TESTS["viability"], Reported("", None, "pending")) is UNDECIDABLE


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("cd73", "≥ 95 %"),
        ("cd45", "≤ 2 %"),
        ("endotoxin", "< 0.5 EU/mL"),
        ("viable_cell_count", "4.0 – 6.0 10^6/mL"),
        ("sterility", "no growth"),
    ],
)
def test_a_limit_is_written_as_on_a_certificate(key: str, words: str) -> None:
    assert limit_words(TESTS[key]) == words


def test_a_limit_that_is_not_there_is_a_dash_and_several_words_are_all_told() -> None:
    assert limit_words(replace(TESTS["cd73"], least=None)) == "–"
    assert limit_words(replace(TESTS["cd73"], below=Decimal("99.5"))) == "≥ 95, < 99.5 %"
    assert limit_words(replace(TESTS["sterility"], accepts=("no growth", "negative"))) == "no growth / negative"


@pytest.mark.parametrize(("key", "words"), [("viability", "< 90 %"), ("endotoxin", "> 0.25 EU/mL"), ("cd73", "")])
def test_an_alert_limit_is_written_with_its_unit_as_what_lies_beyond_it(key: str, words: str) -> None:
    assert alert_words(TESTS[key]) == words


def test_a_result_is_expected_so_many_days_after_the_lot_was_made_and_late_from_the_day_after() -> None:
    test = replace(TESTS["viability"], due_days=15)
    made_on = date(2026, 10, 4)
    assert expected(test, made_on, date(2026, 10, 19)) == Expected(date(2026, 10, 19), 0)
    assert expected(test, made_on, date(2026, 10, 20)) == Expected(date(2026, 10, 19), 1)
    assert expected(test, made_on, made_on) == Expected(date(2026, 10, 19), 0)
    assert expected(replace(TESTS["viability"], due_days=None), made_on, made_on) is None

"""The stability table of a study: what shelf life it supports, and every fault of it by its key."""

import pytest

from cotrack.foundation.resources import resource
from cotrack.study.rules.definition import Definition
from cotrack.study.rules.reading import read_definition
from cotrack.study.rules.stability import StabilityPoint, supported_months

WHOLE = (resource("study/definitions") / "msc-ifna.toml").read_text(encoding="utf-8")
OPEN = 'shelf_life_months = "sponsor_to_set"\n'
KEY = 'stability = "sponsor_to_set"\n'
TO_24 = """[
    { months = 12, lots = 3, meets = true, report = "STB-1" },
    { months = 24, lots = 2, meets = true, report = "STB-2" },
]"""


def with_table(table: str, shelf_life: str = "shelf_life_months = 24\n") -> str:
    assert OPEN in WHOLE
    assert KEY in WHOLE
    return WHOLE.replace(OPEN, shelf_life).replace(KEY, f"stability = {table}\n" if table else "")


def read(text: str) -> Definition:
    definition, found = read_definition(text)
    assert definition is not None, found
    return definition


def faults(text: str) -> list[str]:
    definition, found = read_definition(text)
    assert (definition is None) == bool(found)
    return [str(each) for each in found]


def points(*rows: tuple[int, bool]) -> list[StabilityPoint]:
    return [StabilityPoint(months, 3, meets, "STB-1") for months, meets in rows]


@pytest.mark.parametrize(
    ("rows", "months"),
    [
        ([(6, True)], 6),
        ([(6, True), (12, True), (24, True)], 24),
        ([(6, True), (12, False)], 6),
        ([(6, True), (12, False), (24, True)], 6),
        ([(24, True), (6, True)], 24),
        ([(6, False), (12, True)], 0),
    ],
    ids=["one", "all met", "the last failed", "met after a failure", "in any order", "the first failed"],
)
def test_a_table_supports_the_longest_month_up_to_which_every_point_met(
    rows: list[tuple[int, bool]], months: int
) -> None:
    assert supported_months(points(*rows)) == months


@pytest.mark.parametrize(
    ("said", "months"), [("shelf_life_months = 24\n", 24), ("shelf_life_months = 18\n", 18), ("", 24)]
)
def test_a_lot_gets_the_longest_month_that_the_table_supports_or_less_where_the_file_says_less(
    said: str, months: int
) -> None:
    study = read(with_table(TO_24, said))
    assert (study.product.shelf_life, study.product.supported_months) == (months, 24)
    assert [each.lots for each in study.product.stability or ()] == [3, 2]
    assert not study.against_use("product.shelf_life_months", "product.stability")


def test_a_version_without_a_table_means_what_it_meant() -> None:
    study = read(with_table("", "shelf_life_months = 36\n"))
    assert (study.product.stability, study.product.supported_months, study.product.shelf_life) == (None, None, 36)
    assert not study.against_use("product.shelf_life_months", "product.stability")


def test_a_version_without_a_table_must_say_its_shelf_life() -> None:
    assert faults(with_table("", "")) == ["product.shelf_life_months: is missing"]


def test_an_open_table_is_listed_and_blocks_what_needs_it() -> None:
    study = read(WHOLE.replace(OPEN, "shelf_life_months = 24\n"))
    assert study.product.stability is None
    assert [each.parameters["key"] for each in study.against_use("product.stability")] == ["product.stability"]


ROW = '{ months = 12, lots = 3, meets = true, report = "STB-1" }'


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("[]", "product.stability: is missing: it must be a list of tables"),
        ("7", "product.stability: is missing: it must be a list of tables"),
        (f"[{ROW.replace('12', '0')}]", "product.stability.1.months: is 0: it must be a whole number of at least 1"),
        (
            f"[{ROW.replace('lots = 3', 'lots = 0')}]",
            "product.stability.1.lots: is 0: it must be a whole number of at least 1",
        ),
        (f"[{ROW.replace('true', '1')}]", "product.stability.1.meets: is 1: it must be true or false"),
        (f"[{ROW.replace(', meets = true', '')}]", "product.stability.1.meets: is missing"),
        (f"[{ROW.replace('STB-1', '')}]", "product.stability.1.report: is '': it must be a text"),
        (
            f"[{ROW.replace('STB-1', 'sponsor_to_set')}]",
            "product.stability.1.report: cannot be left for the sponsor to set",
        ),
        (
            f"[{ROW.replace('true', repr('sponsor_to_set'))}]",
            "product.stability.1.meets: cannot be left for the sponsor to set",
        ),
        (f"[{ROW[:-1]}, colour = 1 }}]", "product.stability.1.colour: is not known here"),
        (f"[{ROW}, {ROW}]", "product.stability.2.months: is 12: it must lie behind the row before, 12"),
        (
            f"[{ROW.replace('12', '601')}]",
            "product.stability.1.months: is above 600: it must be a month of the study of stability",
        ),
        (
            f"[{ROW.replace('true', 'false')}]",
            "product.stability: supports no shelf life: its first month did not meet the specification",
        ),
    ],
)
def test_a_fault_of_the_table_is_named(table: str, expected: str) -> None:
    assert faults(with_table(table, "shelf_life_months = 12\n")) == [expected]


def test_a_shelf_life_never_says_more_than_the_table() -> None:
    assert faults(with_table(TO_24, "shelf_life_months = 25\n")) == [
        "product.shelf_life_months: is 25: the stability table supports 24"
    ]
    failed = TO_24.replace("months = 24, lots = 2, meets = true", "months = 24, lots = 2, meets = false")
    assert faults(with_table(failed)) == ["product.shelf_life_months: is 24: the stability table supports 12"]


@pytest.mark.parametrize(
    ("line", "minutes", "is_open"),
    [
        ("washed_life_minutes = 60", 60, False),
        ("", None, False),
        ('washed_life_minutes = "sponsor_to_set"', None, True),
    ],
    ids=["washed", "not washed", "open"],
)
def test_a_study_says_how_long_washed_cells_keep_or_washes_none(line: str, minutes: int | None, is_open: bool) -> None:
    study = read(WHOLE.replace('washed_life_minutes = "sponsor_to_set"', line))
    assert study.product.washed_life_minutes == minutes
    assert bool(study.against_use("product.washed_life_minutes")) is is_open

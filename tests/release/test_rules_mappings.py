"""Whatever in a mapping would be read in two ways, in none, or as another value keeps it from being proposed."""

from dataclasses import replace

import pytest
from support.external import SPELLING, spelt
from support.texts import DEMONSTRATION

from cotrack.release.rules.mappings import against_mapping, against_own_approval
from cotrack.release.rules.spelling import Pair, ResultWord, Spelling
from cotrack.study.rules.reading import read_definition

_study, _ = read_definition(DEMONSTRATION)
assert _study is not None
SPECIFIED = tuple(_study.tests.values())


def against(spelling: Spelling) -> list[str]:
    found = against_mapping(spelling, SPECIFIED)
    assert {each.code for each in found} <= {"mapping_fault"}
    return [each.sentence for each in found]


def columns(*changes: tuple[str, str]) -> tuple[Pair, ...]:
    """Return the mapping's columns, some of them with another meaning."""
    meant = dict(changes)
    return tuple(replace(each, ours=meant.get(each.theirs, each.ours)) for each in SPELLING.columns)


def test_a_whole_mapping_has_nothing_against_it() -> None:
    assert against(SPELLING) == []


CASES: dict[str, tuple[Spelling, list[str]]] = {
    "a column twice": (
        spelt(columns=(*SPELLING.columns, Pair("结果", "ignored"))),
        ["The laboratory's column “结果” stands twice."],
    ),
    "two columns of one meaning": (
        spelt(columns=columns(("内部号", "Result"))),
        ["Two columns mean “Result”: nobody could tell which one is read."],
    ),
    "a column without a meaning": (spelt(columns=columns(("内部号", ""))), ["Column “内部号” is given no meaning."]),
    "a column of two lines": (
        spelt(columns=(*SPELLING.columns, Pair("备注2\nTest / 项目: “无菌” = “Mycoplasma”", "ignored"))),
        ["Column “备注2\nTest / 项目: “无菌” = “Mycoplasma”” holds signs that cannot be printed."],
    ),
    "no column of results": (spelt(columns=columns(("结果", "ignored"))), ["No column means “Result”."]),
    "no column of units": (spelt(columns=columns(("单位", "ignored"))), ["No column means “Unit”."]),
    "no sample": (
        spelt(columns=columns(("样品", "ignored"))),
        ["Either a column names the sample, or one names its type: one of the two."],
    ),
    "no replicates": (
        spelt(columns=columns(("次数", "ignored"))),
        ["Either a column counts the replicates, or the laboratory reports each test once: say which."],
    ),
    "replicates said twice": (
        spelt(replicate="1"),
        ["Either a column counts the replicates, or the laboratory reports each test once: say which."],
    ),
    "a replicate out of nothing": (
        spelt(columns=columns(("次数", "ignored")), replicate="2"),
        ["A file without a column of replicates reports each test once: say 1."],
    ),
    "no test": (spelt(tests=(), words=()), ["No test is mapped."]),
    "a test twice": (
        spelt(tests=(*SPELLING.tests, Pair("活率", "Residual BSA"))),
        ["The laboratory's test “活率” stands twice."],
    ),
    "two tests for one": (
        spelt(tests=(*SPELLING.tests, Pair("无菌（中期）", "Sterility"))),
        ["Two tests of the laboratory mean “Sterility”."],
    ),
    "a test that nobody specified": (
        spelt(tests=(*SPELLING.tests, Pair("白细胞介素", "IL-6"))),
        ["“白细胞介素”: the specification has no test “IL-6”."],
    ),
    "a word twice": (
        spelt(words=(*SPELLING.words, ResultWord("无菌", "阴性", "growth"))),
        ["The result “无菌: 阴性” stands twice."],
    ),
    "a word of no test": (
        spelt(words=(*SPELLING.words, ResultWord("STR", "一致", "match"))),
        ["Result “一致”: no test “STR” is mapped."],
    ),
    "a word of a test that nobody specified": (
        spelt(tests=(*SPELLING.tests, Pair("x", "y")), words=(*SPELLING.words, ResultWord("x", "a", "b"))),
        ["“x”: the specification has no test “y”."],
    ),
    "a word for a number": (
        spelt(words=(*SPELLING.words, ResultWord("内毒素", "未检出", "0"))),
        ["“未检出”: results of “内毒素” are numbers, and no word stands for one."],
    ),
    "a word that the test does not know": (
        spelt(words=(*SPELLING.words, ResultWord("无菌", "未见", "not detected"))),
        ["“未见”: “not detected” is no result of “无菌”; known are: no growth, growth."],
    ),
    "a word turned round": (
        spelt(words=(*SPELLING.words, ResultWord("无菌", "growth", "no growth"))),
        ["“growth” is a result of “无菌” by itself, and never means “no growth”."],
    ),
    "a failure with its organism turned round": (
        spelt(words=(*SPELLING.words, ResultWord("无菌", "growth: S. aureus", "no growth"))),
        ["“growth: S. aureus” is a result of “无菌” by itself, and never means “no growth”."],
    ),
    "a word in other letters turned round": (
        spelt(words=(*SPELLING.words, ResultWord("无菌", "ＧＲＯＷＴＨ", "no growth"))),
        ["“ＧＲＯＷＴＨ” is a result of “无菌” by itself, and never means “no growth”."],
    ),
    "a unit twice": (
        spelt(units=(*SPELLING.units, Pair("％", "%"))),
        ["The laboratory's unit “％” stands twice."],
    ),
    "an ambiguous unit": (
        spelt(units=(Pair("M", "%"), Pair("m", "ng/dose"))),
        [
            "Unit “m” is ambiguous: it means %, ng/dose.",
            "Unit “M” is not read as another spelling of “%”: a mapping converts nothing.",
            "Unit “m” is not read as another spelling of “ng/dose”: a mapping converts nothing.",
        ],
    ),
    "a factor": (
        spelt(units=(Pair("µg/dose", "ng/dose"),)),
        ["Unit “µg/dose” is not read as another spelling of “ng/dose”: a mapping converts nothing."],
    ),
    "a unit that nobody specified": (
        spelt(units=(Pair("g/L", "g/L"),)),
        ["Unit “g/L”: the specification has no unit “g/L”."],
    ),
    "samples without a column": (
        spelt(samples=(Pair("无菌样", "S14"),)),
        ["Types of samples are mapped where a column names them, and only there."],
    ),
    "types of samples that nobody maps": (
        spelt(columns=columns(("样品", "Sample type"))),
        ["Types of samples are mapped where a column names them, and only there."],
    ),
    "samples of one end": (
        spelt(columns=columns(("样品", "Sample type")), samples=(Pair("a", "S1"), Pair("b", "S1"), Pair("a", "-x"))),
        [
            "The sample “a” stands twice.",
            "Two samples mean “S1”.",
            "Sample “a”: “-x” is no code of letters, digits and hyphens.",
        ],
    ),
    "unknown forms": (
        spelt(encoding="latin-1", separator="pipe", decimal="dot", time_form="today", zone="Mars/Base"),
        [
            "“latin-1” is none of: utf-8, gb18030, utf-16.",
            "“pipe” is none of: comma, semicolon, tab.",
            "“dot” is none of: point, comma.",
            "“today” is none of: " + "YYYY-MM-DD HH:MM, YYYY/MM/DD HH:MM, YYYY.MM.DD HH:MM, DD.MM.YYYY HH:MM, "
            "DD/MM/YYYY HH:MM, MM/DD/YYYY HH:MM, YYYY年MM月DD日 HH:MM.",
            "There is no time zone “Mars/Base”.",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_could_be_read_in_two_ways_or_in_none_is_named(case: str) -> None:
    spelling, expected = CASES[case]
    assert against(spelling) == expected


def test_a_word_that_is_the_same_in_both_may_be_said() -> None:
    assert against(spelt(words=(*SPELLING.words, ResultWord("无菌", "growth", "growth")))) == []


def test_a_mapping_is_approved_by_another_person_than_the_one_who_proposed_it() -> None:
    assert [each.code for each in against_own_approval(7, 7)] == ["same_person"]
    assert against_own_approval(7, 8) == []

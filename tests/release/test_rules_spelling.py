"""A laboratory's row is read in our spelling, cell by cell; what its mapping does not know is named in its words."""

import pytest
from support.external import LOT, OURS, SPELLING, changed, rows, spelt

from cotrack.release.rules.spelling import (
    COLUMNS,
    Pair,
    ResultWord,
    Spelling,
    Translated,
    Translator,
    as_text,
    from_text,
    signing_lines,
)


def read(row: dict[str, str], spelling: Spelling = SPELLING) -> Translated:
    return Translator(spelling, "Asia/Shanghai").translated(row)


def misread(row: dict[str, str], spelling: Spelling = SPELLING) -> list[tuple[str, str]]:
    return [(each.column, each.sentence.partition(": ")[2]) for each in read(row, spelling).misread]


def result(test: str, cell: str, spelling: Spelling = SPELLING) -> str:
    return read({**rows()[0], "项目": test, "结果": cell}, spelling).cells["Result"]


def test_every_row_reads_as_ours_would() -> None:
    found = [read(each) for each in rows()]
    assert [each.cells["Result"] for each in found] == OURS
    assert [each.misread for each in found] == [()] * len(OURS)
    assert found[4].cells == {
        "Sample ID": f"{LOT}-LAL",
        "Lot No.": LOT,
        "Test": "Endotoxin",
        "Method": "LAL",
        "Replicate": "1",
        "Result": "<0.25",
        "Unit": "EU/mL",
        "Tested at": "2026-10-05 09:12",
        "Analyst": "邓工",
        "Instrument": "A-1",
        "Comment": "",
    }


def test_each_of_our_cells_knows_what_stands_in_the_file() -> None:
    told = read(rows()[4]).told
    assert told.keys() == set(COLUMNS)
    assert (told["Result"], told["Unit"]) == (("结果", "＜0,25"), ("单位", "EU/毫升"))


def test_one_word_means_at_each_test_what_the_mapping_says_of_that_test() -> None:
    assert result("支原体", "阴性") == "not detected"
    assert result("无菌", "阴性") == "no growth"
    assert result("活率", "阴性") == "阴性"


def test_what_a_laboratory_adds_after_a_colon_stays() -> None:
    assert result("无菌", "生长：S. aureus") == "growth: S. aureus"
    assert result("无菌", "生长: S. aureus") == "growth: S. aureus"
    assert result("无菌", "疑似: S. aureus") == "疑似: S. aureus"


def test_a_number_changes_its_sign_and_nothing_else() -> None:
    assert [result("活率", each) for each in ("93,4", "93", "<0,25", "＞60,0", "-1,5", "0,250000")] == [
        *("93.4", "93", "<0.25", ">60.0", "-1.5", "0.250000")
    ]
    for cell in ("93,4%", "9,34e1", "九十三", "~5,0"):
        assert result("活率", cell) == cell
    assert result("活率", "1,2,3") == "1.2.3"


def test_a_point_where_the_laboratory_writes_a_comma_is_named_and_never_taken_for_a_thousand() -> None:
    words = "“{value}” has a point, where this laboratory writes a comma."
    assert misread({**rows()[2], "结果": "1.234"}) == [("结果", words)]
    assert misread({**rows()[2], "结果": "1.234,5"}) == [("结果", words)]
    assert result("活率", "93.4", spelt(decimal="point")) == "93.4"
    assert result("活率", "93,4", spelt(decimal="point")) == "93,4"


def test_a_test_a_time_and_a_sample_that_the_mapping_does_not_know_are_named_at_their_columns() -> None:
    row = {**rows()[0], "项目": "内毒素 ", "时间": "2026-10-05 09:12"}
    assert misread(row) == [
        ("项目", "the laboratory's mapping has no test “{value}”."),
        ("时间", "“{value}” is no time such as {example}."),
    ]
    (found,) = read({**rows()[0], "时间": "x"}).misread
    assert found.parameters == {"example": "05.10.2026 09:12"}


TYPED = spelt(
    columns=(Pair("样品", "Sample type"), *SPELLING.columns[1:]), samples=(Pair("无菌样", "S14"),), replicate=""
)


def test_a_type_of_sample_becomes_the_end_of_its_number() -> None:
    found = read({**rows()[0], "样品": "无菌样"}, TYPED)
    assert found.cells["Sample ID"] == f"{LOT}-S14"
    assert found.told["Sample ID"] == ("样品", "无菌样")
    assert misread({**rows()[0], "样品": "保留样"}, TYPED) == [
        ("样品", "the laboratory's mapping has no sample “{value}”.")
    ]


def test_a_file_without_replicates_reports_each_test_once() -> None:
    once = spelt(columns=tuple(each for each in SPELLING.columns if each.ours != "Replicate"), replicate="1")
    assert read(rows()[0], once).cells["Replicate"] == "1"
    assert "Replicate" not in read(rows()[0], once).told


def test_a_cell_that_the_mapping_leaves_alone_stays_as_it_came() -> None:
    (row,) = changed(2, 方法="a=b;c")[:1]
    assert read(row).cells["Method"] == "a=b;c"
    assert read({**row, "单位": "mg/mL"}).cells["Unit"] == "mg/mL"


@pytest.mark.parametrize("spelling", [SPELLING, TYPED], ids=["columns", "types"])
def test_a_mapping_is_kept_as_a_text_that_says_it_again(spelling: Spelling) -> None:
    assert from_text(as_text(spelling)) == spelling


def test_what_is_signed_says_every_part_of_a_mapping() -> None:
    lines = "\n".join(signing_lines(TYPED))
    for each in (*TYPED.columns, *TYPED.tests, *TYPED.units, *TYPED.samples):
        assert f"“{each.theirs}” = “{each.ours}”" in lines
    for word in TYPED.words:
        assert f"“{word.test}”: “{word.theirs}” = “{word.ours}”" in lines
    for said in ("gb18030", "semicolon", "comma", "DD.MM.YYYY HH:MM"):
        assert said in lines
    other = spelt(words=(*SPELLING.words, ResultWord("无菌", "-", "no growth")), zone="UTC", replicate="1")
    assert len(signing_lines(other)) == len(signing_lines(SPELLING)) + 1

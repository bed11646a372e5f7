"""What bad input gets (issue 2): the whole file is refused, each fault by line and column, its hash in the trail."""

import hashlib

import pytest
from sqlalchemy import func, select
from support.laboratory import example_rows, file_of, lots_in_quarantine, with_cells
from support.refusals import records
from support.worlds import World

from cotrack.foundation.errors import InvalidInput
from cotrack.manufacture.service import closing, filling
from cotrack.quality.service import holds
from cotrack.release.models import Result, ResultImport
from cotrack.release.service import dispositions, imports
from cotrack.release.service.result_files import COLUMNS

LOT = "MSC26-0031"
ROWS = example_rows(LOT)
GOOD = file_of(ROWS)


@pytest.fixture
def laboratory(world: World) -> World:
    """A site with the one lot of these rows."""
    lots_in_quarantine(world, LOT)
    return world


def stored(world: World) -> int:
    return sum(
        world.read(lambda session, each=table: session.scalar(select(func.count()).select_from(each)))
        for table in (Result, ResultImport)
    )


def faults(world: World, content: bytes) -> list[str]:
    """Import a file that is refused; see that nothing is stored and the trail keeps its hash; return every fault."""
    with pytest.raises(InvalidInput) as refusal:
        world.do("wang.l", lambda work: imports.import_results(work, file_name="qc.csv", content=content))
    sha256, record = hashlib.sha256(content).hexdigest(), records(world)[-1]
    assert stored(world) == 0
    assert (record["event"], record["subject"], record["outcome"]) == ("result.import", f"file:{sha256}", "refused")
    assert record["details"] == {"file_name": "qc.csv", "file_sha256": sha256}
    said = [each.sentence for each in refusal.value.reasons]
    assert [each["detail"] for each in record["blockers"]] == [
        each.for_record.sentence for each in refusal.value.reasons
    ]
    return said


def test_the_good_file_is_good(laboratory: World) -> None:
    laboratory.journey.results(GOOD)
    assert stored(laboratory) == len(ROWS) + 1


NOT_UTF_8 = "Line 1: the file is not UTF-8. Export it as “CSV UTF-8” and try again."


UNREADABLE: list[tuple[bytes, str]] = [
    (
        file_of(with_cells(ROWS, 4, Comment="复检")).decode("utf-8-sig").encode("gbk"),
        NOT_UTF_8.replace("1", "4", 1),
    ),
    (
        file_of(with_cells(ROWS, 3, Comment="复检")).decode("utf-8-sig").encode("gb18030"),
        NOT_UTF_8.replace("1", "3", 1),
    ),
    (GOOD.decode("utf-8-sig").encode("utf-16"), NOT_UTF_8),
    (GOOD.decode("utf-8-sig").encode("utf-32"), NOT_UTF_8),
    (
        GOOD.decode("utf-8-sig").encode("utf-16-le"),
        "Line 1: the file is no text. Export it as “CSV UTF-8” and try again.",
    ),
    (
        GOOD.replace(b"NC200-2", b"NC200\x00"),
        "Line 3: the file is no text. Export it as “CSV UTF-8” and try again.",
    ),
    (b"\x89PNG\r\n\x1a\n" + bytes(40), NOT_UTF_8),
    (b"", "The file is empty."),
    (b"\xef\xbb\xbf", "The file is empty."),
    (b"\r\n\r\n", "The file is empty."),
    (GOOD.splitlines(keepends=True)[0], "The file has no rows."),
    (
        GOOD + b'"MSC26-0031-X',
        "Line 22: a quotation mark is not closed, or a cell goes on without end. Export the file again.",
    ),
    (
        GOOD.replace(b",Viability,", b',"Via"bility,'),
        "Line 4: a quotation mark is not closed, or a cell goes on without end. Export the file again.",
    ),
    (
        GOOD.replace(b",Viability,", b"," + b"V" * 140_000 + b","),
        "Line 4: a quotation mark is not closed, or a cell goes on without end. Export the file again.",
    ),
]


def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(laboratory: World) -> None:
    for content, expected in UNREADABLE:
        assert faults(laboratory, content) == [expected]


def without(*names: str) -> tuple[str, ...]:
    return tuple(each for each in COLUMNS if each not in names)


HEADS: list[tuple[tuple[str, ...], list[str]]] = [
    (without("Unit"), ["Line 1: the column “Unit” is missing."]),
    (
        without("Replicate", "Analyst"),
        ["Line 1: the column “Replicate” is missing.", "Line 1: the column “Analyst” is missing."],
    ),
    ((*COLUMNS, "Verdict"), ["Line 1: the column “Verdict” is not known."]),
    (
        (*without("Unit"), "unit"),
        ["Line 1: the column “Unit” is missing.", "Line 1: the column “unit” is not known."],
    ),
    ((*COLUMNS, "Unit"), ["Line 1: the column “Unit” stands twice."]),
]


def test_a_missing_unknown_or_doubled_column_is_named(laboratory: World) -> None:
    for columns, expected in HEADS:
        assert faults(laboratory, file_of(ROWS, columns=columns)) == expected


NO_RESULT = "Line 4, column Result: “{}” is no result of this test."
NOT_NUMBERS = [
    *(
        "NaN",
        "nan",
        "Infinity",
        "-inf",
        "1e400",
        "9.34e1",
        "９３.４",
        "93,4",
        "93.4%",
        "+93.4",
        "-93.4",
        "0x5D",
        "93 .4",
    ),
    *("九十三", "93.", ".934", "1_000", "≥93.4", "<", ">>93", "100.1", "934", "93.4000001", "1234567890"),
]


def test_a_number_that_is_no_number_is_named_and_never_guessed(laboratory: World) -> None:
    for value in NOT_NUMBERS:
        assert faults(laboratory, file_of(with_cells(ROWS, 4, Result=value))) == [NO_RESULT.format(value)]


CELLS: list[tuple[int, dict[str, str], str]] = [
    (2, {"Lot": "MSC26-0099"}, "Line 2, column Lot No.: there is no lot “MSC26-0099”."),
    (2, {"Lot": "msc26-0031"}, "Line 2, column Lot No.: there is no lot “msc26-0031”."),
    (2, {"Lot": "MSC26-００３１"}, "Line 2, column Lot No.: there is no lot “MSC26-００３１”."),
    (2, {"Lot": ""}, "Line 2, column Lot No.: there is no lot “”."),
    (2, {"Sample": "MSC26-0032-APP"}, "Line 2, column Sample ID: sample “MSC26-0032-APP” is not of this lot."),
    (2, {"Sample": ""}, "Line 2, column Sample ID: sample “” is not of this lot."),
    (4, {"Test": "viability"}, "Line 4, column Test: this lot's specification has no test “viability”."),
    (4, {"Test": "CD44+"}, "Line 4, column Test: this lot's specification has no test “CD44+”."),
    (4, {"Unit": ""}, "Line 4, column Unit: “” where % belongs."),
    (3, {"Unit": "10^5/mL"}, "Line 3, column Unit: “10^5/mL” where 10^6/mL belongs."),
    (13, {"Unit": "EU/ml"}, "Line 13, column Unit: “EU/ml” where EU/mL belongs."),
    (2, {"Unit": "%"}, "Line 2, column Unit: “%” where – belongs."),
    (2, {"Result": "fine"}, "Line 2, column Result: “fine” is no result of this test."),
    (2, {"Result": ""}, "Line 2, column Result: “” is no result of this test."),
    (15, {"Result": "growthless"}, "Line 15, column Result: “growthless” is no result of this test."),
    (4, {"Tested_at": "2026-11-23 12:01"}, "Line 4, column Tested at: 2026-11-23 12:01 lies in the future."),
    (4, {"Tested_at": "2026-10-05"}, "Line 4, column Tested at: “2026-10-05” is no time such as 2026-10-05 09:12."),
    (
        4,
        {"Tested_at": "05.10.2026 09:12"},
        "Line 4, column Tested at: “05.10.2026 09:12” is no time such as 2026-10-05 09:12.",
    ),
    (
        4,
        {"Tested_at": "2026-02-30 09:12"},
        "Line 4, column Tested at: “2026-02-30 09:12” is no time such as 2026-10-05 09:12.",
    ),
    (
        4,
        {"Tested_at": "２０２６-10-05 09:12"},
        "Line 4, column Tested at: “２０２６-10-05 09:12” is no time such as 2026-10-05 09:12.",
    ),
    (
        4,
        {"Tested_at": "0001-01-01 00:00"},
        "Line 4, column Tested at: “0001-01-01 00:00” is no time such as 2026-10-05 09:12.",
    ),
    (4, {"Replicate": "0"}, "Line 4, column Replicate: “0” is no whole number above zero."),
    (4, {"Replicate": "1.0"}, "Line 4, column Replicate: “1.0” is no whole number above zero."),
    (4, {"Replicate": "１"}, "Line 4, column Replicate: “１” is no whole number above zero."),
    (4, {"Replicate": "99999999999"}, "Line 4, column Replicate: “99999999999” is no whole number above zero."),
    (4, {"Replicate": "9" * 5000}, f"Line 4, column Replicate: {5000} characters, where at most 400 are kept."),
    (4, {"Analyst": ""}, "Line 4, column Analyst: nobody is named."),
    (4, {"Analyst": "wang\n.l"}, "Line 4, column Analyst: the cell holds signs that cannot be printed."),
    (4, {"Sample": f"{LOT}-VIA\u202e"}, "Line 4, column Sample ID: the cell holds signs that cannot be printed."),
    (4, {"Comment": "\x1b[2J"}, "Line 4, column Comment: the cell holds signs that cannot be printed."),
    (4, {"Comment": "x" * 401}, "Line 4, column Comment: 401 characters, where at most 400 are kept."),
]


def test_a_cell_at_fault_is_named_by_line_and_column(laboratory: World) -> None:
    for line, cells, expected in CELLS:
        assert faults(laboratory, file_of(with_cells(ROWS, line, **cells))) == [expected]


def test_every_fault_is_named_and_not_only_the_first(laboratory: World) -> None:
    rows = with_cells(ROWS, 4, Result="NaN", Unit="g", Replicate="x", Tested_at="yesterday", Analyst="")
    rows = with_cells(with_cells(rows, 7, Test="CD44+"), 9, Lot="MSC26-0099")
    assert [each.partition(":")[0] for each in faults(laboratory, file_of(rows))] == [
        "Line 4, column Unit",
        "Line 4, column Result",
        "Line 4, column Replicate",
        "Line 4, column Tested at",
        "Line 4, column Analyst",
        "Line 7, column Test",
        "Line 9, column Lot No.",
    ]


def test_a_row_that_stands_twice_in_a_file_is_named_with_both_lines(laboratory: World) -> None:
    rows = [*ROWS, ROWS[2], {**ROWS[4], "Result": "98.6"}]
    assert faults(laboratory, file_of(rows)) == [
        "Line 22: this result stands in line 4 already.",
        "Line 23: this result stands in line 6 already.",
    ]


def test_a_line_is_counted_as_an_editor_counts_it_though_a_cell_holds_several(laboratory: World) -> None:
    rows = with_cells(with_cells(ROWS, 3, Comment="diluted\r\nthen counted\nagain"), 5, Result="NaN")
    assert faults(laboratory, file_of(rows)) == ["Line 7, column Result: “NaN” is no result of this test."]


def test_a_row_of_too_few_or_too_many_cells_is_named(laboratory: World) -> None:
    lines = GOOD.splitlines(keepends=True)
    lines[4] = lines[4].replace(b",FACSLyric-1", b"")
    lines[9] = lines[9].replace(b"\r\n", b",,\r\n")
    assert faults(laboratory, b"".join(lines)) == [
        "Line 5: 10 cells where 11 belong.",
        "Line 10: 13 cells where 11 belong.",
    ]


@pytest.mark.parametrize("action", ["reject", "close"])
def test_a_lot_that_was_never_released_takes_results_after_its_end_and_nothing_is_held_for_them(
    laboratory: World, action: str
) -> None:
    laboratory.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="leaking"))
    if action == "close":
        laboratory.do("qian.m", lambda work: filling.destroy_unit(work, f"{LOT}-001", reason="rejected"))
        laboratory.sign("qian.m", lambda work: closing.close_lot(work, LOT))
    (sterility,) = [row for row in ROWS if row["Test"] == "Sterility"]
    laboratory.journey.results(file_of([{**sterility, "Result": "growth"}]))
    assert laboratory.read(lambda session: holds.holds_of(session, f"lot:{LOT}")) == []

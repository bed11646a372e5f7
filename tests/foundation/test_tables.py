"""CSV files of people and laboratories: every fault by line and column, nothing guessed."""

from pathlib import Path

import pytest

from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.tables import (
    LONGEST_CELL,
    LONGEST_SHOWN,
    MOST_ROWS,
    Row,
    decoded,
    read_table,
    sha256_of,
)

COLUMNS = ("Lot", "Result")
LABORATORY = Path(__file__).parents[1] / "examples" / "qc-results.csv"


def faults(text: str) -> list[str]:
    rows, found = read_table(text, COLUMNS, ("Comment",))
    assert rows == [] or found
    return [each.sentence for each in found]


def test_a_file_is_known_by_the_hash_of_its_bytes() -> None:
    assert sha256_of(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decoded(b"\xef\xbb\xbfLot,\xe6\x89\xb9\r\n") == "Lot,批\r\n"


def test_a_file_that_is_not_utf_8_is_refused_with_the_line() -> None:
    with pytest.raises(InvalidInput, match=r"^Line 3: the file is not UTF-8\."):
        decoded("Lot,Result\n1,2\n批,3\n".encode("gb18030"))


def test_a_file_with_nul_is_no_text() -> None:
    with pytest.raises(InvalidInput, match=r"^Line 2: the file is no text\."):
        decoded(b"Lot,Result\n1,\0\n")


def test_letters_that_another_system_took_apart_are_put_together() -> None:
    assert decoded("Lot,e\u0301".encode()) == "Lot,é"


def test_rows_are_read_by_column_in_any_order_with_their_lines() -> None:
    rows, found = read_table("Result , Lot\r\n 5.36 ,MSC26-0031\r\n\r\n , \r\n<0.25,MSC26-0032\r\n", COLUMNS)
    assert found == []
    assert rows == [
        Row(2, {"Result": "5.36", "Lot": "MSC26-0031"}),
        Row(5, {"Result": "<0.25", "Lot": "MSC26-0032"}),
    ]


def test_the_laboratory_file_reads_without_a_fault() -> None:
    content = LABORATORY.read_bytes()
    head = tuple(decoded(content).splitlines()[0].split(","))
    rows, found = read_table(decoded(content), head)
    assert found == []
    assert len(rows) == 60
    assert rows[0]["Sample ID"] == "MSC26-0031-APP"
    assert [row.line for row in rows] == list(range(2, 62))


def test_an_optional_column_that_is_left_out_is_empty() -> None:
    rows, _ = read_table("Lot,Result\n1,2\n", COLUMNS, ("Comment",))
    assert rows[0]["Comment"] == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lot\n1\n", ["Line 1: the column “Result” is missing."]),
        (
            "lot,result\n1,2\n",
            [
                "Line 1: the column “Lot” is missing.",
                "Line 1: the column “Result” is missing.",
                "Line 1: the column “lot” is not known.",
                "Line 1: the column “result” is not known.",
            ],
        ),
        ("Lot,Result,Lot\n1,2,3\n", ["Line 1: the column “Lot” stands twice."]),
        ("Lot,Result,Comment,Comment\n1,2,,\n", ["Line 1: the column “Comment” stands twice."]),
        ("Lot,Result,\n1,2,\n", ["Line 1: the column “” is not known."]),
        (
            "Lot,Result\n1\n1,2\n1,2,3\n",
            ["Line 2: 1 cells where 2 belong.", "Line 4: 3 cells where 2 belong."],
        ),
    ],
)
def test_every_fault_of_the_shape_is_named_by_line(text: str, expected: list[str]) -> None:
    assert faults(text) == expected


@pytest.mark.parametrize("text", ["", "\n", "\r\n", ",,\n1,2,3\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^The file is empty\.$"):
        read_table(text, COLUMNS)


@pytest.mark.parametrize("text", ["Lot,Result\n", "Lot,Result\n\n , \n"])
def test_a_file_of_a_head_alone_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^The file has no rows\.$"):
        read_table(text, COLUMNS)


@pytest.mark.parametrize("text", ['Lot,Result\n1,"2\n', 'Lot,Result\n1,"2"3\n', f"Lot,Result\n1,{'2' * 140_000}\n"])
def test_a_broken_quotation_or_an_endless_cell_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^Line 2: a quotation mark is not closed, or a cell goes on without end\."):
        read_table(text, COLUMNS)


def test_a_line_is_counted_as_an_editor_counts_it_though_a_cell_holds_several() -> None:
    rows, found = read_table(
        'Lot,Result,Comment\r\n1,2,"a\r\nb\nc"\r\n3,4,\r\n', COLUMNS, ("Comment",), remarks=("Comment",)
    )
    assert found == []
    assert [row.line for row in rows] == [2, 5]
    assert rows[0]["Comment"] == "a\r\nb\nc"


@pytest.mark.parametrize("cell", ["a\nb", "a\tb", "a\x1b", "a\u202eb", "\ufeffa", "a\x85b"])
def test_a_cell_with_signs_that_cannot_be_printed_is_named(cell: str) -> None:
    assert faults(f'Lot,Result\n1,"{cell}"\n') == [
        "Line 2, column Result: the cell holds signs that cannot be printed."
    ]


def test_a_remark_may_hold_several_lines_and_nothing_else_that_cannot_be_printed() -> None:
    text = 'Lot,Result,Comment\n1,2,"a\n\tb\x1b"\n'
    _, found = read_table(text, COLUMNS, ("Comment",), remarks=("Comment",))
    assert [each.sentence for each in found] == ["Line 2, column Comment: the cell holds signs that cannot be printed."]


def test_a_cell_is_at_most_as_long_as_what_is_kept() -> None:
    whole = "x" * LONGEST_CELL
    rows, found = read_table(f"Lot,Result\n1,{whole}\n", COLUMNS)
    assert (rows[0]["Result"], found) == (whole, [])
    assert faults(f"Lot,Result\n1,{whole}y\n") == [
        f"Line 2, column Result: {LONGEST_CELL + 1} characters, where at most {LONGEST_CELL} are kept."
    ]


def test_a_fault_shows_no_more_of_a_cell_than_a_reader_needs() -> None:
    fault = Row(2, {"Result": "x" * 400}).fault("Result", "“{value}”")
    assert fault.sentence == f"“{'x' * LONGEST_SHOWN}…”"


def test_a_file_may_have_fifty_thousand_rows_and_not_one_more() -> None:
    whole = "A\n" + "\n" * (MOST_ROWS - 1) + "1\n"
    rows, _ = read_table(whole, ("A",))
    assert rows == [Row(50_001, {"A": "1"})]
    with pytest.raises(InvalidInput, match="has more than 50000 rows"):
        read_table(whole + "1\n", ("A",))


def test_a_fault_of_a_cell_says_line_column_and_value_and_what_else_it_is_told() -> None:
    fault = Row(7, {"Unit": "mg"}).fault("Unit", "Line {line}, {column}: “{value}” for {unit}.", unit="ng")
    assert fault.code == "file_fault"
    assert fault.sentence == "Line 7, Unit: “mg” for ng."


def test_of_a_file_about_people_the_record_keeps_line_number_of_the_column_and_rule() -> None:
    rows, _ = read_table("Lot,Result\n张伟明,1\n", COLUMNS)
    fault = rows[0].fault("Lot", "Line {line}, column {column}: “{value}” is no lot, {hint}.", hint="look")
    assert fault.sentence == "Line 2, column Lot: “张伟明” is no lot, look."
    assert fault.for_record.sentence == "Line 2, column 1: “…” is no lot, look."


def test_of_a_file_about_no_person_the_record_keeps_the_cell() -> None:
    rows, _ = read_table("Lot,Result\nL1,x\n", COLUMNS, is_quotable=True)
    fault = rows[0].fault("Result", "Line {line}, column {column}: “{value}”.")
    assert fault.for_record.sentence == fault.sentence == "Line 2, column Result: “x”."


def test_a_head_is_never_quoted_in_the_record_and_a_missing_column_is_named() -> None:
    _, found = read_table("张伟明,Lot,Lot\nx,1,2\n", COLUMNS, is_quotable=True)
    assert [each.for_record.sentence for each in found] == [
        "Line 1: the column “Result” is missing.",
        "Line 1: the column “1” is not known.",
        "Line 1: the column “3” stands twice.",
    ]

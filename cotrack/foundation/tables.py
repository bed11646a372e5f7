"""Reads CSV files that people and laboratories export: every fault by line and column, nothing guessed."""

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cotrack.foundation import written
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.words import N_

MOST_ROWS = 50_000
LONGEST_CELL = 400
LONGEST_SHOWN = 60
UNSAID = "…"
"""Stands in the trail where a fault quotes a cell."""


@dataclass(frozen=True)
class Row:
    """One row of a file, by column, with the line where a person finds it.

    `is_quotable` says that its cells may stand in the trail, because the file is about no person. `told` says for our
    columns under which name and with which cell a person finds them, where the file spells them otherwise.
    """

    line: int
    cells: dict[str, str]
    is_quotable: bool = False
    told: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __getitem__(self, column: str) -> str:
        """Return a cell; empty where the file leaves an optional column out."""
        return self.cells.get(column, "")

    def fault(self, column: str, sentence: str, **parameters: object) -> Blocker:
        """Return a fault of one cell; the sentence says `Line {line}, column {column}: …`.

        Who sent the file sees the cell; of a file about people the trail keeps line, number of the column and rule.
        """
        name, value = self.told.get(column, (column, self[column]))
        value = value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…"
        told = {"line": self.line, "column": name, "value": value, **parameters}
        kept = {} if self.is_quotable else {"column": self._number_of(column), "value": UNSAID}
        return Blocker("file_fault", sentence, told, kept=kept)

    def _number_of(self, column: str) -> int | str:
        """Return a column's number, counted from 1; its name where the file lacks it: then it is one of ours."""
        return list(self.cells).index(column) + 1 if column in self.cells else column


def sha256_of(content: bytes) -> str:
    """Return the hash by which a file is known."""
    return hashlib.sha256(content).hexdigest()


def decoded(content: bytes, encoding: str = "utf-8") -> str:
    """Return a file's text in Unicode's composed form; raises InvalidInput where it is no text in this encoding."""
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        if encoding != "utf-8":
            words = N_("Line {line}: the file is not written in {encoding}, as the laboratory's mapping says.")
            raise InvalidInput(words, line=line, encoding=encoding) from None
        raise InvalidInput(
            "Line {line}: the file is not UTF-8. Export it as “CSV UTF-8” and try again.", line=line
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InvalidInput("Line {line}: the file is no text. Export it as “CSV UTF-8” and try again.", line=line)
    return unicodedata.normalize("NFC", text)


def read_table(
    text: str,
    columns: tuple[str, ...],
    optional: tuple[str, ...] = (),
    *,
    remarks: tuple[str, ...] = (),
    is_quotable: bool = False,
    separator: str = ",",
) -> tuple[list[Row], list[Blocker]]:
    """Return the rows of a CSV with these columns, in any order, and the faults of its shape.

    A cell is one line of text; only a column of remarks may hold several. `is_quotable` is for files about no person.
    """
    table = _table(text, separator)
    if not table or not any(table[0][1]):
        raise InvalidInput("The file is empty.")
    head = [name.strip() for name in table[0][1]]
    faults = list(_column_faults(head, columns, optional))
    if faults:
        return [], faults
    if len(table) - 1 > MOST_ROWS:
        raise InvalidInput("The file has more than {most} rows: split it.", most=MOST_ROWS)
    return _rows(head, table[1:], remarks, is_quotable=is_quotable)


def head_of(text: str, separator: str) -> list[str]:
    """Return the names of a file's columns as they stand there."""
    table = _table(text, separator)
    return [name.strip() for name in table[0][1]] if table else []


def _table(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Return the cells of each row with the line on which it begins: a quoted cell may hold several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    table, line = [], 1
    try:
        for cells in reader:
            table.append((line, cells))
            line = reader.line_num + 1
    except csv.Error:
        words = N_("Line {line}: a quotation mark is not closed, or a cell goes on without end. Export the file again.")
        raise InvalidInput(words, line=line) from None
    return table


def _rows(
    head: list[str], table: Sequence[tuple[int, list[str]]], remarks: tuple[str, ...], *, is_quotable: bool
) -> tuple[list[Row], list[Blocker]]:
    rows, faults = [], []
    for line, cells in table:
        if not any(cell.strip() for cell in cells):
            continue
        row = Row(line, {name: cell.strip() for name, cell in zip(head, cells, strict=False)}, is_quotable)
        if len(cells) != len(head):
            details = {"count": len(cells), "expected": len(head)}
            faults.append(row.fault("", "Line {line}: {count} cells where {expected} belong.", **details))
            continue
        faults.extend(_cell_faults(row, remarks))
        rows.append(row)
    if not rows and not faults:
        raise InvalidInput("The file has no rows.")
    return rows, faults


def _cell_faults(row: Row, remarks: tuple[str, ...]) -> Iterator[Blocker]:
    for column, cell in row.cells.items():
        lines = cell.translate(_LINES) if column in remarks else cell
        if not written.is_one_line(lines):
            yield row.fault(column, "Line {line}, column {column}: the cell holds signs that cannot be printed.")
        elif len(cell) > LONGEST_CELL:
            details = {"count": len(cell), "most": LONGEST_CELL}
            words = N_("Line {line}, column {column}: {count} characters, where at most {most} are kept.")
            yield row.fault(column, words, **details)


_LINES = dict.fromkeys(map(ord, "\n\r\t"), " ")


def _column_faults(head: list[str], columns: tuple[str, ...], optional: tuple[str, ...]) -> Iterator[Blocker]:
    first = Row(1, {})
    for name in columns:
        if name not in head:
            yield first.fault(name, "Line {line}: the column “{column}” is missing.")
    for index, name in enumerate(head):
        if name not in columns and name not in optional:
            yield _by_number(index, first.fault(name, "Line {line}: the column “{column}” is not known."))
        elif name in head[:index]:
            yield _by_number(index, first.fault(name, "Line {line}: the column “{column}” stands twice."))


def _by_number(index: int, fault: Blocker) -> Blocker:
    """Let the trail know a column by its number: where the head is missing, a person's line stands in its place."""
    return replace(fault, kept={"column": index + 1})

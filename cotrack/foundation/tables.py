"""Reads CSV files that people and laboratories export: every fault by line and column, nothing guessed."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput

MOST_ROWS = 50_000


@dataclass(frozen=True)
class Row:
    """One row of a file, by column, with the line where a person finds it."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """Return a cell; empty where the file leaves an optional column out."""
        return self.cells.get(column, "")

    def fault(self, column: str, sentence: str, **parameters: object) -> Blocker:
        """Return a fault of one cell; the sentence says `Line {line}, column {column}: …`."""
        shown = {"line": self.line, "column": column, "value": self[column], **parameters}
        return Blocker("file_fault", sentence, shown)


def sha256_of(content: bytes) -> str:
    """Return the hash by which a file is known."""
    return hashlib.sha256(content).hexdigest()


def decoded(content: bytes) -> str:
    """Return a file's text; raises InvalidInput where it is no UTF-8 text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        raise InvalidInput(
            "Line {line}: the file is not UTF-8. Export it as “CSV UTF-8” and try again.", line=line
        ) from None
    if "\0" in text:
        raise InvalidInput("The file is no text: export it as “CSV UTF-8” and try again.")
    return text


def read_table(text: str, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> tuple[list[Row], list[Blocker]]:
    """Return the rows of a CSV with these columns, in any order, and the faults of its shape."""
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as fault:
        raise InvalidInput("The file cannot be read as CSV: {fault}.", fault=fault) from None
    if not table or not any(table[0]):
        raise InvalidInput("The file is empty.")
    head = [name.strip() for name in table[0]]
    faults = list(_column_faults(head, columns, optional))
    if faults:
        return [], faults
    if len(table) - 1 > MOST_ROWS:
        raise InvalidInput("The file has more than {most} rows: split it.", most=MOST_ROWS)
    return _rows(head, table[1:])


def _rows(head: list[str], lines: list[list[str]]) -> tuple[list[Row], list[Blocker]]:
    rows, faults = [], []
    for line, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        row = Row(line, {name: cell.strip() for name, cell in zip(head, cells, strict=False)})
        if len(cells) != len(head):
            details = {"count": len(cells), "expected": len(head)}
            faults.append(row.fault("", "Line {line}: {count} cells where {expected} belong.", **details))
        else:
            rows.append(row)
    if not rows and not faults:
        raise InvalidInput("The file has no rows.")
    return rows, faults


def _column_faults(head: list[str], columns: tuple[str, ...], optional: tuple[str, ...]) -> Iterator[Blocker]:
    first = Row(1, {})
    for name in columns:
        if name not in head:
            yield first.fault(name, "Line {line}: the column “{column}” is missing.")
    for index, name in enumerate(head):
        if name not in columns and name not in optional:
            yield first.fault(name, "Line {line}: the column “{column}” is not known.")
        elif name in head[:index]:
            yield first.fault(name, "Line {line}: the column “{column}” stands twice.")

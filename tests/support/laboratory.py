"""A laboratory's files for tests: the example's rows, changed cell by cell."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from cotrack.release.service.result_files import COLUMNS
from support.remembered import remembered
from support.worlds import World

EXAMPLE = Path(__file__).parents[1] / "examples" / "qc-results.csv"
LOTS = ("MSC26-0031", "MSC26-0032", "MSC26-0033")

Cells = Mapping[str, str]


def example_rows(*lots: str) -> list[dict[str, str]]:
    """Return the rows of the example file, of some of its lots or of all."""
    rows = csv.DictReader(io.StringIO(EXAMPLE.read_text(encoding="utf-8-sig"), newline=""))
    return [row for row in rows if not lots or row["Lot No."] in lots]


def with_cells(rows: Iterable[Cells], line: int, **cells: str) -> list[dict[str, str]]:
    """Return the rows with some cells of one line changed; `Tested_at` stands for the column `Tested at`."""
    changed = [dict(row) for row in rows]
    changed[line - 2] |= {_column(name): value for name, value in cells.items()}
    return changed


def _column(name: str) -> str:
    return {"Lot": "Lot No.", "Sample": "Sample ID", "Tested_at": "Tested at"}.get(name, name)


def file_of(rows: Iterable[Cells], *, columns: tuple[str, ...] = COLUMNS) -> bytes:
    """Return the rows as the laboratory's system exports them."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + file.getvalue().encode()


LATE = frozenset({"Sterility", "RCL"})
"""What a laboratory reports last: a lot may go on conditionally without it."""


@remembered
def lot_with_tests_outstanding(world: World, number: str) -> None:
    """Make a lot whose day-14 sterility and RCL are outstanding; the rest is reviewed."""
    lots_in_quarantine(world, number)
    world.journey.results(file_of(row for row in example_rows(number) if row["Test"] not in LATE))
    world.journey.review(number)


@remembered
def lots_in_quarantine(world: World, *numbers: str) -> None:
    """Make the example's lots, each with a labelled bag, long enough ago for their results."""
    for number in numbers or LOTS:
        world.journey.finished_lot(number)

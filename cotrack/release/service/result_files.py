"""Reads a laboratory's file row by row: each cell understood by the specification its lot is bound to, or named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cotrack.foundation import written
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.tables import Row
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.lots import lots_numbered
from cotrack.release.rules import spelling
from cotrack.study import service as study
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.specification import Reported, read_reported

COLUMNS = spelling.COLUMNS
RETEST = spelling.RETEST
OPTIONAL = (RETEST,)
"""A laboratory may say which replicate a further one tests again."""
MOST_REPLICATES = 99


@dataclass(frozen=True)
class ReadResult:
    """One row of a file that was understood."""

    row: Row
    lot: Lot
    test: ReleaseTest
    replicate: int
    reported: Reported
    tested_at: datetime
    retests: int | None = None
    corrects_id: int | None = None
    retest_of_id: int | None = None

    @property
    def key(self) -> tuple[int, str, int]:
        """What makes two rows the same result: lot, test and replicate."""
        return self.lot.id, self.test.key, self.replicate

    @property
    def told_result(self) -> str:
        """The result as the very file writes it."""
        return self.row.told.get(spelling.RESULT, ("", self.row[spelling.RESULT]))[1]

    @property
    def told_unit(self) -> str:
        """The unit as the very file writes it."""
        return self.row.told.get(spelling.UNIT, ("", self.row[spelling.UNIT]))[1]


def read_rows(work: Work, rows: Sequence[Row], *, lock: bool) -> tuple[list[ReadResult], list[Blocker]]:
    """Understand every row, or name every cell at fault; `lock` locks the lots of the rows."""
    lots = lots_numbered(work.session, sorted({row["Lot No."] for row in rows}), lock=lock)
    read: list[ReadResult] = []
    faults: list[Blocker] = []
    seen: dict[tuple[int, str, int], int] = {}
    for row in rows:
        found, row_faults = _read_row(work, row, lots)
        faults.extend(row_faults)
        if found is None:
            continue
        if found.key in seen:
            faults.append(
                row.fault("Test", "Line {line}: this result stands in line {other} already.", other=seen[found.key])
            )
        seen.setdefault(found.key, row.line)
        read.append(found)
    return read, faults


def _read_row(work: Work, row: Row, lots: Mapping[str, Lot]) -> tuple[ReadResult | None, list[Blocker]]:
    """Understand one row; every cell at fault is named."""
    lot = lots.get(row["Lot No."])
    if lot is None:
        return None, [row.fault("Lot No.", "Line {line}, column {column}: there is no lot “{value}”.")]
    faults = []
    if not row["Sample ID"].startswith(lot.number):
        faults.append(row.fault("Sample ID", "Line {line}, column {column}: sample “{value}” is not of this lot."))
    definition = study.definition_of(lot.study_definition)
    test = definition.test_reported_as(row["Test"])
    if test is None:
        return None, [
            *faults,
            row.fault("Test", "Line {line}, column {column}: this lot's specification has no test “{value}”."),
        ]
    if row["Unit"] != test.unit:
        faults.append(
            row.fault("Unit", "Line {line}, column {column}: “{value}” where {unit} belongs.", unit=test.unit or "–")
        )
    reported = read_reported(test, row["Result"])
    if reported is None:
        faults.append(row.fault("Result", "Line {line}, column {column}: “{value}” is no result of this test."))
    replicate, tested_at, more = _read_common(work, row)
    retests, retest_faults = _read_retest(row, replicate)
    faults.extend([*more, *retest_faults])
    if faults or reported is None or replicate is None or tested_at is None:
        return None, faults
    return ReadResult(row, lot, test, replicate, reported, tested_at, retests), []


def _read_retest(row: Row, replicate: int | None) -> tuple[int | None, list[Blocker]]:
    """Return which replicate a row says that it tests again, None where it says nothing."""
    if not row[RETEST]:
        return None, []
    retests = written.whole(row[RETEST])
    if not retests or retests == replicate:
        words = N_("Line {line}, column {column}: “{value}” is not the number of another replicate.")
        return None, [row.fault(RETEST, words)]
    return retests, []


def _read_common(work: Work, row: Row) -> tuple[int | None, datetime | None, list[Blocker]]:
    faults = []
    replicate = written.whole(row["Replicate"])
    if not replicate or replicate > MOST_REPLICATES:
        replicate = None
        faults.append(row.fault("Replicate", "Line {line}, column {column}: “{value}” is no whole number above zero."))
    tested_at = written.site_instant(row["Tested at"], work.site.zone)
    if tested_at is None:
        faults.append(
            row.fault("Tested at", "Line {line}, column {column}: “{value}” is no time such as 2026-10-05 09:12.")
        )
    elif tested_at > work.now:
        faults.append(row.fault("Tested at", "Line {line}, column {column}: {value} lies in the future."))
    if not row["Analyst"]:
        faults.append(row.fault("Analyst", "Line {line}, column {column}: nobody is named."))
    return replicate, tested_at, faults

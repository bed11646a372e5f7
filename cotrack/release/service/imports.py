"""Importing a laboratory's results: previewed first, all or nothing, and a result is never replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation import tables, written
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.tables import Row
from cotrack.foundation.unit_of_work import record_refusal
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import RESULT
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.lots import lots_numbered
from cotrack.release.models import Result, ResultImport
from cotrack.study import service as study
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.specification import Reported, read_reported

COLUMNS = (
    "Sample ID",
    "Lot No.",
    "Test",
    "Method",
    "Replicate",
    "Result",
    "Unit",
    "Tested at",
    "Analyst",
    "Instrument",
    "Comment",
)
NOT_OPEN_STATES = frozenset({"rejected", "closed"})
MOST_REPLICATES = 99
MOST_NEW = 1_500
"""So many rows, each as long as a row can be, fit into one record of the trail (surface.md §4: 16 MB)."""
MOST_FAULTS = 1_000


@dataclass(frozen=True)
class ReadResult:
    """One row of a file that was understood."""

    row: Row
    lot: Lot
    test: ReleaseTest
    replicate: int
    reported: Reported
    tested_at: datetime

    @property
    def key(self) -> tuple[int, str, int]:
        """What makes two rows the same result: lot, test and replicate."""
        return self.lot.id, self.test.key, self.replicate


@dataclass(frozen=True)
class Preview:
    """What storing a file would do: new rows, rows already there, or every fault and then nothing."""

    file_name: str
    sha256: str
    new: tuple[ReadResult, ...]
    already_there: tuple[ReadResult, ...]
    faults: tuple[Blocker, ...]


def preview(work: Work, *, file_name: str, content: bytes, share: bool = False) -> Preview:
    """Read a laboratory's file against what is stored; nothing is written. Its hash stands in what is recorded.

    Raises InvalidInput with every fault. `share` locks the lots, so that none is decided on while results are stored.
    """
    sha256 = tables.sha256_of(content)
    work.record("result.import", f"file:{sha256}", permission=RESULT["record"].permission)
    work.details.update(file_name=file_name, file_sha256=sha256)
    rows, faults = tables.read_table(tables.decoded(content), COLUMNS, remarks=("Comment",))
    if not faults:
        read, faults = _read_rows(work, rows, share=share)
        new, already_there, more = _against_stored(work.session, read)
        faults = [*faults, *more, *_against_size(new)]
    if faults:
        raise InvalidInput("Nothing of this file was stored.", blockers=_worst(faults))
    return Preview(file_name, sha256, tuple(new), tuple(already_there), ())


def look(ground: Ground, actor: Actor, *, file_name: str, content: bytes) -> Preview:
    """Preview a file for a person. A file at fault is refused here, and the trail keeps its hash."""
    with ground.sessions.reading() as session:
        work = Work(ground, session, actor)
        try:
            return preview(work, file_name=file_name, content=content)
        except InvalidInput as fault:
            refusal = fault
    record_refusal(ground, work, refusal)
    return Preview(file_name, tables.sha256_of(content), (), (), tuple(refusal.reasons))


def import_results(work: Work, *, file_name: str, content: bytes) -> ResultImport:
    """Store a laboratory's file, whole or not at all; its hash stands in the record either way."""
    looked = preview(work, file_name=file_name, content=content, share=True)
    if not looked.new:
        raise InvalidInput("Every row of this file is stored already.")
    stored = ResultImport(
        file_name=file_name,
        file_sha256=looked.sha256,
        stored=len(looked.new),
        already_there=len(looked.already_there),
        imported_at=work.now,
        imported_by_id=work.person_id,
    )
    work.add(stored)
    work.session.add_all([_result(work, each, stored.id) for each in looked.new])
    work.session.flush()
    return stored


def _result(work: Work, read: ReadResult, import_id: int) -> Result:
    row = read.row
    return Result(
        lot_id=read.lot.id,
        import_id=import_id,
        sample=row["Sample ID"],
        test=read.test.key,
        method=row["Method"],
        replicate=read.replicate,
        reported=row["Result"],
        qualifier=read.reported.qualifier,
        number=read.reported.number,
        unit=row["Unit"],
        tested_at=read.tested_at,
        analyst=row["Analyst"],
        instrument=row["Instrument"],
        comment=row["Comment"],
        recorded_at=work.now,
        recorded_by_id=work.person_id,
        status="recorded",
    )


def _against_size(new: Sequence[ReadResult]) -> list[Blocker]:
    """One import is one record of the trail, which has room for so many results."""
    if len(new) <= MOST_NEW:
        return []
    return [
        Blocker(
            "file_too_large",
            "The file holds {count} new results, where at most {most} are stored at once: split it.",
            {"count": len(new), "most": MOST_NEW},
        )
    ]


def _worst(faults: Sequence[Blocker]) -> list[Blocker]:
    """Return as many faults as a record and a reader can hold, and how many more there are."""
    if len(faults) <= MOST_FAULTS:
        return list(faults)
    more = len(faults) - MOST_FAULTS
    return [*faults[:MOST_FAULTS], Blocker("file_fault", "And {count} more faults.", {"count": more})]


def _read_rows(work: Work, rows: Sequence[Row], *, share: bool) -> tuple[list[ReadResult], list[Blocker]]:
    lots = lots_numbered(work.session, sorted({row["Lot No."] for row in rows}), share=share)
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
    if lot.status in NOT_OPEN_STATES:
        faults.append(
            row.fault("Lot No.", "Line {line}, column {column}: lot {value} is decided and takes no results.")
        )
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
    faults.extend(more)
    if faults or reported is None or replicate is None or tested_at is None:
        return None, faults
    return ReadResult(row, lot, test, replicate, reported, tested_at), []


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


def _against_stored(
    session: Session, read: Sequence[ReadResult]
) -> tuple[list[ReadResult], list[ReadResult], list[Blocker]]:
    """Tell new rows from rows already there; a row that contradicts a stored one is a fault."""
    lot_ids = {each.lot.id for each in read}
    stored = {
        (result.lot_id, result.test, result.replicate): result
        for result in session.scalars(select(Result).where(Result.lot_id.in_(lot_ids)))
    }
    new, already_there, faults = [], [], []
    for each in read:
        old = stored.get(each.key)
        if old is None:
            new.append(each)
        elif _is_same(each, old):
            already_there.append(each)
        else:
            words = N_(
                "Line {line}, column {column}: “{value}” contradicts the stored “{stored}” of {test}, no. {replicate}."
            )
            details = {"stored": old.reported, "test": each.row["Test"], "replicate": each.replicate}
            faults.append(each.row.fault("Result", words, **details))
    return new, already_there, faults


def _is_same(read: ReadResult, old: Result) -> bool:
    row = read.row
    said = (
        row["Sample ID"],
        row["Method"],
        row["Result"],
        row["Unit"],
        row["Analyst"],
        row["Instrument"],
        read.tested_at,
    )
    return said == (
        old.sample,
        old.method,
        old.reported,
        old.unit,
        old.analyst,
        old.instrument,
        old.tested_at,
    )

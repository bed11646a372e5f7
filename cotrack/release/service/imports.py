"""Importing a laboratory's results: previewed first, all or nothing, and a result is never replaced."""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation import tables
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.unit_of_work import record_refusal
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import RESULT
from cotrack.release.models import Result, ResultImport
from cotrack.release.rules.further import Further, further, may_be_retested
from cotrack.release.rules.late import against_staying_released
from cotrack.release.rules.lots import ResultFacts
from cotrack.release.service.late import StoppedLot, ever_released, stop_lots
from cotrack.release.service.result_files import COLUMNS, OPTIONAL, RETEST, ReadResult, read_rows
from cotrack.release.service.results import SIGNED, result_facts

MOST_NEW = 1_500
"""So many rows, each as long as a row can be, fit into one record of the trail (surface.md §4: 16 MB)."""
MOST_FAULTS = 1_000
Key = tuple[int, str, int]
"""Lot, test and replicate."""


@dataclass(frozen=True)
class Preview:
    """What storing a file would do: new rows, rows already there, lots it stops; or every fault and then nothing."""

    file_name: str
    sha256: str
    new: tuple[ReadResult, ...]
    already_there: tuple[ReadResult, ...]
    faults: tuple[Blocker, ...]
    stopped: tuple[StoppedLot, ...] = ()
    """The lots that were released and fail a test by these results: storing them puts each on hold."""


@dataclass(frozen=True)
class StoredFile:
    """A file that was stored, and the lots that went on hold with it."""

    kept: ResultImport
    stopped: tuple[StoppedLot, ...]


def preview(work: Work, *, file_name: str, content: bytes, lock: bool = False) -> Preview:
    """Read a laboratory's file against what is stored; nothing is written. Its hash stands in what is recorded.

    Raises InvalidInput with every fault. `lock` locks the lots, so that none is decided on while results are stored.
    """
    sha256 = tables.sha256_of(content)
    work.record("result.import", f"file:{sha256}", permission=RESULT["record"].permission)
    work.details.update(file_name=file_name, file_sha256=sha256)
    rows, faults = tables.read_table(tables.decoded(content), COLUMNS, OPTIONAL, remarks=("Comment",), is_quotable=True)
    if not faults:
        read, faults = read_rows(work, rows, lock=lock)
        new, already_there, more = _against_stored(work.session, read)
        faults = [*faults, *more, *_against_size(new)]
    if faults:
        raise InvalidInput("Nothing of this file was stored.", blockers=_worst(faults))
    stopped = _stopped(new, ever_released(work.session, {each.lot.id for each in new}))
    return Preview(file_name, sha256, tuple(new), tuple(already_there), (), tuple(stopped))


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


def import_results(work: Work, *, file_name: str, content: bytes) -> StoredFile:
    """Store a laboratory's file, whole or not at all; its hash stands in the record either way.

    A released lot that fails a test by it goes on hold in the same moment: nothing of it is set aside, checked or
    started after its failure is known (product.md, what must never happen, 2).
    """
    # 1 the lots are locked: a release, an allocation or a start is done before, or sees the hold.
    looked = preview(work, file_name=file_name, content=content, lock=True)
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
    # 2 the hold follows from the results by itself: it stands in the record of whoever imports them.
    stop_lots(work, looked.stopped)
    return StoredFile(stored, looked.stopped)


def _stopped(new: Sequence[ReadResult], released: Container[int]) -> list[StoppedLot]:
    by_lot: dict[str, list[ReadResult]] = {}
    for each in new:
        by_lot.setdefault(each.lot.number, []).append(each)
    return [
        StoppedLot(read[0].lot, reason)
        for _, read in sorted(by_lot.items())
        if read[0].lot.id in released
        and (reason := against_staying_released([(each.test, each.reported) for each in read]))
    ]


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
        corrects_id=read.corrects_id,
        retest_of_id=read.retest_of_id,
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


def _against_stored(
    session: Session, read: Sequence[ReadResult]
) -> tuple[list[ReadResult], list[ReadResult], list[Blocker]]:
    """Tell new rows from rows already there; a row that contradicts a stored one that is valid is a fault.

    A row that is there already stays what it is: an old file brings no result back that QA made invalid.
    """
    stored = _stored(session, {each.lot.id for each in read})
    new, already_there, faults = [], [], []
    for each in read:
        old = stored.get(each.key, [])
        if any(_is_same(each, result) for result, _ in old):
            already_there.append(each)
        elif further([facts for _, facts in old]) is Further.CONTRADICTION:
            faults.append(_contradiction(each, next(result for result, facts in old if facts.is_valid)))
        else:
            retested, fault = _retested(each, stored)
            faults.extend(fault)
            corrected = old[-1][0].id if old else None
            new.append(replace(each, corrects_id=corrected, retest_of_id=retested))
    return new, already_there, faults


def _stored(session: Session, lot_ids: Collection[int]) -> dict[Key, list[tuple[Result, ResultFacts]]]:
    """Return the rows of each replicate, oldest first."""
    found = session.scalars(select(Result).options(*SIGNED).where(Result.lot_id.in_(lot_ids)).order_by(Result.id)).all()
    stored: dict[Key, list[tuple[Result, ResultFacts]]] = {}
    for result, facts in zip(found, result_facts(session, found), strict=True):
        stored.setdefault((result.lot_id, result.test, result.replicate), []).append((result, facts))
    return stored


def _contradiction(read: ReadResult, old: Result) -> Blocker:
    words = N_(
        "Line {line}, column {column}: “{value}” contradicts the stored “{stored}” of {test}, no. {replicate}. "
        "If the laboratory corrects it, put the lot on hold now and open a deviation. Once its cause is assessed, "
        "quality assurance makes the stored result invalid, and this file is stored as its correction."
    )
    details = {"stored": old.reported, "test": read.row["Test"], "replicate": read.replicate}
    return read.row.fault("Result", words, **details)


def _retested(
    read: ReadResult, stored: Mapping[Key, Sequence[tuple[Result, ResultFacts]]]
) -> tuple[int | None, list[Blocker]]:
    """Return the stored result that a row says that it tests again, and what speaks against that."""
    if read.retests is None:
        return None, []
    old = stored.get((read.lot.id, read.test.key, read.retests), [])
    if not old or not may_be_retested(read.test, old[-1][1]):
        words = N_(
            "Line {line}, column {column}: no. {value} is not stored, or gives no ground for a retest: it passed."
        )
        return None, [read.row.fault(RETEST, words)]
    return old[-1][0].id, []


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

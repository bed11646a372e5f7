"""What a result that was read is to those stored, and what storing it does; files and hands go through here."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.release.models import Result
from cotrack.release.rules.further import Further, further
from cotrack.release.rules.late import against_staying_released
from cotrack.release.rules.lots import ResultFacts
from cotrack.release.service.late import StoppedLot, ever_given
from cotrack.release.service.result_files import ReadResult
from cotrack.release.service.results import SIGNED, result_facts
from cotrack.release.service.retests import Key, Retests, Stored
from cotrack.study import service as study


def stopped_by(session: Session, new: Sequence[ReadResult]) -> tuple[StoppedLot, ...]:
    """Return the lots that were released or given and fail a test by these: storing them puts each on hold."""
    given = ever_given(session, {each.lot.id for each in new})
    by_lot: dict[str, list[ReadResult]] = {}
    for each in new:
        by_lot.setdefault(each.lot.number, []).append(each)
    return tuple(
        StoppedLot(read[0].lot, reason)
        for _, read in sorted(by_lot.items())
        if read[0].lot.id in given
        and (reason := against_staying_released([(each.test, each.reported) for each in read]))
    )


def result_of(work: Work, read: ReadResult, **source: int) -> Result:
    """Return the row of a result that was read; `source` names the file or the entry that it came from."""
    row = read.row
    return Result(
        lot_id=read.lot.id,
        **source,
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


def against_stored(
    session: Session, read: Sequence[ReadResult]
) -> tuple[list[ReadResult], list[ReadResult], list[Blocker]]:
    """Tell new rows from rows already there; a row that contradicts a stored one that is valid is a fault.

    A row that is there already stays what it is: an old file brings no result back that QA made invalid.
    """
    stored = _stored(session, {each.lot.id for each in read})
    lots = {each.lot.id: each.lot for each in read}
    tests = {lot_id: study.definition_of(lot.study_definition).tests for lot_id, lot in lots.items()}
    retests = Retests(session, stored, tests)
    new, already_there, faults = [], [], []
    for each in read:
        old = stored.get(each.key, [])
        if any(_is_same(each, result) for result, _ in old):
            already_there.append(each)
        elif further([facts for _, facts in old]) is Further.CONTRADICTION:
            faults.append(_contradiction(each, next(result for result, facts in old if facts.is_valid)))
        else:
            corrected = old[-1][0].id if old else None
            retested, fault = retests.of(each, is_correction=corrected is not None)
            faults.extend(fault)
            new.append(replace(each, corrects_id=corrected, retest_of_id=None if corrected else retested))
    return new, already_there, faults


def _stored(session: Session, lot_ids: Collection[int]) -> Stored:
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

"""Results that are typed: twice, by two people, the second without seeing the first; then stored as a file's are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.site import Site
from cotrack.foundation.tables import Row
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.service.documents import both
from cotrack.lifecycles import RESULT
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.models import EntryEnd, Result, ResultEntry
from cotrack.release.rules.entries import Typed, Unsettled, agreeing, differing, is_typed_once
from cotrack.release.rules.investigations import has_failed
from cotrack.release.rules.retests import as_typed
from cotrack.release.service.investigated import investigate
from cotrack.release.service.late import StoppedLot, stop_lots
from cotrack.release.service.result_files import RETEST, ReadResult, read_rows
from cotrack.release.service.storing import against_stored, result_of, stopped_by
from cotrack.release.service.unsettled import Shown, unsettled_entries
from cotrack.study import service as study


@dataclass(frozen=True)
class Entered:
    """What became of an entry: it waits for a second person, differs from theirs, or made a result."""

    result: Result | None
    differs: tuple[str, ...] = ()
    stopped: tuple[StoppedLot, ...] = ()

    @property
    def outcome(self) -> str:
        """The outcome in one word."""
        if self.result is not None:
            return "recorded" if self.result.typed_once_by_id is None else "recorded_once"
        return "differs" if self.differs else "waits"


def enter_result(work: Work, lot_number: str, **said: Any) -> Entered:
    """Type a result of a lot. It is kept as an entry; with an equal one by another person it becomes a result.

    A typed number has no file behind it (EU GMP Annex 11, 6). Where the two differ both are kept and both are void:
    nobody is told more than which fields, nobody guesses until it fits, and two people type it anew. A test that the
    study says is not critical is typed once; a second person reviews it as every result.
    """
    # 1 permission; the lot is locked: a release is done before this, or sees the result.
    work.begin(RESULT, "enter", "", subject=f"lot:{lot_number}")
    lot = work.lock(Lot, lot_number)
    # 2 it is read as a row of a file is, and held against what is stored.
    read = _read(work, lot, said)
    entry = _entry(work, read)
    earlier = _earlier(work.session, entry)
    work.add(entry)
    # 3 with an equal entry by another person it is a result; both are its authors, and neither reviews it.
    source = _source(work, read, earlier, entry)
    if source is None:
        return _not_agreed(work, earlier, entry)
    result = result_of(work, read, **source)
    work.add(result)
    # 4 a failure is investigated, and a late one stops the lot, exactly as one from a file.
    if has_failed(read.test, read.reported):
        investigate(work, [(lot, result)])
    stopped = stopped_by(work.session, [read])
    stop_lots(work, stopped)
    return Entered(result, stopped=stopped)


def typed(entry: ResultEntry) -> Typed:
    """Return an entry as the rules see it."""
    return Typed(
        sample=entry.sample,
        method=entry.method,
        reported=entry.reported,
        tested_at=entry.tested_at,
        analyst=entry.analyst,
        instrument=entry.instrument,
        retest_of=entry.retest_of,
    )


def entry_page(session: Session, lot_number: str) -> dict[str, Any]:
    """Return what the page of an entry asks for: the lot, and the tests of the specification that it is bound to."""
    lot = lot_numbered(session, lot_number)
    definition = study.definition_of(lot.study_definition)
    tests = [(each.key, f"{both(each.name)} {each.unit}".rstrip()) for each in definition.tests.values()]
    once = [both(each.name) for each in definition.tests.values() if is_typed_once(each)]
    return {"lot": lot, "definition": definition, "options": {"test": tests}, "typed_once": once}


_FAULTS = {
    "Sample ID": ("sample", N_("This sample is not of this lot: its number begins with the lot's.")),
    "Result": ("reported", N_("This is no result of this test.")),
    "Replicate": ("replicate", N_("Enter a whole number.")),
    "Tested at": ("tested_at", N_("Enter a time of the site that is not in the future, such as 2026-10-05 09:12.")),
    "Analyst": ("analyst", N_("Enter a value.")),
    RETEST: ("retest_of", N_("A retest names another replicate that failed or was made invalid.")),
}
"""What a fault in a cell of a file is at a field of the form."""


def _read(work: Work, lot: Lot, said: dict[str, Any]) -> ReadResult:
    """Understand what was typed as a file's row is understood; say what is wrong at each field."""
    test = study.definition_of(lot.study_definition).tests.get(said["test"])
    if test is None:
        raise InvalidInput(fields={"test": [N_("This lot's specification has no such test.")]})
    cells = {
        "Sample ID": said["sample"],
        "Lot No.": lot.number,
        "Test": test.reported_as,
        "Method": said["method"],
        "Replicate": str(said["replicate"]),
        "Result": said["reported"],
        "Unit": test.unit,
        "Tested at": said["tested_at"],
        "Analyst": said["analyst"],
        "Instrument": said["instrument"],
        "Comment": said["comment"],
        RETEST: str(said["retest_of"] or ""),
    }
    read, faults = read_rows(work, [Row(1, cells, is_quotable=True)], lock=False)
    if faults:
        raise _at_fields(faults)
    new, _, more = against_stored(work.session, read)
    work.refuse_if([as_typed(each) for each in more if each.code != "file_fault"])
    if [each for each in more if each.parameters["column"] == RETEST]:
        raise _at_fields(more)
    if not new:
        words = N_(
            "No. {replicate} of {test} has a valid result, or one of these very values that was made invalid. If a "
            "valid one is wrong, put the lot on hold now and "
            "open a deviation: once its cause is assessed, quality assurance makes it invalid, and you type the "
            "correction."
        )
        work.refuse_if([Blocker("result_there", words, {"replicate": read[0].replicate, "test": test.name})])
    return new[0]


def _at_fields(faults: Sequence[Blocker]) -> InvalidInput:
    named = [_FAULTS[str(each.parameters["column"])] for each in faults]
    return InvalidInput(fields={field: [words] for field, words in named})


def _entry(work: Work, read: ReadResult) -> ResultEntry:
    row = read.row
    return ResultEntry(
        lot_id=read.lot.id,
        test=read.test.key,
        replicate=read.replicate,
        sample=row["Sample ID"],
        method=row["Method"],
        reported=row["Result"],
        tested_at=read.tested_at,
        analyst=row["Analyst"],
        instrument=row["Instrument"],
        retest_of=row[RETEST],
        corrects_id=read.corrects_id,
        entered_at=work.now,
        entered_by_id=work.person_id,
    )


def waiting_entries(session: Session, person_id: int | None) -> list[Shown]:
    """Return what waits to be typed by this person: where another typed first, and after a difference."""
    return [
        each
        for each in unsettled_entries(session)
        if each.why is Unsettled.DIFFERED or (each.why is Unsettled.WAITS and each.entry.entered_by_id != person_id)
    ]


def own_newest(session: Session, lot_number: str, person_id: int | None, site: Site) -> dict[str, str]:
    """Return what a person typed last of a lot as the form has it: what differed is compared with its source."""
    statement = (
        select(ResultEntry)
        .join(Lot, Lot.id == ResultEntry.lot_id)
        .where(Lot.number == lot_number, ResultEntry.entered_by_id == person_id)
        .order_by(ResultEntry.id.desc())
        .limit(1)
    )
    entry = session.scalar(statement)
    if entry is None:
        return {}
    names = ("test", "sample", "replicate", "reported", "method", "analyst", "instrument", "retest_of")
    tested_at = f"{entry.tested_at.astimezone(site.zone):%Y-%m-%d %H:%M}"
    return {**{name: str(getattr(entry, name)) for name in names}, "tested_at": tested_at}


def _earlier(session: Session, entry: ResultEntry) -> list[ResultEntry]:
    """Return what each other person typed last of this replicate, over the same stored rows of it, oldest first.

    What was withdrawn or differed from another's meets nothing any more, nor does what its author typed before it.
    """
    ended = exists().where(EntryEnd.entry_id == ResultEntry.id)
    statement = select(ResultEntry, ended).where(
        ResultEntry.lot_id == entry.lot_id,
        ResultEntry.test == entry.test,
        ResultEntry.replicate == entry.replicate,
        ResultEntry.corrects_id.is_not_distinct_from(entry.corrects_id),
        ResultEntry.entered_by_id != entry.entered_by_id,
    )
    newest = {
        each.entered_by_id: (each, is_over) for each, is_over in session.execute(statement.order_by(ResultEntry.id))
    }
    return sorted((each for each, is_over in newest.values() if not is_over), key=lambda each: each.id)


def _source(work: Work, read: ReadResult, earlier: Sequence[ResultEntry], entry: ResultEntry) -> dict[str, int] | None:
    """Return by whom an entry is a result: by two people who agree, or by one where one is enough; None where not yet.

    Whatever another person typed before counts, for a test that is not critical too: a difference is a difference.
    """
    agreed = agreeing([typed(each) for each in earlier], typed(entry))
    if agreed is not None:
        return {"first_entered_by_id": earlier[agreed].entered_by_id}
    return {"typed_once_by_id": work.person_id} if not earlier and is_typed_once(read.test) else None


def _not_agreed(work: Work, earlier: Sequence[ResultEntry], entry: ResultEntry) -> Entered:
    """Keep the entry: the first waits; one that differs from another person's is a recorded mismatch, and ends both."""
    if not earlier:
        return Entered(None)
    names = differing(typed(earlier[-1]), typed(entry))
    for first, second in (*((each, entry) for each in earlier), (entry, earlier[-1])):
        work.append(
            EntryEnd,
            entry_id=first.id,
            cause="differed",
            reason="",
            against_id=second.id,
            differs=" ".join(differing(typed(first), typed(second))),
            ended_at=work.now,
            ended_by_id=work.person_id,
        )
    work.mismatch([Blocker("entries_differ", "Two people typed this result differently.", {"fields": " ".join(names)})])
    return Entered(None, names)

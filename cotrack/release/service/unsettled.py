"""Entries that are unsettled, and how entries ended: read for the typists, for the release page and for QA."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from cotrack.foundation.access.models import Person
from cotrack.foundation.words import N_
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.models import EntryEnd, Result, ResultEntry
from cotrack.release.rules.entries import Unsettled, UnsettledEntry
from cotrack.release.rules.investigations import has_failed
from cotrack.release.service.late import ever_given
from cotrack.study import service as study
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.specification import read_reported


@dataclass(frozen=True)
class Shown:
    """An entry with what is told of it: its lot, its test, who typed it, and how it ended or why it is unsettled."""

    entry: ResultEntry
    lot: Lot
    test: ReleaseTest
    typed_by: str
    end: EntryEnd | None = None
    ended_by: str = ""
    why: Unsettled | None = None

    @property
    def differs(self) -> list[str]:
        """In which fields it differed from another's, as the form names them."""
        return [_LABELS[name] for name in self.end.differs.split()] if self.end else []

    @property
    def is_failing(self) -> bool:
        """Whether what was typed fails its limit, or cannot be judged by it."""
        reported = read_reported(self.test, self.entry.reported)
        return reported is None or has_failed(self.test, reported)


_LABELS: Final = {
    "sample": N_("Sample"),
    "method": N_("Method"),
    "reported": N_("Result"),
    "tested_at": N_("Tested at"),
    "analyst": N_("Analyst"),
    "instrument": N_("Instrument"),
    "retest_of": N_("Retest of replicate"),
}


def unsettled_entries(session: Session, lot_id: int | None = None) -> list[Shown]:
    """Return what was typed, of a lot or of all, and is unsettled, oldest first.

    An entry stays so until an equal one by another person makes it a result, it is withdrawn, or it differs from
    another's; what a file brings settles it only where it says the same. After a difference the newest entry of the
    replicate is told, which is void: it is to be typed anew; what is typed anew and withdrawn settles it by QA alone.
    """
    return [_shown(row, _why(row.EntryEnd, row.reported)) for row in session.execute(_unsettled(lot_id))]


def unsettled_of_numbered(session: Session, lot_number: str) -> list[Shown]:
    """Return what is unsettled of the lot of this number; raises NotFound."""
    return unsettled_entries(session, lot_numbered(session, lot_number).id)


def ended_entries(session: Session, lot_id: int) -> list[Shown]:
    """Return the entries of a lot that were withdrawn or differed from another's, oldest first."""
    statement = _entries().where(ResultEntry.lot_id == lot_id, EntryEnd.id.is_not(None))
    return [_shown(row) for row in session.execute(statement)]


def unsettled_of(session: Session, lot: Lot) -> tuple[UnsettledEntry, ...]:
    """Return a lot's unsettled entries as the rules of release see them: without their values."""
    return tuple(
        UnsettledEntry(each.test.name, each.entry.replicate, each.why)
        for each in unsettled_entries(session, lot.id)
        if each.why is not None
    )


def typists_of(session: Session, lot_id: int) -> frozenset[int]:
    """Return who typed or withdrew an entry of a lot, whatever became of it."""
    typed = select(ResultEntry.entered_by_id).where(ResultEntry.lot_id == lot_id)
    ended = select(EntryEnd.ended_by_id).join(ResultEntry, ResultEntry.id == EntryEnd.entry_id)
    return frozenset(session.scalars(typed.union(ended.where(ResultEntry.lot_id == lot_id))))


def is_unsettled(session: Session, entry: ResultEntry) -> bool:
    """Whether an entry still counts: it may meet another's, or contradicts what is stored."""
    found = unsettled_entries(session, entry.lot_id)
    return any(each.entry.id == entry.id and each.why is not Unsettled.DIFFERED for each in found)


def failing_on_released(session: Session) -> list[Shown]:
    """Return the unsettled entries that fail, of lots that were released or given: QA decides about a hold."""
    found = [each for each in unsettled_entries(session) if each.why is not Unsettled.DIFFERED and each.is_failing]
    given = ever_given(session, {each.lot.id for each in found})
    return [each for each in found if each.lot.id in given]


Found = Row[ResultEntry, Lot, EntryEnd | None, str, str | None, str | None]
"""An entry, its lot, its end, who typed it and who ended it, and what is stored in its place."""
_TYPIST, _ENDER = aliased(Person), aliased(Person)
_LATER = aliased(ResultEntry)
_BACK = aliased(EntryEnd)


def _entries() -> Select[ResultEntry, Lot, EntryEnd | None, str, str | None, str | None]:
    """Return how entries are found, each with its lot, its end, who typed and ended it, and the result of its place."""
    return (
        select(
            ResultEntry,
            Lot,
            EntryEnd,
            _TYPIST.printed_name.label("typed_by"),
            _ENDER.printed_name.label("ended_by"),
            Result.reported.label("reported"),
        )
        .join(Lot, Lot.id == ResultEntry.lot_id)
        .join(_TYPIST, _TYPIST.id == ResultEntry.entered_by_id)
        .outerjoin(EntryEnd, EntryEnd.entry_id == ResultEntry.id)
        .outerjoin(_ENDER, _ENDER.id == EntryEnd.ended_by_id)
        .outerjoin(Result, _of_the_same_place(Result))
        .order_by(ResultEntry.id)
    )


def _unsettled(lot_id: int | None) -> Select[ResultEntry, Lot, EntryEnd | None, str, str | None, str | None]:
    by_its_author = _LATER.entered_by_id == ResultEntry.entered_by_id
    # What its author typed anew and took back settles no difference: it would be one person's word over another's.
    taken_back = exists().where(
        _BACK.entry_id == _LATER.id, _BACK.cause == "withdrawn", _BACK.ended_by_id == _LATER.entered_by_id
    )
    later = exists().where(_of_the_same_place(_LATER), _LATER.id > ResultEntry.id, ~taken_back)
    counts = and_(
        EntryEnd.id.is_(None),
        ~exists().where(_of_the_same_place(_LATER), by_its_author, _LATER.id > ResultEntry.id),
        or_(Result.id.is_(None), Result.reported != ResultEntry.reported),
    )
    anew = and_(EntryEnd.cause == "differed", Result.id.is_(None), ~later)
    statement = _entries().where(or_(counts, anew))
    return statement if lot_id is None else statement.where(ResultEntry.lot_id == lot_id)


def _of_the_same_place(other: type[Result | ResultEntry]) -> ColumnElement[bool]:
    """Whether a row is of the same replicate of a test, over the same stored rows of it."""
    return and_(
        other.lot_id == ResultEntry.lot_id,
        other.test == ResultEntry.test,
        other.replicate == ResultEntry.replicate,
        other.corrects_id.is_not_distinct_from(ResultEntry.corrects_id),
    )


def _why(end: EntryEnd | None, reported: str | None) -> Unsettled:
    if end is not None:
        return Unsettled.DIFFERED
    return Unsettled.WAITS if reported is None else Unsettled.CONTRADICTED


def _shown(row: Found, why: Unsettled | None = None) -> Shown:
    entry, lot, end, typed_by, ended_by, _ = row
    test = study.definition_of(lot.study_definition).tests[entry.test]
    return Shown(entry, lot, test, typed_by, end, ended_by or "", why)

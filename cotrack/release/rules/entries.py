"""What typed entries of a result are to each other: whether two agree, which are unsettled, and who withdraws one."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_, Words
from cotrack.study.rules.definition import ReleaseTest


@dataclass(frozen=True)
class Typed:
    """What one person typed of a result."""

    sample: str
    method: str
    reported: str
    tested_at: datetime
    analyst: str
    instrument: str
    retest_of: str


def is_typed_once(test: ReleaseTest) -> bool:
    """Whether one person types a result of this test: only where the study says that it is not critical."""
    return test.is_critical is False


def differing(first: Typed, second: Typed) -> tuple[str, ...]:
    """Return the names of what two people typed differently: names alone, so that neither learns the other's value."""
    return tuple(each.name for each in fields(Typed) if getattr(first, each.name) != getattr(second, each.name))


def agreeing(earlier: Sequence[Typed], typed: Typed) -> int | None:
    """Return which of the earlier ones says the same in everything, the newest first; None where none does."""
    return next((place for place, each in reversed(list(enumerate(earlier))) if not differing(each, typed)), None)


class Unsettled(StrEnum):
    """Why a typed entry is unsettled: it *waits* for a second person, was *contradicted* by what a file brought, or the
    newest two *differed*, are void, and nobody has typed it anew."""

    WAITS = "waits"
    CONTRADICTED = "contradicted"
    DIFFERED = "differed"


@dataclass(frozen=True)
class UnsettledEntry:
    """A replicate of a test whose typed entries are unsettled; never with the value."""

    test: Words
    replicate: int
    why: Unsettled


def against_unsettled(lot_number: str, entries: Sequence[UnsettledEntry]) -> list[Blocker]:
    """Return a reason for each replicate that was typed and is unsettled: what somebody typed is never passed over.

    It counts for every test, required or not, and under a conditional release too: a growth that one person typed is
    not "outstanding". The reason says no value, because the second typist may read it.
    """
    return [
        Blocker(
            f"entry_{each.why.value}",
            _UNSETTLED[each.why],
            {"test": each.test, "replicate": each.replicate},
            solve=f"result_entries:{lot_number}",
        )
        for each in entries
    ]


_UNSETTLED = {
    Unsettled.WAITS: N_(
        "{test}, no. {replicate}: one person typed a result. Another types it too, or it is withdrawn."
    ),
    Unsettled.CONTRADICTED: N_(
        "{test}, no. {replicate}: what one person typed is not what is stored. It is withdrawn, or the stored result "
        "is wrong: open a deviation."
    ),
    Unsettled.DIFFERED: N_("{test}, no. {replicate}: two people typed it differently. Two people type it anew."),
}


@dataclass(frozen=True)
class EntryFacts:
    """An entry as far as its withdrawal depends on it."""

    author_id: int
    is_unsettled: bool


def against_withdrawal(entry: EntryFacts, person_id: int | None, *, is_quality: bool) -> list[Blocker]:
    """Return every reason against a withdrawal: its author or QA withdraws an entry, and only one that still counts."""
    blockers = []
    if not is_quality and entry.author_id != person_id:
        blockers.append(Blocker("not_author", "Whoever typed this entry withdraws it, or quality assurance."))
    if not entry.is_unsettled:
        words = N_("This entry counts no more: it was withdrawn, typed anew, differed from another, or is a result.")
        blockers.append(Blocker("entry_over", words))
    return blockers

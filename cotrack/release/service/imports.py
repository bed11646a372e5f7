"""Importing a laboratory's results: previewed first, all or nothing, and a result is never replaced."""

from collections.abc import Sequence
from dataclasses import dataclass

from cotrack.foundation import tables
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.unit_of_work import record_refusal
from cotrack.foundation.work import Work
from cotrack.lifecycles import RESULT
from cotrack.release.models import FileMapping, MappedImport, ResultFile, ResultImport
from cotrack.release.rules.investigations import has_failed
from cotrack.release.service.investigated import investigate
from cotrack.release.service.late import StoppedLot, stop_lots
from cotrack.release.service.mapped_files import approved_mapping, read_results, spelling_of
from cotrack.release.service.result_files import ReadResult
from cotrack.release.service.storing import against_stored, result_of, stopped_by

MOST_NEW = 1_500
"""So many rows, each as long as a row can be, fit into one record of the trail (surface.md §4: 16 MB)."""
MOST_FAULTS = 1_000


@dataclass(frozen=True)
class Preview:
    """What storing a file would do: new rows, rows already there, lots it stops; or every fault and then nothing."""

    file_name: str
    sha256: str
    new: tuple[ReadResult, ...]
    already_there: tuple[ReadResult, ...]
    faults: tuple[Blocker, ...]
    stopped: tuple[StoppedLot, ...] = ()
    """The lots that were released or given and fail a test by these results: storing them puts each on hold."""
    mapping: FileMapping | None = None
    """By which version of its laboratory's mapping the file is read; None in our own format."""


@dataclass(frozen=True)
class StoredFile:
    """A file that was stored, and the lots that went on hold with it."""

    kept: ResultImport
    stopped: tuple[StoppedLot, ...]
    mapping: int | None = None
    """By which version of its laboratory's mapping it was read."""


def preview(work: Work, *, file_name: str, content: bytes, laboratory: str = "", lock: bool = False) -> Preview:
    """Read a laboratory's file against what is stored; nothing is written. Its hash stands in what is recorded.

    Raises InvalidInput with every fault. `laboratory` names the one whose approved mapping reads it; without one it is
    in our own format. `lock` locks mapping and lots, so that none is decided on while results are stored.
    """
    sha256 = tables.sha256_of(content)
    work.record("result.import", f"file:{sha256}", permission=RESULT["record"].permission)
    work.details.update(file_name=file_name, file_sha256=sha256)
    mapping = approved_mapping(work.session, laboratory, lock=lock) if laboratory else None
    if mapping is not None:
        work.details.update(laboratory=laboratory, mapping=mapping.number)
    read, faults = read_results(work, content, spelling_of(mapping), lock=lock)
    new, already_there, more = against_stored(work.session, read)
    faults = [*faults, *more, *_against_size(new)]
    if faults:
        raise InvalidInput("Nothing of this file was stored.", blockers=_worst(faults))
    stopped = stopped_by(work.session, new)
    return Preview(file_name, sha256, tuple(new), tuple(already_there), (), stopped, mapping)


def look(ground: Ground, actor: Actor, *, file_name: str, content: bytes, laboratory: str = "") -> Preview:
    """Preview a file for a person. A file at fault is refused here, and the trail keeps its hash."""
    with ground.sessions.reading() as session:
        work = Work(ground, session, actor)
        try:
            return preview(work, file_name=file_name, content=content, laboratory=laboratory)
        except InvalidInput as fault:
            refusal = fault
    record_refusal(ground, work, refusal)
    return Preview(file_name, tables.sha256_of(content), (), (), tuple(refusal.reasons))


def import_results(
    work: Work, *, file_name: str, content: bytes, laboratory: str = "", mapping: int | None = None
) -> StoredFile:
    """Store a laboratory's file, whole or not at all; its hash stands in the record either way.

    A released lot that fails a test by it goes on hold in the same moment: nothing of it is set aside, checked or
    started after its failure is known (product.md, what must never happen, 2). `mapping` is the version by which a
    person saw the file read: where another one was approved since, nothing is stored.
    """
    # 1 the lots are locked: a release, an allocation or a start is done before, or sees the hold.
    looked = preview(work, file_name=file_name, content=content, laboratory=laboratory, lock=True)
    read_by = looked.mapping
    if mapping is not None and (read_by is None or read_by.number != mapping):
        raise InvalidInput("The laboratory's mapping changed since this file was looked at: look at it again.")
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
    # What the laboratory sent is kept as it came: the trail holds its hash (21 CFR 11.10(b); EU GMP Annex 11, 7.1).
    work.session.add(ResultFile(import_id=stored.id, content=content))
    if read_by is not None:
        work.session.add(MappedImport(import_id=stored.id, mapping_id=read_by.id))
    results = [(each, result_of(work, each, import_id=stored.id)) for each in looked.new]
    work.session.add_all([result for _, result in results])
    work.session.flush()
    # 2 what failed is investigated from this moment on, before the release as after it (§3.3 rule 4).
    investigate(work, [(each.lot, result) for each, result in results if has_failed(each.test, each.reported)])
    # 3 the hold follows from the results by itself: it stands in the record of whoever imports them.
    stop_lots(work, looked.stopped)
    return StoredFile(stored, looked.stopped, read_by.number if read_by else None)


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

"""Reading a laboratory's file by the approved version of its mapping, or in our own format where none is named."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation import tables
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.tables import Row
from cotrack.foundation.work import Work
from cotrack.release.models import FileMapping, Laboratory
from cotrack.release.rules.spelling import COMMENT, IGNORED, SEPARATORS, Spelling, Translator, from_text
from cotrack.release.service.result_files import COLUMNS, OPTIONAL, ReadResult, read_rows


def approved_mapping(session: Session, laboratory: str, *, lock: bool = False) -> FileMapping:
    """Return the version by which a laboratory's files are read now; raises InvalidInput where QA approved none.

    `lock` keeps it approved until the command ends: whoever withdraws it waits, or was before.
    """
    statement = (
        select(FileMapping)
        .join(FileMapping.laboratory)
        .where(Laboratory.code == laboratory, FileMapping.status == "approved")
    )
    found = session.scalar(statement.with_for_update(read=True, of=FileMapping) if lock else statement)
    if found is None:
        raise InvalidInput(
            "No mapping of laboratory “{laboratory}” is approved: no file is read.", laboratory=laboratory
        )
    return found


def approved_mappings(session: Session) -> Sequence[FileMapping]:
    """Return the approved version of each laboratory that has one, by its code."""
    statement = (
        select(FileMapping)
        .join(FileMapping.laboratory)
        .options(joinedload(FileMapping.laboratory))
        .where(FileMapping.status == "approved")
        .order_by(Laboratory.code)
    )
    return session.scalars(statement).all()


def spelling_of(mapping: FileMapping | None) -> Spelling | None:
    """Return what a version says; None where there is none."""
    return from_text(mapping.text) if mapping else None


def read_file(content: bytes, spelling: Spelling | None, site_zone: str) -> tuple[list[Row], list[Blocker]]:
    """Return the rows of a file in our columns and spelling, or its faults by line and column of the very file.

    Raises InvalidInput for a file that is no such table at all.
    """
    if spelling is None:
        text = tables.decoded(content)
        return tables.read_table(text, COLUMNS, OPTIONAL, remarks=(COMMENT,), is_quotable=True)
    text = tables.decoded(content, spelling.encoding)
    needed = tuple(each.theirs for each in spelling.columns if each.ours != IGNORED)
    ignored = tuple(each.theirs for each in spelling.columns if each.ours == IGNORED)
    remarks = (spelling.column_of(COMMENT), *ignored)
    separator = SEPARATORS[spelling.separator]
    theirs, faults = tables.read_table(text, needed, ignored, remarks=remarks, is_quotable=True, separator=separator)
    if faults:
        return [], faults
    return _translated(theirs, Translator(spelling, site_zone))


def read_results(
    work: Work, content: bytes, spelling: Spelling | None, *, lock: bool
) -> tuple[list[ReadResult], list[Blocker]]:
    """Return what a file reports, and every fault in the order of its lines: of its spelling and of its sense at once.

    A row that cannot be spelled is read no further; the others are, so that nobody sends a file again for each kind of
    fault. Raises InvalidInput for a file that is no such table at all.
    """
    rows, misspelled = read_file(content, spelling, work.site.zone.key)
    at_fault = {each.parameters.get("line") for each in misspelled}
    read, senseless = read_rows(work, [each for each in rows if each.line not in at_fault], lock=lock)
    return read, sorted([*misspelled, *senseless], key=lambda each: int(str(each.parameters.get("line", 0))))


def _translated(theirs: Sequence[Row], translator: Translator) -> tuple[list[Row], list[Blocker]]:
    rows: list[Row] = []
    faults: list[Blocker] = []
    for row in theirs:
        found = translator.translated(row.cells)
        faults.extend(row.fault(each.column, each.sentence, **each.parameters) for each in found.misread)
        rows.append(Row(row.line, found.cells, is_quotable=True, told=found.told))
    return rows, faults


@dataclass(frozen=True)
class Trial:
    """What a file is by a mapping that nobody approved yet: how many rows were read, and every fault."""

    rows: int
    faults: tuple[Blocker, ...]


def tried(work: Work, spelling: Spelling, content: bytes) -> Trial:
    """Read a file by a mapping against the lots that are here; nothing is stored."""
    try:
        read, faults = read_results(work, content, spelling, lock=False)
    except InvalidInput as fault:
        read, faults = [], list(fault.reasons)
    return Trial(len(read), tuple(faults))

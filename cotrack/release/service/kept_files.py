"""The files of laboratories, kept as they came: which of them a lot's results are from, and their very bytes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Person
from cotrack.foundation.errors import NotFound
from cotrack.foundation.tables import sha256_of
from cotrack.release.models import FileMapping, Laboratory, MappedImport, Result, ResultFile, ResultImport


@dataclass(frozen=True)
class KeptFile:
    """A stored file: its name and hash, who stored it when, and whether its bytes are kept."""

    name: str
    sha256: str
    imported_at: datetime
    imported_by: str
    is_kept: bool
    laboratory: str | None = None
    mapping: int | None = None
    """Whose file it was, and by which version of that mapping it was read; None in our own format."""


def kept_files_of(session: Session, lot_id: int) -> list[KeptFile]:
    """Return the files that a lot's results came from, oldest first; of files stored before 0011 no bytes are here."""
    of_the_lot = exists().where(Result.import_id == ResultImport.id, Result.lot_id == lot_id)
    statement = (
        select(
            ResultImport.file_name,
            ResultImport.file_sha256,
            ResultImport.imported_at,
            Person.printed_name,
            exists().where(ResultFile.import_id == ResultImport.id),
            Laboratory.code,
            FileMapping.number,
        )
        .join(Person, Person.id == ResultImport.imported_by_id)
        .outerjoin(MappedImport, MappedImport.import_id == ResultImport.id)
        .outerjoin(FileMapping, FileMapping.id == MappedImport.mapping_id)
        .outerjoin(Laboratory, Laboratory.id == FileMapping.laboratory_id)
        .where(of_the_lot)
        .order_by(ResultImport.id)
    )
    return [KeptFile(*row) for row in session.execute(statement)]


def file_content(session: Session, sha256: str) -> bytes:
    """Return the very bytes of a stored file; raises NotFound where none are kept, or not those that were stored."""
    statement = select(ResultFile.content).join(ResultImport, ResultImport.id == ResultFile.import_id)
    content = session.scalar(statement.where(ResultImport.file_sha256 == sha256))
    if content is None:
        raise NotFound("No such file is kept.")
    if sha256_of(content) != sha256:
        raise NotFound("What is kept is not the file that was stored: tell quality assurance.")
    return content

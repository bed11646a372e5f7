"""Copies an SQLite database while others write it (https://www.sqlite.org/backup.html), and puts a copy in place."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from cotrack.foundation.backup.gateways.files import sync_folder
from cotrack.foundation.errors import DatabaseUnavailable, InvalidInput
from cotrack.foundation.words import N_

_BESIDE = ("-wal", "-shm", "-journal")


def copy(database: Path, to: Path) -> None:
    """Copy everything that is committed now, as one snapshot; in WAL nobody waits for it."""
    to.touch(mode=0o600, exist_ok=False)
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(database))}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(to)) as target,
        ):
            # All pages in one step: in several, every write of another process would begin it anew.
            source.backup(target, pages=-1)
    except sqlite3.Error as fault:
        message = N_("The database could not be copied to {folder}: {fault}. Is the disk full?")
        raise DatabaseUnavailable(message, folder=to.parent, fault=fault) from fault


def refuse_unless_empty(database: Path) -> None:
    """Raise InvalidInput where a database lies, or what is left of one: SQLite would mix it into another."""
    for path in (database, *_beside(database)):
        if path.exists() and path.stat().st_size:
            raise InvalidInput(
                "{path} is there: a back-up is restored into an empty place only. Stop the service and move it away.",
                path=path,
            )


@contextmanager
def taking_place(database: Path) -> Iterator[Path]:
    """Give a path beside the database's; what stands there at the end takes its place, after a failure nothing does."""
    refuse_unless_empty(database)
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = database.with_name(database.name + ".restoring")
    _remove(part)
    try:
        yield part
        refuse_unless_empty(database)
        _remove_beside(database)
        part.replace(database)
        sync_folder(database.parent)
    finally:
        _remove(part)


def _beside(database: Path) -> list[Path]:
    return [database.with_name(database.name + end) for end in _BESIDE]


def _remove_beside(database: Path) -> None:
    for path in _beside(database):
        path.unlink(missing_ok=True)


def _remove(database: Path) -> None:
    database.unlink(missing_ok=True)
    _remove_beside(database)

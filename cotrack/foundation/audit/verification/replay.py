"""Replays the recorded changes and compares what they add up to with today's tables, row by row.

The sum lies in a scratch file, so that memory does not grow with the trail.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import LargeBinary, Table, func, select
from sqlalchemy.orm import Session

from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.verification.watching import Watch, unwatched
from cotrack.foundation.db import Base
from cotrack.foundation.db.changes import Secrets, row_text
from cotrack.foundation.db.guard import OUTSIDE_TRAIL

AT_ONCE = 500
FILES_AT_ONCE = 20
Cells = dict[str, Any]
_BODIES = select(AuditRecord.id, AuditRecord.body).order_by(AuditRecord.id)


def differences(session: Session, secrets: Secrets, watch: Watch = unwatched) -> Iterator[str]:
    """Yield every place where the tables of the trail are not what their records add up to, records first."""
    with TemporaryDirectory(prefix="cotrack-replay-") as folder:
        scratch = _Scratch(Path(folder) / "replay.db")
        try:
            length = session.scalar(select(func.count()).select_from(AuditRecord)) or 0
            bodies = session.execute(_BODIES, execution_options={"yield_per": AT_ONCE})
            for record_id, body in watch(bodies, "changes", length):
                yield from (f"record {record_id}: {fault}" for fault in scratch.apply(json.loads(body)))
            for table in Base.metadata.sorted_tables:
                if table.name not in OUTSIDE_TRAIL:
                    yield from _differences_in(session, table, scratch, secrets)
            yield from (f"{row}: the trail has it, the table has not" for row in scratch.left())
        finally:
            scratch.close()


def _differences_in(session: Session, table: Table, scratch: "_Scratch", secrets: Secrets) -> Iterator[str]:
    at_once = AT_ONCE if _is_small(table) else FILES_AT_ONCE
    rows = session.execute(select(table).order_by(table.c.id), execution_options={"yield_per": at_once})
    for stored in rows.mappings():
        row = f"{table.name}:{stored['id']}"
        recorded = scratch.take(row)
        if not recorded:
            yield f"{row}: no record made it"
            continue
        for name, value in row_text(table, stored, secrets).items():
            if recorded.get(name) != value:
                yield f"{row} {name}: the trail says {recorded.get(name)!r}, the table {value!r}"


def _is_small(table: Table) -> bool:
    """Whether rows of a table hold no files, so that many fit into memory at once."""
    return not any(isinstance(each.type, LargeBinary) for each in table.columns)


class _Scratch:
    """What the records say of every column of every row so far."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-32768"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute("CREATE TABLE cell (row TEXT, name TEXT, value TEXT, PRIMARY KEY (row, name)) WITHOUT ROWID")
        self._file.execute("BEGIN")

    def apply(self, said: Mapping[str, Any]) -> Iterator[str]:
        """Add one record's changes; yield each old value that is not what earlier records left."""
        if said["event"] == "schema.migrate":
            self._add_columns(said.get("details", {}).get("added", {}))
        known: dict[str, Cells] = {}
        for change in said["changes"]:
            row, name = change["row"], change["column"]
            before = known.setdefault(row, self._cells(row)) if row not in known else known[row]
            if before.get(name) != change["old"]:
                yield f"{row} {name}: says that it was {change['old']!r}; earlier records left {before.get(name)!r}"
            before[name] = change["new"]
        self._file.executemany(
            "INSERT OR REPLACE INTO cell VALUES (?, ?, ?)",
            [(row, name, json.dumps(value)) for row, cells in known.items() for name, value in cells.items()],
        )

    def _add_columns(self, added: Mapping[str, Mapping[str, Any]]) -> None:
        """A migration gave every row of a table a new column with one value (architecture.md §3)."""
        for table, columns in added.items():
            for name, value in columns.items():
                self._file.execute(
                    "INSERT INTO cell SELECT DISTINCT row, ?, ? FROM cell WHERE row >= ? AND row < ?",
                    (name, json.dumps(value), f"{table}:", f"{table};"),
                )

    def _cells(self, row: str) -> Cells:
        found = self._file.execute("SELECT name, value FROM cell WHERE row = ?", (row,))
        return {name: json.loads(value) for name, value in found}

    def take(self, row: str) -> Cells:
        """Return a row's columns as recorded, and forget them."""
        cells = self._cells(row)
        self._file.execute("DELETE FROM cell WHERE row = ?", (row,))
        return cells

    def left(self) -> Iterator[str]:
        """Yield the rows that no table had."""
        for (row,) in self._file.execute("SELECT DISTINCT row FROM cell ORDER BY row"):
            yield row

    def close(self) -> None:
        self._file.close()

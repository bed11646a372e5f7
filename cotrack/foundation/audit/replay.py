"""Replays the recorded changes and compares what they add up to with today's tables, row by row."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.db import Base
from cotrack.foundation.db.changes import Secrets, row_text
from cotrack.foundation.db.guard import OUTSIDE_TRAIL

Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Difference:
    """One column of one row where the trail and the table disagree, or a row that only one of them has."""

    row: str
    column: str
    trail: Any
    table: Any

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        if self.column == "":
            return f"{self.row}: {'the trail has it, the table has not' if self.trail else 'no record made it'}"
        return f"{self.row} {self.column}: the trail says {self.trail!r}, the table {self.table!r}"


def replay(session: Session) -> Rows:
    """Add up all changes in the order of their records."""
    rows: Rows = {}
    bodies = session.execute(select(AuditRecord.body).order_by(AuditRecord.id)).scalars()
    for body in bodies:
        for change in json.loads(body)["changes"]:
            rows.setdefault(change["row"], {})[change["column"]] = change["new"]
    return rows


def differences(session: Session, secrets: Secrets) -> Iterator[Difference]:
    """Yield every place where the tables of the trail are not what their records add up to."""
    expected = replay(session)
    for table in Base.metadata.sorted_tables:
        if table.name not in OUTSIDE_TRAIL:
            yield from _differences_in(session, table, expected, secrets)
    for row in expected:
        yield Difference(row, "", trail=True, table=False)


def _differences_in(session: Session, table: Table, expected: Rows, secrets: Secrets) -> Iterator[Difference]:
    for stored in session.execute(select(table).order_by(table.c.id)).mappings():
        row = f"{table.name}:{stored['id']}"
        recorded = expected.pop(row, None)
        if recorded is None:
            yield Difference(row, "", trail=False, table=True)
            continue
        for name, value in row_text(table, stored, secrets).items():
            if recorded.get(name) != value:
                yield Difference(row, name, recorded.get(name), value)

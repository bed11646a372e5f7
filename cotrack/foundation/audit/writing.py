"""Writes one audit record; only the unit of work calls it."""

from sqlalchemy import Connection, insert, text
from sqlalchemy.orm import Session

from cotrack.foundation.audit.models import AuditLeaf, AuditRecord
from cotrack.foundation.audit.record import Entry, body
from cotrack.foundation.audit.tree import leaf_hash

_NEXT_ID = {
    "postgresql": text("SELECT nextval('audit_record_id_seq')"),
    "sqlite": text("SELECT coalesce(max(id), 0) + 1 FROM audit_record"),
}
_NEXT_LEAF = text("SELECT coalesce(max(id) + 1, 0) FROM audit_leaf")


def insert_record(session: Session, entry: Entry) -> None:
    """Draw the record's id and write it: the last thing before commit.

    SQLite has one writer at a time, so the record takes its place in the tree at once; on PostgreSQL sealing gives it
    one a moment later, so that no commit waits for the tree.
    """
    dialect = session.get_bind().dialect.name
    record_id = session.execute(_NEXT_ID[dialect]).scalar_one()
    line = body(entry, record_id)
    intention = entry.intention
    connection = session.connection()
    connection.execute(
        insert(AuditRecord.__table__),  # type: ignore[arg-type]  # a mapped class's table is a Table
        {
            "id": record_id,
            "at": entry.at,
            "actor": entry.actor,
            "role": intention.role,
            "event": intention.event,
            "subject": intention.subject,
            "outcome": entry.outcome,
            "body": line,
        },
    )
    if dialect == "sqlite":
        _append_leaf(connection, record_id, line)


def _append_leaf(connection: Connection, record_id: int, line: str) -> None:
    connection.execute(
        insert(AuditLeaf.__table__),  # type: ignore[arg-type]  # a mapped class's table is a Table
        {"id": connection.execute(_NEXT_LEAF).scalar_one(), "record_id": record_id, "hash": leaf_hash(line.encode())},
    )

"""Writes one audit record; only the unit of work calls it."""

from sqlalchemy import BigInteger, LargeBinary, bindparam, func, insert, select, text
from sqlalchemy.orm import Session

from cotrack.foundation.audit.models import AuditLeaf, AuditRecord
from cotrack.foundation.audit.record import Entry, body
from cotrack.foundation.audit.tree import leaf_hash
from cotrack.foundation.db.changes import Secrets
from cotrack.foundation.db.turns import TAKES_TURN

_NEXT_ID = {
    "postgresql": text("SELECT nextval('audit_record_id_seq')"),
    "sqlite": text("SELECT coalesce(max(id), 0) + 1 FROM audit_record").execution_options(**{TAKES_TURN: True}),
}
_APPEND_LEAF = insert(AuditLeaf.__table__).from_select(  # type: ignore[arg-type]  # a mapped class's table is a Table
    ["id", "record_id", "hash"],
    select(
        func.coalesce(func.max(AuditLeaf.id) + 1, 0),
        bindparam("record", type_=BigInteger),
        bindparam("leaf", type_=LargeBinary),
    ),
)


def insert_record(session: Session, entry: Entry, secrets: Secrets) -> None:
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
            "seal": secrets.seal(line),
        },
    )
    if dialect == "sqlite":
        connection.execute(_APPEND_LEAF, {"record": record_id, "leaf": leaf_hash(line.encode())})

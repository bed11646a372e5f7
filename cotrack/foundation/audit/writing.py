"""Writes one audit record; only the unit of work calls it."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, LargeBinary, bindparam, func, insert, select
from sqlalchemy.orm import Session

from cotrack.foundation.audit.models import AuditLeaf, AuditRecord
from cotrack.foundation.audit.record import Entry, body
from cotrack.foundation.audit.tree import leaf_hash
from cotrack.foundation.db import Prepared
from cotrack.foundation.db.changes import Secrets
from cotrack.foundation.db.turns import TAKES_TURN


def _newest(column: Any) -> ColumnElement[int]:
    return select(func.coalesce(func.max(column), 0)).scalar_subquery()


_NEXT_ID = {
    "postgresql": Prepared(select(func.nextval("audit_record_id_seq").label("id"))),
    "sqlite": Prepared(
        select(
            # Behind the tree's newest too: where records were deleted by another hand, work and verification go on.
            (func.max(_newest(AuditRecord.id), _newest(AuditLeaf.record_id)) + 1).label("id")
        ).execution_options(**{TAKES_TURN: True})
    ),
}
_APPEND_RECORD = Prepared(insert(AuditRecord.__table__), values=AuditRecord.__table__.columns.keys())  # type: ignore[arg-type]  # a mapped class's table is a Table
_APPEND_LEAF = Prepared(
    insert(AuditLeaf.__table__).from_select(  # type: ignore[arg-type]  # a mapped class's table is a Table
        ["id", "record_id", "hash"],
        select(
            func.coalesce(func.max(AuditLeaf.id) + 1, 0),
            bindparam("record", type_=BigInteger),
            bindparam("leaf", type_=LargeBinary),
        ),
    )
)


def insert_record(session: Session, entry: Entry, secrets: Secrets) -> None:
    """Draw the record's id and write it: the last thing before commit.

    SQLite has one writer at a time, so the record takes its place in the tree at once; on PostgreSQL sealing gives it
    one a moment later, so that no commit waits for the tree.
    """
    connection = session.connection()
    dialect = connection.dialect.name
    ((record_id,),) = _NEXT_ID[dialect].rows(connection, {})
    line = body(entry, record_id)
    intention = entry.intention
    _APPEND_RECORD.rows(
        connection,
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
        _APPEND_LEAF.rows(connection, {"record": record_id, "leaf": leaf_hash(line.encode())})

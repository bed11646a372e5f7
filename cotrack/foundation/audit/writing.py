"""Writes one audit record; only the unit of work calls it."""

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.record import Entry, body

_NEXT_ID = {
    "postgresql": text("SELECT nextval('audit_record_id_seq')"),
    "sqlite": text("SELECT coalesce(max(id), 0) + 1 FROM audit_record"),
}


def insert_record(session: Session, entry: Entry) -> None:
    """Draw the record's id and write it: the last statement before commit."""
    record_id = session.execute(_NEXT_ID[session.get_bind().dialect.name]).scalar_one()
    line = body(entry, record_id)
    intention = entry.intention
    session.connection().execute(
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

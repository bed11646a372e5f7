"""The table of audit records; its rows are written once, by the unit of work, and never changed."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from cotrack.foundation.db import APPEND_ONLY, Base, column, one_of

OUTCOMES = ("done", "refused", "mismatch")


class AuditRecord(Base):
    """One command as it was decided. `body` is the record; the other columns repeat parts of it for searching."""

    __tablename__ = "audit_record"
    __table_args__ = (
        one_of("outcome", OUTCOMES),
        Index("ix_audit_record_subject", "subject", "id"),
        Index("ix_audit_record_actor", "actor", "id"),
        Index("ix_audit_record_event", "event", "id"),
        {"info": APPEND_ONLY},
    )

    at: Mapped[datetime] = column()
    actor: Mapped[str] = column()
    role: Mapped[str] = column()
    event: Mapped[str] = column()
    subject: Mapped[str] = column()
    outcome: Mapped[str] = column()
    body: Mapped[str] = column()

"""The tables of the trail: records, their places in the tree, its tiles, and every head that was ever signed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped

from cotrack.foundation.db import APPEND_ONLY, Base, column, one_of

OUTCOMES = ("done", "refused", "mismatch")


class AuditRecord(Base):
    """One command as it was decided. `body` is the record; the other columns repeat parts of it for searching.

    `seal` is the service's own mark on the body, by a key outside of the database.
    """

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
    seal: Mapped[str] = column(server_default=text("''"))


class AuditLeaf(Base):
    """The place of a record in the tree: `id` is the leaf's index, from 0. Sealing appends, and changes nothing."""

    __tablename__ = "audit_leaf"
    __table_args__ = ({"info": APPEND_ONLY},)

    record_id: Mapped[int] = column(ForeignKey("audit_record.id", ondelete="RESTRICT"), unique=True)
    hash: Mapped[bytes] = column(LargeBinary)


class AuditTile(Base):
    """The root over 256 leaves, kept so that no proof reads the whole trail: `id` is the tile's index, from 0."""

    __tablename__ = "audit_tile"
    __table_args__ = ({"info": APPEND_ONLY},)

    hash: Mapped[bytes] = column(LargeBinary)


class AuditCheckpoint(Base):
    """One signed head of the tree: `id` is its size. `note` is the signed text as other programs verify it."""

    __tablename__ = "audit_checkpoint"
    __table_args__ = ({"info": APPEND_ONLY},)

    signed_at: Mapped[datetime] = column()
    note: Mapped[str] = column()

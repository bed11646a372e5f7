"""Tables of what QA signs about a lot: that its trail was read, what becomes of it, and until when it may be given."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Signature
from cotrack.foundation.db import APPEND_ONLY, Base, column, one_of

DECISIONS = ("release", "release_conditionally", "reject")


class TrailReview(Base):
    """A signed review of a lot's trail: everything up to and with the record `last_record_id` was read."""

    __tablename__ = "trail_review"
    __table_args__ = (
        Index("ix_trail_review_lot_id", "lot_id"),
        CheckConstraint("records > 0", name="records_read"),
        {"info": APPEND_ONLY},
    )

    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    last_record_id: Mapped[int] = column(ForeignKey("audit_record.id", ondelete="RESTRICT"))
    records: Mapped[int] = column()
    reviewed_at: Mapped[datetime] = column()
    signature_id: Mapped[int] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    signature: Mapped[Signature] = relationship()


class Disposition(Base):
    """A signed decision about a lot: the very text signed stands in its signature."""

    __tablename__ = "disposition"
    __table_args__ = (
        Index("ix_disposition_lot_id", "lot_id"),
        one_of("decision", DECISIONS),
        {"info": APPEND_ONLY},
    )

    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    decision: Mapped[str] = column()
    outstanding_tests: Mapped[str] = column()
    reason: Mapped[str] = column()
    decided_at: Mapped[datetime] = column()
    signature_id: Mapped[int] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    signature: Mapped[Signature] = relationship()


class ExpiryDecision(Base):
    """A signed change of a lot's expiry: from when to when, the evidence it stands on, and whether that is the table.

    `is_beyond_table` says openly that the study's stability table does not support the new expiry.
    """

    __tablename__ = "expiry_decision"
    __table_args__ = (
        Index("ix_expiry_decision_lot_id", "lot_id"),
        UniqueConstraint("signature_id"),
        CheckConstraint("previous_expires_at <> new_expires_at", name="expiry_changed"),
        CheckConstraint("evidence <> ''", name="evidence_given"),
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint("NOT is_beyond_table OR reference <> ''", name="beyond_table_by_reference"),
        {"info": APPEND_ONLY},
    )

    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    previous_expires_at: Mapped[datetime] = column()
    new_expires_at: Mapped[datetime] = column()
    evidence: Mapped[str] = column()
    reference: Mapped[str] = column()
    is_beyond_table: Mapped[bool] = column()
    reason: Mapped[str] = column()
    decided_at: Mapped[datetime] = column()
    signature_id: Mapped[int] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    signature: Mapped[Signature] = relationship()

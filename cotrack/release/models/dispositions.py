"""Tables of what QA signs about a lot: that its trail was read, and what becomes of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
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

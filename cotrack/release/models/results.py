"""Tables of results: files, rows, entries by hand, and what was made invalid."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Signature
from cotrack.foundation.db import APPEND_ONLY, Base, ExactDecimal, Standing, column, one_of
from cotrack.lifecycles import RESULT
from cotrack.manufacture.models import Lot
from cotrack.quality.models import Deviation

VALID = text("status <> 'invalidated'")


class ResultImport(Base):
    """A laboratory's file that was stored: its name and hash stand for its bytes."""

    __tablename__ = "result_import"
    __table_args__ = (UniqueConstraint("file_sha256"), {"info": APPEND_ONLY})

    file_name: Mapped[str] = column()
    file_sha256: Mapped[str] = column()
    stored: Mapped[int] = column()
    already_there: Mapped[int] = column()
    imported_at: Mapped[datetime] = column()
    imported_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))


class ResultFile(Base):
    """The very bytes of a laboratory's file that was stored, under the hash that its import names."""

    __tablename__ = "result_file"
    __table_args__ = (UniqueConstraint("import_id"), {"info": APPEND_ONLY})

    import_id: Mapped[int] = column(ForeignKey("result_import.id", ondelete="RESTRICT"))
    content: Mapped[bytes] = column()


class Result(Standing):
    """One result as the laboratory reported it. It is never replaced; a second person reviews it.

    QA may make it invalid: it stays, and counts no more. What corrects it is a further row of the same replicate; a
    retest is a further replicate. Of each replicate one row is valid at most.
    """

    __tablename__ = "result"
    __lifecycle__ = RESULT
    __table_args__ = (
        Index(
            "uq_result_valid", "lot_id", "test", "replicate", unique=True, sqlite_where=VALID, postgresql_where=VALID
        ),
        UniqueConstraint("corrects_id"),
        Index("ix_result_lot_id", "lot_id", "test", "replicate"),
        Index("ix_result_import_id", "import_id"),
        one_of("status", RESULT.states),
        CheckConstraint(
            "status = 'invalidated' OR (status = 'reviewed') = (review_signature_id IS NOT NULL)",
            name="reviewed_with_signature",
        ),
        CheckConstraint(
            "(import_id IS NULL) = (first_entered_by_id IS NOT NULL OR typed_once_by_id IS NOT NULL)",
            name="from_file_or_by_hand",
        ),
        CheckConstraint(
            "typed_once_by_id IS NULL OR (typed_once_by_id = recorded_by_id AND first_entered_by_id IS NULL)",
            name="typed_once_by_who_recorded",
        ),
        CheckConstraint("first_entered_by_id <> recorded_by_id", name="two_people"),
        CheckConstraint("corrects_id IS NULL OR retest_of_id IS NULL", name="corrects_or_retests"),
        CheckConstraint("qualifier IN ('', '<', '>')", name="qualifier"),
    )

    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    import_id: Mapped[int | None] = column(ForeignKey("result_import.id", ondelete="RESTRICT"))
    first_entered_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    typed_once_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    """Who typed it alone: a result of a test that the study says is not critical."""
    sample: Mapped[str] = column()
    test: Mapped[str] = column()
    method: Mapped[str] = column()
    replicate: Mapped[int] = column()
    reported: Mapped[str] = column()
    qualifier: Mapped[str] = column()
    number: Mapped[Decimal | None] = column(ExactDecimal(15, 6))
    unit: Mapped[str] = column()
    tested_at: Mapped[datetime] = column()
    analyst: Mapped[str] = column()
    instrument: Mapped[str] = column()
    comment: Mapped[str] = column()
    recorded_at: Mapped[datetime] = column()
    recorded_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    review_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))
    corrects_id: Mapped[int | None] = column(ForeignKey("result.id", ondelete="RESTRICT"))
    retest_of_id: Mapped[int | None] = column(ForeignKey("result.id", ondelete="RESTRICT"))

    lot: Mapped[Lot] = relationship()
    review_signature: Mapped[Signature | None] = relationship()
    invalidation: Mapped["Invalidation | None"] = relationship(viewonly=True)


class ResultEntry(Base):
    """What one person typed of a result. Two that agree, by two people who see nothing of each other, make a result."""

    __tablename__ = "result_entry"
    __table_args__ = (Index("ix_result_entry_lot_id", "lot_id", "test", "replicate"), {"info": APPEND_ONLY})

    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    test: Mapped[str] = column()
    replicate: Mapped[int] = column()
    sample: Mapped[str] = column()
    method: Mapped[str] = column()
    reported: Mapped[str] = column()
    tested_at: Mapped[datetime] = column()
    analyst: Mapped[str] = column()
    instrument: Mapped[str] = column()
    retest_of: Mapped[str] = column()
    corrects_id: Mapped[int | None] = column(ForeignKey("result.id", ondelete="RESTRICT"))
    entered_at: Mapped[datetime] = column()
    entered_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))


class EntryEnd(Base):
    """Why an entry counts no more: its author or QA withdrew it, or it and another's differed, which ends both."""

    __tablename__ = "result_entry_end"
    __table_args__ = (
        UniqueConstraint("entry_id"),
        one_of("cause", ("withdrawn", "differed")),
        CheckConstraint("(cause = 'withdrawn') = (reason <> '')", name="withdrawn_with_reason"),
        CheckConstraint("(cause = 'differed') = (against_id IS NOT NULL)", name="differed_from_another"),
        CheckConstraint("(cause = 'differed') = (differs <> '')", name="differed_in_something"),
        CheckConstraint("against_id <> entry_id", name="against_another"),
        {"info": APPEND_ONLY},
    )

    entry_id: Mapped[int] = column(ForeignKey("result_entry.id", ondelete="RESTRICT"))
    cause: Mapped[str] = column()
    reason: Mapped[str] = column()
    against_id: Mapped[int | None] = column(ForeignKey("result_entry.id", ondelete="RESTRICT"))
    differs: Mapped[str] = column()
    ended_at: Mapped[datetime] = column()
    ended_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))


class Invalidation(Base):
    """QA's signed word that a result counts no more: why, and the deviation that found the cause."""

    __tablename__ = "result_invalidation"
    __table_args__ = (
        UniqueConstraint("result_id"),
        CheckConstraint("reason <> ''", name="reason_given"),
        {"info": APPEND_ONLY},
    )

    result_id: Mapped[int] = column(ForeignKey("result.id", ondelete="RESTRICT"))
    deviation_id: Mapped[int] = column(ForeignKey("deviation.id", ondelete="RESTRICT"))
    reason: Mapped[str] = column()
    invalidated_at: Mapped[datetime] = column()
    signature_id: Mapped[int] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    deviation: Mapped[Deviation] = relationship()
    signature: Mapped[Signature] = relationship()

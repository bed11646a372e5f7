"""Tables of laboratory results and of the decisions about a lot."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Signature
from cotrack.foundation.db import APPEND_ONLY, Base, ExactDecimal, Standing, column, one_of
from cotrack.lifecycles import INVESTIGATION, RESULT
from cotrack.manufacture.models import Lot
from cotrack.quality.models import Deviation

DECISIONS = ("release", "release_conditionally", "reject")
OUTCOMES = ("", "error_found", "none_found")
VALID = text("status <> 'invalidated'")
UNDER_WAY = text("status IN ('phase_1', 'phase_2')")


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


class Investigation(Standing):
    """What is found out about a test of a lot that failed, in two phases; of each test one is under way at most.

    Phase 1 is the laboratory's own; phase 2 has a plan of retests, approved before any, and QA's conclusion.
    """

    __tablename__ = "investigation"
    __lifecycle__ = INVESTIGATION
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("number"),
        Index(
            "uq_investigation_under_way",
            "lot_id",
            "test",
            unique=True,
            sqlite_where=UNDER_WAY,
            postgresql_where=UNDER_WAY,
        ),
        Index("ix_investigation_lot_id", "lot_id"),
        one_of("status", INVESTIGATION.states),
        one_of("outcome", OUTCOMES),
        CheckConstraint("(outcome = '') = (reported_by_id IS NULL)", name="reported_by_somebody"),
        CheckConstraint("(reported_at IS NULL) = (reported_by_id IS NULL)", name="reported_at_a_time"),
        CheckConstraint("(status = 'phase_1') = (phase_1_signature_id IS NULL)", name="phase_1_ended_with_signature"),
        CheckConstraint(
            "status = 'phase_1' OR (status = 'error_found') = (outcome = 'error_found')", name="ended_as_reported"
        ),
        CheckConstraint("(planned_at IS NULL) = (planned_by_id IS NULL)", name="planned_at_a_time"),
        CheckConstraint("(retests IS NULL) = (planned_by_id IS NULL)", name="planned_by_somebody"),
        CheckConstraint("plan_signature_id IS NULL OR retests IS NOT NULL", name="plan_approved_as_written"),
        CheckConstraint(
            "(status IN ('oos_confirmed', 'oos_not_confirmed')) = (conclusion_signature_id IS NOT NULL)",
            name="concluded_with_signature",
        ),
        CheckConstraint("(conclusion = '') = (conclusion_signature_id IS NULL)", name="concluded_in_words"),
        CheckConstraint(
            "status <> 'oos_not_confirmed' OR (cause <> '' AND plan_signature_id IS NOT NULL)",
            name="not_confirmed_for_a_cause",
        ),
    )

    number: Mapped[str] = column()
    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    test: Mapped[str] = column()
    opened_at: Mapped[datetime] = column()
    opened_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    hypothesis: Mapped[str] = column()
    sample_checked: Mapped[str] = column()
    standard_checked: Mapped[str] = column()
    equipment_checked: Mapped[str] = column()
    calculation_checked: Mapped[str] = column()
    technique_checked: Mapped[str] = column()
    outcome: Mapped[str] = column()
    reported_at: Mapped[datetime | None] = column()
    reported_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    phase_1_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))
    plan_hypothesis: Mapped[str] = column()
    retests: Mapped[int | None] = column()
    retest_sample: Mapped[str] = column()
    retest_not_by: Mapped[str] = column()
    planned_at: Mapped[datetime | None] = column()
    planned_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    plan_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))
    conclusion: Mapped[str] = column()
    cause: Mapped[str] = column()
    conclusion_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    lot: Mapped[Lot] = relationship()
    phase_1_signature: Mapped[Signature | None] = relationship(foreign_keys=[phase_1_signature_id])
    plan_signature: Mapped[Signature | None] = relationship(foreign_keys=[plan_signature_id])
    conclusion_signature: Mapped[Signature | None] = relationship(foreign_keys=[conclusion_signature_id])
    investigated: Mapped[list["InvestigatedResult"]] = relationship(viewonly=True, order_by="InvestigatedResult.id")

    @property
    def signatures(self) -> list[Signature]:
        """What QA has signed of it, in the order of its phases."""
        signed = (self.phase_1_signature, self.plan_signature, self.conclusion_signature)
        return [each for each in signed if each is not None]

    @property
    def result_ids(self) -> list[int]:
        """The failed results that it is about, by their ids."""
        return [each.result_id for each in self.investigated]


class InvestigatedResult(Base):
    """A failed result and the one investigation that it belongs to."""

    __tablename__ = "investigated_result"
    __table_args__ = (
        UniqueConstraint("result_id"),
        Index("ix_investigated_result_investigation_id", "investigation_id"),
        {"info": APPEND_ONLY},
    )

    investigation_id: Mapped[int] = column(ForeignKey("investigation.id", ondelete="RESTRICT"))
    result_id: Mapped[int] = column(ForeignKey("result.id", ondelete="RESTRICT"))

    result: Mapped[Result] = relationship()


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

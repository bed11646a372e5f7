"""Tables of investigations of results out of specification."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Signature
from cotrack.foundation.db import APPEND_ONLY, Base, Standing, column, one_of
from cotrack.lifecycles import INVESTIGATION
from cotrack.manufacture.models import Lot
from cotrack.release.models.results import Result

OUTCOMES = ("", "error_found", "none_found")
IS_UNDER_WAY = text("status IN ('phase_1', 'phase_2')")


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
            sqlite_where=IS_UNDER_WAY,
            postgresql_where=IS_UNDER_WAY,
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
            "status <> 'oos_not_confirmed' OR (cause <> '' AND plan_signature_id IS NOT NULL AND retests > 0)",
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

"""Tables of dose orders and of the bags set aside for them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Person, Signature
from cotrack.foundation.db import APPEND_ONLY, Base, ExactDecimal, Standing, column, one_of
from cotrack.lifecycles import OOS_SUPPLY, ORDER
from cotrack.manufacture.models import Lot, Unit
from cotrack.participants.models import Participant
from cotrack.study.models import StudyDefinition

OPEN = text("status IN ('ordered', 'allocated')")
HELD = text("released_at IS NULL")
UNDER_WAY = text("status IN ('requested', 'evaluated', 'accepted')")
ADDRESSEES = ("sponsor", "authority", "ethics_committee")


class Order(Standing):
    """A physician's dose order for one treatment event; `coi_id` is its chain-of-identity identifier."""

    __tablename__ = "order"
    __lifecycle__ = ORDER
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("coi_id"),
        UniqueConstraint("participant_id", "sequence"),
        Index("uq_order_open", "participant_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        one_of("status", ORDER.states),
        CheckConstraint("infusion_number > 0", name="infusion_number_positive"),
        CheckConstraint("target_million_cells > 0", name="target_positive"),
    )

    number: Mapped[str] = column()
    sequence: Mapped[int] = column()
    coi_id: Mapped[str] = column()
    participant_id: Mapped[int] = column(ForeignKey("participant.id", ondelete="RESTRICT"))
    study_definition_id: Mapped[int] = column(ForeignKey("study_definition.id", ondelete="RESTRICT"))
    infusion_number: Mapped[int] = column()
    planned_on: Mapped[date] = column()
    cells_per_kg: Mapped[int] = column()
    weight_kg: Mapped[Decimal] = column(ExactDecimal(5, 1))
    weighed_on: Mapped[date] = column()
    target_million_cells: Mapped[Decimal] = column(ExactDecimal(12, 3))
    ordered_at: Mapped[datetime] = column()
    started_at: Mapped[datetime | None] = column()
    signature_id: Mapped[int] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    participant: Mapped[Participant] = relationship()
    study_definition: Mapped[StudyDefinition] = relationship()
    signature: Mapped[Signature] = relationship()
    allocations: Mapped[list["Allocation"]] = relationship(back_populates="order", order_by="Allocation.id")


class Acceptance(Base):
    """A physician's signed acceptance of a conditionally released lot for one order, naming its outstanding tests.

    `outstanding_tests` are the keys of the specification in its order; with another list it counts no longer.
    """

    __tablename__ = "acceptance"
    __table_args__ = (
        Index("ix_acceptance_order_id", "order_id", "lot_id"),
        CheckConstraint("outstanding_tests <> ''", name="tests_named"),
        CheckConstraint("reason <> ''", name="reason_given"),
        {"info": APPEND_ONLY},
    )

    order_id: Mapped[int] = column(ForeignKey("order.id", ondelete="RESTRICT"))
    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    outstanding_tests: Mapped[str] = column()
    reason: Mapped[str] = column()
    accepted_at: Mapped[datetime] = column()
    signature_id: Mapped[int] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    lot: Mapped[Lot] = relationship()
    signature: Mapped[Signature] = relationship()


class Allocation(Base):
    """A bag set aside for one order, with the volume to give from it; a bag is set aside once at a time."""

    __tablename__ = "allocation"
    __table_args__ = (
        Index("uq_allocation_unit", "unit_id", unique=True, sqlite_where=HELD, postgresql_where=HELD),
        Index("ix_allocation_order_id", "order_id"),
        CheckConstraint("volume_to_give_ml > 0", name="volume_positive"),
    )

    order_id: Mapped[int] = column(ForeignKey("order.id", ondelete="RESTRICT"))
    unit_id: Mapped[int] = column(ForeignKey("unit.id", ondelete="RESTRICT"))
    volume_to_give_ml: Mapped[Decimal] = column(ExactDecimal(7, 1))
    viable_million_per_ml: Mapped[Decimal] = column(ExactDecimal(9, 3))
    allocated_at: Mapped[datetime] = column()
    allocated_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    released_at: Mapped[datetime | None] = column()

    order: Mapped[Order] = relationship(back_populates="allocations")
    unit: Mapped[Unit] = relationship()


class OosSupply(Standing):
    """A lot out of specification for one order: requested, evaluated by QA, accepted (EU ATMP GMP §11.5).

    `findings` is all that was known of the lot when QA evaluated it; with other findings nothing counts. `failed_tests`
    are keys of the specification, `bags` the numbers of those that may be given; both in order, with blanks between.
    """

    __tablename__ = "oos_supply"
    __lifecycle__ = OOS_SUPPLY
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("uq_oos_supply_under_way", "order_id", unique=True, sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY),
        Index("ix_oos_supply_lot_id", "lot_id"),
        one_of("status", OOS_SUPPLY.states),
        CheckConstraint("hazard <> '' AND alternatives <> ''", name="reasons_given"),
        CheckConstraint("(evaluation_signature_id IS NULL) = (evaluation = '')", name="evaluated_in_words"),
        CheckConstraint("(evaluation = '') = (findings = '')", name="findings_evaluated"),
        CheckConstraint("(evaluation = '') = (failed_tests = '')", name="failed_tests_named"),
        CheckConstraint("(evaluation = '') = (bags = '')", name="bags_named"),
        CheckConstraint("(evaluated_at IS NULL) = (evaluation_signature_id IS NULL)", name="evaluated_at_a_time"),
        CheckConstraint("(accepted_at IS NULL) = (acceptance_signature_id IS NULL)", name="accepted_with_signature"),
        CheckConstraint(
            "acceptance_signature_id IS NULL OR evaluation_signature_id IS NOT NULL", name="accepted_as_evaluated"
        ),
        CheckConstraint(
            "status NOT IN ('evaluated', 'accepted', 'void') OR evaluation_signature_id IS NOT NULL",
            name="evaluated_by_signature",
        ),
        CheckConstraint(
            "status IN ('accepted', 'void', 'withdrawn') OR acceptance_signature_id IS NULL", name="accepted_last"
        ),
        CheckConstraint(
            "status NOT IN ('accepted', 'void') OR acceptance_signature_id IS NOT NULL", name="accepted_by_signature"
        ),
        CheckConstraint("(status IN ('declined', 'withdrawn', 'void')) = (ended_at IS NOT NULL)", name="ended_once"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by_somebody"),
        CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name="ended_for_a_reason"),
    )

    number: Mapped[str] = column()
    order_id: Mapped[int] = column(ForeignKey("order.id", ondelete="RESTRICT"))
    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    hazard: Mapped[str] = column()
    alternatives: Mapped[str] = column()
    requested_at: Mapped[datetime] = column()
    request_signature_id: Mapped[int] = column(ForeignKey("signature.id", ondelete="RESTRICT"))
    evaluation: Mapped[str] = column()
    findings: Mapped[str] = column()
    failed_tests: Mapped[str] = column()
    bags: Mapped[str] = column()
    evaluated_at: Mapped[datetime | None] = column()
    evaluation_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))
    accepted_at: Mapped[datetime | None] = column()
    acceptance_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))
    ended_at: Mapped[datetime | None] = column()
    ended_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    end_reason: Mapped[str] = column()

    order: Mapped[Order] = relationship()
    lot: Mapped[Lot] = relationship()
    request_signature: Mapped[Signature] = relationship(foreign_keys=[request_signature_id])
    evaluation_signature: Mapped[Signature | None] = relationship(foreign_keys=[evaluation_signature_id])
    acceptance_signature: Mapped[Signature | None] = relationship(foreign_keys=[acceptance_signature_id])
    notices: Mapped[list["SupplyNotice"]] = relationship(viewonly=True, order_by="SupplyNotice.id")


class SupplyNotice(Base):
    """That somebody was told of a supply out of specification: who, when, by whom and how."""

    __tablename__ = "supply_notice"
    __table_args__ = (
        Index("ix_supply_notice_supply_id", "supply_id"),
        one_of("addressee", ADDRESSEES),
        CheckConstraint("sent_by <> ''", name="sent_by_somebody"),
        CheckConstraint("how <> ''", name="sent_somehow"),
        {"info": APPEND_ONLY},
    )

    supply_id: Mapped[int] = column(ForeignKey("oos_supply.id", ondelete="RESTRICT"))
    addressee: Mapped[str] = column()
    sent_at: Mapped[datetime] = column()
    sent_by: Mapped[str] = column()
    how: Mapped[str] = column()
    recorded_at: Mapped[datetime] = column()
    recorded_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    recorded_by: Mapped[Person] = relationship()

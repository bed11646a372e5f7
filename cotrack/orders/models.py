"""Tables of dose orders and of the bags set aside for them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Signature
from cotrack.foundation.db import APPEND_ONLY, Base, ExactDecimal, Standing, column, one_of
from cotrack.lifecycles import ORDER
from cotrack.manufacture.models import Lot, Unit
from cotrack.participants.models import Participant
from cotrack.study.models import StudyDefinition

OPEN = text("status IN ('ordered', 'allocated')")
HELD = text("released_at IS NULL")


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

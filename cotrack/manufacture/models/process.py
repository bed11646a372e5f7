"""Tables of rooms and devices, and of a lot's steps: what was scanned, what was measured, who verified it."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Person
from cotrack.foundation.db import APPEND_ONLY, Base, ExactDecimal, Standing, column, one_of
from cotrack.lifecycles import EQUIPMENT, STEP
from cotrack.manufacture.models.product import Lot, LotInput
from cotrack.quality.models import Deviation

EQUIPMENT_KINDS = (
    "clean_room",
    "safety_cabinet",
    "incubator",
    "centrifuge",
    "cell_counter",
    "cell_washer",
    "filling_device",
    "controlled_rate_freezer",
)
_FIRST = text("corrects_id IS NULL")


class Equipment(Standing):
    """A room or a device: until when its calibration (of a room: its qualification) stands."""

    __tablename__ = "equipment"
    __lifecycle__ = EQUIPMENT
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("number"),
        one_of("status", EQUIPMENT.states),
        one_of("kind", EQUIPMENT_KINDS),
        CheckConstraint("due_on >= calibrated_on", name="due_after_calibration"),
    )

    number: Mapped[str] = column()
    kind: Mapped[str] = column()
    name: Mapped[str] = column()
    calibrated_on: Mapped[date] = column()
    due_on: Mapped[date] = column()
    registered_at: Mapped[datetime] = column()
    registered_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))


class Step(Standing):
    """One step of a lot, as its study version describes it; its number is the lot's with the step's key."""

    __tablename__ = "step"
    __lifecycle__ = STEP
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("lot_id", "step"),
        one_of("status", STEP.states),
        CheckConstraint("(status = 'begun') = (ended_at IS NULL)", name="performed_at_a_time"),
    )

    number: Mapped[str] = column()
    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    step: Mapped[str] = column()
    started_at: Mapped[datetime] = column()
    ended_at: Mapped[datetime | None] = column()
    performed_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    lot: Mapped[Lot] = relationship()
    performed_by: Mapped[Person] = relationship()


class StepScan(Base):
    """What was scanned at a step: a room or a device, or what went into the lot. It is never changed."""

    __tablename__ = "step_scan"
    __table_args__ = (
        Index("ix_step_scan_step_id", "step_id"),
        UniqueConstraint("lot_input_id"),
        CheckConstraint("(equipment_id IS NULL) <> (lot_input_id IS NULL)", name="one_thing"),
        {"info": APPEND_ONLY},
    )

    step_id: Mapped[int] = column(ForeignKey("step.id", ondelete="RESTRICT"))
    need: Mapped[str] = column()
    equipment_id: Mapped[int | None] = column(ForeignKey("equipment.id", ondelete="RESTRICT"))
    lot_input_id: Mapped[int | None] = column(ForeignKey("lot_input.id", ondelete="RESTRICT"))
    calibration_due_on: Mapped[date | None] = column()
    scanned_at: Mapped[datetime] = column()
    scanned_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    equipment: Mapped[Equipment | None] = relationship()
    lot_input: Mapped[LotInput | None] = relationship()


class StepValue(Base):
    """What was measured at a step. A wrong one is corrected by a further row, and stays."""

    __tablename__ = "step_value"
    __table_args__ = (
        Index("ix_step_value_step_id", "step_id"),
        Index("uq_step_value_first", "step_id", "parameter", unique=True, sqlite_where=_FIRST, postgresql_where=_FIRST),
        UniqueConstraint("corrects_id"),
        CheckConstraint("reported <> ''", name="value_said"),
        CheckConstraint("(corrects_id IS NULL) = (reason = '')", name="corrected_with_reason"),
        {"info": APPEND_ONLY},
    )

    step_id: Mapped[int] = column(ForeignKey("step.id", ondelete="RESTRICT"))
    parameter: Mapped[str] = column()
    reported: Mapped[str] = column()
    number: Mapped[Decimal | None] = column(ExactDecimal(15, 6))
    corrects_id: Mapped[int | None] = column(ForeignKey("step_value.id", ondelete="RESTRICT"))
    reason: Mapped[str] = column()
    deviation_id: Mapped[int | None] = column(ForeignKey("deviation.id", ondelete="RESTRICT"))
    recorded_at: Mapped[datetime] = column()
    recorded_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    deviation: Mapped[Deviation | None] = relationship()
    recorded_by: Mapped[Person] = relationship()


class StepVerification(Base):
    """Another person saw that a step was performed as it stands; a later correction asks for another one."""

    __tablename__ = "step_verification"
    __table_args__ = (
        Index("ix_step_verification_step_id", "step_id"),
        CheckConstraint("performed_by_id <> verified_by_id", name="two_people"),
        {"info": APPEND_ONLY},
    )

    step_id: Mapped[int] = column(ForeignKey("step.id", ondelete="RESTRICT"))
    performed_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    verified_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    verified_at: Mapped[datetime] = column()

    verified_by: Mapped[Person] = relationship(foreign_keys="StepVerification.verified_by_id")

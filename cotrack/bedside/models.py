"""Tables of checks, washes and infusions. A check is a row with an age, not a state."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Person, Signature
from cotrack.foundation.db import APPEND_ONLY, Base, ExactDecimal, column, one_of
from cotrack.manufacture.models import Unit
from cotrack.orders.models import Order
from cotrack.participants.models import Participant

CHECK_KINDS = ("thaw", "bedside")
CHECK_RESULTS = ("match", "mismatch")
ENTERED = ("scanned", "keyed")
"""How a label came into a check: its whole code by a scan, or its number and boxed character by hand."""


class IdentityCheck(Base):
    """One person's check of what they scanned, with its result and until when a match stands.

    `other_label_id` is the band at the bedside, the tag before the thaw. How each was entered is not known of checks
    that are older than the question.
    """

    __tablename__ = "identity_check"
    __table_args__ = (
        Index("ix_identity_check_unit_id", "unit_id"),
        Index("ix_identity_check_order_id", "order_id"),
        one_of("kind", CHECK_KINDS),
        one_of("result", CHECK_RESULTS),
        CheckConstraint(
            "result = 'mismatch' OR (unit_id IS NOT NULL AND order_id IS NOT NULL)",
            name="match_names_bag_and_order",
        ),
        one_of("unit_entered", ENTERED),
        one_of("other_entered", ENTERED),
        CheckConstraint(
            "result = 'mismatch' OR keyed_reason <> '' OR (unit_entered = 'scanned' AND other_entered = 'scanned')",
            name="keyed_with_reason",
        ),
        CheckConstraint(
            "result = 'mismatch' OR unit_entered = 'scanned' OR other_entered = 'scanned'", name="something_scanned"
        ),
        {"info": APPEND_ONLY},
    )

    kind: Mapped[str] = column()
    result: Mapped[str] = column()
    blockers: Mapped[str] = column()
    person_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    session_id: Mapped[int | None] = column()
    station: Mapped[str] = column()
    ward: Mapped[str] = column()
    unit_id: Mapped[int | None] = column(ForeignKey("unit.id", ondelete="RESTRICT"))
    order_id: Mapped[int | None] = column(ForeignKey("order.id", ondelete="RESTRICT"))
    participant_id: Mapped[int | None] = column(ForeignKey("participant.id", ondelete="RESTRICT"))
    unit_label_id: Mapped[int | None] = column(ForeignKey("label_instance.id", ondelete="RESTRICT"))
    other_label_id: Mapped[int | None] = column(ForeignKey("label_instance.id", ondelete="RESTRICT"))
    decided_at: Mapped[datetime] = column()
    valid_until: Mapped[datetime] = column()
    unit_entered: Mapped[str | None] = column()
    other_entered: Mapped[str | None] = column()
    keyed_reason: Mapped[str | None] = column()

    person: Mapped[Person] = relationship()
    unit: Mapped[Unit | None] = relationship()
    order: Mapped[Order | None] = relationship()


class Infusion(Base):
    """The one infusion of a bag: a unit is started once, ever."""

    __tablename__ = "infusion"
    __table_args__ = (
        UniqueConstraint("unit_id"),
        UniqueConstraint("first_check_id"),
        UniqueConstraint("second_check_id"),
        Index("ix_infusion_participant_id", "participant_id"),
        CheckConstraint("first_check_id <> second_check_id", name="two_checks"),
        CheckConstraint("first_person_id <> second_person_id", name="two_people"),
        CheckConstraint("(ended_at IS NULL) = (volume_given_ml IS NULL)", name="ended_with_volume"),
        CheckConstraint("volume_given_ml IS NULL OR volume_given_ml >= 0", name="given_not_negative"),
        CheckConstraint("volume_left_ml IS NULL OR volume_left_ml >= 0", name="left_not_negative"),
    )

    unit_id: Mapped[int] = column(ForeignKey("unit.id", ondelete="RESTRICT"))
    order_id: Mapped[int] = column(ForeignKey("order.id", ondelete="RESTRICT"))
    participant_id: Mapped[int] = column(ForeignKey("participant.id", ondelete="RESTRICT"))
    first_check_id: Mapped[int] = column(ForeignKey("identity_check.id", ondelete="RESTRICT"))
    second_check_id: Mapped[int] = column(ForeignKey("identity_check.id", ondelete="RESTRICT"))
    first_person_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    second_person_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    station: Mapped[str] = column()
    started_at: Mapped[datetime] = column()
    started_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    ended_at: Mapped[datetime | None] = column()
    volume_given_ml: Mapped[Decimal | None] = column(ExactDecimal(7, 1))
    volume_left_ml: Mapped[Decimal | None] = column(ExactDecimal(7, 1))
    closing_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    unit: Mapped[Unit] = relationship()
    order: Mapped[Order] = relationship()
    participant: Mapped[Participant] = relationship()
    closing_signature: Mapped[Signature | None] = relationship()


class Wash(Base):
    """That the cells of a thawed bag were washed, once ever: when, by the server's time, and who recorded it."""

    __tablename__ = "wash"
    __table_args__ = (UniqueConstraint("unit_id"), {"info": APPEND_ONLY})

    unit_id: Mapped[int] = column(ForeignKey("unit.id", ondelete="RESTRICT"))
    washed_at: Mapped[datetime] = column()
    washed_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    washed_by: Mapped[Person] = relationship()


class Sitting(Base):
    """What one person has scanned at the bedside so far, until it becomes a check: working memory, not a record."""

    __tablename__ = "sitting"
    __table_args__ = (UniqueConstraint("session_id"),)

    session_id: Mapped[int] = column()
    band_scan: Mapped[str] = column()
    keyed_reason: Mapped[str | None] = column()
    identity_answer: Mapped[str] = column()
    opened_at: Mapped[datetime] = column()

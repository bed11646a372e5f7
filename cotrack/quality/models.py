"""Tables of holds and recalls, of deviations, and of alerts with who has read them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Person, Signature
from cotrack.foundation.db import APPEND_ONLY, Base, Standing, column, one_of
from cotrack.lifecycles import DEVIATION, DEVIATION_ACTION, HOLD

CLASSES = ("minor", "major", "critical")
ACTION_KINDS = ("correction", "prevention")


class Hold(Standing):
    """A hold or recall of a thing. It stands over the thing's status; lifting it restores nothing: nothing changed."""

    __tablename__ = "hold"
    __lifecycle__ = HOLD
    __table_args__ = (
        Index("ix_hold_subject", "subject", "status"),
        one_of("status", HOLD.states),
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint("(status = 'lifted') = (lifted_by_id IS NOT NULL)", name="lifted_by_somebody"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name="lifted_at_a_time"),
    )

    subject: Mapped[str] = column()
    reason: Mapped[str] = column()
    placed_at: Mapped[datetime] = column()
    placed_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    lifted_at: Mapped[datetime | None] = column()
    lifted_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    lift_reason: Mapped[str | None] = column()


class Deviation(Standing):
    """Something that went otherwise than it should: what happened, and what QA found out about it."""

    __tablename__ = "deviation"
    __lifecycle__ = DEVIATION
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_deviation_subject", "subject", "status"),
        one_of("status", DEVIATION.states),
        one_of("classification", ("", *CLASSES)),
        CheckConstraint("description <> ''", name="described"),
        CheckConstraint("(status = 'closed') = (closure_signature_id IS NOT NULL)", name="closed_with_signature"),
        CheckConstraint(
            "status <> 'closed' OR (classification <> '' AND cause <> '' AND impact <> '')", name="closed_as_assessed"
        ),
    )

    number: Mapped[str] = column()
    subject: Mapped[str] = column()
    description: Mapped[str] = column()
    classification: Mapped[str] = column()
    cause: Mapped[str] = column()
    impact: Mapped[str] = column()
    affected: Mapped[str | None] = column()
    opened_at: Mapped[datetime] = column()
    opened_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    closure_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    closure_signature: Mapped[Signature | None] = relationship()

    @property
    def things(self) -> list[str]:
        """The lots and bags that QA found concerned (`noun:id`); none where it was assessed before they were named."""
        return (self.affected or "").split()


class DeviationAction(Standing):
    """What is to be done after a deviation, by whom and by when: a correction before it is closed, or a prevention."""

    __tablename__ = "deviation_action"
    __lifecycle__ = DEVIATION_ACTION
    __table_args__ = (
        Index("ix_deviation_action_deviation_id", "deviation_id"),
        Index("ix_deviation_action_owner_id", "owner_id", "status"),
        one_of("status", DEVIATION_ACTION.states),
        one_of("kind", ACTION_KINDS),
        CheckConstraint("description <> ''", name="described"),
        CheckConstraint("(status = 'planned') = (ended_at IS NULL)", name="ended_at_a_time"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by_somebody"),
        CheckConstraint("(status = 'planned') = (outcome = '')", name="ended_in_words"),
        CheckConstraint("status <> 'done' OR ended_by_id = owner_id", name="done_by_its_owner"),
    )

    deviation_id: Mapped[int] = column(ForeignKey("deviation.id", ondelete="RESTRICT"))
    kind: Mapped[str] = column()
    description: Mapped[str] = column()
    owner_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    due_on: Mapped[date] = column()
    outcome: Mapped[str] = column()
    planned_at: Mapped[datetime] = column()
    planned_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    ended_at: Mapped[datetime | None] = column()
    ended_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    deviation: Mapped[Deviation] = relationship()
    owner: Mapped[Person] = relationship(foreign_keys="DeviationAction.owner_id")


class Alert(Base):
    """Something that certain people must read: a released lot was stopped. Its hold and its deviation stand by it."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("hold_id"),
        UniqueConstraint("deviation_id"),
        Index("ix_alert_subject", "subject"),
        CheckConstraint("reason <> ''", name="reason_given"),
        {"info": APPEND_ONLY},
    )

    subject: Mapped[str] = column()
    reason: Mapped[str] = column()
    hold_id: Mapped[int] = column(ForeignKey("hold.id", ondelete="RESTRICT"))
    deviation_id: Mapped[int] = column(ForeignKey("deviation.id", ondelete="RESTRICT"))
    raised_at: Mapped[datetime] = column()
    raised_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    hold: Mapped[Hold] = relationship()
    deviation: Mapped[Deviation] = relationship()


class Acknowledgement(Base):
    """Somebody has read an alert: for whom they read it, and the very list that they were shown."""

    __tablename__ = "acknowledgement"
    __table_args__ = (
        Index("ix_acknowledgement_alert_id", "alert_id", "party"),
        CheckConstraint("party <> ''", name="party_named"),
        CheckConstraint("shown <> ''", name="list_shown"),
        {"info": APPEND_ONLY},
    )

    alert_id: Mapped[int] = column(ForeignKey("alert.id", ondelete="RESTRICT"))
    party: Mapped[str] = column()
    shown: Mapped[str] = column()
    acknowledged_at: Mapped[datetime] = column()
    person_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))

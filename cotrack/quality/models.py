"""The table of holds and recalls."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped

from cotrack.foundation.db import Base, column, one_of

HOLD_KINDS = ("hold", "recall")


class Hold(Base):
    """A hold or a recall of a thing. It stands over the thing's status; lifting it restores nothing, for nothing changed."""

    __tablename__ = "hold"
    __table_args__ = (
        Index("ix_hold_subject", "subject", "lifted_at"),
        one_of("kind", HOLD_KINDS),
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name="lifted_by_somebody"),
        CheckConstraint("kind = 'hold' OR lifted_at IS NULL", name="recall_is_final"),
    )

    subject: Mapped[str] = column()
    kind: Mapped[str] = column()
    reason: Mapped[str] = column()
    placed_at: Mapped[datetime] = column()
    placed_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    lifted_at: Mapped[datetime | None] = column()
    lifted_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    lift_reason: Mapped[str | None] = column()

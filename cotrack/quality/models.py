"""The table of holds and recalls."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped

from cotrack.foundation.db import Standing, column, one_of
from cotrack.lifecycles import HOLD


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

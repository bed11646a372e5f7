"""The table of findings."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped

from cotrack.foundation.db import Base, column


class TrailFinding(Base):
    """A place where the trail was found altered. Every page says so until a person has acknowledged it."""

    __tablename__ = "trail_finding"
    __table_args__ = (
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by_id IS NULL)", name="acknowledged_by_somebody"),
        CheckConstraint("(acknowledged_at IS NULL) = (reason IS NULL)", name="acknowledged_with_reason"),
    )

    sentence: Mapped[str] = column()
    found_at: Mapped[datetime] = column()
    acknowledged_at: Mapped[datetime | None] = column()
    acknowledged_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    reason: Mapped[str | None] = column()

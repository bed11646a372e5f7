"""The table of findings."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped

from cotrack.foundation.db import Standing, column, one_of
from cotrack.lifecycles import TRAIL_FINDING


class TrailFinding(Standing):
    """A place where the trail was found altered. Every page says so until a person has acknowledged it."""

    __tablename__ = "trail_finding"
    __lifecycle__ = TRAIL_FINDING
    __table_args__ = (
        one_of("status", TRAIL_FINDING.states),
        CheckConstraint(
            "(status = 'acknowledged') = (acknowledged_by_id IS NOT NULL)", name="acknowledged_by_somebody"
        ),
    )

    sentence: Mapped[str] = column()
    found_at: Mapped[datetime] = column()
    acknowledged_at: Mapped[datetime | None] = column()
    acknowledged_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    reason: Mapped[str | None] = column()

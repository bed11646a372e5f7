"""Tables of where units lie and of the hands they pass through."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped

from cotrack.foundation.db import APPEND_ONLY, Base, column, one_of

HANDOVER_KINDS = ("issue", "receipt", "return")
STILL_THERE = text("taken_out_at IS NULL")


class Placement(Base):
    """A unit in a place, from when it was put in until it was taken out; a unit lies in one place at a time."""

    __tablename__ = "placement"
    __table_args__ = (
        Index(
            "uq_placement_unit",
            "unit_id",
            unique=True,
            sqlite_where=STILL_THERE,
            postgresql_where=STILL_THERE,
        ),
    )

    unit_id: Mapped[int] = column(ForeignKey("unit.id", ondelete="RESTRICT"))
    place: Mapped[str] = column()
    placed_at: Mapped[datetime] = column()
    placed_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    taken_out_at: Mapped[datetime | None] = column()


class Handover(Base):
    """A unit passing from one named person to another, for a ward."""

    __tablename__ = "handover"
    __table_args__ = (
        Index("ix_handover_unit_id", "unit_id"),
        one_of("kind", HANDOVER_KINDS),
        CheckConstraint("given_by_id <> taken_by_id", name="two_people"),
        {"info": APPEND_ONLY},
    )

    unit_id: Mapped[int] = column(ForeignKey("unit.id", ondelete="RESTRICT"))
    kind: Mapped[str] = column()
    ward: Mapped[str] = column()
    given_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    taken_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    handed_over_at: Mapped[datetime] = column()

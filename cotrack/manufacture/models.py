"""Tables of lots and units."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.db import ExactDecimal, Standing, column, one_of
from cotrack.lifecycles import LOT, UNIT
from cotrack.study.models import StudyDefinition

UNIT_KINDS = ("bag",)


class Lot(Standing):
    """One lot of the product, bound for ever to the study version under which it was made."""

    __tablename__ = "lot"
    __lifecycle__ = LOT
    __key__ = "number"
    __table_args__ = (UniqueConstraint("number"), one_of("status", LOT.states))

    number: Mapped[str] = column()
    study_definition_id: Mapped[int] = column(ForeignKey("study_definition.id", ondelete="RESTRICT"))
    made_on: Mapped[date] = column()
    expires_at: Mapped[datetime] = column()
    made_at: Mapped[datetime] = column()
    made_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    study_definition: Mapped[StudyDefinition] = relationship()
    units: Mapped[list["Unit"]] = relationship(back_populates="lot", order_by="Unit.number")


class Unit(Standing):
    """One labelled bag of a lot. Viable cells are volume × viable cells per mL, never times viability again."""

    __tablename__ = "unit"
    __lifecycle__ = UNIT
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_unit_lot_id", "lot_id"),
        one_of("status", UNIT.states),
        one_of("kind", UNIT_KINDS),
        CheckConstraint("volume_ml > 0", name="volume_positive"),
        CheckConstraint("viable_million_per_ml > 0", name="cells_positive"),
        CheckConstraint("thawed_at IS NULL OR thaw_started_at IS NOT NULL", name="thaw_in_order"),
        CheckConstraint(
            "status NOT IN ('thawing', 'thawed', 'started', 'paused', 'completed') OR thaw_started_at IS NOT NULL",
            name="thaw_has_start",
        ),
    )

    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    number: Mapped[str] = column()
    kind: Mapped[str] = column()
    volume_ml: Mapped[Decimal] = column(ExactDecimal(7, 1))
    viable_million_per_ml: Mapped[Decimal] = column(ExactDecimal(9, 3))
    filled_at: Mapped[datetime] = column()
    filled_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    thaw_started_at: Mapped[datetime | None] = column()
    thawed_at: Mapped[datetime | None] = column()

    lot: Mapped[Lot] = relationship(back_populates="units")

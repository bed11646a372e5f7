"""Tables of lots and units, and of what lots are made from: donors, cell banks and materials."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Signature
from cotrack.foundation.db import APPEND_ONLY, Base, ExactDecimal, Standing, column, one_of
from cotrack.lifecycles import CELL_BANK, DONOR, LINE_CLEARANCE, LOT, MATERIAL, UNIT
from cotrack.quality.models import Deviation
from cotrack.study.models import StudyDefinition

UNIT_KINDS = ("bag", "retention", "sterility", "mycoplasma", "rcl_archive")
"""A bag is given; every other kind is a sample and never is. The kinds of `rules.filling`, again: a test compares."""

AT_STATION = text("status IN ('cleared', 'in_force', 'leaving')")
TIERS = ("master", "working")
MATERIAL_KINDS = ("medium", "reagent", "vector", "container")


def _decided(waiting: str) -> CheckConstraint:
    """Nothing leaves the state in which it waits without a signature."""
    return CheckConstraint(f"(status = '{waiting}') = (decision_signature_id IS NULL)", name="decided_with_signature")


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
    """One labelled bag or sample of a lot. Viable cells are volume × cells per mL, never times viability again."""

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
        CheckConstraint("viability_percent >= 0", name="viability_not_negative"),
        CheckConstraint(
            "kind = 'bag' OR status IN ('filled', 'sent', 'archived', 'used_up', 'destroyed')",
            name="sample_never_given",
        ),
        CheckConstraint("kind <> 'bag' OR status NOT IN ('sent', 'archived', 'used_up')", name="bag_never_a_sample"),
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
    viability_percent: Mapped[Decimal | None] = column(ExactDecimal(4, 1))
    filled_at: Mapped[datetime] = column()
    filled_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    thaw_started_at: Mapped[datetime | None] = column()
    thawed_at: Mapped[datetime | None] = column()

    lot: Mapped[Lot] = relationship(back_populates="units")


class LineClearance(Standing):
    """One lot's time at one station: cleared and checked before filling, cleared and checked again after it."""

    __tablename__ = "line_clearance"
    __lifecycle__ = LINE_CLEARANCE
    __table_args__ = (
        Index(
            "uq_line_clearance_station", "station", unique=True, sqlite_where=AT_STATION, postgresql_where=AT_STATION
        ),
        Index("ix_line_clearance_lot_id", "lot_id"),
        one_of("status", LINE_CLEARANCE.states),
        CheckConstraint("cleared_by_id <> checked_by_id", name="two_people"),
        CheckConstraint("left_by_id <> ended_by_id", name="two_people_after"),
        CheckConstraint("looked_at <> ''", name="looked"),
        CheckConstraint("status IN ('cleared', 'withdrawn') OR checked_by_id IS NOT NULL", name="checked"),
        CheckConstraint(
            "status <> 'ended' OR (left_by_id IS NOT NULL AND ended_by_id IS NOT NULL AND looked_at_after <> '')",
            name="ended_by_two",
        ),
        CheckConstraint("labels_before >= 0 AND labels_after >= 0", name="labels_counted"),
    )

    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    station: Mapped[str] = column()
    roll: Mapped[str] = column()
    labels_before: Mapped[int] = column()
    looked_at: Mapped[str] = column()
    cleared_at: Mapped[datetime] = column()
    cleared_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    checked_at: Mapped[datetime | None] = column()
    checked_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    labels_after: Mapped[int | None] = column()
    looked_at_after: Mapped[str] = column()
    left_at: Mapped[datetime | None] = column()
    left_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    ended_at: Mapped[datetime | None] = column()
    ended_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    lot: Mapped[Lot] = relationship()


class RollChange(Base):
    """Another roll of labels at a station: what was left of the one before, and what the new one holds."""

    __tablename__ = "roll_change"
    __table_args__ = (
        Index("ix_roll_change_clearance_id", "clearance_id"),
        CheckConstraint("labels_left >= 0 AND labels_put_in > 0", name="labels_counted"),
        CheckConstraint("roll <> ''", name="roll_named"),
        {"info": APPEND_ONLY},
    )

    clearance_id: Mapped[int] = column(ForeignKey("line_clearance.id", ondelete="RESTRICT"))
    labels_left: Mapped[int] = column()
    roll: Mapped[str] = column()
    labels_put_in: Mapped[int] = column()
    changed_at: Mapped[datetime] = column()
    changed_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))


class RollExplanation(Base):
    """Where the difference of a roll comes from, between labels that came off it and labels that were printed."""

    __tablename__ = "roll_explanation"
    __table_args__ = (
        UniqueConstraint("clearance_id", "position", "difference"),
        CheckConstraint("position >= 0 AND difference <> 0", name="differs"),
        CheckConstraint("reason <> ''", name="explained"),
        {"info": APPEND_ONLY},
    )

    clearance_id: Mapped[int] = column(ForeignKey("line_clearance.id", ondelete="RESTRICT"))
    position: Mapped[int] = column()
    difference: Mapped[int] = column()
    reason: Mapped[str] = column()
    explained_at: Mapped[datetime] = column()
    explained_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))


class Donor(Standing):
    """Who gave the tissue, by number alone; whether what comes of it may be used (21 CFR 1271.50)."""

    __tablename__ = "donor"
    __lifecycle__ = DONOR
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("number"),
        one_of("status", DONOR.states),
        _decided("undecided"),
        CheckConstraint("status <> 'eligible' OR markers <> ''", name="eligible_by_markers"),
    )

    number: Mapped[str] = column()
    markers: Mapped[str] = column()
    registered_at: Mapped[datetime] = column()
    registered_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    decision_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    decision_signature: Mapped[Signature | None] = relationship()


class CellBank(Standing):
    """Cells of one donor, laid down in vials: a master bank, or a working bank that was grown from a master bank."""

    __tablename__ = "cell_bank"
    __lifecycle__ = CELL_BANK
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_cell_bank_donor_id", "donor_id"),
        Index("ix_cell_bank_parent_id", "parent_id"),
        one_of("status", CELL_BANK.states),
        one_of("tier", TIERS),
        _decided("quarantine"),
        CheckConstraint("(tier = 'working') = (parent_id IS NOT NULL)", name="working_of_a_bank"),
        CheckConstraint("vials_total > 0", name="vials_positive"),
        CheckConstraint("passage >= 0", name="passage_counted"),
    )

    number: Mapped[str] = column()
    name: Mapped[str] = column()
    tier: Mapped[str] = column()
    donor_id: Mapped[int] = column(ForeignKey("donor.id", ondelete="RESTRICT"))
    parent_id: Mapped[int | None] = column(ForeignKey("cell_bank.id", ondelete="RESTRICT"))
    vials_total: Mapped[int] = column()
    passage: Mapped[int | None] = column()
    expires_on: Mapped[date] = column()
    registered_at: Mapped[datetime] = column()
    registered_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    decision_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    donor: Mapped[Donor] = relationship()
    parent: Mapped["CellBank | None"] = relationship(remote_side="CellBank.id")
    decision_signature: Mapped[Signature | None] = relationship()


class Material(Standing):
    """One delivered lot of a medium, a reagent, a vector or a container."""

    __tablename__ = "material"
    __lifecycle__ = MATERIAL
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("number"),
        one_of("status", MATERIAL.states),
        one_of("kind", MATERIAL_KINDS),
        _decided("quarantine"),
    )

    number: Mapped[str] = column()
    kind: Mapped[str] = column()
    name: Mapped[str] = column()
    supplier: Mapped[str] = column()
    supplier_lot: Mapped[str] = column()
    expires_on: Mapped[date] = column()
    registered_at: Mapped[datetime] = column()
    registered_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    decision_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    decision_signature: Mapped[Signature | None] = relationship()


class LotInput(Base):
    """What went into a lot: vials of a bank, or an amount of a material. It is never changed."""

    __tablename__ = "lot_input"
    __table_args__ = (
        Index("ix_lot_input_lot_id", "lot_id"),
        Index("ix_lot_input_bank_id", "bank_id"),
        Index("ix_lot_input_material_id", "material_id"),
        CheckConstraint("(bank_id IS NULL) <> (material_id IS NULL)", name="one_source"),
        CheckConstraint("(bank_id IS NULL) = (vials IS NULL)", name="bank_in_vials"),
        CheckConstraint("vials > 0", name="vials_positive"),
        CheckConstraint("amount <> ''", name="amount_said"),
        {"info": APPEND_ONLY},
    )

    lot_id: Mapped[int] = column(ForeignKey("lot.id", ondelete="RESTRICT"))
    bank_id: Mapped[int | None] = column(ForeignKey("cell_bank.id", ondelete="RESTRICT"))
    material_id: Mapped[int | None] = column(ForeignKey("material.id", ondelete="RESTRICT"))
    vials: Mapped[int | None] = column()
    amount: Mapped[str] = column()
    used_at: Mapped[datetime] = column()
    used_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    lot: Mapped[Lot] = relationship()
    bank: Mapped[CellBank | None] = relationship()
    material: Mapped[Material | None] = relationship()
    late: Mapped["LateInput | None"] = relationship(viewonly=True)


class LateInput(Base):
    """QA's signed word that something went into a lot earlier than it was recorded: when, why, and its deviation."""

    __tablename__ = "late_input"
    __table_args__ = (
        UniqueConstraint("input_id"),
        CheckConstraint("reason <> ''", name="reason_given"),
        {"info": APPEND_ONLY},
    )

    input_id: Mapped[int] = column(ForeignKey("lot_input.id", ondelete="RESTRICT"))
    deviation_id: Mapped[int] = column(ForeignKey("deviation.id", ondelete="RESTRICT"))
    reason: Mapped[str] = column()
    recorded_at: Mapped[datetime] = column()
    signature_id: Mapped[int] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    deviation: Mapped[Deviation] = relationship()
    signature: Mapped[Signature] = relationship()

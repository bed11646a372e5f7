"""Donors, cell banks, materials, and what went into each lot."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only, never_deleted

revision = "0007"
down_revision = "0006"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def upgrade():
    op.create_table(
        "donor",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", PlainText(), nullable=False),
        sa.Column("markers", PlainText(), nullable=False),
        sa.Column("registered_at", UtcInstant(), nullable=False),
        sa.Column("registered_by_id", KEY, nullable=False),
        sa.Column("decision_signature_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('undecided', 'eligible', 'not_eligible')", name=op.f("ck_donor_status")),
        sa.CheckConstraint("(status = 'undecided') = (decision_signature_id IS NULL)", name=op.f("ck_donor_decided_with_signature")),
        sa.CheckConstraint("status <> 'eligible' OR markers <> ''", name=op.f("ck_donor_eligible_by_markers")),
        _to("donor", "registered_by_id", "person"),
        _to("donor", "decision_signature_id", "signature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_donor")),
        sa.UniqueConstraint("number", name=op.f("uq_donor_number")),
    )
    never_deleted(op.get_bind(), "donor")
    op.create_table(
        "cell_bank",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", PlainText(), nullable=False),
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("tier", PlainText(), nullable=False),
        sa.Column("donor_id", KEY, nullable=False),
        sa.Column("parent_id", KEY, nullable=True),
        sa.Column("vials_total", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("registered_at", UtcInstant(), nullable=False),
        sa.Column("registered_by_id", KEY, nullable=False),
        sa.Column("decision_signature_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('quarantine', 'approved', 'rejected')", name=op.f("ck_cell_bank_status")),
        sa.CheckConstraint("tier IN ('master', 'working')", name=op.f("ck_cell_bank_tier")),
        sa.CheckConstraint("(status = 'quarantine') = (decision_signature_id IS NULL)", name=op.f("ck_cell_bank_decided_with_signature")),
        sa.CheckConstraint("(tier = 'working') = (parent_id IS NOT NULL)", name=op.f("ck_cell_bank_working_of_a_bank")),
        sa.CheckConstraint("vials_total > 0", name=op.f("ck_cell_bank_vials_positive")),
        _to("cell_bank", "donor_id", "donor"),
        _to("cell_bank", "parent_id", "cell_bank"),
        _to("cell_bank", "registered_by_id", "person"),
        _to("cell_bank", "decision_signature_id", "signature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cell_bank")),
        sa.UniqueConstraint("number", name=op.f("uq_cell_bank_number")),
    )
    op.create_index("ix_cell_bank_donor_id", "cell_bank", ["donor_id"])
    op.create_index("ix_cell_bank_parent_id", "cell_bank", ["parent_id"])
    never_deleted(op.get_bind(), "cell_bank")
    op.create_table(
        "material",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", PlainText(), nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("supplier", PlainText(), nullable=False),
        sa.Column("supplier_lot", PlainText(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("registered_at", UtcInstant(), nullable=False),
        sa.Column("registered_by_id", KEY, nullable=False),
        sa.Column("decision_signature_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('quarantine', 'approved', 'rejected')", name=op.f("ck_material_status")),
        sa.CheckConstraint("kind IN ('medium', 'reagent', 'vector', 'container')", name=op.f("ck_material_kind")),
        sa.CheckConstraint("(status = 'quarantine') = (decision_signature_id IS NULL)", name=op.f("ck_material_decided_with_signature")),
        _to("material", "registered_by_id", "person"),
        _to("material", "decision_signature_id", "signature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
        sa.UniqueConstraint("number", name=op.f("uq_material_number")),
    )
    never_deleted(op.get_bind(), "material")
    op.create_table(
        "lot_input",
        sa.Column("id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("bank_id", KEY, nullable=True),
        sa.Column("material_id", KEY, nullable=True),
        sa.Column("vials", sa.Integer(), nullable=True),
        sa.Column("amount", PlainText(), nullable=False),
        sa.Column("used_at", UtcInstant(), nullable=False),
        sa.Column("used_by_id", KEY, nullable=False),
        sa.CheckConstraint("(bank_id IS NULL) <> (material_id IS NULL)", name=op.f("ck_lot_input_one_source")),
        sa.CheckConstraint("(bank_id IS NULL) = (vials IS NULL)", name=op.f("ck_lot_input_bank_in_vials")),
        sa.CheckConstraint("vials > 0", name=op.f("ck_lot_input_vials_positive")),
        sa.CheckConstraint("amount <> ''", name=op.f("ck_lot_input_amount_said")),
        _to("lot_input", "lot_id", "lot"),
        _to("lot_input", "bank_id", "cell_bank"),
        _to("lot_input", "material_id", "material"),
        _to("lot_input", "used_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_input")),
    )
    for column in ("lot_id", "bank_id", "material_id"):
        op.create_index(f"ix_lot_input_{column}", "lot_input", [column])
    append_only(op.get_bind(), "lot_input")
    op.create_index("ix_band_participant_id", "band", ["participant_id"])

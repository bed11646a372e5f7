"""Rooms and devices, and the steps of a lot: what was scanned, what was measured, who verified it."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import ExactDecimal, PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only, never_deleted

revision = "0009"
down_revision = "0008"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = (
    "kind IN ('clean_room', 'safety_cabinet', 'incubator', 'centrifuge', 'cell_counter', 'cell_washer', "
    "'filling_device', 'controlled_rate_freezer')"
)
FIRST = sa.text("corrects_id IS NULL")


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def _check(table, said, name):
    return sa.CheckConstraint(said, name=op.f(f"ck_{table}_{name}"))


def upgrade():
    op.create_table(
        "equipment",
        sa.Column("id", KEY, nullable=False),
        *(sa.Column(name, PlainText(), nullable=False) for name in ("number", "kind", "name")),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("calibrated_on", "due_on")),
        sa.Column("registered_at", UtcInstant(), nullable=False),
        sa.Column("registered_by_id", KEY, nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("equipment", "status IN ('in_use', 'out_of_use')", "status"),
        _check("equipment", KINDS, "kind"),
        _check("equipment", "due_on >= calibrated_on", "due_after_calibration"),
        _to("equipment", "registered_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        sa.UniqueConstraint("number", name=op.f("uq_equipment_number")),
    )
    never_deleted(op.get_bind(), "equipment")
    op.create_table(
        "step",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", PlainText(), nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("step", PlainText(), nullable=False),
        sa.Column("started_at", UtcInstant(), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("performed_by_id", KEY, nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("step", "status IN ('begun', 'performed', 'verified')", "status"),
        _check("step", "(status = 'begun') = (ended_at IS NULL)", "performed_at_a_time"),
        _to("step", "lot_id", "lot"),
        _to("step", "performed_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step")),
        sa.UniqueConstraint("number", name=op.f("uq_step_number")),
        sa.UniqueConstraint("lot_id", "step", name=op.f("uq_step_lot_id_step")),
    )
    never_deleted(op.get_bind(), "step")
    _make_what_a_step_holds()
    op.execute("ALTER TABLE cell_bank ADD COLUMN passage INTEGER CONSTRAINT ck_cell_bank_passage_counted CHECK (passage >= 0)")


def _make_what_a_step_holds():
    op.create_table(
        "step_scan",
        sa.Column("id", KEY, nullable=False),
        sa.Column("step_id", KEY, nullable=False),
        sa.Column("need", PlainText(), nullable=False),
        sa.Column("equipment_id", KEY, nullable=True),
        sa.Column("lot_input_id", KEY, nullable=True),
        sa.Column("calibration_due_on", sa.Date(), nullable=True),
        sa.Column("scanned_at", UtcInstant(), nullable=False),
        sa.Column("scanned_by_id", KEY, nullable=False),
        _check("step_scan", "(equipment_id IS NULL) <> (lot_input_id IS NULL)", "one_thing"),
        _to("step_scan", "step_id", "step"),
        _to("step_scan", "equipment_id", "equipment"),
        _to("step_scan", "lot_input_id", "lot_input"),
        _to("step_scan", "scanned_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_scan")),
        sa.UniqueConstraint("lot_input_id", name=op.f("uq_step_scan_lot_input_id")),
    )
    op.create_table(
        "step_value",
        sa.Column("id", KEY, nullable=False),
        sa.Column("step_id", KEY, nullable=False),
        sa.Column("parameter", PlainText(), nullable=False),
        sa.Column("reported", PlainText(), nullable=False),
        sa.Column("number", ExactDecimal(15, 6), nullable=True),
        sa.Column("corrects_id", KEY, nullable=True),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("deviation_id", KEY, nullable=True),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by_id", KEY, nullable=False),
        _check("step_value", "reported <> ''", "value_said"),
        _check("step_value", "(corrects_id IS NULL) = (reason = '')", "corrected_with_reason"),
        _to("step_value", "step_id", "step"),
        _to("step_value", "corrects_id", "step_value"),
        _to("step_value", "deviation_id", "deviation"),
        _to("step_value", "recorded_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_value")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_step_value_corrects_id")),
    )
    op.create_index(
        "uq_step_value_first",
        "step_value",
        ["step_id", "parameter"],
        unique=True,
        sqlite_where=FIRST,
        postgresql_where=FIRST,
    )
    op.create_table(
        "step_verification",
        sa.Column("id", KEY, nullable=False),
        sa.Column("step_id", KEY, nullable=False),
        *(sa.Column(f"{name}_by_id", KEY, nullable=False) for name in ("performed", "verified")),
        sa.Column("verified_at", UtcInstant(), nullable=False),
        _check("step_verification", "performed_by_id <> verified_by_id", "two_people"),
        _to("step_verification", "step_id", "step"),
        _to("step_verification", "performed_by_id", "person"),
        _to("step_verification", "verified_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_verification")),
    )
    for table in ("step_scan", "step_value", "step_verification"):
        op.create_index(f"ix_{table}_step_id", table, ["step_id"])
        append_only(op.get_bind(), table)

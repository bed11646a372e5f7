"""Line clearance, rolls of labels, kinds of unit that are never given, viability of a unit, and the paper of labels."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import ExactDecimal, PlainText, UtcInstant
from cotrack.foundation.db.constraints import change_constraints
from cotrack.foundation.db.triggers import append_only, never_deleted

revision = "0013"
down_revision = "0012"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_STATION = sa.text("status IN ('cleared', 'in_force', 'leaving')")

CHANGED = {
    "unit": {
        "ck_unit_status": (
            "status IN ('filled', 'stored', 'allocated', 'issued', 'received', 'thawing', 'thawed', 'started', "
            "'paused', 'completed', 'stopped_early', 'returned', 'wasted', 'destroyed', 'sent', 'archived', 'used_up')"
        ),
        "ck_unit_kind": "kind IN ('bag', 'retention', 'sterility', 'mycoplasma', 'rcl_archive')",
    },
    "label_instance": {"ck_label_instance_kind": "kind IN ('bag', 'tag', 'wristband', 'sample')"},
}
"""Checks that take more words than before."""
NEW = {
    "unit": {
        "ck_unit_viability_not_negative": "viability_percent >= 0",
        "ck_unit_sample_never_given": (
            "kind = 'bag' OR status IN ('filled', 'sent', 'archived', 'used_up', 'destroyed')"
        ),
        "ck_unit_bag_never_a_sample": "kind <> 'bag' OR status NOT IN ('sent', 'archived', 'used_up')",
    },
    "label_instance": {
        "ck_label_instance_paper": "paper IN ('spoiled', 'destroyed', 'returned', 'in_hand')",
    },
}


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def _check(name, condition):
    return sa.CheckConstraint(condition, name=op.f(name))


def upgrade():
    op.add_column("unit", sa.Column("viability_percent", ExactDecimal(4, 1), nullable=True))
    op.add_column("label_instance", sa.Column("paper", PlainText(), nullable=True))
    for table, checks in CHANGED.items():
        replaced = {name: {name: f"CHECK ({condition})"} for name, condition in checks.items()}
        added = {name: f"CHECK ({condition})" for name, condition in NEW[table].items()}
        change_constraints(op.get_bind(), table, replaced=replaced, added=added)
    _make_clearances()
    _make_roll_changes()


def _make_clearances():
    op.create_table(
        "line_clearance",
        sa.Column("id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("station", PlainText(), nullable=False),
        sa.Column("roll", PlainText(), nullable=False),
        sa.Column("labels_before", sa.Integer(), nullable=False),
        sa.Column("looked_at", PlainText(), nullable=False),
        sa.Column("cleared_at", UtcInstant(), nullable=False),
        sa.Column("cleared_by_id", KEY, nullable=False),
        sa.Column("checked_at", UtcInstant(), nullable=True),
        sa.Column("checked_by_id", KEY, nullable=True),
        sa.Column("labels_after", sa.Integer(), nullable=True),
        sa.Column("looked_at_after", PlainText(), nullable=False),
        sa.Column("left_at", UtcInstant(), nullable=True),
        sa.Column("left_by_id", KEY, nullable=True),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("ended_by_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check(
            "ck_line_clearance_status", "status IN ('cleared', 'in_force', 'leaving', 'ended', 'withdrawn')"
        ),
        _check("ck_line_clearance_two_people", "cleared_by_id <> checked_by_id"),
        _check("ck_line_clearance_two_people_after", "left_by_id <> ended_by_id"),
        _check("ck_line_clearance_looked", "looked_at <> ''"),
        _check("ck_line_clearance_checked", "status IN ('cleared', 'withdrawn') OR checked_by_id IS NOT NULL"),
        _check(
            "ck_line_clearance_ended_by_two",
            "status <> 'ended' OR (left_by_id IS NOT NULL AND ended_by_id IS NOT NULL AND looked_at_after <> '')",
        ),
        _check("ck_line_clearance_labels_counted", "labels_before >= 0 AND labels_after >= 0"),
        _to("line_clearance", "lot_id", "lot"),
        *(_to("line_clearance", each, "person") for each in ("cleared_by_id", "checked_by_id", "left_by_id", "ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_clearance")),
    )
    op.create_index(
        "uq_line_clearance_station",
        "line_clearance",
        ["station"],
        unique=True,
        sqlite_where=AT_STATION,
        postgresql_where=AT_STATION,
    )
    op.create_index("ix_line_clearance_lot_id", "line_clearance", ["lot_id"])
    never_deleted(op.get_bind(), "line_clearance")


def _make_roll_changes():
    op.create_table(
        "roll_change",
        sa.Column("id", KEY, nullable=False),
        sa.Column("clearance_id", KEY, nullable=False),
        sa.Column("labels_left", sa.Integer(), nullable=False),
        sa.Column("roll", PlainText(), nullable=False),
        sa.Column("labels_put_in", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcInstant(), nullable=False),
        sa.Column("changed_by_id", KEY, nullable=False),
        _check("ck_roll_change_labels_counted", "labels_left >= 0 AND labels_put_in > 0"),
        _check("ck_roll_change_roll_named", "roll <> ''"),
        _to("roll_change", "clearance_id", "line_clearance"),
        _to("roll_change", "changed_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_change")),
    )
    op.create_index("ix_roll_change_clearance_id", "roll_change", ["clearance_id"])
    append_only(op.get_bind(), "roll_change")

"""Signed changes of a lot's expiry, and washes of thawed bags."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only

revision = "0015"
down_revision = "0014"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CHECKS = {
    "expiry_changed": "previous_expires_at <> new_expires_at",
    "evidence_given": "evidence <> ''",
    "reason_given": "reason <> ''",
    "beyond_table_by_reference": "NOT is_beyond_table OR reference <> ''",
}


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def upgrade():
    _make_decisions()
    _make_washes()


def _make_decisions():
    table = "expiry_decision"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("previous_expires_at", UtcInstant(), nullable=False),
        sa.Column("new_expires_at", UtcInstant(), nullable=False),
        sa.Column("evidence", PlainText(), nullable=False),
        sa.Column("reference", PlainText(), nullable=False),
        sa.Column("is_beyond_table", sa.Boolean(), nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("decided_at", UtcInstant(), nullable=False),
        sa.Column("signature_id", KEY, nullable=False),
        *(sa.CheckConstraint(said, name=op.f(f"ck_{table}_{name}")) for name, said in CHECKS.items()),
        _to(table, "lot_id", "lot"),
        _to(table, "signature_id", "signature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expiry_decision")),
        sa.UniqueConstraint("signature_id", name=op.f("uq_expiry_decision_signature_id")),
    )
    op.create_index("ix_expiry_decision_lot_id", table, ["lot_id"])
    append_only(op.get_bind(), table)


def _make_washes():
    op.create_table(
        "wash",
        sa.Column("id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("washed_at", UtcInstant(), nullable=False),
        sa.Column("washed_by_id", KEY, nullable=False),
        _to("wash", "unit_id", "unit"),
        _to("wash", "washed_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wash")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_wash_unit_id")),
    )
    append_only(op.get_bind(), "wash")

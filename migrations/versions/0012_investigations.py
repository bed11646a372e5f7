"""Investigations of results out of specification; and the lots and bags that a deviation concerns."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only, never_deleted

revision = "0012"
down_revision = "0011"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNDER_WAY = sa.text("status IN ('phase_1', 'phase_2')")
CHECKED = ("sample_checked", "standard_checked", "equipment_checked", "calculation_checked", "technique_checked")
STATES = "'phase_1', 'phase_2', 'error_found', 'oos_confirmed', 'oos_not_confirmed'"
POINTS = {
    "lot_id": "lot",
    "opened_by_id": "person",
    "reported_by_id": "person",
    "phase_1_signature_id": "signature",
    "planned_by_id": "person",
    "plan_signature_id": "signature",
    "conclusion_signature_id": "signature",
}
CHECKS = {
    "status": f"status IN ({STATES})",
    "outcome": "outcome IN ('', 'error_found', 'none_found')",
    "reported_by_somebody": "(outcome = '') = (reported_by_id IS NULL)",
    "reported_at_a_time": "(reported_at IS NULL) = (reported_by_id IS NULL)",
    "phase_1_ended_with_signature": "(status = 'phase_1') = (phase_1_signature_id IS NULL)",
    "ended_as_reported": "status = 'phase_1' OR (status = 'error_found') = (outcome = 'error_found')",
    "planned_at_a_time": "(planned_at IS NULL) = (planned_by_id IS NULL)",
    "planned_by_somebody": "(retests IS NULL) = (planned_by_id IS NULL)",
    "plan_approved_as_written": "plan_signature_id IS NULL OR retests IS NOT NULL",
    "concluded_with_signature": (
        "(status IN ('oos_confirmed', 'oos_not_confirmed')) = (conclusion_signature_id IS NOT NULL)"
    ),
    "concluded_in_words": "(conclusion = '') = (conclusion_signature_id IS NULL)",
    "not_confirmed_for_a_cause": (
        "status <> 'oos_not_confirmed' OR (cause <> '' AND plan_signature_id IS NOT NULL AND retests > 0)"
    ),
}


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def upgrade():
    op.create_table(
        "investigation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", PlainText(), nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("test", PlainText(), nullable=False),
        sa.Column("opened_at", UtcInstant(), nullable=False),
        sa.Column("opened_by_id", KEY, nullable=False),
        *(sa.Column(name, PlainText(), nullable=False) for name in ("hypothesis", *CHECKED, "outcome")),
        sa.Column("reported_at", UtcInstant(), nullable=True),
        sa.Column("reported_by_id", KEY, nullable=True),
        sa.Column("phase_1_signature_id", KEY, nullable=True),
        sa.Column("plan_hypothesis", PlainText(), nullable=False),
        sa.Column("retests", sa.Integer(), nullable=True),
        sa.Column("retest_sample", PlainText(), nullable=False),
        sa.Column("retest_not_by", PlainText(), nullable=False),
        sa.Column("planned_at", UtcInstant(), nullable=True),
        sa.Column("planned_by_id", KEY, nullable=True),
        sa.Column("plan_signature_id", KEY, nullable=True),
        *(sa.Column(name, PlainText(), nullable=False) for name in ("conclusion", "cause")),
        sa.Column("conclusion_signature_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(said, name=op.f(f"ck_investigation_{name}")) for name, said in CHECKS.items()),
        *(_to("investigation", column, target) for column, target in POINTS.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_investigation")),
        sa.UniqueConstraint("number", name=op.f("uq_investigation_number")),
    )
    op.create_index(
        "uq_investigation_under_way",
        "investigation",
        ["lot_id", "test"],
        unique=True,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_index("ix_investigation_lot_id", "investigation", ["lot_id"])
    op.create_table(
        "investigated_result",
        sa.Column("id", KEY, nullable=False),
        sa.Column("investigation_id", KEY, nullable=False),
        sa.Column("result_id", KEY, nullable=False),
        _to("investigated_result", "investigation_id", "investigation"),
        _to("investigated_result", "result_id", "result"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_investigated_result")),
        sa.UniqueConstraint("result_id", name=op.f("uq_investigated_result_result_id")),
    )
    op.create_index("ix_investigated_result_investigation_id", "investigated_result", ["investigation_id"])
    op.add_column("deviation", sa.Column("affected", PlainText(), nullable=True))
    never_deleted(op.get_bind(), "investigation")
    append_only(op.get_bind(), "investigated_result")

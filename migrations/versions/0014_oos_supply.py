"""Supply of a lot out of specification for one order, and who was told of it."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only, never_deleted

revision = "0014"
down_revision = "0013"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNDER_WAY = sa.text("status IN ('requested', 'evaluated', 'accepted')")
POINTS = {
    "order_id": "order",
    "lot_id": "lot",
    "request_signature_id": "signature",
    "evaluation_signature_id": "signature",
    "acceptance_signature_id": "signature",
    "ended_by_id": "person",
}
CHECKS = {
    "status": "status IN ('requested', 'evaluated', 'accepted', 'declined', 'withdrawn', 'void')",
    "reasons_given": "hazard <> '' AND alternatives <> ''",
    "evaluated_in_words": "(evaluation_signature_id IS NULL) = (evaluation = '')",
    "findings_evaluated": "(evaluation = '') = (findings = '')",
    "failed_tests_named": "(evaluation = '') = (failed_tests = '')",
    "bags_named": "(evaluation = '') = (bags = '')",
    "evaluated_at_a_time": "(evaluated_at IS NULL) = (evaluation_signature_id IS NULL)",
    "accepted_with_signature": "(accepted_at IS NULL) = (acceptance_signature_id IS NULL)",
    "accepted_as_evaluated": "acceptance_signature_id IS NULL OR evaluation_signature_id IS NOT NULL",
    "evaluated_by_signature": (
        "status NOT IN ('evaluated', 'accepted', 'void') OR evaluation_signature_id IS NOT NULL"
    ),
    "accepted_last": "status IN ('accepted', 'void', 'withdrawn') OR acceptance_signature_id IS NULL",
    "accepted_by_signature": "status NOT IN ('accepted', 'void') OR acceptance_signature_id IS NOT NULL",
    "ended_once": "(status IN ('declined', 'withdrawn', 'void')) = (ended_at IS NOT NULL)",
    "ended_by_somebody": "(ended_at IS NULL) = (ended_by_id IS NULL)",
    "ended_for_a_reason": "(ended_at IS NULL) = (end_reason = '')",
}


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def upgrade():
    op.create_table(
        "oos_supply",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", PlainText(), nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("hazard", PlainText(), nullable=False),
        sa.Column("alternatives", PlainText(), nullable=False),
        sa.Column("requested_at", UtcInstant(), nullable=False),
        sa.Column("request_signature_id", KEY, nullable=False),
        *(sa.Column(each, PlainText(), nullable=False) for each in ("evaluation", "findings", "failed_tests", "bags")),
        sa.Column("evaluated_at", UtcInstant(), nullable=True),
        sa.Column("evaluation_signature_id", KEY, nullable=True),
        sa.Column("accepted_at", UtcInstant(), nullable=True),
        sa.Column("acceptance_signature_id", KEY, nullable=True),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("ended_by_id", KEY, nullable=True),
        sa.Column("end_reason", PlainText(), nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(said, name=op.f(f"ck_oos_supply_{name}")) for name, said in CHECKS.items()),
        *(_to("oos_supply", column, target) for column, target in POINTS.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oos_supply")),
        sa.UniqueConstraint("number", name=op.f("uq_oos_supply_number")),
    )
    op.create_index(
        "uq_oos_supply_under_way",
        "oos_supply",
        ["order_id"],
        unique=True,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_index("ix_oos_supply_lot_id", "oos_supply", ["lot_id"])
    op.create_table(
        "supply_notice",
        sa.Column("id", KEY, nullable=False),
        sa.Column("supply_id", KEY, nullable=False),
        sa.Column("addressee", PlainText(), nullable=False),
        sa.Column("sent_at", UtcInstant(), nullable=False),
        sa.Column("sent_by", PlainText(), nullable=False),
        sa.Column("how", PlainText(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by_id", KEY, nullable=False),
        sa.CheckConstraint(
            "addressee IN ('sponsor', 'authority', 'ethics_committee')", name=op.f("ck_supply_notice_addressee")
        ),
        sa.CheckConstraint("sent_by <> ''", name=op.f("ck_supply_notice_sent_by_somebody")),
        sa.CheckConstraint("how <> ''", name=op.f("ck_supply_notice_sent_somehow")),
        _to("supply_notice", "supply_id", "oos_supply"),
        _to("supply_notice", "recorded_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_notice")),
    )
    op.create_index("ix_supply_notice_supply_id", "supply_notice", ["supply_id"])
    never_deleted(op.get_bind(), "oos_supply")
    append_only(op.get_bind(), "supply_notice")

"""Results that QA made invalid, what corrects or retests them, and results that two people type."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import ExactDecimal, PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only, never_deleted

revision = "0008"
down_revision = "0007"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATUS = ("ck_result_status", "status IN ('recorded', 'reviewed', 'invalidated')")
REVIEWED = (
    "ck_result_reviewed_with_signature",
    "status = 'invalidated' OR (status = 'reviewed') = (review_signature_id IS NOT NULL)",
)
FURTHER = ("ck_result_corrects_or_retests", "corrects_id IS NULL OR retest_of_id IS NULL")
BY_HAND = (
    ("ck_result_from_file_or_two_people", "(import_id IS NULL) = (first_entered_by_id IS NOT NULL)"),
    ("ck_result_two_people", "first_entered_by_id <> recorded_by_id"),
)
NEW = {"corrects_id": "result", "retest_of_id": "result", "first_entered_by_id": "person"}
"""Columns that older rows leave empty, and the tables that they point to."""
VALID = sa.text("status <> 'invalidated'")


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        _change_result()
    else:
        _make_result_anew()
    op.create_index("ix_result_lot_id", "result", ["lot_id", "test", "replicate"])
    op.create_index(
        "uq_result_valid",
        "result",
        ["lot_id", "test", "replicate"],
        unique=True,
        sqlite_where=VALID,
        postgresql_where=VALID,
    )
    op.create_table(
        "result_invalidation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("result_id", KEY, nullable=False),
        sa.Column("deviation_id", KEY, nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("invalidated_at", UtcInstant(), nullable=False),
        sa.Column("signature_id", KEY, nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_result_invalidation_reason_given")),
        _to("result_invalidation", "result_id", "result"),
        _to("result_invalidation", "deviation_id", "deviation"),
        _to("result_invalidation", "signature_id", "signature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_invalidation")),
        sa.UniqueConstraint("result_id", name=op.f("uq_result_invalidation_result_id")),
    )
    append_only(op.get_bind(), "result_invalidation")
    _make_entries()


def _make_entries():
    op.create_table(
        "result_entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("test", PlainText(), nullable=False),
        sa.Column("replicate", sa.Integer(), nullable=False),
        *(sa.Column(name, PlainText(), nullable=False) for name in ("sample", "method", "reported")),
        sa.Column("tested_at", UtcInstant(), nullable=False),
        *(sa.Column(name, PlainText(), nullable=False) for name in ("analyst", "instrument", "retest_of")),
        sa.Column("corrects_id", KEY, nullable=True),
        sa.Column("entered_at", UtcInstant(), nullable=False),
        sa.Column("entered_by_id", KEY, nullable=False),
        _to("result_entry", "lot_id", "lot"),
        _to("result_entry", "corrects_id", "result"),
        _to("result_entry", "entered_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_entry")),
    )
    op.create_index("ix_result_entry_lot_id", "result_entry", ["lot_id", "test", "replicate"])
    append_only(op.get_bind(), "result_entry")


def _change_result():
    op.drop_constraint(op.f("uq_result_lot_id_test_replicate"), "result")
    for name, said in (STATUS, REVIEWED):
        op.drop_constraint(op.f(name), "result")
        op.create_check_constraint(op.f(name), "result", said)
    op.alter_column("result", "import_id", nullable=True)
    for column, target in NEW.items():
        op.add_column("result", sa.Column(column, KEY, nullable=True))
        op.create_foreign_key(op.f(f"fk_result_{column}"), "result", target, [column], ["id"], ondelete="RESTRICT")
    for name, said in (FURTHER, *BY_HAND):
        op.create_check_constraint(op.f(name), "result", said)
    op.create_unique_constraint(op.f("uq_result_corrects_id"), "result", ["corrects_id"])


def _make_result_anew():
    """SQLite changes no constraint: the rows move to a new table of the same name; no table names them yet."""
    new = op.create_table(
        "result_0008",
        sa.Column("id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("import_id", KEY, nullable=True),
        sa.Column("sample", PlainText(), nullable=False),
        sa.Column("test", PlainText(), nullable=False),
        sa.Column("method", PlainText(), nullable=False),
        sa.Column("replicate", sa.Integer(), nullable=False),
        sa.Column("reported", PlainText(), nullable=False),
        sa.Column("qualifier", PlainText(), nullable=False),
        sa.Column("number", ExactDecimal(15, 6), nullable=True),
        sa.Column("unit", PlainText(), nullable=False),
        sa.Column("tested_at", UtcInstant(), nullable=False),
        sa.Column("analyst", PlainText(), nullable=False),
        sa.Column("instrument", PlainText(), nullable=False),
        sa.Column("comment", PlainText(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by_id", KEY, nullable=False),
        sa.Column("review_signature_id", KEY, nullable=True),
        *(sa.Column(column, KEY, nullable=True) for column in NEW),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(said, name=op.f(name)) for name, said in (STATUS, REVIEWED, FURTHER, *BY_HAND)),
        sa.CheckConstraint("qualifier IN ('', '<', '>')", name=op.f("ck_result_qualifier")),
        _to("result", "import_id", "result_import"),
        _to("result", "lot_id", "lot"),
        _to("result", "recorded_by_id", "person"),
        _to("result", "review_signature_id", "signature"),
        *(_to("result", column, target) for column, target in NEW.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_result_corrects_id")),
    )
    kept = [each.name for each in new.columns if each.name not in NEW]
    names = ", ".join(f'"{each}"' for each in kept)
    op.execute(f'INSERT INTO result_0008 ({names}) SELECT {names} FROM "result"')
    op.drop_table("result")
    op.rename_table("result_0008", "result")
    op.create_index("ix_result_import_id", "result", ["import_id"], unique=False)
    never_deleted(op.get_bind(), "result")

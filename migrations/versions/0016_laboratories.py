"""Laboratories, their mappings version by version, and by which one a stored file was read."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only, never_deleted

revision = "0016"
down_revision = "0015"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IN_USE = sa.text("status = 'approved'")
CHECKS = {
    "status": "status IN ('proposed', 'approved', 'superseded', 'withdrawn')",
    "numbered": "number > 0",
    "approved_by_signature": "status NOT IN ('approved', 'superseded') OR approval_signature_id IS NOT NULL",
    "proposed_without_signature": "status <> 'proposed' OR approval_signature_id IS NULL",
    "approved_by_somebody": "(approved_by_id IS NULL) = (approval_signature_id IS NULL)",
    "two_people": "approved_by_id <> proposed_by_id",
}


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def _check(table, said, name):
    return sa.CheckConstraint(said, name=op.f(f"ck_{table}_{name}"))


def upgrade():
    _make_laboratories()
    _make_mappings()
    _make_mapped_imports()


def _make_laboratories():
    table = "laboratory"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", PlainText(), nullable=False),
        sa.Column("name_en", PlainText(), nullable=False),
        sa.Column("name_zh", PlainText(), nullable=False),
        sa.Column("registered_at", UtcInstant(), nullable=False),
        sa.Column("registered_by_id", KEY, nullable=False),
        _check(table, "code <> '' AND name_en <> '' AND name_zh <> ''", "named"),
        _to(table, "registered_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_laboratory")),
        sa.UniqueConstraint("code", name=op.f("uq_laboratory_code")),
    )
    never_deleted(op.get_bind(), table)


def _make_mappings():
    table = "file_mapping"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("laboratory_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", PlainText(), nullable=False),
        sa.Column("remark", PlainText(), nullable=False),
        sa.Column("sample_name", PlainText(), nullable=False),
        sa.Column("sample_sha256", PlainText(), nullable=False),
        sa.Column("sample_rows", sa.Integer(), nullable=True),
        sa.Column("sample_faults", sa.Integer(), nullable=True),
        sa.Column("proposed_at", UtcInstant(), nullable=False),
        sa.Column("proposed_by_id", KEY, nullable=False),
        sa.Column("approval_signature_id", KEY, nullable=True),
        sa.Column("approved_by_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_check(table, said, name) for name, said in CHECKS.items()),
        _to(table, "laboratory_id", "laboratory"),
        _to(table, "proposed_by_id", "person"),
        _to(table, "approval_signature_id", "signature"),
        _to(table, "approved_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_mapping")),
        sa.UniqueConstraint("laboratory_id", "number", name=op.f("uq_file_mapping_laboratory_id_number")),
    )
    op.create_index(
        "uq_file_mapping_approved",
        table,
        ["laboratory_id"],
        unique=True,
        sqlite_where=IN_USE,
        postgresql_where=IN_USE,
    )
    never_deleted(op.get_bind(), table)


def _make_mapped_imports():
    table = "mapped_import"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("import_id", KEY, nullable=False),
        sa.Column("mapping_id", KEY, nullable=False),
        _to(table, "import_id", "result_import"),
        _to(table, "mapping_id", "file_mapping"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapped_import")),
        sa.UniqueConstraint("import_id", name=op.f("uq_mapped_import_import_id")),
    )
    append_only(op.get_bind(), table)

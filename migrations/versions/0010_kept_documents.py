"""Documents that went out under a signature: what was promised with it, and the bytes as they were made."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only

revision = "0010"
down_revision = "0009"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def upgrade():
    op.create_table(
        "owed_document",
        sa.Column("id", KEY, nullable=False),
        *(sa.Column(name, PlainText(), nullable=False) for name in ("name", "subject", "event")),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("signature_id", KEY, nullable=False),
        sa.Column("owed_at", UtcInstant(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_owed_document_named")),
        _to("owed_document", "signature_id", "signature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owed_document")),
        sa.UniqueConstraint("signature_id", "name", name=op.f("uq_owed_document_signature_id_name")),
    )
    op.create_index("ix_owed_document_subject", "owed_document", ["subject", "name"])
    append_only(op.get_bind(), "owed_document")
    op.create_table(
        "kept_document",
        sa.Column("id", KEY, nullable=False),
        sa.Column("owed_id", KEY, nullable=False),
        sa.Column("record_id", KEY, nullable=False),
        sa.Column("note", PlainText(), nullable=False),
        sa.Column("around", sa.LargeBinary(), nullable=False),
        sa.Column("versions", PlainText(), nullable=False),
        sa.Column("made_at", UtcInstant(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_sha256", PlainText(), nullable=False),
        sa.CheckConstraint("content_sha256 <> ''", name=op.f("ck_kept_document_hashed")),
        _to("kept_document", "owed_id", "owed_document"),
        _to("kept_document", "record_id", "audit_record"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_document")),
        sa.UniqueConstraint("owed_id", name=op.f("uq_kept_document_owed_id")),
    )
    append_only(op.get_bind(), "kept_document")

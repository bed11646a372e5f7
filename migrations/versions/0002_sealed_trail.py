"""The tree of the trail, its checkpoints, and findings; every record there is gets its leaf."""

import hashlib

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only, never_deleted

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LEAF = sa.table("audit_leaf", sa.column("id"), sa.column("record_id"), sa.column("hash"))


def upgrade():
    op.create_table(
        "audit_leaf",
        sa.Column("id", KEY, nullable=False),
        sa.Column("record_id", KEY, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["audit_record.id"], name=op.f("fk_audit_leaf_record_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_leaf")),
        sa.UniqueConstraint("record_id", name=op.f("uq_audit_leaf_record_id")),
    )
    op.create_table(
        "audit_tile",
        sa.Column("id", KEY, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_tile")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("id", KEY, nullable=False),
        sa.Column("signed_at", UtcInstant(), nullable=False),
        sa.Column("note", PlainText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "trail_finding",
        sa.Column("id", KEY, nullable=False),
        sa.Column("sentence", PlainText(), nullable=False),
        sa.Column("found_at", UtcInstant(), nullable=False),
        sa.Column("acknowledged_at", UtcInstant(), nullable=True),
        sa.Column("acknowledged_by_id", KEY, nullable=True),
        sa.Column("reason", PlainText(), nullable=True),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by_id IS NULL)",
            name=op.f("ck_trail_finding_acknowledged_by_somebody"),
        ),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (reason IS NULL)", name=op.f("ck_trail_finding_acknowledged_with_reason")
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by_id"],
            ["person.id"],
            name=op.f("fk_trail_finding_acknowledged_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_finding")),
    )
    op.create_table(
        "trail_review",
        sa.Column("id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("last_record_id", KEY, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("reviewed_at", UtcInstant(), nullable=False),
        sa.Column("signature_id", KEY, nullable=False),
        sa.CheckConstraint("records > 0", name=op.f("ck_trail_review_records_read")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_trail_review_lot_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["last_record_id"], ["audit_record.id"], name=op.f("fk_trail_review_last_record_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_trail_review_signature_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_review")),
    )
    op.create_index("ix_trail_review_lot_id", "trail_review", ["lot_id"], unique=False)
    connection = op.get_bind()
    _seal_what_is_there(connection)
    for table in ("audit_leaf", "audit_tile", "audit_checkpoint", "trail_review"):
        append_only(connection, table)
    never_deleted(connection, "trail_finding")


def _seal_what_is_there(connection):
    """Give every record its leaf, in the order of their ids (RFC 6962 §2.1)."""
    records = connection.execute(sa.text("SELECT id, body FROM audit_record ORDER BY id"))
    for first, part in enumerate(records.partitions(1000)):
        leaves = [
            {"id": first * 1000 + place, "record_id": row.id, "hash": hashlib.sha256(b"\0" + row.body.encode()).digest()}
            for place, row in enumerate(part)
        ]
        connection.execute(LEAF.insert(), leaves)

"""A physician's acceptance of a conditionally released lot for one order."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only

revision = "0004"
down_revision = "0003"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "acceptance",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("outstanding_tests", PlainText(), nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("accepted_at", UtcInstant(), nullable=False),
        sa.Column("signature_id", KEY, nullable=False),
        sa.CheckConstraint("outstanding_tests <> ''", name=op.f("ck_acceptance_tests_named")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_acceptance_reason_given")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_acceptance_order_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_acceptance_lot_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_acceptance_signature_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance")),
    )
    op.create_index("ix_acceptance_order_id", "acceptance", ["order_id", "lot_id"])
    append_only(op.get_bind(), "acceptance")

"""Where the difference of a roll of labels comes from."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only

revision = "0021"
down_revision = "0020"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "roll_explanation"


def _to(column, target):
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{TABLE}_{column}"), ondelete="RESTRICT")


def upgrade():
    op.create_table(
        TABLE,
        sa.Column("id", KEY, nullable=False),
        sa.Column("clearance_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("difference", sa.Integer(), nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("explained_at", UtcInstant(), nullable=False),
        sa.Column("explained_by_id", KEY, nullable=False),
        sa.CheckConstraint("position >= 0 AND difference <> 0", name=op.f("ck_roll_explanation_differs")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_roll_explanation_explained")),
        _to("clearance_id", "line_clearance"),
        _to("explained_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_explanation")),
        sa.UniqueConstraint(
            "clearance_id", "position", "difference", name=op.f("uq_roll_explanation_clearance_id_position_difference")
        ),
    )
    append_only(op.get_bind(), TABLE)

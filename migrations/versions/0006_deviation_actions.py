"""Actions after a deviation, with owner and day."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import never_deleted

revision = "0006"
down_revision = "0005"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(column, target):
    name = op.f(f"fk_deviation_action_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def _check(condition, name):
    return sa.CheckConstraint(condition, name=op.f(f"ck_deviation_action_{name}"))


def upgrade():
    op.create_table(
        "deviation_action",
        sa.Column("id", KEY, nullable=False),
        sa.Column("deviation_id", KEY, nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("description", PlainText(), nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("outcome", PlainText(), nullable=False),
        sa.Column("planned_at", UtcInstant(), nullable=False),
        sa.Column("planned_by_id", KEY, nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("ended_by_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("status IN ('planned', 'done', 'dropped')", "status"),
        _check("kind IN ('correction', 'prevention')", "kind"),
        _check("description <> ''", "described"),
        _check("(status = 'planned') = (ended_at IS NULL)", "ended_at_a_time"),
        _check("(ended_at IS NULL) = (ended_by_id IS NULL)", "ended_by_somebody"),
        _check("(status = 'planned') = (outcome = '')", "ended_in_words"),
        _check("status <> 'done' OR ended_by_id = owner_id", "done_by_its_owner"),
        _to("deviation_id", "deviation"),
        _to("owner_id", "person"),
        _to("planned_by_id", "person"),
        _to("ended_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deviation_action")),
    )
    op.create_index("ix_deviation_action_deviation_id", "deviation_action", ["deviation_id"])
    op.create_index("ix_deviation_action_owner_id", "deviation_action", ["owner_id", "status"])
    never_deleted(op.get_bind(), "deviation_action")

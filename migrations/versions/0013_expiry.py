"""How entries of results end: withdrawn, or differing from another's."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only

revision = "0013"
down_revision = "0008"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def _check(table, said, name):
    return sa.CheckConstraint(said, name=op.f(f"ck_{table}_{name}"))


def upgrade():
    _make_ends()


def _make_ends():
    table = "result_entry_end"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("cause", PlainText(), nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("against_id", KEY, nullable=True),
        sa.Column("differs", PlainText(), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=False),
        sa.Column("ended_by_id", KEY, nullable=False),
        _check(table, "cause IN ('withdrawn', 'differed')", "cause"),
        _check(table, "(cause = 'withdrawn') = (reason <> '')", "withdrawn_with_reason"),
        _check(table, "(cause = 'differed') = (against_id IS NOT NULL)", "differed_from_another"),
        _check(table, "(cause = 'differed') = (differs <> '')", "differed_in_something"),
        _check(table, "against_id <> entry_id", "against_another"),
        _to(table, "entry_id", "result_entry"),
        _to(table, "against_id", "result_entry"),
        _to(table, "ended_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_entry_end")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_result_entry_end_entry_id")),
    )
    append_only(op.get_bind(), table)

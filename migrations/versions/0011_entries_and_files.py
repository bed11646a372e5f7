"""How entries of results end, results that one person typed, and the very bytes of laboratories' files."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.constraints import change_constraints
from cotrack.foundation.db.triggers import append_only

revision = "0011"
down_revision = "0010"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def _check(table, said, name):
    return sa.CheckConstraint(said, name=op.f(f"ck_{table}_{name}"))


CHANGED = {
    "ck_result_from_file_or_two_people": {
        "ck_result_from_file_or_by_hand": (
            "CHECK ((import_id IS NULL) = (first_entered_by_id IS NOT NULL OR typed_once_by_id IS NOT NULL))"
        ),
        "ck_result_typed_once_by_who_recorded": (
            "CHECK (typed_once_by_id IS NULL OR (typed_once_by_id = recorded_by_id AND first_entered_by_id IS NULL))"
        ),
        "fk_result_typed_once_by_id": "FOREIGN KEY(typed_once_by_id) REFERENCES person (id) ON DELETE RESTRICT",
    },
}
"""Every row that met the older check meets the newer one."""


def upgrade():
    _make_ends()
    _make_files()
    _make_late_inputs()
    op.add_column("result", sa.Column("typed_once_by_id", KEY, nullable=True))
    change_constraints(op.get_bind(), "result", replaced=CHANGED)


def _make_files():
    table = "result_file"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("import_id", KEY, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _to(table, "import_id", "result_import"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_file")),
        sa.UniqueConstraint("import_id", name=op.f("uq_result_file_import_id")),
    )
    append_only(op.get_bind(), table)


def _make_late_inputs():
    table = "late_input"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("input_id", KEY, nullable=False),
        sa.Column("deviation_id", KEY, nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("signature_id", KEY, nullable=False),
        _check(table, "reason <> ''", "reason_given"),
        _to(table, "input_id", "lot_input"),
        _to(table, "deviation_id", "deviation"),
        _to(table, "signature_id", "signature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_input")),
        sa.UniqueConstraint("input_id", name=op.f("uq_late_input_input_id")),
    )
    append_only(op.get_bind(), table)


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

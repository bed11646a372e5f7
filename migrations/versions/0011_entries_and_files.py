"""How entries of results end, results that one person typed, and the very bytes of laboratories' files."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only

revision = "0011"
down_revision = "0010"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def _check(table, said, name):
    return sa.CheckConstraint(said, name=op.f(f"ck_{table}_{name}"))


BY_HAND_BEFORE = (
    "ck_result_from_file_or_two_people",
    "(import_id IS NULL) = (first_entered_by_id IS NOT NULL)",
)
BY_HAND = (
    "ck_result_from_file_or_by_hand",
    "(import_id IS NULL) = (first_entered_by_id IS NOT NULL OR typed_once_by_id IS NOT NULL)",
)
TYPED_ONCE = (
    "ck_result_typed_once_by_who_recorded",
    "typed_once_by_id IS NULL OR (typed_once_by_id = recorded_by_id AND first_entered_by_id IS NULL)",
)


def upgrade():
    _make_ends()
    _make_files()
    _make_late_inputs()
    if op.get_bind().dialect.name == "postgresql":
        _change_result()
    else:
        _change_result_in_place()


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


def _change_result():
    op.add_column("result", sa.Column("typed_once_by_id", KEY, nullable=True))
    name = op.f("fk_result_typed_once_by_id")
    op.create_foreign_key(name, "result", "person", ["typed_once_by_id"], ["id"], ondelete="RESTRICT")
    op.drop_constraint(op.f(BY_HAND_BEFORE[0]), "result")
    for name, said in (BY_HAND, TYPED_ONCE):
        op.create_check_constraint(op.f(name), "result", said)


def _change_result_in_place():
    """SQLite changes no CHECK, and other tables name this one, so it can't be made anew: its stored text is changed.

    https://sqlite.org/lang_altertable.html says how; every row that met the older check meets the newer one.
    """
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE result ADD COLUMN typed_once_by_id INTEGER")
    (version,) = connection.exec_driver_sql("PRAGMA schema_version").one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    before, *checks = (f"CONSTRAINT {name} CHECK ({said})" for name, said in (BY_HAND_BEFORE, BY_HAND, TYPED_ONCE))
    key = "FOREIGN KEY(typed_once_by_id) REFERENCES person (id) ON DELETE RESTRICT"
    after = ", ".join([*checks, f"CONSTRAINT fk_result_typed_once_by_id {key}"])
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = 'result' AND instr(sql, ?) > 0",
        (before, after, before),
    ).rowcount
    if changed != 1:
        raise RuntimeError("the check of where a result comes from is not where it was")
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")


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

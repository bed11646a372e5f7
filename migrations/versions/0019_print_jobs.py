"""Print jobs: labels that were put together for one printer, and what is known of the print of each."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import never_deleted

revision = "0019"
down_revision = "0018"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SURE = sa.text("outcome = 'sure'")


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def _check(table, said, name):
    return sa.CheckConstraint(said, name=op.f(f"ck_{table}_{name}"))


def upgrade():
    _make_jobs()
    _make_labels_of_jobs()


def _make_jobs():
    table = "print_job"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("printer", PlainText(), nullable=False),
        sa.Column("station", PlainText(), nullable=False),
        sa.Column("request_key", PlainText(), nullable=True),
        sa.Column("requested_by_id", KEY, nullable=False),
        sa.Column("requested_at", UtcInstant(), nullable=False),
        sa.Column("sent_at", UtcInstant(), nullable=True),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("fault", PlainText(), nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check(table, "status IN ('waiting', 'printing', 'done', 'doubtful', 'failed', 'cancelled')", "status"),
        _check(table, "printer <> ''", "printer_named"),
        _check(table, "status = 'waiting' OR status = 'cancelled' OR sent_at IS NOT NULL", "sent_at_a_time"),
        _to(table, "requested_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
        sa.UniqueConstraint("request_key", name=op.f("uq_print_job_request_key")),
    )
    op.create_index("ix_print_job_status", table, ["status"])
    never_deleted(op.get_bind(), table)


def _make_labels_of_jobs():
    table = "print_job_label"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("job_id", KEY, nullable=False),
        sa.Column("label_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", PlainText(), nullable=True),
        _check(table, "outcome IN ('sure', 'doubtful')", "outcome"),
        _check(table, "position > 0", "position_positive"),
        _to(table, "job_id", "print_job"),
        _to(table, "label_id", "label_instance"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job_label")),
        sa.UniqueConstraint("job_id", "label_id", name=op.f("uq_print_job_label_job_id_label_id")),
        sa.UniqueConstraint("job_id", "position", name=op.f("uq_print_job_label_job_id_position")),
    )
    op.create_index(
        "uq_print_job_label_sure", table, ["label_id"], unique=True, sqlite_where=SURE, postgresql_where=SURE
    )
    op.create_index("ix_print_job_label_label_id", table, ["label_id"])
    never_deleted(op.get_bind(), table)

"""Deviations, alerts with who has read them, and who took a participant's treatment over."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only, never_deleted

revision = "0005"
down_revision = "0004"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table, column, target):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def upgrade():
    op.create_table(
        "deviation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", PlainText(), nullable=False),
        sa.Column("subject", PlainText(), nullable=False),
        sa.Column("description", PlainText(), nullable=False),
        sa.Column("classification", PlainText(), nullable=False),
        sa.Column("cause", PlainText(), nullable=False),
        sa.Column("impact", PlainText(), nullable=False),
        sa.Column("opened_at", UtcInstant(), nullable=False),
        sa.Column("opened_by_id", KEY, nullable=False),
        sa.Column("closure_signature_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_deviation_status")),
        sa.CheckConstraint(
            "classification IN ('', 'minor', 'major', 'critical')", name=op.f("ck_deviation_classification")
        ),
        sa.CheckConstraint("description <> ''", name=op.f("ck_deviation_described")),
        sa.CheckConstraint(
            "(status = 'closed') = (closure_signature_id IS NOT NULL)", name=op.f("ck_deviation_closed_with_signature")
        ),
        sa.CheckConstraint(
            "status <> 'closed' OR (classification <> '' AND cause <> '' AND impact <> '')",
            name=op.f("ck_deviation_closed_as_assessed"),
        ),
        _to("deviation", "opened_by_id", "person"),
        _to("deviation", "closure_signature_id", "signature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deviation")),
        sa.UniqueConstraint("number", name=op.f("uq_deviation_number")),
    )
    op.create_index("ix_deviation_subject", "deviation", ["subject", "status"])
    never_deleted(op.get_bind(), "deviation")
    op.create_table(
        "alert",
        sa.Column("id", KEY, nullable=False),
        sa.Column("subject", PlainText(), nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("hold_id", KEY, nullable=False),
        sa.Column("deviation_id", KEY, nullable=False),
        sa.Column("raised_at", UtcInstant(), nullable=False),
        sa.Column("raised_by_id", KEY, nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_alert_reason_given")),
        _to("alert", "hold_id", "hold"),
        _to("alert", "deviation_id", "deviation"),
        _to("alert", "raised_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_alert_hold_id")),
        sa.UniqueConstraint("deviation_id", name=op.f("uq_alert_deviation_id")),
    )
    op.create_index("ix_alert_subject", "alert", ["subject"])
    append_only(op.get_bind(), "alert")
    op.create_table(
        "acknowledgement",
        sa.Column("id", KEY, nullable=False),
        sa.Column("alert_id", KEY, nullable=False),
        sa.Column("party", PlainText(), nullable=False),
        sa.Column("shown", PlainText(), nullable=False),
        sa.Column("acknowledged_at", UtcInstant(), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.CheckConstraint("party <> ''", name=op.f("ck_acknowledgement_party_named")),
        sa.CheckConstraint("shown <> ''", name=op.f("ck_acknowledgement_list_shown")),
        _to("acknowledgement", "alert_id", "alert"),
        _to("acknowledgement", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
    )
    op.create_index("ix_acknowledgement_alert_id", "acknowledgement", ["alert_id", "party"])
    append_only(op.get_bind(), "acknowledgement")
    op.create_table(
        "treating_physician",
        sa.Column("id", KEY, nullable=False),
        sa.Column("participant_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("taken_at", UtcInstant(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_treating_physician_reason_given")),
        _to("treating_physician", "participant_id", "participant"),
        _to("treating_physician", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treating_physician")),
    )
    op.create_index("ix_treating_physician_participant", "treating_physician", ["participant_id", "id"])
    append_only(op.get_bind(), "treating_physician")

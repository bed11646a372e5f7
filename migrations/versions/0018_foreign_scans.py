"""Scans of other people's codes, encrypted; and how each label came into a check: scanned or keyed."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.constraints import change_constraints

revision = "0018"
down_revision = "0017"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CHECKS = {
    "status": "status IN ('kept', 'purged')",
    "purged_is_gone": "(status = 'purged') = (sealed IS NULL)",
    "purged_by_somebody": "(status = 'purged') = (purged_by_id IS NOT NULL)",
    "purged_at_some_time": "(purged_at IS NULL) = (purged_by_id IS NULL)",
}
OF_A_CHECK = {
    "ck_identity_check_unit_entered": "unit_entered IN ('scanned', 'keyed')",
    "ck_identity_check_other_entered": "other_entered IN ('scanned', 'keyed')",
    "ck_identity_check_keyed_with_reason": (
        "result = 'mismatch' OR keyed_reason <> '' OR (unit_entered = 'scanned' AND other_entered = 'scanned')"
    ),
    "ck_identity_check_something_scanned": (
        "result = 'mismatch' OR unit_entered = 'scanned' OR other_entered = 'scanned'"
    ),
}
"""Of checks that were made before, nothing is known: a condition over NULL holds."""


def upgrade():
    _make_scans()
    for column in ("unit_entered", "other_entered", "keyed_reason"):
        op.add_column("identity_check", sa.Column(column, PlainText(), nullable=True))
    added = {name: f"CHECK ({condition})" for name, condition in OF_A_CHECK.items()}
    change_constraints(op.get_bind(), "identity_check", replaced={}, added=added)
    op.add_column("sitting", sa.Column("keyed_reason", PlainText(), nullable=True))


def _to_person(column):
    name = op.f(f"fk_foreign_scan_{column}")
    return sa.ForeignKeyConstraint([column], ["person.id"], name=name, ondelete="RESTRICT")


def _make_scans():
    op.create_table(
        "foreign_scan",
        sa.Column("id", KEY, nullable=False),
        sa.Column("event", PlainText(), nullable=False),
        sa.Column("scanned_at", UtcInstant(), nullable=False),
        sa.Column("scanned_by_id", KEY, nullable=False),
        sa.Column("station", PlainText(), nullable=False),
        sa.Column("symbology", PlainText(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("hmac", PlainText(), nullable=False),
        sa.Column("sealed", PlainText(), nullable=True),
        sa.Column("purged_at", UtcInstant(), nullable=True),
        sa.Column("purged_by_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(said, name=op.f(f"ck_foreign_scan_{name}")) for name, said in CHECKS.items()),
        _to_person("scanned_by_id"),
        _to_person("purged_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foreign_scan")),
    )
    op.create_index("ix_foreign_scan_hmac", "foreign_scan", ["hmac"])
    op.create_index("ix_foreign_scan_scanned_at", "foreign_scan", ["scanned_at"])

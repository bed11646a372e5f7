"""Self-tests of the scanners at stations: who scanned the sheet where and when, and what was wrong."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only

revision = "0020"
down_revision = "0019"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "station_self_test"
TEXTS = ("station", "sheet", "outcome", "faults", "remarks", "symbologies", "arrived_hmac")
CHECKS = {
    "outcome": "outcome IN ('passed', 'failed')",
    "passed_without_fault": "(outcome = 'passed') = (faults = '[]')",
    "somewhere": "station <> ''",
}


def upgrade():
    op.create_table(
        TABLE,
        sa.Column("id", KEY, nullable=False),
        *(sa.Column(name, PlainText(), nullable=False) for name in TEXTS),
        sa.Column("slowest_milliseconds", sa.Integer(), nullable=True),
        sa.Column("tested_at", UtcInstant(), nullable=False),
        sa.Column("tested_by_id", KEY, nullable=False),
        *(sa.CheckConstraint(said, name=op.f(f"ck_{TABLE}_{name}")) for name, said in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["tested_by_id"], ["person.id"], name=op.f(f"fk_{TABLE}_tested_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(f"ix_{TABLE}_station", TABLE, ["station", "id"])
    append_only(op.get_bind(), TABLE)

"""The service's own seal on every record, by a key outside of the database."""

import sqlalchemy as sa
from alembic import context, op
from cotrack.foundation.db import PlainText
from cotrack.foundation.db.triggers import trigger_name, trigger_sql

revision = "0003"
down_revision = "0002"

RECORD = sa.table("audit_record", sa.column("id"), sa.column("body"), sa.column("seal"))


def upgrade():
    op.add_column("audit_record", sa.Column("seal", PlainText(), nullable=False, server_default=sa.text("''")))
    _seal_what_is_there(op.get_bind(), context.config.attributes["secrets"])


def _seal_what_is_there(connection, secrets):
    """Seal every record of before; the trigger that refuses a change is put back in the same transaction."""
    dialect, name = connection.dialect.name, trigger_name("audit_record", "update")
    connection.exec_driver_sql(f"DROP TRIGGER {name}" + (" ON audit_record" if dialect == "postgresql" else ""))
    for row in connection.execute(sa.select(RECORD.c.id, RECORD.c.body)).all():
        sealed = RECORD.update().where(RECORD.c.id == row.id).values(seal=secrets.seal(row.body))
        connection.execute(sealed)
    connection.exec_driver_sql(trigger_sql(dialect, "audit_record", "update"))

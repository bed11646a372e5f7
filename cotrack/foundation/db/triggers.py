"""The triggers that keep rows from being changed or deleted, placed by migrations on both databases."""

from sqlalchemy import Connection, text

_REFUSE = """
CREATE FUNCTION cotrack_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% of % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]; END $$
"""

NEVER_DELETED = "rows are never deleted"
NEVER_CHANGED = "rows are never changed"


def prepare(connection: Connection) -> None:
    """Make what the triggers call; once per database."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(_REFUSE))


def never_deleted(connection: Connection, table: str) -> None:
    """Refuse DELETE of a table's rows, and on PostgreSQL TRUNCATE."""
    _refuse(connection, table, "delete", NEVER_DELETED)
    if connection.dialect.name == "postgresql":
        _refuse(connection, table, "truncate", NEVER_DELETED)


def append_only(connection: Connection, table: str) -> None:
    """Refuse UPDATE as well."""
    never_deleted(connection, table)
    _refuse(connection, table, "update", NEVER_CHANGED)


def _refuse(connection: Connection, table: str, act: str, words: str) -> None:
    name = f"{table}_no_{act}"
    if connection.dialect.name == "postgresql":
        each = "STATEMENT" if act == "truncate" else "ROW"
        done = f"FOR EACH {each} EXECUTE FUNCTION cotrack_refuse('{words}')"
    else:
        done = f"BEGIN SELECT RAISE(ABORT, '{act} of {table} is refused: {words}'); END"
    connection.exec_driver_sql(f'CREATE TRIGGER {name} BEFORE {act.upper()} ON "{table}" {done}')

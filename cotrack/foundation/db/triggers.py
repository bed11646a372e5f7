"""The triggers that keep rows from being changed or deleted: placed by migrations, looked for when verifying."""

from typing import Final

from sqlalchemy import Connection, text

REFUSING_BODY: Final = """
BEGIN RAISE EXCEPTION '% of % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]; END """
"""What PostgreSQL's triggers call; SQLite's say it themselves."""

_REFUSE = f"CREATE FUNCTION cotrack_refuse() RETURNS trigger LANGUAGE plpgsql AS $${REFUSING_BODY}$$"

_WORDS: Final = {
    "delete": "rows are never deleted",
    "truncate": "rows are never deleted",
    "update": "rows are never changed",
}


def prepare(connection: Connection) -> None:
    """Make what the triggers call; once per database."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(_REFUSE))


def never_deleted(connection: Connection, table: str) -> None:
    """Refuse DELETE of a table's rows, and on PostgreSQL TRUNCATE."""
    _place(connection, table, is_append_only=False)


def append_only(connection: Connection, table: str) -> None:
    """Refuse UPDATE as well."""
    _place(connection, table, is_append_only=True)


def _place(connection: Connection, table: str, *, is_append_only: bool) -> None:
    for act in acts(connection.dialect.name, is_append_only=is_append_only):
        connection.exec_driver_sql(trigger_sql(connection.dialect.name, table, act))


def acts(dialect: str, *, is_append_only: bool) -> list[str]:
    """Return what triggers refuse on a table; SQLite knows no TRUNCATE."""
    return ["delete", *(["truncate"] if dialect == "postgresql" else []), *(["update"] if is_append_only else [])]


def trigger_name(table: str, act: str) -> str:
    """Return the name of the trigger that refuses an act on a table."""
    return f"{table}_no_{act}"


def trigger_sql(dialect: str, table: str, act: str) -> str:
    """Return the statement that places a trigger; SQLite keeps it word for word."""
    words = _WORDS[act]
    if dialect == "postgresql":
        each = "STATEMENT" if act == "truncate" else "ROW"
        done = f"FOR EACH {each} EXECUTE FUNCTION cotrack_refuse('{words}')"
    else:
        done = f"BEGIN SELECT RAISE(ABORT, '{act} of {table} is refused: {words}'); END"
    return f'CREATE TRIGGER {trigger_name(table, act)} BEFORE {act.upper()} ON "{table}" {done}'

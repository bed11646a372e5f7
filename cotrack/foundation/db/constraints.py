"""Other constraints in the place of a table's own, for migrations: the one way to do it on both databases."""

from collections.abc import Mapping

from sqlalchemy import Connection

Constraints = Mapping[str, str]
"""The body of each by its name: `CHECK (volume_ml > 0)`, `FOREIGN KEY(lot_id) REFERENCES lot (id)`."""


def change_constraints(
    connection: Connection, table: str, *, replaced: Mapping[str, Constraints], added: Constraints | None = None
) -> None:
    """Put constraints in the place of checks of a table, by their names, and add further ones.

    Every row that is there must meet them: SQLite does not look. Raises LookupError where SQLite has no such check.
    """
    if connection.dialect.name == "postgresql":
        _alter(connection, table, replaced, added or {})
    else:
        _write_over(connection, table, replaced, added or {})


def _alter(connection: Connection, table: str, replaced: Mapping[str, Constraints], added: Constraints) -> None:
    for name in replaced:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for constraints in (*replaced.values(), added):
        for name, body in constraints.items():
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {body.replace('%', '%%')}")


def _write_over(connection: Connection, table: str, replaced: Mapping[str, Constraints], added: Constraints) -> None:
    """SQLite changes no check, and a table that others point to is not made anew: its own text is written over.

    The way that SQLite's documentation gives for checks (lang_altertable.html, 7); rows, keys and triggers stay.
    """
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    said = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    text: str = said.scalar_one()
    for name, constraints in replaced.items():
        text = _with(text, name, _joined(constraints))
    if added:
        text = f"{text.rstrip().removesuffix(')').rstrip()}, {_joined(added)}\n)"
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (text, table))
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _joined(constraints: Constraints) -> str:
    return ", ".join(f"CONSTRAINT {name} {body}" for name, body in constraints.items())


def _with(text: str, name: str, instead: str) -> str:
    """Return a table's text with something else in the place of the check of this name."""
    head = f"CONSTRAINT {name} CHECK ("
    start = text.find(head)
    if start < 0:
        raise LookupError(f"no check {name} stands in the table")
    depth, end, is_quoted = 1, start + len(head), False
    while depth:
        is_quoted ^= text[end] == "'"
        depth += 0 if is_quoted else {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return text[:start] + instead + text[end:]

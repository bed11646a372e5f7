"""Asks the database's own catalogue whether every trigger and constraint is there, unchanged and at work."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Constraint, Dialect, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex

from cotrack.foundation.db import Base, is_append_only
from cotrack.foundation.db.guard import OUTSIDE_TRAIL
from cotrack.foundation.db.triggers import REFUSING_BODY, acts, trigger_name, trigger_sql

GUARDED_OUTSIDE = frozenset({"audit_record", "audit_leaf", "audit_tile", "audit_checkpoint"})
"""Tables of the trail itself: outside of what it follows, and guarded all the same."""


def faults(connection: Connection) -> Iterator[str]:
    """Yield every trigger and constraint that is missing, switched off or another than this program's."""
    look = _faults_on_postgresql if connection.dialect.name == "postgresql" else _faults_on_sqlite
    yield from look(connection)


def guarded() -> list[Table]:
    """Return the tables whose rows are never deleted."""
    tables = Base.metadata.sorted_tables
    return [table for table in tables if table.name not in OUTSIDE_TRAIL or table.name in GUARDED_OUTSIDE]


def _wanted_triggers(dialect: str) -> Iterator[tuple[str, str]]:
    for table in guarded():
        for act in acts(dialect, is_append_only=is_append_only(table)):
            yield table.name, act


def _faults_on_sqlite(connection: Connection) -> Iterator[str]:
    rows = connection.execute(text("SELECT type, name, tbl_name, sql FROM sqlite_master")).all()
    triggers = {row.name: row.sql for row in rows if row.type == "trigger"}
    tables = {row.name: row.sql for row in rows if row.type == "table"}
    indexes = {row.name: row.sql for row in rows if row.type == "index"}
    for table, act in _wanted_triggers("sqlite"):
        said = triggers.pop(trigger_name(table, act), None)
        if said is None:
            yield f"{table}: the trigger that refuses {act} is gone"
        elif said != trigger_sql("sqlite", table, act):
            yield f"{table}: the trigger that refuses {act} was changed"
    yield from (f"the trigger {name} is none of this program's" for name in triggers)
    for wanted in Base.metadata.sorted_tables:
        said = _flat(tables.get(wanted.name, ""))
        yield from _missing_constraints(wanted, said)
        yield from _faults_of_indexes(wanted, indexes, connection.dialect)


def _missing_constraints(table: Table, said: str) -> Iterator[str]:
    for constraint in table.constraints:
        if _flat(_spelled(constraint, _SQLITE)) not in said:
            yield f"{table.name}: the constraint {constraint.name} is gone or was changed"


def _faults_of_indexes(table: Table, found: Mapping[str, str], dialect: Dialect) -> Iterator[str]:
    """Name each index that is gone, or holds other columns, or is unique no more: some stand behind “used once”."""
    for index in table.indexes:
        said = found.get(str(index.name))
        if said is None:
            yield f"{table.name}: the index {index.name} is gone"
        elif _words(said) != _words(str(CreateIndex(index).compile(dialect=dialect))):
            yield f"{table.name}: the index {index.name} was changed"


def _spelled(constraint: Constraint, dialect: Dialect) -> str:
    """Return a constraint as this program writes it into a table."""
    compiler: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]  # a compiler of no one statement
    return str(compiler.process(constraint))


def _flat(sql: str) -> str:
    return re.sub(r"\s+", " ", sql.replace('"', ""))


_TRIGGERS = text(
    "SELECT c.relname AS table, t.tgname AS name, t.tgenabled AS enabled, p.proname AS calls, p.prosrc AS body "
    "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
)
_CONSTRAINTS = text(
    "SELECT conname AS name, contype AS kind, convalidated AS is_valid, pg_get_constraintdef(oid) AS definition "
    "FROM pg_constraint WHERE connamespace = current_schema()::regnamespace"
)
_KEY_TRIGGERS = text(
    "SELECT DISTINCT c.relname AS table FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE t.tgisinternal AND t.tgenabled <> 'O' AND c.relnamespace = current_schema()::regnamespace"
)
_INDEXES = text(
    "SELECT c.relname AS name, CASE WHEN i.indisvalid THEN pg_get_indexdef(i.indexrelid) ELSE 'not valid' END AS sql "
    "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = current_schema()::regnamespace"
)


def _faults_on_postgresql(connection: Connection) -> Iterator[str]:
    triggers = {row.name: row for row in connection.execute(_TRIGGERS)}
    for table, act in _wanted_triggers("postgresql"):
        found = triggers.pop(trigger_name(table, act), None)
        if found is None or found.table != table:
            yield f"{table}: the trigger that refuses {act} is gone"
        elif found.enabled not in {"O", "A"}:
            yield f"{table}: the trigger that refuses {act} is switched off"
        elif (found.calls, found.body) != ("cotrack_refuse", REFUSING_BODY):
            yield f"{table}: the trigger that refuses {act} was changed"
    yield from (f"the trigger {name} is none of this program's" for name in triggers)
    for row in connection.execute(_KEY_TRIGGERS):
        yield f"{row.table}: its foreign keys are switched off"
    yield from _constraints_on_postgresql(connection)


def _constraints_on_postgresql(connection: Connection) -> Iterator[str]:
    constraints = {row.name: row for row in connection.execute(_CONSTRAINTS)}
    indexes = {row.name: row.sql for row in connection.execute(_INDEXES)}
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            fault = _fault_of(constraint, constraints.get(str(constraint.name)))
            if fault:
                yield f"{table.name}: the constraint {constraint.name} {fault}"
        yield from _faults_of_indexes(table, indexes, connection.dialect)


def _fault_of(constraint: Constraint, found: Any) -> str:
    if found is None:
        return "is gone"
    if not found.is_valid:
        return "was put back without looking at the rows"
    wanted = _spelled(constraint, _POSTGRESQL).split(f"CONSTRAINT {constraint.name} ", 1)[-1]
    return "was changed" if _words(found.definition) != _words(wanted) else ""


_SQLITE: Dialect = sqlite.dialect()
_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # this dialect of SQLAlchemy says no types
_SPELLING = "CHECK USING BTREE PUBLIC ARRAY ANY ALL TEXT CHARACTER VARYING NUMERIC BIGINT INTEGER"
_NO_WORDS = frozenset(_SPELLING.split())
_WORD = re.compile(r"'(?:[^']|'')*'|[A-Za-z_]\w*|\d+(?:\.\d+)?|<>|<=|>=|[<>=]")


def _words(sql: str) -> list[str]:
    """Return names, literals and comparisons in their order: PostgreSQL spells them in its own way, by version."""
    spelled = sql.replace("!=", "<>").replace(" NOT IN ", " <> ALL ").replace(" IN ", " = ANY ")
    return [each for each in _WORD.findall(spelled) if each.upper() not in _NO_WORDS]

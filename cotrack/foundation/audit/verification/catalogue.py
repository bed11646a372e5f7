"""Asks the database's own catalogue whether every trigger and constraint is there, unchanged and at work."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Constraint, Table, text

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
    indexes = {row.name for row in rows if row.type == "index"}
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
        yield from _missing_indexes(wanted, indexes)


def _missing_constraints(table: Table, said: str) -> Iterator[str]:
    for constraint in table.constraints:
        name = str(constraint.name)
        wanted = f"CONSTRAINT {name} "
        if isinstance(constraint, CheckConstraint):
            wanted = f"CONSTRAINT {name} CHECK ({constraint.sqltext})"
        if _flat(wanted) not in said:
            yield f"{table.name}: the constraint {name} is gone or was changed"


def _missing_indexes(table: Table, found: set[str]) -> Iterator[str]:
    for index in table.indexes:
        if str(index.name) not in found:
            yield f"{table.name}: the index {index.name} is gone"


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
_INDEXES = text("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")


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
    indexes = set(connection.execute(_INDEXES).scalars())
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            fault = _fault_of(constraint, constraints.get(str(constraint.name)))
            if fault:
                yield f"{table.name}: the constraint {constraint.name} {fault}"
        yield from _missing_indexes(table, indexes)


def _fault_of(constraint: Constraint, found: Any) -> str:
    if found is None:
        return "is gone"
    if not found.is_valid:
        return "was put back without looking at the rows"
    if isinstance(constraint, CheckConstraint) and _words(found.definition) != _words(str(constraint.sqltext)):
        return "was changed"
    return ""


_NO_WORDS = frozenset({"CHECK", "ARRAY", "ANY", "ALL", "TEXT", "CHARACTER", "VARYING", "NUMERIC", "BIGINT", "INTEGER"})
_WORD = re.compile(r"'(?:[^']|'')*'|[A-Za-z_]\w*|\d+(?:\.\d+)?|<>|<=|>=|[<>=]")


def _words(sql: str) -> set[str]:
    """Return names, literals and comparisons of a condition: PostgreSQL spells it in its own way, by version."""
    spelled = sql.replace("!=", "<>").replace(" NOT IN ", " <> ALL ").replace(" IN ", " = ANY ")
    return {each for each in _WORD.findall(spelled) if each.upper() not in _NO_WORDS}

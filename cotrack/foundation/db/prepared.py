"""Statements that a ward waits for: SQLAlchemy compiles each once, and the driver runs it.

From a compiled statement to its rows, SQLAlchemy's own way takes ten times as long as SQLite does. What guards every
other statement guards these: they run on the session's own connection, in its transaction, past the same listeners
(`guard`, `turns`), and a driver's fault becomes SQLAlchemy's.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.exc import DBAPIError

from cotrack.foundation.db.faults import first_line_alone, is_going

Convert = Callable[[Any], Any] | None


@dataclass(frozen=True)
class _Context:
    """What the listeners of a statement ask about it."""

    compiled: Compiled
    invoked_statement: Any
    execution_options: Mapping[str, Any]


@dataclass
class _Ready:
    """A statement for one kind of database: its text, how each parameter goes in and each column comes out."""

    sql: str
    context: _Context
    parameters: Sequence[tuple[str, Convert]]
    constants: Mapping[str, Any]
    is_positional: bool
    make_row: Callable[..., Any] | None
    columns: Sequence[Any]
    converts: Sequence[tuple[int, Callable[[Any], Any]]] | None = None


class Prepared:
    """One statement without lists of open length; its parameters are named by `bindparam`, or by its columns."""

    def __init__(self, statement: Executable, *, values: Sequence[str] | None = None) -> None:
        """Take the statement; `values` names the columns that an INSERT is given."""
        self._statement = statement
        self._values = values
        self._ready: dict[str, _Ready] = {}

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Run the statement and return its rows, each a named tuple; none where it returns none."""
        ready = self._ready.get(connection.dialect.name) or self._prepare(connection.dialect)
        given = {**ready.constants, **parameters}
        values = [given[name] if convert is None else convert(given[name]) for name, convert in ready.parameters]
        sent = values if ready.is_positional else dict(zip((name for name, _ in ready.parameters), values, strict=True))
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, None, ready.sql, sent, ready.context, False)  # noqa: FBT003 (their signature)
        return self._run(connection, ready, sent)

    def unheard(self, connection: Connection) -> None:
        """Run a statement without parameters that writes no row: whoever listens is the one who asks for it."""
        self._run(connection, self._ready.get(connection.dialect.name) or self._prepare(connection.dialect), ())

    def _run(self, connection: Connection, ready: _Ready, sent: Any) -> list[Any]:
        driver: Any = connection.connection.driver_connection
        dbapi_error = connection.dialect.loaded_dbapi.Error
        try:
            cursor = driver.execute(ready.sql, sent)
            found = cursor.fetchall() if ready.make_row is not None else []
        except dbapi_error as fault:
            raise _told(connection, ready.sql, fault) from fault
        if ready.make_row is None or not found:
            return []
        return [ready.make_row(*each) for each in _converted(ready, cursor, connection.dialect, found)]

    def _prepare(self, dialect: Dialect) -> _Ready:
        statement: Any = self._statement
        compiled = statement.compile(dialect=dialect, column_keys=self._values)
        if "POSTCOMPILE" in compiled.string:
            raise ValueError("a prepared statement holds no list of open length")
        constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        names = compiled.positiontup if compiled.positional else list(compiled.binds)
        columns = list(getattr(statement, "exported_columns", ()))
        ready = _Ready(
            sql=compiled.string,
            context=_Context(compiled, statement, statement.get_execution_options()),
            parameters=[(name, _way_in(compiled.binds[name], dialect)) for name in names],
            constants=constants,
            is_positional=compiled.positional,
            make_row=namedtuple("Row", [each.key for each in columns], rename=True) if columns else None,  # noqa: PYI024 (its names come from the statement)
            columns=columns,
        )
        self._ready[dialect.name] = ready
        return ready


def _way_in(bind: Any, dialect: Dialect) -> Convert:
    convert: Convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _converted(ready: _Ready, cursor: Any, dialect: Dialect, found: Sequence[Any]) -> Sequence[Any]:
    """Return rows with each value as its column's type has it; what the driver calls the types is known by now."""
    if ready.converts is None:
        told = [each[1] for each in cursor.description]
        processors = [
            column.type.dialect_impl(dialect).result_processor(dialect, code)
            for column, code in zip(ready.columns, told, strict=True)
        ]
        ready.converts = [(place, convert) for place, convert in enumerate(processors) if convert is not None]
    rows = [list(each) for each in found]
    for row in rows:
        for place, convert in ready.converts:
            row[place] = convert(row[place])
    return rows


def _told(connection: Connection, sql: str, fault: Any) -> BaseException:
    """Return a driver's fault as SQLAlchemy tells it; of a server that is lost no connection is used again."""
    dialect = connection.dialect
    first_line_alone(fault)
    if is_going(fault) or dialect.is_disconnect(fault, connection.connection.dbapi_connection, None):
        connection.invalidate(fault)
        connection.engine.dispose()
    told: BaseException = DBAPIError.instance(
        sql, None, fault, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )
    return told

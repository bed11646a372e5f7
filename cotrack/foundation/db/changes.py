"""Collects what a flush really changed: each new or changed row is read back and compared with what was loaded."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import RowMapping, Table, event, insert, inspect, select
from sqlalchemy.orm import QueryContext, Session, UOWTransaction

from cotrack.foundation.db.base import Base, is_append_only
from cotrack.foundation.db.columns import trail_text
from cotrack.foundation.db.guard import OUTSIDE_TRAIL, WRITING, GuardedSession, flushing
from cotrack.foundation.db.prepared import Prepared
from cotrack.foundation.errors import UnrecordedChange

Row = Mapping[str, Any] | RowMapping


class Secrets:
    """Hides secret columns: the trail shows that they changed, and never what they hold."""

    def __init__(self, key: bytes) -> None:
        """Take the key of its own under which the trail keeps secrets."""
        self._key = key
        self._sealing = hmac.new(key, b"cotrack: the seal of a record", hashlib.sha256).digest()

    def hidden(self, value: str | bytes) -> str:
        """Return the value as `hmac:…`."""
        data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        return "hmac:" + hmac.new(self._key, data, hashlib.sha256).hexdigest()

    def seal(self, record: str) -> str:
        """Return what only the service can say of a record that it wrote: whoever owns the database lacks this key."""
        return "hmac:" + hmac.new(self._sealing, record.encode(), hashlib.sha256).hexdigest()


def row_text(table: Table, row: Row, secrets: Secrets) -> dict[str, Any]:
    """Return each column of a row in the form the trail keeps (surface.md §4)."""
    return {name: _text(row[name], secrets if is_secret else None) for name, is_secret in _columns(table)}


@cache
def _columns(table: Table) -> Sequence[tuple[str, bool]]:
    return [(each.name, bool(each.info.get("secret"))) for each in table.columns]


def _text(value: Any, secrets: Secrets | None) -> Any:
    if value is None:
        return None
    if secrets is not None:
        return secrets.hidden(value)
    if isinstance(value, bytes):
        return "sha256:" + hashlib.sha256(value).hexdigest()
    return trail_text(value)


class ChangeCollector:
    """The old and new values of every column of every row that one command writes."""

    def __init__(self, session: Session, secrets: Secrets) -> None:
        """Watch this session; `changes` grows with each flush."""
        self.changes: list[dict[str, Any]] = []
        self._secrets = secrets
        self._loaded: dict[str, dict[str, Any]] = {}
        session.info["collector"] = self

    def remember(self, instance: Base, *, names: Iterable[str] | None = None) -> None:
        """Keep what a row held when it was loaded or refreshed."""
        table = _table(instance)
        state = inspect(instance).dict
        chosen = [each for each in table.columns if each.name in state and (names is None or each.name in names)]
        seen = self._loaded.setdefault(_row_name(instance), {})
        seen.update(
            {each.name: _text(state[each.name], self._secrets if each.info.get("secret") else None) for each in chosen}
        )

    def collect(self, session: Session, instances: Sequence[Base]) -> None:
        """Read the written rows back, one statement a table, and note each column that differs from before."""
        by_table: dict[Table, list[int]] = {}
        for instance in instances:
            by_table.setdefault(_table(instance), []).append(instance.id)
        for table, ids in by_table.items():
            stored = session.connection().execute(select(table).where(table.c.id.in_(ids)).order_by(table.c.id))
            for row in stored.mappings():
                self.note(table, row)

    def note(self, table: Table, row: Row) -> None:
        """Note each column of a stored row that differs from before."""
        name = f"{table.name}:{row['id']}"
        now = row_text(table, row, self._secrets)
        before = self._loaded.get(name, {})
        self.changes.extend(
            {"row": name, "column": each, "old": before.get(each), "new": value}
            for each, value in now.items()
            if before.get(each) != value
        )
        self._loaded[name] = now


def append_row(session: Session, model: type[Base], values: Mapping[str, Any]) -> int:
    """Write a row of an append-only table by one statement that gives back what was stored (RETURNING), and collect it.

    Takes a value for each column but the id, which it returns; no object is made that nothing would ever change.
    Raises UnrecordedChange in a session that no record follows.
    """
    table = _table(model)
    if session.info.get("purpose") != WRITING:
        raise UnrecordedChange(f"a row of {table.name} was to be written by no command")
    if not is_append_only(table):
        raise UnrecordedChange(f"a row of {table.name} may change later: it must be added")
    if values.keys() != _written(table):
        raise UnrecordedChange(f"a row of {table.name} was to be written with other columns than it has")
    if session.new or session.dirty:
        session.flush()
    connection = session.connection()
    with flushing(connection):
        (stored,) = _append(table).rows(connection, values)
    if collector := _collector(session):
        collector.note(table, stored._asdict())
    return int(stored.id)


@cache
def _append(table: Table) -> Prepared:
    return Prepared(insert(table).returning(*table.columns), values=sorted(_written(table)))


@cache
def _written(table: Table) -> frozenset[str]:
    return frozenset(each.name for each in table.columns if each.name != "id")


def _table(instance: Base | type[Base]) -> Table:
    return instance.__table__  # type: ignore[return-value]  # every model of ours maps one plain table


def _row_name(instance: Base) -> str:
    return f"{instance.__tablename__}:{instance.id}"


def _collector(session: Session) -> ChangeCollector | None:
    return session.info.get("collector") if session.info.get("purpose") == WRITING else None


@event.listens_for(Base, "load", propagate=True)
def _loaded(instance: Base, context: QueryContext) -> None:
    if collector := _collector(context.session):
        collector.remember(instance)


@event.listens_for(Base, "refresh", propagate=True)
def _refreshed(instance: Base, context: QueryContext, names: Iterable[str] | None) -> None:
    if (collector := _collector(context.session)) and context is not None:
        collector.remember(instance, names=names)


@event.listens_for(GuardedSession, "after_flush")
def _flushed(session: Session, context: UOWTransaction) -> None:  # noqa: ARG001 (its signature)
    if collector := _collector(session):
        written = [
            each
            for each in (*session.new, *session.dirty)
            if each.__tablename__ not in OUTSIDE_TRAIL and (each in session.new or session.is_modified(each))
        ]
        collector.collect(session, written)

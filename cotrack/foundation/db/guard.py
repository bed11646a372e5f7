"""Refuses writes that no record would see: only a flush may write, and only where its session was opened for it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Delete, Engine, Insert, Update, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction

from cotrack.foundation.errors import UnrecordedChange

READING: Final = "reading"
WRITING: Final = "writing"
UNTRAILED: Final = "outside the trail"

OUTSIDE_TRAIL: Final = {
    "audit_record": "the trail itself; append-only by trigger",
    "audit_leaf": "the trail's tree: each record's place in it; append-only by trigger",
    "audit_tile": "roots over 256 leaves, computed from the leaves; append-only by trigger",
    "audit_checkpoint": "signed heads of the tree, verifiable by themselves; append-only by trigger",
    "sign_in_session": "sign-ins end by time; starting and ending one is recorded as an event",
    "sign_in_counter": "counts wrong passwords; a lock-out is recorded as an event",
    "idempotency_key": "answers kept 72 h so that a repeated request gets the first one",
    "sitting": "half of a check: what was scanned so far; the finished check is recorded with its scans",
    "upload": "a file between preview and storing, kept one day; its hash is in the record of the import",
    "foreign_scan": "scans of other people's codes, encrypted; their HMACs, each look and each purge are recorded",
    "alembic_version": "the number of the newest migration; each migration writes a record",
}
"""Tables whose rows the trail does not follow, each with the reason; they alone may be deleted from."""

_WRITE = re.compile(
    r"\s*(insert|update|delete|replace|merge|truncate|with\b.*\b(insert|update|delete)\b)", re.IGNORECASE | re.DOTALL
)


@contextmanager
def flushing(connection: Connection) -> Iterator[None]:
    """Let statements write: what they write is collected for the record by whoever opens this."""
    # Taken once: a connection that is lost meanwhile has none any more, and its fault is what counts.
    info = connection.info
    before = info.get("cotrack_flush", False)
    info["cotrack_flush"] = True
    try:
        yield
    finally:
        info["cotrack_flush"] = before


class GuardedSession(Session):
    """A session that knows what it was opened for (`info["purpose"]`)."""

    _held: tuple[SessionTransaction, Connection] | None = None

    def connection(self, *arguments: Any, **options: Any) -> Connection:
        """Return the connection of this transaction; SQLAlchemy looks for it anew each time, and a check asks often."""
        transaction = self.get_transaction()
        if self._held and self._held[0] is transaction and transaction.is_active and not (arguments or options):
            return self._held[1]
        found = super().connection(*arguments, **options)
        begun = self.get_transaction()
        self._held = (begun, found) if begun is not None and not (arguments or options) else None
        return found

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write pending changes; a reading session refuses."""
        if self.info["purpose"] == READING and (self.new or self.dirty or self.deleted):
            raise UnrecordedChange("a reading session was asked to write")
        with flushing(self.connection()):
            super().flush(objects)


@event.listens_for(GuardedSession, "do_orm_execute")
def _read_anew_what_is_locked(state: ORMExecuteState) -> None:
    """Whoever locks a row decides on what it holds now, not on what was read before; own changes are written first."""
    if getattr(state.statement, "_for_update_arg", None) is None:
        return
    if state.session.dirty or state.session.new:
        state.session.flush()
    state.update_execution_options(populate_existing=True)


@event.listens_for(GuardedSession, "before_flush")
def _refuse_other_tables(session: Session, context: UOWTransaction, instances: Any) -> None:  # noqa: ARG001 (its signature)
    """Refuse deletion of trailed rows anywhere, and any trailed row in a session outside the trail."""
    for instance in session.deleted:
        if instance.__tablename__ not in OUTSIDE_TRAIL:
            raise UnrecordedChange(f"a row of {instance.__tablename__} was to be deleted: nothing is ever deleted")
    if session.info["purpose"] != UNTRAILED:
        return
    for instance in (*session.new, *session.dirty):
        if instance.__tablename__ not in OUTSIDE_TRAIL:
            raise UnrecordedChange(f"a row of {instance.__tablename__} was to be written outside the trail")


def guard(engine: Engine) -> None:
    """Refuse INSERT, UPDATE and DELETE on this engine outside a flush; statements on untrailed tables may pass."""

    @event.listens_for(engine, "before_cursor_execute")
    def refuse(conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:  # noqa: ARG001, FBT001, PLR0917 (its signature)
        if not _WRITE.match(statement) or conn.info.get("cotrack_flush"):
            return
        written = getattr(getattr(context, "compiled", None), "statement", None)
        if isinstance(written, Insert | Update | Delete) and getattr(written.table, "name", "") in OUTSIDE_TRAIL:
            return
        if context is not None and context.execution_options.get("cotrack_migration"):
            return
        raise UnrecordedChange(f"a write outside a flush was stopped: {statement.split(maxsplit=3)[:3]}")

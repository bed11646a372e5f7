"""Lets the writers of one SQLite file take turns, from a command's first write or lock to its end.

What a command reads before its turn, it reads as on PostgreSQL: each statement sees what is committed by then.
Whoever decides on a row locks it (`FOR UPDATE`), which takes the turn and reads the row anew.
"""

import fcntl
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Executable, event, text
from sqlalchemy.orm import Session

from cotrack.foundation.db.faults import not_lockable
from cotrack.foundation.db.prepared import Prepared

TAKES_TURN: Final = "cotrack_takes_turn"
"""Execution option of a statement that only reads, and must find everything that was written before."""

_TURN: Final = "cotrack_turn"
_ONLY_READS: Final = ("SELECT", "PRAGMA", "BEGIN")


def take_turn(session: Session) -> None:
    """Take the turn before anything is read; on PostgreSQL, where rows are locked one by one, nothing happens."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().execute(_NOTHING, execution_options={TAKES_TURN: True})


_NOTHING: Executable = text("SELECT 1")
_BEGIN = Prepared(text("BEGIN IMMEDIATE"))


def let_writers_take_turns(engine: Engine, path: Path) -> None:
    """Begin a writing transaction of this engine at its first write or lock, in the queue at the lock file `path`."""
    queue = _Queue(path)

    @event.listens_for(engine, "before_cursor_execute")
    def take(conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:  # noqa: ARG001, FBT001, PLR0917 (its signature)
        if _TURN in conn.info or not conn.get_execution_options().get("cotrack_writing"):
            return
        if not statement.startswith(_ONLY_READS) or _locks(context):
            conn.info[_TURN] = queue.enter()
            _BEGIN.unheard(conn)

    @event.listens_for(engine, "checkin")
    def give_back(connection: sqlite3.Connection | None, record: Any) -> None:  # noqa: ARG001 (its signature)
        if (descriptor := record.info.pop(_TURN, None)) is not None:
            queue.leave(descriptor)


def _locks(context: Any) -> bool:
    if context is None:
        return False
    if context.execution_options.get(TAKES_TURN):
        return True
    return getattr(context.invoked_statement, "_for_update_arg", None) is not None


class _Queue:
    """Threads queue at a lock in memory, processes at a file: SQLite's own waiting is unfair, and sleeps."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.Lock()

    def enter(self) -> int:
        self._threads.acquire()
        try:
            return self._locked_file()
        except BaseException:
            self._threads.release()
            raise

    def leave(self, descriptor: int) -> None:
        os.close(descriptor)
        self._threads.release()

    def _locked_file(self) -> int:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            raise not_lockable(fault) from fault
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

"""Opens sessions: for reading, for one command, and for the few tables that stand outside the trail."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cotrack.foundation.db.guard import READING, UNTRAILED, WRITING, GuardedSession
from cotrack.foundation.errors import DatabaseUnavailable
from cotrack.foundation.words import N_

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Return the instant now, in UTC."""
    return datetime.now(UTC)


class Sessions:
    """The factory of sessions over one database, with the clock that every command reads."""

    def __init__(self, engine: Engine, *, clock: Clock = wall_clock, writer_lock: Path | None = None) -> None:
        """Take `writer_lock` on SQLite: its own waiting for the write lock is unfair."""
        self.engine = engine
        self.clock = clock
        self._writing_engine = engine.execution_options(cotrack_writing=True)
        self._writer_lock = writer_lock

    def with_clock(self, clock: Clock) -> "Sessions":
        """Return the same database under another clock."""
        return Sessions(self.engine, clock=clock, writer_lock=self._writer_lock)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that refuses every write."""
        with self._session(self.engine, {"purpose": READING}) as session:
            yield session

    @contextmanager
    def writing(self, info: Mapping[str, Any] | None = None) -> Iterator[Session]:
        """Open the session of one command; the unit of work commits it."""
        with (
            self._locked(),
            self._session(self._writing_engine, {"purpose": WRITING, **(info or {})}) as session,
        ):
            yield session

    @contextmanager
    def outside_trail(self) -> Iterator[Session]:
        """Open a session for sign-ins, counters, caches: it commits at the end, and refuses any table of the trail."""
        with self._locked(), self._session(self._writing_engine, {"purpose": UNTRAILED}) as session:
            yield session
            session.commit()

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Open the one transaction of the migrations; it commits at the end."""
        with self._locked(), self._session(self._writing_engine, {"purpose": WRITING}) as session:
            yield session.connection(execution_options={"cotrack_migration": True})
            session.commit()

    @contextmanager
    def _session(self, engine: Engine, info: Mapping[str, Any]) -> Iterator[Session]:
        try:
            with GuardedSession(engine, autoflush=False, expire_on_commit=False, info=dict(info)) as session:
                yield session
        except OperationalError as fault:
            raise unavailable(fault) from fault

    def _locked(self) -> Any:
        return _held(self._writer_lock) if self._writer_lock else nullcontext()


@contextmanager
def _held(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def unavailable(fault: OperationalError) -> DatabaseUnavailable:
    """Turn what the driver says into one line that says what to do."""
    words = str(fault.orig).lower()
    for sign, advice in _ADVICE:
        if sign in words:
            return DatabaseUnavailable(advice)
    return DatabaseUnavailable("The database does not answer: {fault}.", fault=str(fault.orig).strip().splitlines()[0])


_ADVICE = (
    (
        "locked",
        N_("Another program holds the database: close it (an SQLite browser, a copy in progress) and try again."),
    ),
    ("full", N_("The disk is full: free space where the database lies, then try again. Nothing was stored.")),
    ("no space", N_("The disk is full: free space where the database lies, then try again. Nothing was stored.")),
    (
        "readonly",
        N_("The database file cannot be written: give the service's user the right to write to it and its folder."),
    ),
    (
        "unable to open",
        N_("The database file cannot be opened: run `cotrack init`, and check that its folder can be written."),
    ),
    ("no such table", N_("The database is empty: run `cotrack init`.")),
    ("does not exist", N_("The database does not exist: create it and run `cotrack init` (docs/deploy.md).")),
    ("connection refused", N_("PostgreSQL does not answer: start it, and check COTRACK_DATABASE_URL.")),
    ("lock timeout", N_("Somebody else is changing the same thing: try again in a moment.")),
    ("password authentication", N_("PostgreSQL refused the password: check COTRACK_DATABASE_URL.")),
)

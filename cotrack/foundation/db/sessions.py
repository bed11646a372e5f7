"""Opens sessions: for reading, for one command, and for the few tables that stand outside the trail."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from cotrack.foundation.db.faults import missing, unavailable
from cotrack.foundation.db.guard import READING, UNTRAILED, WRITING, GuardedSession
from cotrack.foundation.db.prepared import Prepared

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Return the instant now, in UTC."""
    return datetime.now(UTC)


class Sessions:
    """The factory of sessions over one database, with the clock that every command reads."""

    def __init__(self, engine: Engine, *, clock: Clock = wall_clock, file: Path | None = None) -> None:
        """Take the engine of `db.open_database`, and the `file` of an embedded database."""
        self.engine = engine
        self.clock = clock
        self._writing_engine = engine.execution_options(cotrack_writing=True)
        is_server = engine.dialect.name == "postgresql"
        autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._looking_engine = autocommit if is_server else self._writing_engine
        self.file = file

    def with_clock(self, clock: Clock) -> "Sessions":
        """Return the same database under another clock."""
        return Sessions(self.engine, clock=clock, file=self.file)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that refuses every write."""
        with self._session(self.engine, {"purpose": READING}) as session:
            yield session

    def look(self, statement: Prepared, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Read rows by one statement, outside of any transaction, which spares two ways to PostgreSQL."""
        with _told_plainly(), self._looking_engine.connect() as connection:
            return statement.rows(connection, parameters)

    @contextmanager
    def writing(self, info: Mapping[str, Any] | None = None) -> Iterator[Session]:
        """Open the session of one command; the unit of work commits it."""
        self.require_file()
        with self._session(self._writing_engine, {"purpose": WRITING, **(info or {})}) as session:
            yield session

    @contextmanager
    def outside_trail(self) -> Iterator[Session]:
        """Open a session for sign-ins, counters, caches: it commits at the end, and refuses any table of the trail."""
        self.require_file()
        with self._session(self._writing_engine, {"purpose": UNTRAILED}) as session:
            yield session
            session.commit()

    def make_file(self) -> None:
        """Make the embedded database's file where there is none; PostgreSQL's database is made by its administrator."""
        if self.file and not self.file.exists():
            self.file.touch(mode=0o600)

    def require_file(self) -> None:
        """Raise DatabaseUnavailable where the embedded database's file is gone: what is written then goes with it."""
        if self.file and not self.file.exists():
            raise missing(self.file)

    @contextmanager
    def _session(self, engine: Engine, info: Mapping[str, Any]) -> Iterator[Session]:
        # Once closed it stays closed: a session read after its end would take a connection that nobody gives back.
        opened = GuardedSession(
            engine, autoflush=False, expire_on_commit=False, close_resets_only=False, info=dict(info)
        )
        with _told_plainly(), opened as session:
            yield session


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Say in domain words what makes a database unusable."""
    try:
        yield
    except DatabaseError as fault:
        said = unavailable(fault)
        if said is None:
            raise
        raise said from fault

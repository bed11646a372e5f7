"""Makes the engine: SQLite in the same process by default, PostgreSQL where several wards work."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from cotrack.foundation.db.guard import guard
from cotrack.foundation.db.sessions import Clock, Sessions, wall_clock

BUSY_MILLISECONDS = 5_000


def open_database(url: str, *, clock: Clock = wall_clock) -> Sessions:
    """Return the session factory of the database at `url`; nothing is connected or created yet."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(url, Path(address.database or ""), clock)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(
            address,
            pool_pre_ping=False,
            pool_size=8,
            connect_args={"options": "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=60s"},
        )
        guard(engine)
        return Sessions(engine, clock=clock)
    raise ValueError(f"COTRACK_DATABASE_URL is for {address.get_backend_name()}: use sqlite or postgresql")


def _open_sqlite(url: str, path: Path, clock: Clock) -> Sessions:
    engine = create_engine(url, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
    _use_own_transactions(engine)
    guard(engine)
    return Sessions(engine, clock=clock, writer_lock=path.parent / "writer.lock")


def _use_own_transactions(engine: Engine) -> None:
    """Turn the driver's transactions off and begin our own: IMMEDIATE for a command, plain for a read."""

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ARG001 (its signature)
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MILLISECONDS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("cotrack_writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

"""Makes the engine: SQLite in the same process by default, PostgreSQL where several wards work."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError

from cotrack.foundation.db.faults import first_line_alone, is_going, missing
from cotrack.foundation.db.guard import guard
from cotrack.foundation.db.sessions import Clock, Sessions, wall_clock
from cotrack.foundation.db.turns import let_writers_take_turns
from cotrack.settings import SettingsFault

BUSY_MILLISECONDS = 5_000


def open_database(url: str, *, clock: Clock = wall_clock) -> Sessions:
    """Return the session factory of the database at `url`; nothing is connected or created yet."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address, clock)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(
            address,
            hide_parameters=True,
            pool_pre_ping=False,
            pool_size=8,
            connect_args={"options": "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=60s"},
        )
        guard(engine)
        _leave_rows_out_of_faults(engine)
        return Sessions(engine, clock=clock)
    raise SettingsFault(f"COTRACK_DATABASE_URL is for {address.get_backend_name()}: use sqlite or postgresql")


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        # The address itself is not said: it may hold a password.
        raise SettingsFault("COTRACK_DATABASE_URL is no address: see docs/deploy.md for its form") from None


def _open_sqlite(address: URL, clock: Clock) -> Sessions:
    if address.database in {None, "", ":memory:"}:
        raise SettingsFault("COTRACK_DATABASE_URL names no file: say sqlite:////FOLDER/cotrack.db")
    path = Path(str(address.database)).resolve()
    engine = create_engine(
        address, hide_parameters=True, pool_use_lifo=True, connect_args={"timeout": BUSY_MILLISECONDS / 1000}
    )
    _open_only_what_exists(engine, path)
    _use_own_transactions(engine)
    guard(engine)
    let_writers_take_turns(engine, path.parent / "writer.lock")
    return Sessions(engine, clock=clock, file=path)


def _leave_rows_out_of_faults(engine: Engine) -> None:
    @event.listens_for(engine, "handle_error")
    def shorten(context: ExceptionContext) -> None:
        for fault in (context.original_exception, context.sqlalchemy_exception):
            if fault is not None:
                first_line_alone(fault)
        if is_going(context.original_exception):
            context.is_disconnect = True


def _open_only_what_exists(engine: Engine, path: Path) -> None:
    """Never let SQLite make an empty file in the place of a lost database."""

    @event.listens_for(engine, "do_connect", named=True)
    def open_existing(*, cargs: list[Any], cparams: dict[str, Any], **_: Any) -> None:
        if not path.exists():
            raise missing(path)
        cargs[0] = f"file:{quote(str(path))}?mode=rw"
        cparams["uri"] = True


def _use_own_transactions(engine: Engine) -> None:
    """Turn the driver's transactions off and begin a reader's own; a writer's begins with its turn."""

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
        if not connection.get_execution_options().get("cotrack_writing"):
            connection.exec_driver_sql("BEGIN")

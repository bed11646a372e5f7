"""PostgreSQL's own tools, found on the machine; scratch databases, made and removed."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final

from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError

from cotrack.foundation.db.engine import open_database
from cotrack.foundation.db.faults import unavailable
from cotrack.foundation.errors import DatabaseUnavailable, InvalidInput, SystemNeedMissing

APT_LINE: Final = "apt-get install --yes postgresql-client"
SCRATCH: Final = "cotrack_scratch"
"""Every scratch database's name begins with it: what lies in one is removed without asking."""

_DEBIAN: Final = Path("/usr/lib/postgresql")
_NO_RIGHT: Final = "42501"


def dump(url: str, snapshot: str, to: Path) -> None:
    """Write a copy of what a snapshot shows, in PostgreSQL's custom format."""
    to.touch(mode=0o600, exist_ok=False)
    _run("pg_dump", url, "--format=custom", f"--snapshot={snapshot}", f"--file={to}")


def load(url: str, dumped: Path) -> None:
    """Load a copy into an empty database, whole or not at all; everything belongs to the role that loads it."""
    _run("pg_restore", url, "--single-transaction", "--exit-on-error", "--no-comments", str(dumped))


def _run(name: str, url: str, *arguments: str) -> None:
    conninfo, password = _conninfo(url)
    command = [program(name), "--no-password", "--no-owner", "--no-privileges", f"--dbname={conninfo}", *arguments]
    variables = {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": password} if password else {})}
    run = subprocess.run(  # noqa: S603 (a program of PostgreSQL, found by name, with arguments of ours)
        command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise DatabaseUnavailable("{name} failed: {words}", name=name, words=_words(run))


def _words(run: subprocess.CompletedProcess[str]) -> str:
    """Return the first line that says what went wrong."""
    lines = [line for line in run.stderr.splitlines() if "error: " in line] or run.stderr.splitlines()
    if lines:
        return lines[0].rpartition("error: ")[2]
    return f"it was stopped ({signal.strsignal(-run.returncode) if run.returncode < 0 else run.returncode})"


def program(name: str) -> str:
    """Return a program of PostgreSQL, from the PATH or the newest of Debian's folders; raises SystemNeedMissing."""
    newest = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]), reverse=True)
    found = shutil.which(name) or next(map(str, newest), None)
    if found is None:
        raise SystemNeedMissing("{name} is not on this machine. Run: {line}", name=name, line=APT_LINE)
    return found


def _conninfo(url: str) -> tuple[str, str]:
    """Return the address as PostgreSQL's tools take it, and the password apart: a command line is seen by everybody."""
    address = _address(url)
    _, options = address.get_dialect()().create_connect_args(address)
    password = options.pop("password", "")
    return make_conninfo(**options), str(password)


def _address(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg")


def refuse_unless_empty(url: str) -> None:
    """Raise InvalidInput where the database holds any table."""
    with _administering(url) as connection:
        count = connection.scalar(
            text(
                "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relnamespace NOT IN"
                " (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_%' OR nspname = 'information_schema')"
            )
        )
    if count:
        raise InvalidInput(
            "The database {name} holds tables: a back-up is restored into an empty database only. "
            "Stop the service, put the old database aside (ALTER DATABASE … RENAME TO …) and make an empty one.",
            name=_address(url).database,
        )


def empty(url: str) -> None:
    """Remove every table, and what the triggers call: only ever on a database that was empty, or is for scratch."""
    with _administering(url) as connection:
        names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")).all()
        if names:
            quote = connection.dialect.identifier_preparer.quote
            connection.execute(text(f"DROP TABLE {', '.join(map(quote, names))} CASCADE"))
        connection.execute(text("DROP FUNCTION IF EXISTS cotrack_refuse"))


@contextmanager
def scratch_database(url: str, given: str) -> Iterator[str]:
    """Give the address of an empty scratch database: the one that was given, else a new one beside the real one."""
    made = "" if given else _make_scratch(url)
    address = given or _beside(url, made)
    if not str(_address(address).database).startswith(SCRATCH):
        raise InvalidInput(
            "COTRACK_SCRATCH_DATABASE_URL must name a database called {scratch}…: everything in it is removed.",
            scratch=SCRATCH,
        )
    try:
        if given:
            empty(given)
        yield address
    finally:
        _remove_scratch(url, made) if made else empty(given)


def _make_scratch(url: str) -> str:
    name = f"{SCRATCH}_{token_hex(8)}"
    with _administering(url) as connection:
        try:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        except DatabaseError as fault:
            if getattr(fault.orig, "sqlstate", "") != _NO_RIGHT:
                raise
            raise SystemNeedMissing(
                "The role {role} may not make a scratch database. As PostgreSQL's administrator run "
                "`createdb --owner={role} {scratch}`, then set COTRACK_SCRATCH_DATABASE_URL to that database.",
                role=_address(url).username,
                scratch=SCRATCH,
            ) from fault
    return name


def _remove_scratch(url: str, name: str) -> None:
    with _administering(url) as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def _beside(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def _administering(url: str) -> Iterator[Connection]:
    """Connect outside of any transaction; a driver's fault is said as what to do about it."""
    engine = open_database(url).engine
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    except DatabaseError as fault:
        said = unavailable(fault)
        if said is None:
            raise
        raise said from fault
    finally:
        engine.dispose()

"""Says in one line what to do where the database cannot be used: missing, locked, full, read-only, not answering."""

import errno
import re
from pathlib import Path

from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, OperationalError

from cotrack.foundation.errors import DatabaseUnavailable
from cotrack.foundation.words import N_

EMPTY = N_("The database is empty: run `cotrack init`.")
FULL = N_("The disk is full: free space where the database lies, then try again. Nothing was stored.")
NOT_WRITABLE = N_(
    "The database file cannot be written: give the service's user the right to write to it and its folder."
)
SILENT = N_("PostgreSQL does not answer: start it, and check COTRACK_DATABASE_URL.")
REFUSED = N_("PostgreSQL refused the user or the password: check COTRACK_DATABASE_URL and pg_hba.conf.")

_ADVICE = (
    (
        "database (table )?is locked",
        N_("Another program holds the database: close it (an SQLite browser, a copy in progress) and try again."),
    ),
    ("disk is full|^53100|no space left", FULL),
    ("readonly database", NOT_WRITABLE),
    (
        "unable to open",
        N_("The database file cannot be opened: give the service's user the right to its folder and every file in it."),
    ),
    (
        "malformed|not a database|disk i/o error",
        N_("The database file is damaged: stop the service, put the file aside, and restore the newest back-up."),
    ),
    ("no such table|^42p01", EMPTY),
    (
        'database ".*" does not exist',
        N_("The database does not exist: create it (docs/deploy.md), then run `cotrack init`."),
    ),
    ('role ".*" does not exist|password|pg_hba|^28', REFUSED),
    (
        "^42501|permission denied for",
        N_("The database's user lacks a right: run deploy/postgresql-grants.sql as its owner."),
    ),
    ("^25006", N_("PostgreSQL takes no change now: it is a standby, or set to read only.")),
    (
        "^53300|too many clients",
        N_("PostgreSQL has no connection left: raise max_connections, or lower COTRACK_WORKERS."),
    ),
    ("^55p03|^40p01|^40001|lock timeout", N_("Somebody else is changing the same thing: try again in a moment.")),
    ("^57014", N_("The database took too long and stopped: try again in a moment.")),
    (
        "connection refused|no such file|failed to resolve|timeout|^57p|closed the connection|connection is (bad|lost)",
        SILENT,
    ),
)
"""Signs in what a driver says, after PostgreSQL's five-character state if it gives one. The first that fits counts."""


def unavailable(fault: DatabaseError) -> DatabaseUnavailable | None:
    """Return what to do about a driver's fault; None where the fault lies in what was asked, not in the database."""
    if isinstance(fault, IntegrityError | DataError):
        return None
    words = str(fault.orig).strip().splitlines()[0]
    said = f"{getattr(fault.orig, 'sqlstate', None) or ''} {words}".strip().lower()
    for sign, advice in _ADVICE:
        if re.search(sign, said):
            return DatabaseUnavailable(advice)
    if isinstance(fault, OperationalError):
        return DatabaseUnavailable("The database cannot be used: {fault}.", fault=words)
    return None


def first_line_alone(fault: BaseException) -> None:
    """Keep the first line of what a database says: PostgreSQL's next shows the row it refused, with people's data."""
    if fault.args:
        fault.args = tuple(str(fault.args[0]).splitlines()[:1])


def is_taken(fault: IntegrityError) -> bool:
    """Whether a unique constraint refused: somebody else was first."""
    said = getattr(fault.orig, "sqlstate", None) or getattr(fault.orig, "sqlite_errorname", "")
    return said in {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


def not_lockable(fault: OSError) -> DatabaseUnavailable:
    """Return what to do where the file at which writers queue cannot be opened."""
    if fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DatabaseUnavailable(FULL)
    return DatabaseUnavailable(NOT_WRITABLE)


def missing(path: Path) -> DatabaseUnavailable:
    """Return what to do where there is no database file; nothing but `cotrack init` makes one."""
    return DatabaseUnavailable(
        "There is no database at {path}: on a new installation run `cotrack init`; else restore the newest back-up.",
        path=path,
    )


def is_going(fault: BaseException) -> bool:
    """Whether a server says that it ends this connection: no other one is used again, though it has not hung up yet.

    PostgreSQL's words: ended by its administrator, after a crash, or while it starts (57P01, 57P02, 57P03).
    """
    return getattr(fault, "sqlstate", None) in {"57P01", "57P02", "57P03"}

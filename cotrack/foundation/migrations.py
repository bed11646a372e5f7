"""Brings a database to this program's schema, and says in one line what is wrong where it is not there."""

import logging

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.db import Sessions
from cotrack.foundation.db.faults import EMPTY
from cotrack.foundation.errors import DatabaseUnavailable
from cotrack.foundation.resources import resource
from cotrack.foundation.unit_of_work import unit_of_work

SYSTEM = Actor(None, "system", "cotrack", ("system",), request="installation")


def head() -> str:
    """Return the newest migration, as the head file names it."""
    return (resource("migrations") / "head").read_text(encoding="ascii").strip()


def schema_now(sessions: Sessions) -> str | None:
    """Return the database's migration, None for an empty database."""
    with sessions.reading() as session:
        return MigrationContext.configure(session.connection()).get_current_revision()


def require_schema(sessions: Sessions) -> None:
    """Raise DatabaseUnavailable, with what to do, where the database's schema is not this program's."""
    sessions.require_file()
    now = schema_now(sessions)
    if now == head():
        return
    if now is None:
        raise DatabaseUnavailable(EMPTY)
    if now in _known():
        raise DatabaseUnavailable(
            "The database is older than this program (schema {now}, needed {head}): run `cotrack init`.",
            now=now,
            head=head(),
        )
    raise DatabaseUnavailable(
        "The database is newer than this program (schema {now}, known {head}): install the newer cotrack.",
        now=now,
        head=head(),
    )


def migrate(ground: Ground) -> list[str]:
    """Apply the missing migrations and record them, in one transaction; return their names.

    Raises DatabaseUnavailable where the database is newer than this program.
    """
    ground.sessions.make_file()
    before = schema_now(ground.sessions)
    applied = _after(before)
    if not applied:
        require_schema(ground.sessions)
        return []
    with unit_of_work(ground, SYSTEM) as work:
        work.record("schema.migrate", f"schema:{head()}", permission="system:start")
        work.details["applied"] = applied
        config = _config()
        config.attributes["secrets"] = ground.secrets
        config.attributes["connection"] = work.session.connection(execution_options={"cotrack_migration": True})
        logging.getLogger("alembic").setLevel(logging.WARNING)
        command.upgrade(config, "head")
    return applied


def _known() -> list[str]:
    """Return the names of all migrations of this program, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()][::-1]


def _after(before: str | None) -> list[str]:
    """Return the migrations that a database still needs; none where its schema is unknown here."""
    names = _known()
    if before is None:
        return names
    return names[names.index(before) + 1 :] if before in names else []


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")))
    return config

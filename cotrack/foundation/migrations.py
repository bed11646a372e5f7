"""Brings a database to this program's schema, and says in one line what is wrong where it is not there."""

import logging

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError, ProgrammingError

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.db import Sessions
from cotrack.foundation.resources import resource
from cotrack.foundation.unit_of_work import unit_of_work

SYSTEM = Actor(None, "system", "cotrack", ("system",), request="installation")


def head() -> str:
    """Return the newest migration, as the head file names it."""
    return (resource("migrations") / "head").read_text(encoding="ascii").strip()


def schema_now(sessions: Sessions) -> str | None:
    """Return the database's migration, None for an empty database."""
    try:
        with sessions.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except (OperationalError, ProgrammingError) as fault:
        if "does not exist" in str(fault) and "relation" in str(fault):
            return None
        raise


def schema_fault(sessions: Sessions) -> str:
    """Say what to do where the database's schema is not this program's; empty where it is."""
    now = schema_now(sessions)
    if now == head():
        return ""
    if now is None:
        return "The database is empty: run `cotrack init`."
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if now in known:
        return f"The database is older than this program (schema {now}, needed {head()}): run `cotrack init`."
    return f"The database is newer than this program (schema {now}, known {head()}): install the newer cotrack."


def migrate(ground: Ground) -> list[str]:
    """Apply the missing migrations in one transaction, each recorded; return their names."""
    before = schema_now(ground.sessions)
    if before == head():
        return []
    with ground.sessions.migrating() as connection:
        config = _config()
        config.attributes["connection"] = connection
        logging.getLogger("alembic").setLevel(logging.WARNING)
        command.upgrade(config, "head")
    applied = _between(before)
    with unit_of_work(ground, SYSTEM) as work:
        work.record("schema.migrate", f"schema:{head()}", permission="system:start")
        work.details["applied"] = applied
    return applied


def _between(before: str | None) -> list[str]:
    scripts = list(ScriptDirectory.from_config(_config()).walk_revisions())[::-1]
    names = [script.revision for script in scripts]
    return names[names.index(before) + 1 :] if before else names


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")))
    return config

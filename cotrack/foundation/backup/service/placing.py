"""Puts the copy of a back-up into a database: a scratch one that is gone afterwards, or the site's own empty one."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import make_url

from cotrack.foundation.acting import Ground
from cotrack.foundation.backup.gateways import postgresql, sqlite
from cotrack.foundation.backup.manifest import DATABASE
from cotrack.foundation.backup.service.reading import BackUp
from cotrack.foundation.db.changes import Secrets
from cotrack.foundation.db.engine import open_database
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.keys import Keys
from cotrack.foundation.site import Site
from cotrack.settings import Settings


@contextmanager
def standing_on(url: str, site: Site, keys: Keys, settings: Settings) -> Iterator[Ground]:
    """Give the ground of a site on another database, and let go of it at the end."""
    sessions = open_database(url)
    try:
        yield Ground(sessions, Secrets(keys.trail_secret), site, keys, settings.is_training)
    finally:
        sessions.engine.dispose()


@contextmanager
def scratch(backup: BackUp, settings: Settings) -> Iterator[str]:
    """Give the address of a database that holds the copy, beside the real one; nothing of it is left at the end."""
    with TemporaryDirectory(prefix="cotrack-backup-") as folder:
        copied = Path(folder) / "copy.db"
        backup.archive.extract(DATABASE, copied)
        if backup.manifest.database == "sqlite":
            yield f"sqlite:///{copied}"
            return
        given = settings.scratch_database_url
        if not given and _kind(settings.database_url) != "postgresql":
            raise InvalidInput(
                "This back-up is of a PostgreSQL database, and this site has none to try it on: "
                "set COTRACK_SCRATCH_DATABASE_URL to an empty database called {scratch}.",
                scratch=postgresql.SCRATCH,
            )
        with postgresql.scratch_database(settings.database_url, given) as url:
            postgresql.load(url, copied)
            yield url


def refuse_unless_empty(backup: BackUp, settings: Settings) -> None:
    """Raise InvalidInput where the site's database is of another kind, or holds anything."""
    kind = _kind(settings.database_url)
    if kind != backup.manifest.database:
        raise InvalidInput(
            "This back-up is of a database of {theirs}, and COTRACK_DATABASE_URL is for {ours}.",
            theirs=backup.manifest.database,
            ours=kind,
        )
    if kind == "sqlite":
        sqlite.refuse_unless_empty(_file(settings))
    else:
        postgresql.refuse_unless_empty(settings.database_url)


def site_database(backup: BackUp, settings: Settings) -> AbstractContextManager[str]:
    """Give the address at which the copy lies for now; it stays there for good unless something fails."""
    refuse_unless_empty(backup, settings)
    if backup.manifest.database == "sqlite":
        return _site_file(backup, settings)
    return _site_postgresql(backup, settings)


@contextmanager
def _site_file(backup: BackUp, settings: Settings) -> Iterator[str]:
    with sqlite.taking_place(_file(settings)) as part:
        backup.archive.extract(DATABASE, part)
        yield f"sqlite:///{part}"


@contextmanager
def _site_postgresql(backup: BackUp, settings: Settings) -> Iterator[str]:
    with TemporaryDirectory(prefix="cotrack-backup-") as folder:
        dumped = Path(folder) / DATABASE
        backup.archive.extract(DATABASE, dumped)
        postgresql.load(settings.database_url, dumped)
        try:
            yield settings.database_url
        except BaseException:
            postgresql.empty(settings.database_url)
            raise


def _kind(url: str) -> str:
    return make_url(url).get_backend_name()


def _file(settings: Settings) -> Path:
    return Path(str(make_url(settings.database_url).database)).resolve()

"""Keeps a small site of today's schema on each database, before a migration changes it.

`PYTHONPATH=.:tests .venv/bin/python -m support.released`, then commit what it made.
"""

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from cotrack.foundation.audit.sealing import Sealer, sign_checkpoint
from cotrack.foundation.migrations import head
from support.clusters import Cluster, program
from support.worlds import World, open_world, prepare_template

RELEASED: Final = Path(__file__).parent.parent / "released"
LOT: Final = "MSC26-0031"


def keep(home: Path, kind: str, database_url: str = "") -> Path:
    """Make a site with a released lot and one in process, and keep keys, definition, database and signed heads."""
    prepare_template(home, database_url)
    world = open_world(home, database_url)
    world.journey.released_lot(LOT)
    world.journey.lot("MSC26-0033")
    Sealer(world.runtime.ground.sessions).seal_all()
    sign_checkpoint(world.runtime.ground, world.settings.witness_file)
    world.runtime.ground.sessions.engine.dispose()
    kept = RELEASED / f"{head()}-{kind}.tar.gz"
    with tarfile.open(kept, "w:gz") as files:
        files.add(home / "keys", "keys")
        files.add(home / "site.toml", "site.toml")
        files.add(_database(home, world), "cotrack.sql" if database_url else "cotrack.db")
        files.add(world.settings.witness_file, "checkpoints")
    return kept


def _database(home: Path, world: World) -> Path:
    """Return the file of the database, or a plain dump of it."""
    if world.database.endswith(".db"):
        return home / "var" / "cotrack.db"
    dump = home / "cotrack.sql"
    options = ["--no-owner", "--no-privileges", "--file", str(dump)]
    subprocess.run([program("pg_dump"), *options, world.settings.database_url], check=True)
    return dump


def main() -> None:
    """Keep today's schema on both databases."""
    folder, cluster = Path(tempfile.mkdtemp()), Cluster()
    try:
        print(keep(folder / "sqlite", "sqlite"))  # noqa: T201 (a command's answer)
        print(keep(folder / "postgresql", "postgresql", cluster.create("released")))  # noqa: T201 (a command's answer)
    finally:
        cluster.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

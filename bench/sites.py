"""A real site on one database: a bag is thawed, and a participant wears a band that two people put on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from sqlalchemy import func, select
from support.clusters import Cluster
from support.stages import HER, at_the_bedside
from support.texts import DEMONSTRATION
from support.worlds import World, home_variables, make_home, open_world

from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.migrations import migrate

DATABASES = ("sqlite", "postgresql")
STATION = "WARD-3A-1"
NURSES = ("zhou.n", "wu.n")


@dataclass(frozen=True)
class Site:
    """A site ready for its bedside checks, and an empty database beside it, on the same engine, for the floor."""

    database: str
    world: World
    url: str
    floor_url: str
    bag: str

    @property
    def variables(self) -> dict[str, str]:
        """Settings of the served site: the program's own, but for cheap passwords."""
        return home_variables(self.world.home, self.url)

    @property
    def question(self) -> dict[str, str]:
        """What a nurse sends for one check: band and bag as scanned."""
        journey = self.world.journey
        return {
            "participant_code": journey.live_code(f"participant:{HER}", "wristband"),
            "unit_code": journey.live_code(f"unit:{self.bag}", "bag"),
            "station": STATION,
        }

    def count(self, table: str) -> int:
        """Return how many rows a table of the site has."""
        chosen = AuditRecord.metadata.tables[table]
        return int(self.world.read(lambda session: session.scalar(select(func.count()).select_from(chosen))))

    def record_of_a_check(self) -> str:
        """Return the newest record of a check: the floor writes one of the same length."""
        newest = select(AuditRecord.body).where(AuditRecord.event == "identity_check.make").order_by(AuditRecord.id)
        return str(self.world.read(lambda session: session.scalars(newest).all())[-1])


@contextmanager
def site_on(database: str) -> Iterator[Site]:
    """Prepare a site, as of now, and remove it afterwards."""
    with TemporaryDirectory(prefix="cotrack-bench-") as folder, _urls(database, Path(folder)) as (url, floor_url):
        home = Path(folder) / "home"
        make_home(home)
        world = open_world(home, url)
        world.clock.now = datetime.now(UTC)
        migrate(world.runtime.ground)
        world.cast.enter()
        world.journey.study_signed(DEMONSTRATION)
        bag = at_the_bedside(world).bag
        for nurse in NURSES:
            _require_match(world, bag, nurse)
        yield Site(database, world, url, floor_url, bag)
        world.runtime.ground.sessions.engine.dispose()


def _require_match(world: World, bag: str, nurse: str) -> None:
    check = world.journey.check(HER, bag, nurse)
    if check.result != "match":
        raise RuntimeError(f"the prepared check is no match: {check.blockers}")


@contextmanager
def _urls(database: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the addresses of two databases of one engine, durable as in production."""
    if database == "sqlite":
        yield f"sqlite:///{folder}/home/var/cotrack.db", f"sqlite:///{folder}/home/var/floor.db"
        return
    cluster = Cluster(durable=True)
    try:
        yield cluster.create("site"), cluster.create("floor")
    finally:
        cluster.stop()


@contextmanager
def raw_connection(url: str) -> Iterator[Any]:
    """Open a database through its bare driver and commit at the end."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            yield file
    else:
        with psycopg.connect(url) as connection:
            yield connection

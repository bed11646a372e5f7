"""A site for one test: a database, people, a clock that the test moves, and the journey's steps."""

import shutil
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from cotrack import stages
from cotrack.demonstration.acts import Journey
from cotrack.demonstration.players import Cast
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.keys import make_missing_keys
from cotrack.foundation.migrations import migrate
from cotrack.foundation.resources import resource
from cotrack.foundation.runtime import Runtime, start_runtime
from cotrack.settings import Settings, read_settings
from support.clusters import Cluster
from support.remembered import RememberedJourney
from support.texts import DEMONSTRATION

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


class MovedClock:
    """The wall clock's stand-in: it stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class World:
    """What a test acts on."""

    home: Path
    settings: Settings
    runtime: Runtime
    clock: MovedClock
    cast: Cast
    journey: Journey
    cluster: Cluster | None = None
    """Where its database lies, None on SQLite."""
    point: tuple[Hashable, ...] = ()
    """By which remembered steps it came to where it stands."""
    stood: tuple[int, datetime] | None = None
    """The newest record and the clock at that point; None where no step is ever copied."""
    patches: pytest.MonkeyPatch | None = None

    @property
    def database(self) -> str:
        """The name of its database in the cluster."""
        return self.settings.database_url.rpartition("/")[2]

    @property
    def is_where_it_was(self) -> bool:
        """Whether a test did nothing of its own yet: no record, no hour gone by, nothing of the program replaced."""
        if self.stood is None or (self.patches and (self.patches._setattr or self.patches._setitem)):
            return False
        return self.stood == (self.newest_record(), self.clock.now)

    def stand(self, point: tuple[Hashable, ...]) -> None:
        """Remember that the site stands at a point."""
        self.point, self.stood = point, (self.newest_record(), self.clock.now)

    def newest_record(self) -> int:
        return int(self.read(lambda session: session.scalar(select(func.max(AuditRecord.id)))))

    def do(self, username: str, act: Callable[..., Any], **options: Any) -> Any:
        return self.cast.do(username, act, **options)

    def sign(self, username: str, act: Callable[..., Any], **options: Any) -> Any:
        return self.cast.sign(username, act, **options)

    def read(self, look: Callable[..., Any]) -> Any:
        return self.cast.read(look)

    def site_day(self) -> date:
        """Return today by the wall clock, as a served site sees it."""
        return datetime.now(self.runtime.ground.site.zone).date()


def home_variables(home: Path, database_url: str = "") -> dict[str, str]:
    """Return the settings of a test's installation, with the cheapest passwords."""
    return {
        "COTRACK_HOME": str(home),
        "COTRACK_ENVIRONMENT": "training",
        "COTRACK_ARGON2_TIME_COST": "1",
        "COTRACK_ARGON2_MEMORY_KIB": "8",
        **({"COTRACK_DATABASE_URL": database_url} if database_url else {}),
    }


def make_home(home: Path) -> None:
    """Make the folders, keys and site definition of an installation."""
    (home / "var").mkdir(parents=True)
    make_missing_keys(home / "keys")
    shutil.copy(resource("study/definitions/site.toml"), home / "site.toml")


def open_world(home: Path, database_url: str = "") -> World:
    """Open the world that lies in a home folder."""
    settings = read_settings(home_variables(home, database_url))
    clock = MovedClock()
    runtime = start_runtime(settings, stages.CONSTRAINTS, clock=clock)
    cast = Cast(runtime)
    journey = RememberedJourney(cast)
    world = World(home, settings, runtime, clock, cast, journey)
    journey.world = world
    return world


def prepare_template(home: Path, database_url: str = "") -> None:
    """Make a site with its schema, its people and its study in effect, for tests to start from."""
    make_home(home)
    world = open_world(home, database_url)
    migrate(world.runtime.ground)
    world.cast.enter()
    world.journey.study_signed(DEMONSTRATION)
    world.runtime.ground.sessions.engine.dispose()

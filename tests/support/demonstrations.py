"""The demonstration as a site for tests, loaded through its services at a given instant."""

from datetime import datetime
from pathlib import Path

from cotrack.demonstration import site
from cotrack.demonstration.players import PLAYERS
from cotrack.foundation.migrations import migrate
from support.worlds import World, make_home, open_world

ROLES = {role: player.username for player in PLAYERS.values() for role in player.roles}
"""Somebody of each role."""


def load_demonstration(home: Path, database_url: str = "", *, at: datetime | None = None) -> World:
    """Load the demonstration into a new home, at this instant or at the tests' noon."""
    make_home(home)
    world = open_world(home, database_url)
    world.clock.now = at or world.clock.now
    migrate(world.runtime.ground)
    for _ in site.load(world.runtime):
        pass
    return world

"""What one process of cotrack holds: its settings, its ground, its door."""

from collections.abc import Mapping
from dataclasses import dataclass

from cotrack.foundation.access.gateways import Passwords
from cotrack.foundation.access.service.sign_ins import Door
from cotrack.foundation.acting import Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.db.changes import Secrets
from cotrack.foundation.db.engine import open_database
from cotrack.foundation.db.sessions import Clock, wall_clock
from cotrack.foundation.keys import read_keys
from cotrack.foundation.site import read_site
from cotrack.settings import Settings


@dataclass(frozen=True)
class Runtime:
    """Made once per process, by `app.py` or the command line."""

    settings: Settings
    ground: Ground
    passwords: Passwords

    @property
    def door(self) -> Door:
        """Where people sign in."""
        return Door(self.ground, self.passwords, self.settings)


def start_runtime(settings: Settings, constraints: Mapping[str, Blocker], *, clock: Clock = wall_clock) -> Runtime:
    """Read the keys and the site, and open the database; raises the fault that names what is missing."""
    keys = read_keys(settings.keys_folder)
    ground = Ground(
        sessions=open_database(settings.database_url, clock=clock),
        secrets=Secrets(keys.trail_secret),
        site=read_site(settings.site_file),
        keys=keys,
        is_training=settings.is_training,
        constraints=constraints,
        labels_folder=settings.labels_folder,
    )
    passwords = Passwords(time_cost=settings.argon2_time_cost, memory_kib=settings.argon2_memory_kib)
    return Runtime(settings, ground, passwords)

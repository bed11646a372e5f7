"""The background work of studies: the status of a signed version follows the day that its text names."""

from collections.abc import Sequence

from cotrack.foundation.acting import Ground
from cotrack.foundation.background import Work
from cotrack.foundation.migrations import SYSTEM
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.study import service

BEGIN_EVERY_SECONDS = 10


def works(ground: Ground) -> Sequence[Work]:
    """Return what a process beside the service does for studies."""
    return (Work("studies", lambda: begin_due(ground), BEGIN_EVERY_SECONDS),)


def begin_due(ground: Ground) -> None:
    """Let every signed version whose day has come take effect, each in a record of its own."""
    today = ground.sessions.clock().astimezone(ground.site.zone).date()
    with ground.sessions.reading() as session:
        due = service.due_versions(session, today)
    for sha256 in due:
        with unit_of_work(ground, SYSTEM) as work:
            service.begin_on_its_day(work, sha256)

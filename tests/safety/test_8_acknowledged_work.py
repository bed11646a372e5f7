"""What must never happen, 8: work that was acknowledged is lost."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.clusters import Cluster
from support.papers import all_remade
from support.servers import Server
from support.stages import LOT, results_of
from support.trials import Site, Trial, rounds
from support.worlds import World, open_world, prepare_template

from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.sealing import newest_checkpoint
from cotrack.foundation.errors import Blocked
from cotrack.labelling.service.keeping import still_owed
from cotrack.manufacture.service import lots
from cotrack.release.service.imports import import_results

PATIENCE = 30


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A served site of the test's own: on PostgreSQL with a server of its own, which may be killed."""
    home = tmp_path / "home"
    cluster = Cluster(durable=True) if request.param == "postgresql" else None
    url = cluster.create("site") if cluster else ""
    if cluster:
        prepare_template(home, url)
    else:
        shutil.copytree(request.getfixturevalue("sqlite_template"), home)
    server = Server(open_world(home, url), url)
    yield Site(server, cluster)
    server.stop()
    server.world.runtime.ground.sessions.engine.dispose()
    if cluster:
        cluster.stop()


def test_every_act_acknowledged_before_a_kill_is_there_once_after_it_and_the_trail_is_sealed_and_whole(
    site: Site,
) -> None:
    trial = Trial(site)
    trial.run(rounds())
    assert sum(trial.kills.values()) == rounds()


def test_sealing_that_is_killed_is_started_again_and_seals_what_came_meanwhile(server: Server) -> None:
    world = server.world
    killed = server.sealing
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    world.clock.now = datetime.now(UTC)
    world.journey.lot(LOT)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        newest = world.read(newest_checkpoint)
        records = world.read(lambda session: session.scalar(select(func.count()).select_from(AuditRecord)))
        if server.sealing not in {None, killed} and newest is not None and newest.id == records:
            break
        time.sleep(0.2)
    assert server.sealing not in {None, killed}
    assert newest is not None
    assert newest.id == records


def test_what_was_signed_by_a_process_that_died_before_its_document_is_made_by_the_background_work(
    server: Server,
) -> None:
    world = server.world
    world.clock.now = datetime.now(UTC)
    # The signature is committed by a process that makes no document: it could as well have been killed here.
    world.journey.released_lot(LOT)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and world.read(still_owed):
        time.sleep(0.2)
    assert world.read(still_owed) == []
    assert [each.is_equal for each in all_remade(world)] == [True, True]


def test_a_file_is_stored_whole_or_not_at_all(world: World) -> None:
    world.journey.finished_lot(LOT)
    content = results_of(world, LOT)
    half = content[: len(content) // 2]
    with pytest.raises(Exception, match=r"cells where|Nothing of this file"):
        world.do("wang.l", lambda work: import_results(work, file_name="half.csv", content=half))
    assert world.read(lambda session: lots.lot_numbered(session, LOT)).status == "quarantine"
    stored = world.do("wang.l", lambda work: import_results(work, file_name="whole.csv", content=content))
    assert stored.kept.stored == 20


def test_a_refused_command_can_be_repeated_when_its_reason_is_gone(world: World) -> None:
    world.journey.lot(LOT)
    with pytest.raises(Blocked):
        world.journey.filling_finished(LOT)
    world.journey.labelled_unit(LOT)
    world.journey.line_left(LOT)
    assert world.do("zhao.l", lambda work: lots.finish_lot(work, LOT)).status == "quarantine"

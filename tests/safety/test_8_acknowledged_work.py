"""What must never happen, 8: work that was acknowledged is lost."""

import os
import random
import signal
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select
from support.servers import Server
from support.stages import LOT, results_of
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.sealing import newest_checkpoint
from cotrack.foundation.audit.verification.live import Question, verify_live
from cotrack.foundation.errors import Blocked
from cotrack.manufacture.service import lots
from cotrack.release.service.imports import import_results

CLIENTS = 4
SECONDS = 2.0
PATIENCE = 30


class Technician(threading.Thread):
    """Fills bags as fast as the server answers, and writes down what was acknowledged."""

    def __init__(self, server: Server, secret: str) -> None:
        super().__init__()
        self.server, self.secret = server, secret
        self.acknowledged: list[str] = []

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.secret}"}
        body = {"volume_ml": "30.0", "viable_million_per_ml": "5.360"}
        url = f"{self.server.url}/api/v1/lots/{LOT}/units"
        while True:
            try:
                answer = requests.post(url, json=body, headers=headers, timeout=10)
            except requests.RequestException:
                return
            if answer.status_code == 201:
                self.acknowledged.append(answer.json()["number"])


def test_every_act_acknowledged_before_a_kill_is_there_after_it(server: Server) -> None:
    world = server.world
    world.clock.now = datetime.now(UTC)
    world.journey.lot(LOT)
    body = {"username": "zhao.l", "password": PASSWORD, "station": "FILL-1"}
    secret = requests.post(f"{server.url}/api/v1/tokens", json=body, timeout=30).json()["token"]
    technicians = [Technician(server, secret) for _ in range(CLIENTS)]
    for each in technicians:
        each.start()
    time.sleep(SECONDS + random.random())  # noqa: S311 (any moment will do)
    server.kill()
    for each in technicians:
        each.join(20)
    acknowledged = [number for each in technicians for number in each.acknowledged]
    stored = {unit.number for unit in world.read(lambda session: lots.lot_numbered(session, LOT).units)}
    assert len(acknowledged) == len(set(acknowledged)) > CLIENTS
    assert set(acknowledged) <= stored
    assert list(verify_live(Question(world.runtime.ground, world.settings.witness_file))) == []


def background_of(server: Server) -> int | None:
    """Return the process that seals beside the service, if it runs."""
    threads = Path(f"/proc/{server.process.pid}/task").iterdir()
    children = [each for thread in threads for each in (thread / "children").read_text().split()]
    works = [int(each) for each in children if b"work" in Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")]
    return works[0] if works else None


def test_sealing_that_is_killed_is_started_again_and_seals_what_came_meanwhile(server: Server) -> None:
    world = server.world
    killed = background_of(server)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    world.clock.now = datetime.now(UTC)
    world.journey.lot(LOT)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        newest = world.read(newest_checkpoint)
        records = world.read(lambda session: session.scalar(select(func.count()).select_from(AuditRecord)))
        if background_of(server) not in {None, killed} and newest is not None and newest.id == records:
            break
        time.sleep(0.2)
    assert background_of(server) not in {None, killed}
    assert newest is not None
    assert newest.id == records


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
        world.do("zhao.l", lambda work: lots.finish_lot(work, LOT))
    world.journey.labelled_unit(LOT)
    assert world.do("zhao.l", lambda work: lots.finish_lot(work, LOT)).status == "quarantine"

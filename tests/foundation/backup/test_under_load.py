"""A back-up that is made while eight clients write restores to the checkpoint in its manifest."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from sqlalchemy import select
from support.backups import Site, as_administrator, said_by
from support.servers import Server
from support.stages import LOT
from support.worlds import open_world

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.audit.checkpoint import read_unsigned
from cotrack.foundation.audit.models import AuditCheckpoint
from cotrack.manufacture.models import Unit

CLIENTS = 8
WRITTEN_BEFORE = 4
"""How many bags each client has filled, on the average, before the back-up begins."""


class Technician(threading.Thread):
    """Fills bags until told to stop, on a connection of its own, and writes down what was acknowledged."""

    def __init__(self, server: Server, stop: threading.Event) -> None:
        super().__init__()
        self.url, self.stop = server.url, stop
        self.acknowledged: list[str] = []
        self.failures: list[str] = []

    def run(self) -> None:
        with requests.Session() as http:
            body = {"username": "zhao.l", "password": PASSWORD, "station": "FILL-1"}
            token = http.post(f"{self.url}/api/v1/tokens", json=body, timeout=60).json()["token"]
            http.headers["Authorization"] = f"Bearer {token}"
            while not self.stop.is_set():
                self._fill(http)

    def _fill(self, http: requests.Session) -> None:
        bag = {"volume_ml": "30.0", "viable_million_per_ml": "5.360", "viability_percent": "93.0"}
        answer = http.post(f"{self.url}/api/v1/lots/{LOT}/units", json=bag, timeout=60)
        if answer.status_code == 201:
            self.acknowledged.append(answer.json()["number"])
        else:
            self.failures.append(answer.text)


@contextmanager
def writing(server: Server) -> Iterator[list[Technician]]:
    stop = threading.Event()
    clients = [Technician(server, stop) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    try:
        yield clients
    finally:
        stop.set()
        for each in clients:
            each.join(90)


def acknowledged(clients: list[Technician]) -> set[str]:
    return {number for each in clients for number in list(each.acknowledged)}


def test_a_back_up_made_while_eight_clients_write_restores_to_the_checkpoint_in_its_manifest(
    site: Site, server: Server
) -> None:
    site.work(LOT)
    site.world.journey.line_cleared(LOT)
    file, keys = site.folder / "a", site.folder / "keys"
    with writing(server) as clients:
        while len(acknowledged(clients)) < WRITTEN_BEFORE * CLIENTS:
            clients[0].join(0.05)
        before = acknowledged(clients)
        made = as_administrator(site.program, "backup", "create", str(file), "--keys", str(keys))
        assert made.status == 0, made
        after = acknowledged(clients)
        verified = site.program.call("backup", "verify", str(file))
        assert verified.status == 0, verified
        end = acknowledged(clients)
    assert [each.failures for each in clients] == [[]] * CLIENTS
    assert before < after < end, "nobody wrote while the back-up was made and tried"

    there = site.machine("there")
    restored = there.call("backup", "restore", str(file), "--keys", str(keys))
    assert restored.status == 0, restored
    world = open_world(there.home, there.database_url)
    bags = set(world.read(lambda session: session.scalars(select(Unit.number)).all()))
    notes = world.read(lambda session: session.scalars(select(AuditCheckpoint.note)).all())
    world.runtime.ground.sessions.engine.dispose()
    said = said_by(file)
    assert max(notes, key=lambda note: read_unsigned(note).size) == said["checkpoint"]
    assert before <= bags
    assert there.call("audit", "verify").out == "the trail is whole, and the tables are what it says\n"

    last = site.folder / "last"
    last.write_text(site.sign(), encoding="utf-8")
    elsewhere = site.machine("elsewhere")
    words = ("backup", "restore", str(file), "--keys", str(keys), "--checkpoint", str(last))
    assert elsewhere.call(*words).refusal.startswith("This back-up is older than the trail")

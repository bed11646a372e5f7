"""Trials by force: eight clients work over HTTP while a part of the site is killed, round after round.

A client repeats what was not answered under the same key until it is: so every act is to be there once, and only once.
"""

import logging
import os
import random
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import requests
from sqlalchemy import func, select

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.audit.models import AuditLeaf, AuditRecord
from cotrack.foundation.audit.sealing import newest_checkpoint
from cotrack.foundation.audit.verification.live import Question, verify_live
from cotrack.foundation.findings.service import all_findings
from cotrack.manufacture.models import Unit
from support.clusters import Cluster
from support.pace import slowness
from support.servers import Server
from support.worlds import World

CLIENTS = 8
LOTS = 4
"""Two clients fill each lot: some wait for one another, and some do not."""
STATIONS = ("FILL-1", "FREEZER-1", "CLINIC-1", "WARD-3A-1")
"""Where each lot is filled: a station stands for one lot at a time."""

PATIENCE_SECONDS = 30
ANSWER_SECONDS = 30
HASTY_ONE_IN, HASTY_SECONDS = 4, 0.05
"""One act in so many is sent by somebody who hangs up before the answer can have come, and sends it again."""

LONGEST_WAIT_SECONDS = 1.0
SEED = "COTRACK_SEED"

log = logging.getLogger(__name__)


def rounds() -> int:
    """Return how often a trial kills: ten times, a hundred in `make soak`."""
    return 100 if os.environ.get("COTRACK_SOAK") else 10


class Technician:
    """Fills bags as fast as the server answers, from a sign-in of their own, and writes down what was acknowledged."""

    def __init__(self, server: Server, name: int) -> None:
        self.server, self.name = server, name
        self.acknowledged: dict[str, str] = {}
        self.faults: list[str] = []
        self.has_given_up = False
        body = {"username": "zhao.l", "password": PASSWORD, "station": STATIONS[name % LOTS]}
        answer = requests.post(f"{server.url}/api/v1/tokens", json=body, timeout=30)
        self._headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def work(self, lot: str, stop: threading.Event) -> None:
        """Fill bags of this lot until told to stop; what was begun is brought to its end."""
        with requests.Session() as http:
            while not (stop.is_set() or self.faults or self.has_given_up):
                self._fill(http, lot, f"client {self.name}, act {len(self.acknowledged)}")

    def _fill(self, http: requests.Session, lot: str, key: str) -> None:
        bag = {"volume_ml": "30.0", "viable_million_per_ml": "5.360", "viability_percent": "93.0"}
        headers = {**self._headers, "Idempotency-Key": key}
        end = time.monotonic() + PATIENCE_SECONDS * slowness()
        patience = HASTY_SECONDS if len(self.acknowledged) % HASTY_ONE_IN == 1 else ANSWER_SECONDS
        while time.monotonic() < end and not self.has_given_up:
            try:
                url = f"{self.server.url}/api/v1/lots/{lot}/units"
                answer = http.post(url, json=bag, headers=headers, timeout=patience)
            except requests.RequestException:
                patience = ANSWER_SECONDS
                time.sleep(0.05)
                continue
            if answer.status_code == 201:
                self.acknowledged[key] = answer.json()["number"]
                return
            if answer.status_code != 503:
                self.faults.append(f"{key}: {answer.status_code} {answer.text}")
                return
            time.sleep(0.05)
        self.faults.append(f"{key}: was never acknowledged")


@dataclass
class Site:
    """A served site with its clients, and on PostgreSQL the cluster that is its own."""

    server: Server
    cluster: Cluster | None
    clients: list[Technician] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.server.world

    def sign_in(self) -> None:
        """Let every client sign in; what they are given then is to outlive every kill."""
        self.clients = [Technician(self.server, number) for number in range(CLIENTS)]

    def acknowledged(self) -> list[str]:
        """Return the number of each bag that was acknowledged, once for each act."""
        return [number for each in self.clients for number in list(each.acknowledged.values())]

    @contextmanager
    def load(self, lots: list[str]) -> Iterator[None]:
        """Let all clients work until the end of the block."""
        stop = threading.Event()
        works = [
            threading.Thread(target=each.work, args=(lots[place % len(lots)], stop))
            for place, each in enumerate(self.clients)
        ]
        for each in works:
            each.start()
        try:
            yield
        except BaseException:
            for each in self.clients:
                each.has_given_up = True
            raise
        finally:
            stop.set()
            for each in works:
                each.join()

    def wait_for_everybody(self) -> None:
        """Wait until each client has had one more act acknowledged."""
        before = [len(each.acknowledged) for each in self.clients]

        def have_gone_on() -> bool:
            now = [len(each.acknowledged) for each in self.clients]
            return all(count > begun for count, begun in zip(now, before, strict=True)) or self.faults() != []

        wait_until(have_gone_on, "a client's act was not acknowledged")

    def faults(self) -> list[str]:
        return [fault for each in self.clients for fault in each.faults]


def wait_until(holds: Callable[[], bool], fault: str) -> None:
    """Wait until something holds; raises AssertionError saying what does not."""
    end = time.monotonic() + PATIENCE_SECONDS * slowness()
    while not holds():
        assert time.monotonic() < end, fault
        time.sleep(0.05)


def _service(site: Site, _: random.Random) -> None:
    site.server.kill()
    site.server.start()


def _sealing(site: Site, _: random.Random) -> None:
    killed = site.server.sealing
    assert killed is not None, "nothing seals"
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: site.server.sealing not in {None, killed}, "sealing was not started again")


def _database(site: Site, _: random.Random) -> None:
    assert site.cluster is not None
    site.cluster.kill()
    site.cluster.start()


def _backend(site: Site, chance: random.Random) -> None:
    """Kill one process of PostgreSQL's, as a system that is out of memory does: the server then restarts by itself."""
    assert site.cluster is not None
    os.kill(chance.choice(site.cluster.backends), signal.SIGKILL)


Kill = Callable[[Site, random.Random], None]
VICTIMS: Mapping[str, Mapping[str, Kill]] = {
    "sqlite": {"the service": _service, "the sealing work": _sealing},
    "postgresql": {
        "PostgreSQL": _database,
        "the service": _service,
        "the sealing work": _sealing,
        "one backend of PostgreSQL": _backend,
    },
}


class Trial:
    """Kills one victim after the other, each at a moment drawn by lot, and looks each time whether anything is lost."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.seed = int(os.environ.get(SEED) or secrets.randbits(32))
        self._chance = random.Random(self.seed)  # noqa: S311 (any moment will do)
        self.kills: Counter[str] = Counter()

    def run(self, count: int) -> None:
        """Carry out so many rounds; what fails says how to repeat them."""
        self.site.sign_in()
        victims = list(VICTIMS["postgresql" if self.site.cluster else "sqlite"].items())
        for number in range(count):
            name, kill = victims[number % len(victims)]
            try:
                self._round(number, name, kill)
            except BaseException as fault:
                fault.add_note(f"round {number} killed {name}; {SEED}={self.seed} repeats this trial")
                raise

    def _round(self, number: int, name: str, kill: Kill) -> None:
        begun, before = time.monotonic(), len(self.site.acknowledged())
        site, lots = self.site, [f"MSC26-{1 + each:04d}" for each in range(LOTS)]
        site.world.clock.now = datetime.now(UTC)
        if not before:
            for lot, station in zip(lots, STATIONS, strict=False):
                site.world.journey.lot(lot)
                site.world.journey.line_cleared(lot, station=station)
        with site.load(lots):
            site.wait_for_everybody()
            time.sleep(self._chance.uniform(0, LONGEST_WAIT_SECONDS))
            kill(site, self._chance)
            self.kills[name] += 1
            site.wait_for_everybody()
        # The connections of this process may have been killed with the server's.
        site.world.runtime.ground.sessions.engine.dispose()
        require_nothing_lost(site)
        acts, took = len(site.acknowledged()) - before, time.monotonic() - begun
        log.info("round %d: %s was killed, %d acts acknowledged, %.1f s", number, name, acts, took)


def require_nothing_lost(site: Site) -> None:
    """Demand each act that was acknowledged once in the tables and once in the trail, and a trail sealed and whole."""
    world, acknowledged = site.world, Counter(site.acknowledged())
    _require_none("answers that are neither yes nor 'not now'", site.faults())
    stored = world.read(lambda session: Counter(session.scalars(select(Unit.number))))
    _require_same("tables", acknowledged, stored)
    filled = select(AuditRecord.subject).where(AuditRecord.event == "unit.fill", AuditRecord.outcome == "done")
    recorded = world.read(lambda session: Counter(each.removeprefix("unit:") for each in session.scalars(filled)))
    _require_same("trail", acknowledged, recorded)
    wait_until(lambda: is_sealed(world), "sealing does not keep up")
    question = Question(world.runtime.ground, world.settings.witness_file)
    _require_none("found when the trail was verified", list(verify_live(question)))
    findings = world.read(lambda session: [each.sentence for each in all_findings(session)])
    _require_none("found by the service itself", findings)


def _require_same(where: str, acknowledged: Counter[str], found: Counter[str]) -> None:
    _require_none(f"acknowledged, and not in the {where}", sorted((acknowledged - found).elements()))
    _require_none(f"in the {where}, and not acknowledged so often", sorted((found - acknowledged).elements()))


def _require_none(words: str, things: list[str]) -> None:
    assert not things, f"{words}: {things}"


def is_sealed(world: World) -> bool:
    """Whether every record has its place in the tree, and the newest signed head is over all of them."""
    count = select(func.count())
    records = world.read(lambda session: session.scalar(count.select_from(AuditRecord)))
    leaves = world.read(lambda session: session.scalar(count.select_from(AuditLeaf)))
    head = world.read(newest_checkpoint)
    return head is not None and head.id == leaves == records

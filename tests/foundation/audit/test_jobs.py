"""The background work of the trail: it keeps nobody waiting, and one dead address keeps nothing from the others."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import select
from support.clusters import free_port
from support.races import HeldCommand
from support.worlds import World

from cotrack.foundation.audit.jobs import works
from cotrack.foundation.audit.models import AuditCheckpoint
from cotrack.foundation.audit.sealing import Sealer, sign_checkpoint
from cotrack.foundation.errors import WitnessNotReached
from cotrack.foundation.findings.service import MOST_KEPT, all_findings, keep_findings
from cotrack.foundation.work import Work
from cotrack.manufacture.models import Lot

NUMBER = "MSC26-0031"


@contextmanager
def witness() -> Iterator[tuple[str, list[str]]]:
    """An address outside that keeps what it is told."""
    told: list[str] = []

    class Keeper(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Keeper)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_address_that_is_dead_keeps_no_head_from_the_next_one(world: World) -> None:
    world.journey.lot(NUMBER)
    dead = f"http://127.0.0.1:{free_port()}/"
    with witness() as (alive, told):
        ground = replace(world.runtime.ground, site=replace(world.runtime.ground.site, witnesses=(dead, alive)))
        signing = works(ground, world.settings.witness_file)[1]
        for _ in range(2):
            with pytest.raises(WitnessNotReached, match=dead):
                signing.turn()
    assert told == [sign_checkpoint(ground, world.settings.witness_file)]


def test_sealing_waits_for_no_writer_where_nothing_is_new(world: World) -> None:
    world.journey.lot(NUMBER)
    sealer = Sealer(world.runtime.ground.sessions)
    sealer.seal_all()

    def change(work: Work) -> None:
        work.record("lot.make", f"lot:{NUMBER}", permission="lot:make")
        work.lock(Lot, NUMBER).made_on = world.journey.today()

    held = HeldCommand(world, "zhao.l", change)
    done = threading.Thread(target=sealer.seal_all)
    done.start()
    done.join(5)
    assert not done.is_alive()
    held.commit()


def test_a_head_is_signed_once_for_what_is_new(world: World) -> None:
    signing = works(world.runtime.ground, world.settings.witness_file)[1]
    for _ in range(3):
        signing.turn()
    world.journey.lot(NUMBER)
    for _ in range(3):
        signing.turn()
    assert len(world.read(lambda session: session.scalars(select(AuditCheckpoint.id)).all())) == 2
    assert signing.every_seconds == 1


def test_known_findings_leave_room_for_new_ones(world: World) -> None:
    ground = world.runtime.ground
    old = [f"old {number}" for number in range(MOST_KEPT)]
    keep_findings(ground, old)
    keep_findings(ground, [*old, "new"])
    assert "new" in world.read(lambda session: [each.sentence for each in all_findings(session)])

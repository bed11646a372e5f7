"""Sealing keeps up with the work, and how far it is behind is told to people and to machines."""

import time
from datetime import UTC, datetime

import pytest
import requests
from support.clients import SignIn
from support.pace import slowness
from support.servers import Server
from support.stages import LOT
from support.trials import LOTS, STATIONS, Site, is_sealed, wait_until
from support.worlds import World

from cotrack.foundation.audit.sealing import Sealer, sign_checkpoint
from cotrack.foundation.audit.service import SEALED_WITHIN_SECONDS

ON_POSTGRESQL = pytest.mark.parametrize("world", ["postgresql"], indirect=True)
LOAD_SECONDS = 6


def shown(person: SignIn) -> str:
    return " ".join(person("shen.i").get("/trail").get_data(as_text=True).split())


def test_the_page_of_the_trail_says_which_head_was_signed_last(world: World, person: SignIn) -> None:
    assert "none yet" in shown(person)
    size = int(sign_checkpoint(world.runtime.ground).split("\n")[1])
    assert f"records: {size}" in shown(person)


@ON_POSTGRESQL
def test_the_page_of_the_trail_says_how_many_records_wait_and_how_long(world: World, person: SignIn) -> None:
    shown(person)
    sealer = Sealer(world.runtime.ground.sessions)
    sealer.seal_all()
    world.journey.lot(LOT)
    world.clock.pass_by(seconds=2.5)
    assert "is behind" in shown(person)
    assert "<dt>Records not sealed yet</dt><dd>1</dd>" in shown(person)
    assert '<span class="quantity">2.5 s</span>' in shown(person)
    sealer.seal_all()
    assert "keeps up" in shown(person)
    assert "<dt>Records not sealed yet</dt><dd>0</dd>" in shown(person)


@ON_POSTGRESQL
def test_sealing_is_less_than_a_second_behind_while_eight_clients_write(server: Server) -> None:
    site = Site(server, None)
    world = site.world
    world.clock.now = datetime.now(UTC)
    lots = [world.journey.lot(f"MSC26-{number:04d}") for number in range(1, LOTS + 1)]
    for lot, station in zip(lots, STATIONS, strict=True):
        world.journey.line_cleared(lot, station=station)
    site.sign_in()
    wait_until(lambda: is_sealed(world), "what was there before is not sealed")
    before, seen = slowness(), []
    with site.load(lots):
        site.wait_for_everybody()
        end = time.monotonic() + LOAD_SECONDS
        while time.monotonic() < end:
            seen.append(requests.get(f"{server.url}/readyz", timeout=30).json()["sealing"])
            time.sleep(0.05)
    assert site.faults() == []
    assert max(each["records"] for each in seen) > 0, "nothing was ever seen to wait: nothing was measured"
    assert max(each["seconds"] for each in seen) < SEALED_WITHIN_SECONDS * max(before, slowness())

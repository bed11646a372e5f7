"""What expires is told in time to who hands bags out and to QA, and what is over to who destroys bags."""

import pytest
from support.stages import LOT
from support.worlds import World

from cotrack.desk.service.home import tasks_for
from cotrack.desk.service.tasks import Task
from cotrack.manufacture.service import filling, lots

SOON, OVER = "Bags in store expire soon", "Expired: destroy the bags in store"


def told(world: World, username: str) -> list[Task]:
    """Return what waits for somebody because of an expiry."""
    actor, ground = world.cast.actor(username), world.runtime.ground
    found = world.read(lambda session: tasks_for(ground, session, actor))
    return [each for each in found if each.title in {SOON, OVER}]


def go_to_expiry(world: World, **before: float) -> None:
    """Move the clock to so much before the lot expires."""
    lot = world.read(lambda session: lots.lot_numbered(session, LOT))
    world.clock.pass_by(seconds=(lot.expires_at - world.clock()).total_seconds())
    world.clock.pass_by(**{name: -value for name, value in before.items()})


def test_bags_in_store_are_told_thirty_days_before_their_lot_expires(world: World) -> None:
    world.journey.released_lot(LOT, bags=2)
    go_to_expiry(world, days=30, seconds=1)
    assert told(world, "ma.k") == []
    world.clock.pass_by(seconds=1)
    for username in ("ma.k", "qian.m"):
        (task,) = told(world, username)
        assert (task.title, task.subject, task.details) == (SOON, f"lot:{LOT}", {"count": 2})
    assert told(world, "zhou.n") == []


def test_bags_of_an_expired_lot_are_destroyed_and_then_nothing_waits(world: World) -> None:
    world.journey.released_lot(LOT, bags=1)
    go_to_expiry(world)
    for username in ("ma.k", "zhao.l"):
        assert [each.title for each in told(world, username)] == [OVER]
    world.do("ma.k", lambda work: filling.destroy_unit(work, f"{LOT}-001", reason="expired"))
    assert told(world, "ma.k") == []


@pytest.mark.parametrize("days", [1, -1])
def test_a_lot_without_bags_in_store_is_told_to_nobody(world: World, days: int) -> None:
    world.journey.finished_lot(LOT, bags=1)
    world.do("zhao.l", lambda work: filling.destroy_unit(work, f"{LOT}-001", reason="broken"))
    go_to_expiry(world, days=days)
    assert told(world, "ma.k") == told(world, "qian.m") == []


def test_a_lot_that_is_not_released_does_not_press_anybody(world: World) -> None:
    world.journey.finished_lot(LOT, bags=1)
    go_to_expiry(world, days=1)
    assert told(world, "ma.k") == told(world, "qian.m") == []

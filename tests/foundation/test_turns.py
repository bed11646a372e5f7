"""Writers wait for one another and lose nothing; who only reads waits for nobody. On both databases."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from support.races import HeldCommand, Waiting
from support.worlds import World

from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.db.engine import open_database
from cotrack.foundation.db.turns import take_turn
from cotrack.foundation.errors import DatabaseUnavailable
from cotrack.foundation.work import Work
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service import lots

NUMBER = "MSC26-0031"
OTHER = "MSC26-0032"
ON_POSTGRESQL = pytest.mark.parametrize("world", ["postgresql"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
MADE = datetime(2026, 1, 2, tzinfo=UTC).date()


def hold(work: Work) -> None:
    lots.hold_lot(work, NUMBER, action="place", reason="freezer alarm")


def change(work: Work) -> None:
    work.record("lot.make", f"lot:{NUMBER}", permission="lot:make")
    work.lock(Lot, NUMBER).made_on = MADE


def look(work: Work) -> Any:
    """Read in a command, without a lock and without a record."""
    return work.session.scalar(select(Lot.made_on).where(Lot.number == NUMBER))


def test_a_command_that_has_only_read_waits_for_no_writer(world: World) -> None:
    world.journey.lot(NUMBER)
    held = HeldCommand(world, "zhao.l", change)
    reader = Waiting(world, "qian.m", look)
    assert not reader.waits()
    assert reader.result != MADE
    held.commit()


def test_a_command_that_locks_waits_for_the_writer_and_reads_what_it_wrote(world: World) -> None:
    world.journey.lot(NUMBER)

    def read_then_lock(work: Work) -> Any:
        before = work.session.scalar(select(Lot).where(Lot.number == NUMBER)).made_on
        work.record("lot.make", f"lot:{NUMBER}", permission="lot:make")
        return before, work.lock(Lot, NUMBER).made_on

    held = HeldCommand(world, "zhao.l", change)
    waiting = Waiting(world, "zhao.l", read_then_lock)
    assert waiting.waits()
    held.commit()
    waiting.end()
    before, after = waiting.result
    assert before != MADE
    assert after == MADE


def test_the_record_of_a_refusal_waits_for_the_writer_and_takes_the_next_id(world: World) -> None:
    world.journey.lot(NUMBER)
    held = HeldCommand(world, "zhao.l", change)
    refused = Waiting(world, "li.c", hold)
    assert refused.waits() == (world.runtime.ground.sessions.file is not None)
    held.commit()
    refused.end()
    assert refused.refusal is not None
    ids = world.read(lambda session: session.scalars(select(AuditRecord.id).order_by(AuditRecord.id)).all())
    assert len(set(ids)) == len(ids)
    assert world.read(lambda session: session.scalar(select(func.count()).select_from(AuditRecord))) == len(ids)


def test_a_turn_ends_with_its_command_also_where_that_fails(world: World) -> None:
    world.journey.lot(NUMBER)

    def fails(work: Work) -> None:
        change(work)
        work.session.flush()
        raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        world.do("zhao.l", fails)
    world.do("zhao.l", change)
    assert world.read(lambda session: session.scalar(select(Lot.made_on))) == MADE


def test_many_writers_at_once_lose_no_write(world: World) -> None:
    world.journey.lot(NUMBER)
    world.journey.unit(NUMBER)
    barrier = threading.Barrier(6)

    def one_day_more(work: Work) -> None:
        work.record("lot.make", f"lot:{NUMBER}", permission="lot:make")
        lot = work.lock(Lot, NUMBER)
        lot.expires_at += timedelta(days=1)

    def send() -> None:
        barrier.wait(10)
        world.do("zhao.l", one_day_more)

    before = world.read(lambda session: session.scalar(select(Lot.expires_at)))
    threads = [threading.Thread(target=send) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert world.read(lambda session: session.scalar(select(Lot.expires_at))) == before + timedelta(days=6)


@ON_SQLITE
def test_two_programs_on_one_file_take_turns_too_however_long_it_takes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = world.runtime.ground.sessions
    # SQLite itself would give up after this time.
    monkeypatch.setattr("cotrack.foundation.db.engine.BUSY_MILLISECONDS", 50)
    other = open_database(f"sqlite:///{sessions.file}")
    entered = threading.Event()

    def enter() -> None:
        with other.outside_trail() as session:
            take_turn(session)
            entered.set()

    with sessions.outside_trail() as session:
        take_turn(session)
        thread = threading.Thread(target=enter)
        thread.start()
        assert not entered.wait(0.4)
    assert entered.wait(10)
    thread.join(10)
    other.engine.dispose()


@ON_SQLITE
def test_a_queue_that_cannot_be_opened_is_said_in_one_line_and_blocks_nobody_for_ever(
    world: World, tmp_path: Path
) -> None:
    sessions = world.runtime.ground.sessions
    lock = sessions.file.parent / "writer.lock"
    aside = tmp_path / "aside"
    lock.rename(aside)
    lock.mkdir()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable), sessions.outside_trail() as session:
            take_turn(session)
    lock.rmdir()
    with sessions.outside_trail() as session:
        take_turn(session)


@ON_POSTGRESQL
def test_of_two_commands_that_wait_for_each_other_one_is_told_to_try_again(world: World) -> None:
    for number in (NUMBER, OTHER):
        world.journey.lot(number)
    both = threading.Barrier(2)
    told: list[str] = []

    def lock_both(first: str, second: str) -> None:
        def act(work: Work) -> None:
            work.record("lot.make", f"lot:{first}", permission="lot:make")
            work.lock(Lot, first)
            both.wait(10)
            work.lock(Lot, second)

        try:
            world.do("zhao.l", act)
        except DatabaseUnavailable as refused:
            told.append(str(refused))

    threads = [threading.Thread(target=lock_both, args=pair) for pair in ((NUMBER, OTHER), (OTHER, NUMBER))]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert told == ["Somebody else is changing the same thing: try again in a moment."]

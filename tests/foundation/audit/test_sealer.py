"""Sealing gives every record its place, whenever it was committed, and reads nothing twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, select
from support.worlds import World

from cotrack.foundation.audit import sealing
from cotrack.foundation.audit.models import AuditLeaf, AuditRecord
from cotrack.foundation.audit.record import Entry, Intention
from cotrack.foundation.audit.sealing import Sealer, sign_checkpoint
from cotrack.foundation.audit.writing import insert_record

ON_POSTGRESQL = pytest.mark.parametrize("world", ["postgresql"], indirect=True)


def without_a_place(world: World) -> list[int]:
    """Return the ids of the records that the tree does not hold."""
    sealed = select(AuditLeaf.record_id)
    return list(world.read(lambda session: session.scalars(select(AuditRecord.id).where(~AuditRecord.id.in_(sealed)))))


def in_order(world: World) -> list[int]:
    """Return the ids of the records in the order of the tree."""
    return list(world.read(lambda session: session.scalars(select(AuditLeaf.record_id).order_by(AuditLeaf.id))))


@contextmanager
def not_committed_yet(world: World) -> Iterator[None]:
    """A record whose id was drawn, and that is committed at the end of the block."""
    ground = world.runtime.ground
    said = Intention("lot.read", "lot:MSC26-0001")
    entry = Entry(world.clock.now, "Asia/Shanghai", "zhao.l", "Zhao Li", "FILL-1", "", said, "done")
    with ground.sessions.writing() as session:
        insert_record(session, entry, ground.secrets)
        yield
        session.commit()


@contextmanager
def rows_read(world: World) -> Iterator[list[int]]:
    """How many rows each statement of the block gave back."""
    counts: list[int] = []

    def count(_: Any, cursor: Any, *__: Any) -> None:
        counts.append(cursor.rowcount)

    engine = world.runtime.ground.sessions.engine
    event.listen(engine, "after_cursor_execute", count)
    try:
        yield counts
    finally:
        event.remove(engine, "after_cursor_execute", count)


@ON_POSTGRESQL
@pytest.mark.parametrize("most_at_once", [1, 5_000])
def test_a_record_that_is_committed_after_a_newer_one_gets_its_place(
    world: World, monkeypatch: pytest.MonkeyPatch, most_at_once: int
) -> None:
    monkeypatch.setattr(sealing, "MOST_AT_ONCE", most_at_once)
    sealer = Sealer(world.runtime.ground.sessions)
    with not_committed_yet(world):
        world.journey.lot("MSC26-0002")
        sealer.seal_all()
        newer = in_order(world)
    for number in (3, 4):
        world.journey.lot(f"MSC26-000{number}")
    sealer.seal_all()
    assert without_a_place(world) == []
    assert in_order(world)[: len(newer)] == newer
    assert in_order(world)[len(newer)] < newer[-1], "the late one comes next"


@ON_POSTGRESQL
def test_a_head_that_is_signed_at_once_holds_a_record_committed_late(world: World) -> None:
    with not_committed_yet(world):
        world.journey.lot("MSC26-0002")
        sign_checkpoint(world.runtime.ground)
    sign_checkpoint(world.runtime.ground)
    assert without_a_place(world) == []


@ON_POSTGRESQL
def test_a_trail_longer_than_a_round_is_sealed_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MOST_AT_ONCE", 3)
    for number in range(1, 6):
        world.journey.lot(f"MSC26-000{number}")
    Sealer(world.runtime.ground.sessions).seal_all()
    assert without_a_place(world) == []
    assert in_order(world) == sorted(in_order(world))


def test_what_has_its_place_is_not_read_again(world: World) -> None:
    for number in range(1, 6):
        world.journey.lot(f"MSC26-000{number}")
    sealer = Sealer(world.runtime.ground.sessions)
    sealer.seal_all()
    with rows_read(world) as counts:
        sealer.seal_all()
    assert [each for each in counts if each > 0] == []
    world.journey.lot("MSC26-0006")
    records = world.read(lambda session: session.scalar(select(func.count()).select_from(AuditRecord)))
    with rows_read(world) as counts:
        sealer.seal_all()
    assert sum(each for each in counts if each > 0) < records
    assert without_a_place(world) == []

"""Sealing gives every record its place, whenever it was committed, and reads nothing twice."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, func, select
from support.tampering import by_hand
from support.worlds import World

from cotrack.foundation.audit import sealing
from cotrack.foundation.audit import witness as witness_file
from cotrack.foundation.audit.models import AuditLeaf, AuditRecord
from cotrack.foundation.audit.record import Entry, Intention
from cotrack.foundation.audit.sealing import Sealer, sign_checkpoint
from cotrack.foundation.audit.witness import append_to_witness
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
    assert sum(each for each in counts if each > 0) <= 1, "no more than the newest id"
    world.journey.lot("MSC26-0006")
    records = world.read(lambda session: session.scalar(select(func.count()).select_from(AuditRecord)))
    with rows_read(world) as counts:
        sealer.seal_all()
    assert sum(each for each in counts if each > 0) < records
    assert without_a_place(world) == []


@ON_POSTGRESQL
def test_two_sealers_at_once_give_each_record_one_place(world: World) -> None:
    sessions = world.runtime.ground.sessions
    slow = Sealer(sessions)
    _, seen = slow._look()  # what another one seals before this one writes
    Sealer(sessions).seal_all()
    places = in_order(world)
    slow._append([row.id for row in seen])
    assert in_order(world) == places
    assert len(set(places)) == len(places)


@ON_POSTGRESQL
def test_what_could_not_be_written_is_sealed_the_next_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sealer = Sealer(world.runtime.ground.sessions)
    world.journey.lot("MSC26-0002")
    with monkeypatch.context() as broken:
        broken.setattr(sealing, "_elect", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sealer.seal_all()
    sealer.seal_all()
    assert without_a_place(world) == []


@ON_POSTGRESQL
def test_where_an_older_copy_was_put_back_under_it_sealing_begins_anew(world: World) -> None:
    world.journey.lot("MSC26-0001")
    sealer = Sealer(world.runtime.ground.sessions)
    sealer.seal_all()
    newest = max(in_order(world))
    by_hand(
        world,
        f"DELETE FROM audit_leaf WHERE record_id > {newest - 6}",
        f"DELETE FROM audit_record WHERE id > {newest - 6}",
        f"SELECT setval('audit_record_id_seq', {newest - 6})",
    )
    world.journey.lot("MSC26-0002")
    sealer.seal_all()
    assert without_a_place(world) == []


@ON_POSTGRESQL
def test_a_jump_of_the_ids_is_one_gap_and_a_record_in_it_gets_its_place(world: World) -> None:
    sealer = Sealer(world.runtime.ground.sessions)
    with not_committed_yet(world):
        with psycopg.connect(world.settings.database_url) as other:
            other.execute("SELECT setval('audit_record_id_seq', (SELECT last_value + 5000 FROM audit_record_id_seq))")
        world.journey.lot("MSC26-0002")
        sealer.seal_all()
        assert len(sealer._gaps) <= 3
    sealer.seal_all()
    assert without_a_place(world) == []


@pytest.mark.parametrize("before", ["", "an older note\n\n"])
def test_a_head_is_written_whole_into_the_file_outside_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    witness = tmp_path / "checkpoints"
    witness.write_text(before, encoding="utf-8")
    written = os.write
    with monkeypatch.context() as full:
        full.setattr(witness_file.os, "write", lambda descriptor, data: written(descriptor, data[:30]))
        with pytest.raises(OSError, match="No space left"):
            append_to_witness(witness, "a note that is longer than thirty letters\n")
    assert witness.read_text(encoding="utf-8") == before

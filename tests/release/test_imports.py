"""Importing a laboratory's file: looked at first, whole or not at all, and a stored result never changes."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from support.laboratory import EXAMPLE, example_rows, file_of, lots_in_quarantine, with_cells
from support.races import HeldCommand, Waiting
from support.refusals import records, refused
from support.worlds import World

from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import InvalidInput, PermissionDenied
from cotrack.foundation.tables import LONGEST_CELL
from cotrack.manufacture.service import closing, filling
from cotrack.quality.service.holds import holds_of
from cotrack.release.models import Result, ResultImport
from cotrack.release.service import dispositions, imports
from cotrack.release.service.imports import MOST_FAULTS, MOST_NEW, Preview, StoredFile

LOT = "MSC26-0031"
ROWS = example_rows(LOT)


@pytest.fixture
def laboratory(world: World) -> World:
    """A site with the one lot of these rows."""
    lots_in_quarantine(world, LOT)
    return world


def looked_at(world: World, content: bytes) -> Preview:
    actor = world.cast.actor("wang.l")
    return imports.look(world.runtime.ground, actor, file_name="qc.csv", content=content)


def imported(world: World, content: bytes, by: str = "wang.l") -> ResultImport:
    stored: StoredFile = world.do(by, lambda work: imports.import_results(work, file_name="qc.csv", content=content))
    return stored.kept


def stored(world: World) -> list[Result]:
    return list(world.read(lambda session: session.scalars(select(Result).order_by(Result.id)).all()))


def test_the_example_file_is_stored_as_it_was_reported(world: World) -> None:
    lots_in_quarantine(world)
    content = EXAMPLE.read_bytes()
    kept = imported(world, content)
    assert (kept.stored, kept.already_there) == (60, 0)
    assert kept.file_sha256 == hashlib.sha256(content).hexdigest()
    found = stored(world)
    assert [each.reported for each in found] == [row["Result"] for row in example_rows()]
    assert {each.status for each in found} == {"recorded"}
    endotoxin = next(each for each in found if each.test == "endotoxin")
    assert (endotoxin.qualifier, endotoxin.number, endotoxin.unit) == ("<", Decimal("0.25"), "EU/mL")
    assert endotoxin.tested_at == datetime(2026, 10, 5, 7, 12, tzinfo=UTC)
    assert found[-3].comment == ""
    assert next(each for each in found if each.test == "rcl").comment == "pending at interim release"


def test_one_import_is_one_record_with_every_value_and_the_files_hash(laboratory: World) -> None:
    content = file_of(ROWS)
    imported(laboratory, content)
    (record,) = records(laboratory, event="result.import")
    sha256 = hashlib.sha256(content).hexdigest()
    assert record["subject"] == f"file:{sha256}"
    assert record["details"] == {"file_name": "qc.csv", "file_sha256": sha256}
    reported = [each["new"] for each in record["changes"] if each["column"] == "reported"]
    assert reported == [row["Result"] for row in ROWS]
    secrets = laboratory.runtime.ground.secrets
    assert laboratory.read(lambda session: list(differences(session, secrets))) == []


def test_a_look_says_what_would_be_stored_and_stores_nothing(laboratory: World) -> None:
    imported(laboratory, file_of(ROWS[:5]))
    before = len(records(laboratory))
    found = looked_at(laboratory, file_of(ROWS))
    assert [each.row.line for each in found.already_there] == [2, 3, 4, 5, 6]
    assert [each.row.line for each in found.new] == list(range(7, 22))
    assert found.faults == ()
    assert len(stored(laboratory)) == 5
    assert len(records(laboratory)) == before


def test_a_look_at_a_file_at_fault_leaves_its_hash_in_the_trail(laboratory: World) -> None:
    content = file_of(with_cells(ROWS, 4, Result="NaN"))
    found = looked_at(laboratory, content)
    assert [each.sentence for each in found.faults] == ["Line 4, column Result: “NaN” is no result of this test."]
    record = records(laboratory)[-1]
    assert (record["event"], record["outcome"], record["changes"]) == ("result.import", "refused", [])
    assert record["details"]["file_sha256"] == hashlib.sha256(content).hexdigest()


def test_a_cumulative_file_stores_only_what_is_new(laboratory: World) -> None:
    imported(laboratory, file_of(ROWS[:12]))
    first = {each.id: each.recorded_at for each in stored(laboratory)}
    laboratory.clock.pass_by(days=1)
    kept = imported(laboratory, file_of(ROWS), by="chen.y")
    assert (kept.stored, kept.already_there) == (8, 12)
    assert {each.id: each.recorded_at for each in stored(laboratory)[:12]} == first
    assert len(stored(laboratory)) == 20


def test_a_file_with_nothing_new_is_refused_as_such(laboratory: World) -> None:
    imported(laboratory, file_of(ROWS))
    with pytest.raises(InvalidInput, match="Every row of this file is stored already"):
        imported(laboratory, file_of(ROWS))
    with pytest.raises(InvalidInput, match="Every row of this file is stored already"):
        imported(laboratory, file_of(reversed(ROWS)))


@pytest.mark.parametrize(
    "cells",
    [
        {"Result": "93.5"},
        {"Result": "93.40"},
        {"Method": "trypan blue"},
        {"Tested_at": "2026-10-05 10:13"},
        {"Analyst": "chen.y"},
        {"Instrument": "FACSLyric-2"},
        {"Sample": f"{LOT}-VIA2"},
    ],
    ids=lambda cells: next(iter(cells)),
)
def test_a_row_that_contradicts_a_stored_one_refuses_the_whole_file(laboratory: World, cells: dict[str, str]) -> None:
    imported(laboratory, file_of(ROWS[:5]))
    with refused("file_fault") as refusal:
        imported(laboratory, file_of(with_cells(ROWS, 4, **cells)))
    said = refusal.value.reasons[0].sentence
    assert said.startswith("Line 4, column Result: ")
    assert "contradicts the stored “93.4” of Viability, no. 1. If the laboratory corrects it" in said
    assert [each.reported for each in stored(laboratory)] == [row["Result"] for row in ROWS[:5]]


def test_a_further_replicate_is_kept_beside_the_first(laboratory: World) -> None:
    imported(laboratory, file_of(ROWS))
    imported(laboratory, file_of(with_cells(ROWS, 4, Replicate="2", Result="84.0")))
    found = [each.reported for each in stored(laboratory) if each.test == "viability"]
    assert found == ["93.4", "84.0"]


@pytest.mark.parametrize("username", ["zhao.l", "qian.m", "dr.gao", "root.a"])
def test_nobody_but_an_analyst_imports_results(laboratory: World, username: str) -> None:
    with pytest.raises(PermissionDenied):
        imported(laboratory, file_of(ROWS), by=username)
    assert stored(laboratory) == []


def test_letters_that_another_system_took_apart_are_kept_put_together(laboratory: World) -> None:
    content = file_of(with_cells(ROWS, 2, Comment="cafe\u0301"))
    imported(laboratory, content)
    assert stored(laboratory)[0].comment == "café"


def many(count: int) -> list[dict[str, str]]:
    """Return as many rows, each as long as a row can be: replicates of every test of the example."""
    long = "检" * LONGEST_CELL
    filled = {
        "Sample ID": (LOT + long)[:LONGEST_CELL],
        "Method": long,
        "Analyst": long,
        "Instrument": long,
        "Comment": long,
    }
    rows = [
        {**row, **filled, "Replicate": str(each)} for each in range(1, 99) for row in ROWS if row["Replicate"] == "1"
    ]
    return rows[:count]


def test_as_many_results_as_one_record_holds_are_stored_at_once_and_not_one_more(laboratory: World) -> None:
    with refused("file_too_large"):
        imported(laboratory, file_of(many(MOST_NEW + 1)))
    assert imported(laboratory, file_of(many(MOST_NEW))).stored == MOST_NEW


def test_a_giant_file_is_refused_in_plain_words(laboratory: World) -> None:
    rows = [{**row, "Lot No.": f"MSC26-{number:04d}"} for number in range(100, 2700) for row in ROWS[:19]]
    with pytest.raises(InvalidInput) as refusal:
        imported(laboratory, file_of(rows))
    assert len(refusal.value.reasons) == MOST_FAULTS + 1
    assert refusal.value.reasons[-1].sentence == f"And {len(rows) - MOST_FAULTS} more faults."
    assert records(laboratory)[-1]["outcome"] == "refused"
    with pytest.raises(InvalidInput, match="more than 50000 rows: split it"):
        imported(laboratory, file_of([*rows, *rows[:601]]))
    assert stored(laboratory) == []


def test_a_release_waits_for_an_import_and_sees_what_it_stored(laboratory: World) -> None:
    laboratory.journey.results(file_of(ROWS))
    laboratory.journey.review(LOT)
    laboratory.journey.trail_reviewed(LOT)
    late = file_of(with_cells(ROWS, 4, Replicate="2", Result="84.0"))
    held = HeldCommand(
        laboratory, "chen.y", lambda work: imports.import_results(work, file_name="late.csv", content=late)
    )
    decide = Waiting(laboratory, "qian.m", lambda work: dispositions.release(work, LOT), is_signed=True)
    assert decide.waits()
    held.commit()
    decide.end()
    assert decide.refusal is not None
    assert [each.code for each in decide.refusal.reasons] == [
        "out_of_specification",
        "investigation_open",
        "result_unreviewed",
        "trail_unreviewed",
    ]


def test_an_import_waits_for_a_lot_that_is_being_closed_and_its_failure_still_reaches_it(laboratory: World) -> None:
    laboratory.journey.results(file_of(ROWS))
    laboratory.journey.review(LOT)
    laboratory.journey.release(LOT)
    laboratory.do("qian.m", lambda work: filling.destroy_unit(work, f"{LOT}-001", reason="retained too long"))
    held = HeldCommand(laboratory, "qian.m", lambda work: closing.close_lot(work, LOT), is_signed=True)
    late = file_of([{**ROWS[2], "Replicate": "2", "Result": "1.0"}])
    waiting = Waiting(
        laboratory, "wang.l", lambda work: imports.import_results(work, file_name="late.csv", content=late)
    )
    assert waiting.waits()
    held.commit()
    waiting.end()
    assert waiting.refusal is None
    assert len(stored(laboratory)) == len(ROWS) + 1
    assert [each.status for each in laboratory.read(lambda session: holds_of(session, f"lot:{LOT}"))] == ["standing"]

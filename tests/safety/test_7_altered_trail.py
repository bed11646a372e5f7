"""What must never happen, 7: the trail or a table is altered and nobody can name the place."""

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from support.stages import HER, LOT, at_the_bedside
from support.worlds import World, home_variables

from cotrack.cli import main
from cotrack.foundation.audit.service import verify


def by_hand(world: World, *statements: str) -> None:
    """Do what an owner of the database could do."""
    engine = world.runtime.ground.sessions.engine
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), execution_options={"cotrack_migration": True})


def without_triggers(world: World, table: str, statement: str) -> list[str]:
    if world.runtime.ground.sessions.engine.dialect.name == "postgresql":
        return [f'ALTER TABLE "{table}" DISABLE TRIGGER USER', statement, f'ALTER TABLE "{table}" ENABLE TRIGGER USER']
    return [*(f"DROP TRIGGER IF EXISTS {table}_no_{act}" for act in ("update", "delete")), statement]


def faults(world: World) -> list[str]:
    return world.read(lambda session: list(verify(session, world.runtime.ground.secrets)))


def test_an_untouched_trail_has_no_fault(world: World) -> None:
    at_the_bedside(world)
    assert faults(world) == []


@pytest.mark.parametrize(
    ("table", "statement", "named"),
    [
        (
            "lot",
            "UPDATE lot SET status = 'quarantine'",
            "lot:1 status: the trail says 'released', the table 'quarantine'",
        ),
        ("unit", "UPDATE unit SET volume_ml = volume_ml * 2 WHERE id = 1", "unit:1 volume_ml"),
        ("observation", "DELETE FROM observation WHERE id = 3", "observation:3: the trail has it"),
        ("person", "UPDATE person SET password_hash = 'x' WHERE id = 2", "person:2 password_hash"),
    ],
    ids=["status", "number", "missing row", "secret"],
)
def test_a_value_changed_behind_the_application_is_named(
    world: World, table: str, statement: str, *, named: str
) -> None:
    at_the_bedside(world)
    by_hand(world, *without_triggers(world, table, statement))
    assert any(fault.startswith(named) for fault in faults(world))


def test_a_row_that_no_record_made_is_named(world: World) -> None:
    at_the_bedside(world)
    by_hand(
        world,
        "INSERT INTO hold (id, subject, reason, placed_at, placed_by_id, status, version) "
        f"SELECT 99, 'lot:{LOT}', 'x', effective_at, 1, 'standing', 1 FROM study_definition",
    )
    assert faults(world) == ["hold:99: no record made it"]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE audit_record SET body = replace(body, 'zhou.n', 'zhou.m') WHERE actor = 'zhou.n'", "actor"),
        ("UPDATE audit_record SET actor = 'wu.n' WHERE actor = 'zhou.n'", "actor"),
        ("UPDATE audit_record SET body = body || ' ' WHERE id = 30", "record 30: is not in canonical form"),
        ("DELETE FROM audit_record WHERE event = 'lot.release'", "lot:1 status"),
    ],
    ids=["name in the record", "name beside the record", "a blank", "a whole record"],
)
def test_an_altered_record_is_named(world: World, statement: str, named: str) -> None:
    at_the_bedside(world)
    by_hand(world, *without_triggers(world, "audit_record", statement))
    assert any(named in fault for fault in faults(world))


def test_the_command_line_names_the_place_and_exits_1(world: World) -> None:
    at_the_bedside(world)
    variables = home_variables(world.home, world.settings.database_url)
    assert CliRunner(env=variables).invoke(main, ["audit", "verify"]).exit_code == 0
    by_hand(world, f"UPDATE participant SET arm = 'other' WHERE subject_number = '{HER}'")
    found = CliRunner(env=variables).invoke(main, ["audit", "verify"])
    assert found.exit_code == 1
    assert "participant:1 arm: the trail says 'monotherapy', the table 'other'" in found.stderr

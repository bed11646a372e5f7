"""The database as the migrations make it is the database as the models describe it, with every guard in place."""

import importlib
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Table, UniqueConstraint, inspect, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session
from support.worlds import World

from cotrack.foundation.db import Base, is_append_only
from cotrack.foundation.db.guard import OUTSIDE_TRAIL
from cotrack.foundation.migrations import _config, head
from cotrack.foundation.resources import PACKAGE, resource
from cotrack.labelling.models import KIND_NAMES
from cotrack.labelling.rules.kinds import KINDS
from cotrack.lifecycles import LIFECYCLES
from cotrack.manufacture import models as tables_of_manufacture
from cotrack.manufacture import rules as rules_of_manufacture
from cotrack.manufacture.models.process import EQUIPMENT_KINDS as STORED_KINDS
from cotrack.orders import models as tables_of_orders
from cotrack.orders.rules import supply as rules_of_supply
from cotrack.study.rules.process import EQUIPMENT_KINDS

JOURNEY = (
    "foundation.audit",
    "foundation.access",
    "foundation.findings",
    "study",
    "labelling",
    "quality",
    "manufacture",
    "custody",
    "release",
    "participants",
    "orders",
    "bedside",
)
for _path in (*PACKAGE.rglob("models.py"), *PACKAGE.rglob("models/*.py")):
    importlib.import_module("cotrack." + _path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", "."))

TABLES = Base.metadata.sorted_tables
TRAILED = [table for table in TABLES if table.name not in OUTSIDE_TRAIL]


def name_of(table: Table) -> str:
    return table.name


def stage_of(table: Table) -> int:
    for mapper in Base.registry.mappers:
        if mapper.local_table is table:
            module = mapper.class_.__module__.removeprefix("cotrack.").partition(".models")[0]
            return JOURNEY.index(module)
    raise LookupError(table.name)


def test_the_migrations_have_one_head_and_the_head_file_names_it() -> None:
    scripts = ScriptDirectory.from_config(_config())
    assert scripts.get_heads() == [head()]


def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = sorted(path.name[:4] for path in Path(resource("migrations") / "versions").glob("[0-9]*.py"))
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


def test_a_migrated_database_is_what_the_models_describe(world: World) -> None:
    with world.runtime.ground.sessions.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = [each for each in compare_metadata(context, Base.metadata) if "alembic_version" not in str(each)]
    assert found == []


def test_every_check_of_the_models_stands_in_the_database_by_its_name(world: World) -> None:
    inspector = inspect(world.runtime.ground.sessions.engine)
    for table in TABLES:
        wanted = {str(each.name) for each in table.constraints if isinstance(each, CheckConstraint)}
        stored = {str(each["name"]) for each in inspector.get_check_constraints(table.name)}
        assert wanted <= stored, table.name


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_every_constraint_and_index_has_a_name(table: Table) -> None:
    assert all(each.name for each in table.constraints)
    assert all(each.name for each in table.indexes)
    assert all(each.name for each in table.constraints if isinstance(each, UniqueConstraint))


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_foreign_keys_point_to_earlier_stages_and_never_cascade(table: Table) -> None:
    for key in table.foreign_keys:
        assert key.ondelete == "RESTRICT", (table.name, key)
        assert stage_of(key.column.table) <= stage_of(table), (table.name, key)


@pytest.mark.parametrize("table", TRAILED, ids=name_of)
def test_every_column_of_the_trail_keeps_its_old_value(table: Table) -> None:
    mapper = next(mapper for mapper in Base.registry.mappers if mapper.local_table is table)
    assert [each.key for each in mapper.column_attrs if not each.active_history] == []


@pytest.mark.parametrize("table", TRAILED, ids=name_of)
def test_no_column_is_filled_behind_the_record(table: Table) -> None:
    filled = [each.name for each in table.columns if each.onupdate or each.server_onupdate or each.server_default]
    assert filled == []


def test_tables_outside_the_trail_each_have_a_reason_and_exist() -> None:
    names = {table.name for table in TABLES}
    assert set(OUTSIDE_TRAIL) - names == {"alembic_version"}
    assert all(len(reason) > 10 for reason in OUTSIDE_TRAIL.values())


@pytest.mark.parametrize("noun", LIFECYCLES)
def test_a_noun_of_the_lifecycles_is_a_table_whose_check_holds_its_states(noun: str) -> None:
    table = Base.metadata.tables[noun]
    check = next(each for each in table.constraints if each.name == f"ck_{noun}_status")
    assert isinstance(check, CheckConstraint)
    said = str(check.sqltext)
    assert sorted(said.partition("(")[2].rstrip(")").replace("'", "").split(", ")) == sorted(LIFECYCLES[noun].states)


def test_kinds_of_equipment_are_the_same_in_the_study_and_the_table() -> None:
    assert set(STORED_KINDS) == set(EQUIPMENT_KINDS)


def test_kinds_of_material_and_addressees_of_notices_are_the_same_in_rules_and_table() -> None:
    assert rules_of_manufacture.MATERIAL_KINDS == tables_of_manufacture.MATERIAL_KINDS
    assert rules_of_supply.ADDRESSEES == tables_of_orders.ADDRESSEES


def test_kinds_of_label_are_the_same_in_rules_and_table() -> None:
    assert set(KIND_NAMES) == set(KINDS)


@pytest.mark.parametrize("table", TRAILED, ids=name_of)
def test_a_row_of_the_trail_is_never_deleted_even_by_hand(world: World, table: Table) -> None:
    assert_refused(world, table, f'DELETE FROM "{table.name}"')


@pytest.mark.parametrize("table", [table for table in TABLES if is_append_only(table)], ids=name_of)
def test_a_row_written_once_is_never_changed_even_by_hand(world: World, table: Table) -> None:
    assert_refused(world, table, f'UPDATE "{table.name}" SET id = id')


def assert_refused(world: World, table: Table, statement: str) -> None:
    """A trigger speaks where there is a row, and stands in the catalogue where there is none."""
    engine = world.runtime.ground.sessions.engine
    act = statement.split(maxsplit=1)[0].lower()
    with engine.connect() as connection:
        assert trigger_exists(connection.dialect.name, Session(connection), f"{table.name}_no_{act}")
        if connection.scalar(select(table.c.id).limit(1)) is None:
            return
        with pytest.raises(DatabaseError, match="refused"):
            connection.execute(text(statement), execution_options={"cotrack_migration": True})


def trigger_exists(dialect: str, session: Session, name: str) -> bool:
    catalogue = {
        "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = :name",
        "postgresql": "SELECT 1 FROM pg_trigger WHERE tgname = :name AND tgenabled = 'O'",
    }
    return session.scalar(text(catalogue[dialect]), {"name": name}) is not None


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_the_trail_cannot_be_emptied_at_once(world: World) -> None:
    engine = world.runtime.ground.sessions.engine
    with engine.connect() as connection, pytest.raises(DatabaseError, match="refused"):
        connection.execute(text("TRUNCATE audit_record CASCADE"), execution_options={"cotrack_migration": True})

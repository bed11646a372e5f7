"""The files of deploy/ fit the program: PostgreSQL's roles, grants and copies, as the deployment guide has them run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from support.clients import Client
from support.clusters import Cluster, program
from support.journeys import travel
from support.papers import all_remade, keep_all
from support.texts import DEMONSTRATION
from support.worlds import World, home_variables, make_home, open_world

from cotrack.app import MOST_UPLOAD_BYTES, create_app
from cotrack.foundation.access.jobs import clear_outdated
from cotrack.foundation.audit.verification.live import Question, verify_live
from cotrack.foundation.db import Base, is_append_only
from cotrack.foundation.db.guard import OUTSIDE_TRAIL
from cotrack.foundation.migrations import migrate
from cotrack.labelling.gateways.needs import APT_LINE

DEPLOY = Path(__file__).parents[2] / "deploy"
GRANTS = (DEPLOY / "postgresql-grants.sql").read_text(encoding="utf-8")

TABLES = {table.name for table in Base.metadata.sorted_tables} | {"alembic_version"}
APPEND_ONLY = {table.name for table in Base.metadata.sorted_tables if is_append_only(table)}
PURGED_AND_KEPT = {"foreign_scan"}
"""Outside the trail too; what was scanned is taken out of a row, and the row stays."""
ENDS_BY_TIME = set(OUTSIDE_TRAIL) - APPEND_ONLY - PURGED_AND_KEPT - {"alembic_version"}
LOCKED_WHILE_COUNTING = {"label_entity", "owed_document"}


@pytest.fixture(scope="module")
def deployed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A site on a database made as the guide says: the owner migrates, the application's role does all the rest."""
    passwords = {"COTRACK_OWNER_PASSWORD": "owner's", "COTRACK_APP_PASSWORD": "app's"}
    run_sql(cluster, "postgres", "postgresql-roles.sql", passwords)
    home = tmp_path_factory.mktemp("deployed")
    make_home(home)
    owner = open_world(home, url_as(cluster, "cotrack_owner"))
    migrate(owner.runtime.ground)
    owner.runtime.ground.sessions.engine.dispose()
    run_sql(cluster, "cotrack", "postgresql-grants.sql")
    world = open_world(home, url_as(cluster, "cotrack_app"))
    world.cast.enter()
    world.journey.study_signed(DEMONSTRATION)
    yield world
    world.runtime.ground.sessions.engine.dispose()
    cluster.drop("cotrack")
    cluster.drop("cotrack_scratch")
    cluster.execute("DROP ROLE cotrack_app")
    cluster.execute("DROP ROLE cotrack_owner")


def run_sql(cluster: Cluster, database: str, name: str, variables: dict[str, str] | None = None) -> None:
    command = [program("psql"), "--quiet", "--no-psqlrc", "--file", str(DEPLOY / name), cluster.url(database)]
    run = subprocess.run(command, env={**os.environ, **(variables or {})}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""


def url_as(cluster: Cluster, role: str, database: str = "cotrack") -> str:
    return cluster.url(database).replace("cotrack@", f"{role}@", 1)


@pytest.fixture
def connection(deployed: World) -> Iterator[psycopg.Connection[Any]]:
    """Plain PostgreSQL as the application's role, with nothing of the program between."""
    with psycopg.connect(deployed.settings.database_url, autocommit=True) as opened:
        yield opened


def listed(head: str) -> set[str]:
    """The tables that the SQL lists after these words."""
    found = re.search(rf"^{re.escape(head)} ON\n((?:  \w+,?\n)+)(?:FROM|TO) cotrack_app;$", GRANTS, re.MULTILINE)
    assert found, head
    return set(re.findall(r"\w+", found[1]))


def test_the_grants_list_exactly_the_append_only_tables() -> None:
    assert listed("REVOKE UPDATE") == APPEND_ONLY


def test_the_grants_let_rows_be_deleted_only_where_they_end_by_time() -> None:
    assert listed("GRANT DELETE") == ENDS_BY_TIME


def test_the_grants_let_an_append_only_row_be_locked_only_where_the_program_counts_under_the_lock() -> None:
    assert listed("GRANT UPDATE (id)") == LOCKED_WHILE_COUNTING
    assert LOCKED_WHILE_COUNTING <= APPEND_ONLY


def test_the_application_holds_exactly_these_rights_on_every_table(connection: psycopg.Connection[Any]) -> None:
    expected = {
        (table, right)
        for table in TABLES
        for right, tables in {
            "SELECT": TABLES,
            "INSERT": TABLES - {"alembic_version"},
            "UPDATE": TABLES - APPEND_ONLY - {"alembic_version"},
            "DELETE": ENDS_BY_TIME,
        }.items()
        if table in tables
    }
    held = connection.execute(
        "SELECT tablename::text, kind FROM pg_tables,"
        " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS kind"
        " WHERE schemaname = 'public' AND has_table_privilege(format('public.%I', tablename), kind)"
    ).fetchall()
    assert set(held) == expected


def test_the_whole_journey_works_with_the_rights_of_the_application(deployed: World, examples: Path) -> None:
    travel(deployed, examples)
    keep_all(deployed)
    assert [each.is_right for each in all_remade(deployed)] == [True, True, True]
    assert faults(deployed) == []


def faults(world: World) -> list[str]:
    return list(verify_live(Question(world.runtime.ground, world.settings.witness_file)))


def test_signing_in_and_clearing_up_work_with_the_rights_of_the_application(deployed: World) -> None:
    client = Client(create_app(deployed.runtime), "zhou.n")
    refused = {"username": "zhou.n", "password": "wrong"}
    assert client.app.test_client().post("/api/v1/tokens", json=refused).status_code == 401
    assert client.get("/").status_code == 200
    assert client.send("DELETE", "/api/v1/tokens").status_code < 300
    deployed.clock.pass_by(days=5)
    clear_outdated(deployed.runtime.ground.sessions)
    deployed.clock.pass_by(days=-5)


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
def test_the_application_may_not_change_a_row_that_is_written_once(
    connection: psycopg.Connection[Any], table: str
) -> None:
    columns = [column.name for column in Base.metadata.tables[table].columns]
    for column in columns:
        if table in LOCKED_WHILE_COUNTING and column == "id":
            continue
        assert_no_right(connection, sql.SQL("UPDATE {0} SET {1} = {1}").format(*map(sql.Identifier, (table, column))))


@pytest.mark.parametrize("table", sorted(TABLES - ENDS_BY_TIME))
def test_the_application_may_not_delete_a_row_of_the_trail_or_empty_its_table(
    connection: psycopg.Connection[Any], table: str
) -> None:
    assert_no_right(connection, sql.SQL("DELETE FROM {0}").format(sql.Identifier(table)))
    assert_no_right(connection, sql.SQL("TRUNCATE {0}").format(sql.Identifier(table)))


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audit_record DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_record_no_update ON audit_record",
        "DROP TABLE audit_record",
        "CREATE TABLE another (id int)",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = '9999'",
        "SET ROLE cotrack_owner",
    ],
)
def test_the_application_may_not_get_around_the_guards_of_the_schema(
    connection: psycopg.Connection[Any], statement: str
) -> None:
    assert_no_right(connection, sql.SQL(statement))


def assert_no_right(connection: psycopg.Connection[Any], statement: sql.Composable) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_nobody_else_may_enter_the_database(deployed: World, cluster: Cluster) -> None:
    cluster.execute("CREATE ROLE stranger LOGIN")
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(url_as(cluster, "stranger"))
    finally:
        cluster.execute("DROP ROLE stranger")


@pytest.fixture
def installed(deployed: World, cluster: Cluster, tmp_path: Path) -> dict[str, str]:
    """The scripts where the guide puts them, with the program beside them; gives the environment of their units."""
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    program_file = tmp_path / "venv" / "bin" / "cotrack"
    program_file.parent.mkdir(parents=True)
    program_file.write_text(f'#!/bin/sh\nexec {sys.executable} -m cotrack "$@"\n', encoding="utf-8")
    program_file.chmod(0o755)
    backups = tmp_path / "backups"
    backups.mkdir()
    scratch = url_as(cluster, "cotrack_app", "cotrack_scratch")
    ours = {"COTRACK_BACKUP": "unattended", "COTRACK_SCRATCH_DATABASE_URL": scratch, "FOLDER": str(backups)}
    return {**os.environ, **home_variables(deployed.home, deployed.settings.database_url), **ours}


def run_script(variables: dict[str, str], name: str) -> subprocess.CompletedProcess[str]:
    folder = Path(variables["FOLDER"])
    script = [str(folder.parent / "deploy" / name), str(folder)]
    return subprocess.run(script, env=variables, capture_output=True, text=True, check=False)


def test_back_ups_that_have_stopped_are_noticed(installed: dict[str, str]) -> None:
    tried = run_script(installed, "cotrack-restore-test")
    assert tried.returncode == 1
    assert "is younger than three hours" in tried.stderr


def test_a_back_up_of_the_guide_is_tried_and_restored_with_the_rights_of_its_roles(
    deployed: World, cluster: Cluster, installed: dict[str, str]
) -> None:
    folder = Path(installed["FOLDER"])
    for outdated in ("cotrack-20200101T000000Z.backup", "cotrack-20200101T000000Z.backup.part"):
        (folder / outdated).touch()
        os.utime(folder / outdated, (0, 0))
    made = run_script(installed, "cotrack-backup")
    assert made.returncode == 0, made.stderr
    (copy,) = folder.iterdir()
    tried = run_script(installed, "cotrack-restore-test")
    assert tried.returncode == 0, tried.stderr
    cluster.execute("CREATE DATABASE restored OWNER cotrack_owner TEMPLATE template0")
    try:
        owner = {**installed, "COTRACK_DATABASE_URL": url_as(cluster, "cotrack_owner", "restored")}
        restore = [sys.executable, "-m", "cotrack", "backup", "restore", str(copy)]
        restored = subprocess.run(restore, env=owner, capture_output=True, text=True, check=False)
        assert restored.returncode == 0, restored.stderr
        run_sql(cluster, "restored", "postgresql-grants.sql")
        world = open_world(deployed.home, url_as(cluster, "cotrack_app", "restored"))
        assert faults(world) == []
        world.runtime.ground.sessions.engine.dispose()
    finally:
        cluster.drop("restored")


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.name)
def test_a_unit_starts_what_the_bundle_installs(unit: Path) -> None:
    command = re.findall(r"^ExecStart=(\S+)", unit.read_text(), re.MULTILINE)[0]
    if command == "/opt/cotrack/venv/bin/cotrack":
        return
    script = DEPLOY / command.removeprefix("/opt/cotrack/deploy/")
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("timer", sorted(DEPLOY.glob("*.timer")), ids=lambda path: path.name)
def test_a_timer_has_its_service(timer: Path) -> None:
    assert timer.with_suffix(".service").exists()


@pytest.mark.parametrize("name", ["cotrack", "cotrack-backup", "cotrack-restore-test", "install.sh"])
def test_a_script_is_plain_shell(name: str) -> None:
    subprocess.run(["sh", "-n", str(DEPLOY / name)], check=True)


def test_the_proxy_takes_what_the_program_takes_and_guards_addresses_that_exist(deployed: World) -> None:
    proxy = (DEPLOY / "nginx.conf").read_text()
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", proxy)
    assert int(megabytes) * 1024**2 > MOST_UPLOAD_BYTES
    routes = {str(rule) for rule in create_app(deployed.runtime).url_map.iter_rules()}
    assert set(re.findall(r"location = (\S+)", proxy)) - {"/unavailable.html"} <= routes


def test_one_list_of_system_packages_stands_everywhere() -> None:
    root = DEPLOY.parent
    packages = set(APT_LINE.split()) - {"apt-get", "install", "--yes"}
    (by_setup,) = re.findall(r'^packages="([^"]+)"', (root / "tools" / "setup.sh").read_text(), re.MULTILINE)
    assert set(by_setup.split()) == packages
    (by_guide,) = re.findall(r"^apt-get install --yes (.+)$", (root / "docs" / "deploy.md").read_text(), re.MULTILINE)
    assert packages < set(by_guide.split())

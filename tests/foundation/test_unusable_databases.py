"""A database that cannot be used: one line that says what to do, exit status 1, and nothing stored."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event
from support.clusters import Cluster, free_port
from support.programs import Program, program_of
from support.worlds import World, make_home

from cotrack.app import create_app
from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.migrations import head

ON_SQLITE = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("world", ["postgresql"], indirect=True)
EVERYTHING = (
    ("init",),
    ("serve",),
    ("work",),
    ("audit", "verify"),
    ("demo", "load"),
    ("user", "disable", "zhou.n", "--reason", "left", "--as", "root.a"),
)
ALL_BUT_INIT = EVERYTHING[1:]
CHANGE = EVERYTHING[-1]
AS_OTHERS = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override") if os.geteuid() == 0 else ()
"""The administrator of the machine may write every file; without this capability, what a file's mode says counts."""


@pytest.fixture
def program(world: World) -> Program:
    """The command line of a site that works."""
    return Program(world.home, world.settings.database_url, more={"COTRACK_PASSWORD": PASSWORD})


@pytest.fixture
def fresh(tmp_path: Path) -> Program:
    """Keys and site definition, and no database."""
    make_home(tmp_path)
    return Program(tmp_path, more={"COTRACK_PASSWORD": PASSWORD})


def file_of(program: Program) -> Path:
    return program.home / "var" / "cotrack.db"


@contextmanager
def by_hand(world: World) -> Iterator[Any]:
    """The database without the program between."""
    url = world.settings.database_url
    is_file = url.startswith("sqlite")
    opened = sqlite3.connect(file_of(program_of(world))) if is_file else psycopg.connect(url, autocommit=True)
    try:
        yield opened
        if is_file:
            opened.commit()
    finally:
        opened.close()


def stored(world: World) -> tuple[Any, ...]:
    """What a command that changes something would have changed."""
    with by_hand(world) as connection:
        people = connection.execute("SELECT count(*) FROM person WHERE is_active").fetchone()
        records = connection.execute("SELECT count(*) FROM audit_record").fetchone()
    return (*people, *records)


@pytest.mark.parametrize("words", EVERYTHING, ids=" ".join)
def test_a_database_newer_than_the_program_is_left_alone(
    world: World, program: Program, words: tuple[str, ...]
) -> None:
    before = stored(world)
    with by_hand(world) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    line = f"The database is newer than this program (schema 9999, known {head()}): install the newer cotrack."
    assert program.call(*words).refusal == line
    assert stored(world) == before


@pytest.mark.parametrize("words", ALL_BUT_INIT, ids=" ".join)
def test_a_lost_database_file_is_never_replaced_by_an_empty_one(fresh: Program, words: tuple[str, ...]) -> None:
    assert fresh.call(*words).refusal == (
        f"There is no database at {file_of(fresh)}: on a new installation run `cotrack init`; "
        "else restore the newest back-up."
    )
    assert not file_of(fresh).exists()


@pytest.mark.parametrize("words", ALL_BUT_INIT, ids=" ".join)
def test_an_empty_database_waits_for_init(fresh: Program, cluster: Cluster, words: tuple[str, ...]) -> None:
    line = "The database is empty: run `cotrack init`."
    file_of(fresh).touch()
    assert fresh.call(*words).refusal == line
    on_postgresql = Program(fresh.home, cluster.create("waiting"), more=fresh.more)
    try:
        assert on_postgresql.call(*words).refusal == line
    finally:
        cluster.drop("waiting")


@ON_SQLITE
def test_a_file_that_another_program_holds_is_not_waited_for_without_end(world: World, program: Program) -> None:
    before = stored(world)
    with by_hand(world) as connection:
        connection.execute("BEGIN IMMEDIATE")
        said = program.call(*CHANGE)
        connection.rollback()
    assert said.refusal == (
        "Another program holds the database: close it (an SQLite browser, a copy in progress) and try again."
    )
    assert stored(world) == before


@ON_POSTGRESQL
def test_a_table_that_somebody_else_holds_is_not_waited_for_without_end(world: World, program: Program) -> None:
    before = stored(world)
    with by_hand(world) as connection, connection.transaction():
        connection.execute("LOCK TABLE audit_record")
        said = program.call(*CHANGE)
    assert said.refusal == "Somebody else is changing the same thing: try again in a moment."
    assert stored(world) == before


FULL = "The disk is full: free space where the database lies, then try again. Nothing was stored."


@ON_SQLITE
def test_a_full_disk_stores_nothing_of_a_command(world: World, program: Program) -> None:
    def leave_no_room(connection: sqlite3.Connection, _: Any) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", leave_no_room)
    try:
        said = next(each for each in (program.call(*CHANGE) for _ in range(50)) if each.status)
        full = stored(world)
        assert said.refusal == program.call(*CHANGE).refusal == FULL
    finally:
        event.remove(Engine, "connect", leave_no_room)
    assert stored(world) == full
    assert program.call("audit", "verify").status == 0
    assert program.call(*CHANGE).status == 0


@ON_POSTGRESQL
def test_a_full_disk_of_postgresql_is_said_as_such(world: World, program: Program) -> None:
    """The trigger raises what the server raises when a write fails for want of room."""
    before = stored(world)
    with by_hand(world) as connection:
        connection.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
            " 'could not extend file \"base/1/2\": No space left on device' USING ERRCODE = 'disk_full'; END $$"
        )
        connection.execute("CREATE TRIGGER no_room BEFORE INSERT ON audit_record EXECUTE FUNCTION no_room()")
    assert program.call(*CHANGE).refusal == FULL
    assert stored(world) == before


@ON_SQLITE
def test_a_file_that_may_not_be_written_can_be_read_and_not_changed(world: World, program: Program) -> None:
    before = stored(world)
    file_of(program).chmod(0o400)
    assert program.run("audit", "verify", prefix=AS_OTHERS).status == 0
    assert program.run(*CHANGE, prefix=AS_OTHERS).refusal == (
        "The database file cannot be written: give the service's user the right to write to it and its folder."
    )
    assert stored(world) == before


@ON_SQLITE
def test_a_folder_that_may_not_be_written_is_said(world: World, program: Program) -> None:
    (program.home / "var" / "writer.lock").unlink(missing_ok=True)
    (program.home / "var").chmod(0o500)
    try:
        said = program.run(*CHANGE, prefix=AS_OTHERS)
    finally:
        (program.home / "var").chmod(0o700)
    assert said.refusal.startswith("The database file cannot be ")


@ON_SQLITE
@pytest.mark.parametrize("damage", [b"no database at all, but long enough to be taken for one" * 9, b"\x00" * 4096])
def test_a_damaged_file_is_put_aside_and_not_touched(world: World, program: Program, damage: bytes) -> None:
    file = file_of(program)
    file.write_bytes(damage + file.read_bytes()[len(damage) :])
    now = file.read_bytes()
    for words in EVERYTHING:
        assert program.call(*words).refusal == (
            "The database file is damaged: stop the service, put the file aside, and restore the newest back-up."
        )
    assert file.read_bytes() == now


@ON_POSTGRESQL
def test_a_standby_takes_no_change(world: World, program: Program) -> None:
    before = stored(world)
    name = world.settings.database_url.rpartition("/")[2]
    with by_hand(world) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    line = "PostgreSQL takes no change now: it is a standby, or set to read only."
    assert program.call(*CHANGE).refusal == line
    assert program.call("audit", "verify").status == 0
    assert stored(world) == before


@ON_POSTGRESQL
def test_a_user_without_rights_is_told_what_grants_them(world: World, cluster: Cluster) -> None:
    cluster.execute("CREATE ROLE without_rights LOGIN")
    url = world.settings.database_url.replace("cotrack@", "without_rights@")
    try:
        for words in ALL_BUT_INIT:
            assert Program(world.home, url, more={"COTRACK_PASSWORD": PASSWORD}).call(*words).refusal == (
                "The database's user lacks a right: run deploy/postgresql-grants.sql as its owner."
            )
    finally:
        cluster.execute("DROP ROLE without_rights")


@pytest.fixture(scope="module")
def locked_out(cluster: Cluster) -> Iterator[str]:
    """A role whose password nobody knows."""
    cluster.refuse("locked_out")
    yield "locked_out"
    cluster.execute("DROP ROLE locked_out")


SILENT = "PostgreSQL does not answer: start it, and check COTRACK_DATABASE_URL."
REFUSED = "PostgreSQL refused the user or the password: check COTRACK_DATABASE_URL and pg_hba.conf."
UNKNOWN = "The database does not exist: create it (docs/deploy.md), then run `cotrack init`."


@pytest.mark.parametrize("words", EVERYTHING, ids=" ".join)
def test_a_postgresql_that_lets_nobody_in_is_told_apart(
    fresh: Program, cluster: Cluster, locked_out: str, words: tuple[str, ...]
) -> None:
    known = cluster.url("postgres")
    addresses = {
        f"postgresql://cotrack@127.0.0.1:{free_port()}/cotrack": SILENT,
        "postgresql://cotrack@nowhere.invalid/cotrack": SILENT,
        f"postgresql://cotrack@/cotrack?host={fresh.home}": SILENT,
        known.replace("cotrack@", f"{locked_out}:a+guess@"): REFUSED,
        known.replace("cotrack@", f"{locked_out}@"): REFUSED,
        known.replace("cotrack@", "nobody_of_that_name@"): REFUSED,
        cluster.url("no_database_of_that_name"): UNKNOWN,
    }
    for address, line in addresses.items():
        assert Program(fresh.home, address, more=fresh.more).call(*words).refusal == line, address


def test_no_refusal_says_the_password_of_the_database(fresh: Program, cluster: Cluster, locked_out: str) -> None:
    for address in ("postgresql://app:hush@127.0.0.1:1/x", "postgresql://app:hush@[::1/x", "hush"):
        assert "hush" not in Program(fresh.home, address).call("init").err


def test_a_server_whose_database_changed_under_it_is_not_ready_and_says_why(world: World) -> None:
    client = create_app(world.runtime).test_client()
    assert client.get("/readyz").status_code == 200
    with by_hand(world) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    answer = client.get("/readyz", headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["detail"].startswith("The database is newer than this program")


@ON_SQLITE
def test_a_server_whose_database_file_is_gone_takes_nothing_more(world: World, program: Program) -> None:
    client = create_app(world.runtime).test_client()
    sign_in = {"username": "zhou.n", "password": PASSWORD}
    assert client.post("/api/v1/tokens", json=sign_in).status_code == 201
    file_of(program).unlink()
    assert client.post("/api/v1/tokens", json=sign_in).status_code == 503
    assert client.get("/readyz").status_code == 503
    assert not file_of(program).exists()


def test_a_refusal_has_a_form_for_machines(fresh: Program) -> None:
    for words in (("--json", "serve"), ("serve", "--json")):
        found = fresh.call(*words).refusal_for_machines
        assert found["kind"] == "database-unavailable"
        (reason,) = found["reasons"]
        assert reason["code"] == "database_unavailable"
        assert reason["detail"].startswith("There is no database at ")

"""Fixtures: every test that touches a database runs on SQLite and on PostgreSQL, each from a fresh copy."""

import functools
import gc
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import QueuePool
from support.browsers import CHROMIUM, CHROMIUM_ARGUMENTS
from support.clients import Client, SignIn
from support.clusters import Cluster
from support.demonstrations import load_demonstration
from support.servers import Server
from support.worlds import World, open_world, prepare_template

from cotrack.app import create_app

EXAMPLES = Path(__file__).parent / "examples"
_numbers = itertools.count(1)

# What was imported lives as long as the process: the collector need not go through it again for every few tests.
gc.freeze()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL cluster for each test process."""
    started = Cluster()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared site on SQLite."""
    home = tmp_path_factory.mktemp("sqlite") / "template"
    prepare_template(home)
    return home


@pytest.fixture(scope="session")
def postgresql_template(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Path:
    """A prepared site on PostgreSQL; its database is the template of every test's own."""
    home = tmp_path_factory.mktemp("postgresql") / "template"
    prepare_template(home, cluster.create("prepared"))
    return home


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A site of the test's own, on each database."""
    home = tmp_path / "home"
    cluster: Cluster | None = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    shutil.copytree(request.getfixturevalue(f"{request.param}_template"), home)
    name = f"test_{next(_numbers)}"
    opened = open_world(home, cluster.create(name, template="prepared") if cluster else "")
    opened.cluster = cluster
    opened.stand((request.param,))
    if "monkeypatch" in request.fixturenames:
        opened.patches = request.getfixturevalue("monkeypatch")
    yield opened
    engine = opened.runtime.ground.sessions.engine
    assert isinstance(engine.pool, QueuePool)
    assert not engine.pool.checkedout(), "a connection was taken and not given back"
    engine.dispose()
    if cluster:
        cluster.drop(name)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def demonstration(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demonstration, loaded once on each database, to be looked at and never changed."""
    home = tmp_path_factory.mktemp("demonstration") / "home"
    is_sqlite = request.param == "sqlite"
    loaded = load_demonstration(home, "" if is_sqlite else request.getfixturevalue("cluster").create("demonstration"))
    yield loaded
    loaded.runtime.ground.sessions.engine.dispose()


@pytest.fixture
def person(world: World) -> SignIn:
    """Signs people in at the test's site, each on first use: `person("qian.m").get("/lots")`."""
    app = create_app(world.runtime)
    return functools.cache(lambda username, station=None: Client(app, username, station=station))


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    """The test's site, served by gunicorn with two workers."""
    started = Server(world, world.settings.database_url)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for each test process."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def examples() -> Path:
    """The laboratory's and the clinic's example files."""
    return EXAMPLES


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compare the number of tests of a whole run with `tests/count.txt`: a test that vanished is noticed."""
    gc.freeze()
    options = session.config.option
    is_whole = not (options.keyword or options.markexpr or session.config.getoption("file_or_dir"))
    least = int((Path(__file__).parent / "count.txt").read_text())
    if is_whole and not options.collectonly and len(session.items) < least:
        pytest.exit(f"{len(session.items)} tests were collected, tests/count.txt says at least {least}", returncode=1)

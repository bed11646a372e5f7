"""A demonstration that was stopped half-way is told apart from a whole one, and how to begin anew is said."""

from pathlib import Path

import pytest
from support.programs import Program
from support.worlds import World, make_home, open_world

from cotrack.demonstration import files, site
from cotrack.foundation.migrations import migrate


@pytest.fixture
def stopped(tmp_path: Path) -> World:
    """A site whose demonstration was stopped after its first chapter."""
    make_home(tmp_path / "home")
    world = open_world(tmp_path / "home", "")
    migrate(world.runtime.ground)
    loading = site.load(world.runtime)
    next(loading)
    loading.close()
    world.runtime.ground.sessions.engine.dispose()
    return world


@pytest.mark.parametrize("options", [(), ("--if-empty",)])
def test_a_demonstration_stopped_half_way_is_refused_and_says_how_to_begin_anew(
    stopped: World, options: tuple[str, ...]
) -> None:
    said = Program(stopped.home).call("demo", "load", *options)
    assert said.refusal == (
        "The demonstration was begun in this database and never finished: it still runs, or was stopped half-way. "
        f"Start anew: remove {stopped.home}/var (with PostgreSQL, empty the database too), "
        "then `cotrack init` and `cotrack demo load`."
    )
    assert said.out == ""


def test_what_is_said_to_begin_anew_works(stopped: World) -> None:
    program = Program(stopped.home)
    for path in sorted((stopped.home / "var").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert program.call("init").status == 0
    loaded = program.call("demo", "load", "--if-empty")
    assert (loaded.status, loaded.err) == (0, "")
    assert loaded.out.startswith("built: people and study")
    again = program.call("demo", "load", "--if-empty")
    assert (again.status, "built" in again.out) == (0, False)
    files.remove(stopped.home / "var/demonstration")
    assert program.call("demo", "load", "--if-empty").status == 0
    assert program.call("audit", "verify").status == 0


def test_a_whole_demonstration_of_an_earlier_program_is_known_by_its_files(stopped: World) -> None:
    files.write(stopped.home / "var/demonstration", stopped.journey.today())
    assert Program(stopped.home).call("demo", "load", "--if-empty").status == 0

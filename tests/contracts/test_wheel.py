"""The built wheel is a whole cotrack: installed into an empty folder, it needs nothing of the checkout."""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import requests
from support.clusters import Cluster
from support.programs import Program

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.migrations import head

ROOT = Path(__file__).parents[2]
PARTS = ("cotrack", "migrations", "labels", "pyproject.toml", "hatch_build.py", "README.md")
NOW = head()
NEXT = f"{int(NOW) + 1:04d}"
NEXT_MIGRATION = f'''"""One table more."""

from alembic import op

revision = "{NEXT}"
down_revision = "{NOW}"


def upgrade() -> None:
    op.execute("CREATE TABLE one_more (id INTEGER PRIMARY KEY)")
'''


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network from the sources alone."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    made = shutil.ignore_patterns("__pycache__", "*.mo")
    for name in PARTS:
        part = ROOT / name
        if part.is_dir():
            shutil.copytree(part, source / name, ignore=made)
        else:
            shutil.copy(part, source)
    pip("wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(folder), str(source))
    (built,) = folder.glob("cotrack-*.whl")
    return built


@pytest.fixture(scope="module")
def modules(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--no-index", "--target", str(folder), str(wheel))
    return folder


@pytest.fixture(scope="module")
def site(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The demonstration, set up by the installed program alone."""
    program = Program(tmp_path_factory.mktemp("site"), modules=modules, more={"COTRACK_PASSWORD": PASSWORD})
    for words in (("init",), ("demo", "load")):
        said = program.run(*words)
        assert said.status == 0, said.err
    return program


def test_every_file_of_the_package_is_in_the_wheel_and_nothing_beside_it(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    compiled = {name for name in packed if name.endswith(".mo")}
    source = wheel.parent / "source"
    kept = {
        path.relative_to(source) for path in source.rglob("*") if path.is_file() and path.suffix not in {".mo", ".pyc"}
    }
    assert packed - compiled == {
        (path if path.parts[0] == "cotrack" else "cotrack" / path).as_posix() for path in kept if len(path.parts) > 1
    }
    assert {name.replace(".mo", ".po") for name in compiled} == {name for name in packed if name.endswith(".po")}


def test_the_installed_program_runs_from_where_it_was_installed(modules: Path, site: Program) -> None:
    command = [sys.executable, "-c", "import cotrack; print(cotrack.__file__)"]
    run = subprocess.run(
        command, env={"PYTHONPATH": str(modules)}, cwd=site.home, capture_output=True, text=True, check=True
    )
    assert Path(run.stdout.strip()).is_relative_to(modules)
    script = [str(modules / "bin" / "cotrack"), "--version"]
    run = subprocess.run(script, env={"PYTHONPATH": str(modules)}, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("cotrack, version ")


def test_the_installed_program_serves_pages_in_chinese_with_their_styles(site: Program) -> None:
    with site.serving() as url:
        page = requests.get(f"{url}/sign-in", headers={"Accept-Language": "zh"}, timeout=10).text
        assert "登录" in page
        assert "Sign in" not in page
        styles = re.findall(r'href="(/static/[^"]+\.css)', page)
        assert styles
        for path in styles:
            assert requests.get(url + path, timeout=10).status_code == 200


def test_the_installed_program_draws_a_label(site: Program) -> None:
    said = site.run("labels", "render", "wristband", "IFN-101", "-o", "band.pdf", "--as", "li.c")
    assert said.status == 0, said.err
    with pypdfium2.PdfDocument(site.home / "band.pdf") as document:
        assert "IFN-101" in document[0].get_textpage().get_text_bounded()


def test_the_installed_program_finds_nothing_wrong_with_its_trail(site: Program) -> None:
    assert site.run("audit", "verify").out == "the trail is whole, and the tables are what it says\n"


@pytest.fixture(scope="module")
def next_modules(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same program with one more migration, as its next version will have."""
    folder = tmp_path_factory.mktemp("next") / "modules"
    shutil.copytree(modules, folder)
    migrations = folder / "cotrack" / "migrations"
    (migrations / "versions" / f"{NEXT}_one_more.py").write_text(NEXT_MIGRATION, encoding="utf-8")
    (migrations / "head").write_text(f"{NEXT}\n", encoding="ascii")
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database that nothing has set up yet: the home folder's own, or an empty one."""
    if request.param == "sqlite":
        yield ""
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    yield cluster.create("upgraded")
    cluster.drop("upgraded")


def test_a_database_older_or_newer_than_the_program_is_left_alone_until_init_brings_it_up(
    modules: Path, next_modules: Path, tmp_path: Path, database_url: str
) -> None:
    now, later = Program(tmp_path, database_url, modules), Program(tmp_path, database_url, next_modules)
    assert now.run("init").out.endswith(f", {NOW}\n")
    older = f"The database is older than this program (schema {NOW}, needed {NEXT}): run `cotrack init`."
    assert later.run("audit", "verify").refusal == older
    assert later.run("serve").refusal == older
    assert later.run("init").out == f"database migrated: {NEXT}\n"
    assert later.run("audit", "verify").status == 0
    newer = f"The database is newer than this program (schema {NEXT}, known {NOW}): install the newer cotrack."
    assert now.run("serve").refusal == newer
    assert now.run("init").refusal == newer

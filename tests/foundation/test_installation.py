"""A machine that is not as it must be: one line that says what to do, exit status 1, and nothing begun."""

import shutil
import socket
import sqlite3
from pathlib import Path

import pytest
from support.clusters import free_port
from support.programs import Program

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.keys import NAMES
from cotrack.labelling.gateways.needs import APT_LINE

NO_FONTS = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>/nowhere</dir></fontconfig>'
NO_LIBRARY = """
import ctypes.util
found = ctypes.util.find_library
ctypes.util.find_library = lambda name: None if name == "zbar" else found(name)
"""
STARTING = pytest.mark.parametrize(
    "words", [("serve",), ("work",), ("audit", "verify"), ("demo", "load")], ids=" ".join
)


@pytest.fixture
def empty(tmp_path: Path) -> Program:
    """A home folder with nothing in it."""
    return Program(tmp_path)


@pytest.fixture
def ready(tmp_path: Path, sqlite_template: Path) -> Program:
    """A site that could be served."""
    home = tmp_path / "home"
    shutil.copytree(sqlite_template, home)
    return Program(home)


def test_init_says_what_it_made_and_makes_nothing_twice(empty: Program) -> None:
    first = empty.call("init")
    assert first.status == 0
    assert first.out.splitlines() == [
        *(
            f"made the key {empty.home}/keys/{name}.key: keep a copy apart from the database's back-ups"
            for name in NAMES
        ),
        f"wrote {empty.home}/site.toml: change it to your site",
        "database migrated: " + ", ".join(f"{number:04}" for number in range(1, 22)),
    ]
    made = {path: path.read_bytes() for path in (empty.home / "keys").iterdir()}
    assert empty.call("init").out == "the database is up to date\n"
    assert {path: path.read_bytes() for path in (empty.home / "keys").iterdir()} == made


def test_keys_and_database_are_for_the_service_alone(empty: Program) -> None:
    empty.call("init")
    for path in (*(empty.home / "keys").iterdir(), empty.home / "keys", empty.home / "var"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (empty.home / "var" / "cotrack.db").stat().st_mode & 0o077 == 0


def test_the_first_administrator_is_added_once(empty: Program) -> None:
    asked = ("init", "--first-administrator", "root.a")
    assert "root.a is the first administrator" in empty.call(*asked, COTRACK_NEW_PASSWORD=PASSWORD).out
    again = empty.call("init", "--first-administrator", "root.b", COTRACK_NEW_PASSWORD=PASSWORD)
    assert again.out.endswith("there are people already: `cotrack --as ADMINISTRATOR user add` adds more\n")


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "COTRACK_ENVIRONMENT",
            "",
            "COTRACK_ENVIRONMENT is not set: say COTRACK_ENVIRONMENT=production or COTRACK_ENVIRONMENT=training",
        ),
        ("COTRACK_BIND", "8000", "COTRACK_BIND is '8000': it must be HOST:PORT, as in 127.0.0.1:8000"),
        (
            "COTRACK_BIND",
            "localhost:65536",
            "COTRACK_BIND is 'localhost:65536': it must be HOST:PORT, as in 127.0.0.1:8000",
        ),
        ("COTRACK_WORKERS", "many", "COTRACK_WORKERS is 'many': it must be a whole number above zero"),
        ("COTRACK_DATABASE_URL", "mysql://db/x", "COTRACK_DATABASE_URL is for mysql: use sqlite or postgresql"),
        ("COTRACK_DATABASE_URL", "sqlite://", "COTRACK_DATABASE_URL names no file: say sqlite:////FOLDER/cotrack.db"),
        (
            "COTRACK_DATABASE_URL",
            "postgresql://app:hush@db:port/x",
            "COTRACK_DATABASE_URL is no address: see docs/deploy.md for its form",
        ),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_named(ready: Program, name: str, value: str, line: str) -> None:
    for words in (("init",), ("serve",), ("audit", "verify")):
        assert ready.call(*words, **{name: value}).refusal == line


@STARTING
@pytest.mark.parametrize("name", NAMES)
def test_a_missing_key_is_named_with_what_it_is_for(ready: Program, name: str, words: tuple[str, ...]) -> None:
    key = ready.home / "keys" / f"{name}.key"
    key.unlink()
    assert ready.call(*words).refusal == (
        f"The key {key} is missing (it {NAMES[name]}). On a new installation `cotrack init` makes it; else restore it."
    )


@pytest.mark.parametrize("text", ["", "abc\n", "zz\n", "00" * 31])
def test_a_damaged_key_is_named(ready: Program, text: str) -> None:
    key = ready.home / "keys" / "identity.key"
    key.write_text(text)
    assert ready.call("serve").refusal.startswith(f"The key {key} ")


def test_a_key_that_cannot_be_read_is_named_in_plain_words(ready: Program) -> None:
    key = ready.home / "keys" / "label.key"
    key.unlink()
    key.mkdir()
    assert ready.call("serve").refusal == f"The key {key} cannot be read: Is a directory."


@STARTING
def test_a_missing_site_definition_is_named(ready: Program, words: tuple[str, ...]) -> None:
    (ready.home / "site.toml").unlink()
    assert ready.call(*words).refusal == f"{ready.home}/site.toml is missing: `cotrack init` writes one to start from"


def test_a_site_definition_with_a_fault_is_named_with_its_place(ready: Program) -> None:
    (ready.home / "site.toml").write_text("name_en = \n")
    assert "line 1" in ready.call("serve").refusal


@pytest.mark.parametrize(
    "words", [("init",), ("serve",), ("labels", "check", "label.png", "--as", "zhou.n")], ids=" ".join
)
def test_without_the_library_that_reads_codes_one_line_says_how_to_get_it(
    ready: Program, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_LIBRARY)
    shutil.copy(Path(__file__).parents[2] / "docs" / "bedside.png", ready.home / "label.png")
    said = ready.run(*words, PYTHONPATH=str(tmp_path), COTRACK_PASSWORD=PASSWORD)
    assert said.refusal == f"Missing: libzbar0. Run: {APT_LINE}"


@pytest.mark.parametrize("words", [("init",), ("serve",)], ids=" ".join)
def test_without_the_fonts_of_labels_one_line_says_how_to_get_them(
    ready: Program, tmp_path: Path, words: tuple[str, ...]
) -> None:
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(NO_FONTS)
    assert ready.run(*words, FONTCONFIG_FILE=str(fonts)).refusal == (
        f"Missing: Noto Sans CJK SC (fonts-noto-cjk), JetBrains Mono (fonts-jetbrains-mono). Run: {APT_LINE}"
    )


def test_without_the_rules_of_time_zones_one_line_says_how_to_get_them(ready: Program) -> None:
    assert ready.run("init", PYTHONTZPATH="/nowhere").refusal == f"Missing: tzdata. Run: {APT_LINE}"


def test_an_address_that_is_taken_is_said_before_the_start_is_recorded(ready: Program) -> None:
    address = f"127.0.0.1:{free_port()}"
    with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
        said = ready.run("serve", COTRACK_BIND=address)
    assert said.refusal == (
        f"COTRACK_BIND is {address}, where this program cannot listen: Address already in use. "
        "Stop what listens there, or choose another port"
    )
    with sqlite3.connect(ready.home / "var" / "cotrack.db") as connection:
        assert connection.execute("SELECT count(*) FROM audit_record WHERE event = 'system.start'").fetchone() == (0,)
    connection.close()


def test_an_address_of_another_machine_is_refused(ready: Program) -> None:
    said = ready.run("serve", COTRACK_BIND="192.0.2.1:8000")
    assert said.refusal.startswith("COTRACK_BIND is 192.0.2.1:8000, where this program cannot listen: ")


def test_a_home_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert Program(tmp_path / "file").call("init").refusal == f"{tmp_path}/file/var: Not a directory"

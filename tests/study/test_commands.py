"""`cotrack study check` and `cotrack study load`: every fault with its key, one line each, and an exit status."""

import json
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.worlds import World, home_variables

from cotrack.cli import main
from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.resources import resource
from cotrack.study import service as study

DEFINITIONS = resource("study/definitions")
Cotrack = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with both study files, for the test to change."""
    for name in ("msc-ifna.toml", "msc-ifna.demonstration.toml"):
        shutil.copy(DEFINITIONS / name, tmp_path)
    return tmp_path


def changed(path: Path, *changes: tuple[str, str]) -> Path:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return path


def check(path: Path) -> Result:
    return CliRunner().invoke(main, ["study", "check", str(path)])


@pytest.fixture
def cotrack(world: World) -> Cotrack:
    """Runs the command on the test's site, as somebody with their password."""

    def run(*arguments: str, **variables: str) -> Result:
        environment = {**home_variables(world.home, world.settings.database_url), "COTRACK_PASSWORD": PASSWORD}
        return CliRunner(env={**environment, **variables}).invoke(main, arguments)

    return run


def test_the_sponsors_file_has_no_faults_and_each_gap_is_listed(folder: Path) -> None:
    found = check(folder / "msc-ifna.toml")
    assert found.exit_code == 0
    *gaps, last = found.stdout.splitlines()
    definition, _ = study.check_study(study.read_study_file(DEFINITIONS / "msc-ifna.toml"))
    assert definition is not None
    assert [line.partition(":")[0] for line in gaps] == sorted(definition.unset)
    assert last.endswith("MSC-IFNA 1 has no faults")


def test_the_demonstration_leaves_no_gap(folder: Path) -> None:
    found = check(folder / "msc-ifna.demonstration.toml")
    assert found.exit_code == 0
    assert len(found.stdout.splitlines()) == 1


def test_every_fault_is_named_with_its_key_and_the_check_fails(folder: Path) -> None:
    path = changed(
        folder / "msc-ifna.toml",
        ("planned_participants = 40", "planned_participants = 0"),
        ("infusions_least = 1", "infusions_least = 5"),
        ("least = 18\nmost = 75", "least = 75\nmost = 18"),
        ('kind = "days_since"', 'kind = "days"'),
        ("is_autologous = false", "is_autologus = false"),
    )
    found = check(path)
    assert found.exit_code == 1
    keys = {line.removeprefix(f"{path}: ").partition(":")[0] for line in found.stderr.splitlines()}
    assert keys == {
        "study.planned_participants",
        "product.is_autologous",
        "product.is_autologus",
        "schedule.infusions_least",
        "inclusion.I1.rule.1.least",
        "inclusion.I5.rule.1.kind",
    }


@pytest.mark.parametrize(
    ("fills", "said"),
    [
        ("elsewhere.toml", "elsewhere.toml, which does not lie beside it"),
        ("../msc-ifna.toml", "../msc-ifna.toml, which does not lie beside it"),
    ],
)
def test_a_file_whose_gaps_it_fills_lies_beside_it(folder: Path, fills: str, said: str) -> None:
    path = changed(folder / "msc-ifna.demonstration.toml", ('fills = "msc-ifna.toml"', f'fills = "{fills}"'))
    found = check(path)
    assert found.exit_code == 1
    assert said in found.stderr


def test_the_name_of_the_filled_file_is_read_as_toml_reads_it(folder: Path) -> None:
    path = changed(
        folder / "msc-ifna.demonstration.toml", ('fills = "msc-ifna.toml"', "fills='msc-ifna.toml' # the gaps")
    )
    assert check(path).exit_code == 0
    words = changed(folder / "msc-ifna.toml", ("[study]", "[study]\n# fills = a gap\nfillsome = 1"))
    assert "study.fillsome: is not known here" in check(words).stderr


@pytest.mark.parametrize("content", [b"\xff\xfec\x00o\x00", 'code = "甲"'.encode("gb18030"), b"code = [", b""])
def test_what_is_no_study_file_is_one_plain_line(folder: Path, content: bytes) -> None:
    path = folder / "broken.toml"
    path.write_bytes(content)
    found = check(path)
    assert found.exit_code == 1
    assert "Traceback" not in found.output
    assert str(path) in found.stderr


def test_a_filled_file_in_another_encoding_is_one_plain_line(folder: Path) -> None:
    text = (folder / "msc-ifna.toml").read_text(encoding="utf-8")
    (folder / "msc-ifna.toml").write_bytes(text.encode("gb18030"))
    found = check(folder / "msc-ifna.demonstration.toml")
    assert found.exit_code == 1
    assert str(folder / "msc-ifna.toml") in found.stderr


def test_a_byte_order_mark_and_decomposed_letters_of_an_editor_change_no_text(
    world: World, cotrack: Cotrack, folder: Path
) -> None:
    path = folder / "msc-ifna.toml"
    text = path.read_text(encoding="utf-8").replace("Chinese PLA General Hospital", "Hôpital")
    path.write_bytes(b"\xef\xbb\xbf" + unicodedata.normalize("NFD", text).replace("\n", "\r\n").encode())
    found = cotrack("--as", "qian.m", "study", "load", str(path))
    assert found.exit_code == 0, found.output
    assert world.read(study.all_definitions)[0].text == text


def test_a_file_that_is_not_there_or_is_a_folder_is_one_line_with_its_name(folder: Path) -> None:
    for path, words in ((folder / "nowhere.toml", "No such file or directory"), (folder, "Is a directory")):
        found = check(path)
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr == f"cotrack: {path} cannot be read: {words}.\n"


DEEP = "[" * 100_000
TABLES_IN_TABLES = f"[{'a.' * 5000}b]"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"a = {DEEP}", "file: is nested too deeply"),
        (f"a = {'{a = ' * 100_000}", "file: is nested too deeply"),
        (TABLES_IN_TABLES, "file: is nested too deeply"),
        (f'fills = "msc-ifna.toml"\na = {DEEP}', "file: is nested too deeply"),
        (f"format = {'9' * 6000}", "file: is not TOML: Exceeds the limit"),
        (f"[dose]\ncells_per_kg = 0x{'f' * 6000}", "cells_per_kg: is too large a number"),
        ("[product]\nbag_volume_ml = 1e99999", "bag_volume_ml: is too large a number"),
        ("a = 1e99999999999999999999999999", "file: is not TOML: "),
    ],
    ids=["lists", "tables", "dotted", "in a filling", "digits", "hexadecimal", "exponent", "beyond decimals"],
)
def test_a_file_made_to_break_its_reader_has_a_plain_fault(folder: Path, content: str, said: str) -> None:
    path = folder / "hostile.toml"
    path.write_text(content, encoding="utf-8")
    found = check(path)
    assert found.exit_code == 1
    assert isinstance(found.exception, SystemExit), found.exception
    assert found.stderr.startswith(f"{path}: {said}")
    assert len(found.stderr) < 1000


def test_a_file_far_larger_than_a_study_is_not_read_to_its_end() -> None:
    found = check(Path("/dev/zero"))
    assert found.exit_code == 1
    assert found.stderr == "cotrack: /dev/zero is no study file: it is larger than 1000000 bytes.\n"


def test_a_file_whose_name_is_no_text_is_checked_like_any_other(folder: Path) -> None:
    path = Path(shutil.copy(folder / "msc-ifna.toml", os.fsdecode(bytes(folder) + b"/study\xff.toml")))
    found = subprocess.run(
        [sys.executable, "-m", "cotrack", "study", "check", path], capture_output=True, timeout=60, check=False
    )
    assert (found.returncode, found.stderr) == (0, b"")


def test_a_file_is_loaded_as_a_named_person_and_is_a_draft_then(world: World, cotrack: Cotrack, folder: Path) -> None:
    found = cotrack("--as", "qian.m", "study", "load", str(folder / "msc-ifna.toml"))
    assert found.exit_code == 0, found.output
    (row, _) = world.read(study.all_definitions)
    assert (row.study_version, row.status) == ("1", "draft")
    assert row.text == (folder / "msc-ifna.toml").read_text(encoding="utf-8")


def test_a_file_with_faults_is_refused_in_one_line_and_as_json(world: World, cotrack: Cotrack, folder: Path) -> None:
    path = changed(folder / "msc-ifna.toml", ("planned_participants = 40", "planned_participants = 0"))
    found = cotrack("--as", "qian.m", "study", "load", str(path))
    assert found.exit_code == 1
    assert len(found.stderr.splitlines()) == 1
    assert "study.planned_participants" in found.stderr
    told = json.loads(cotrack("--json", "--as", "qian.m", "study", "load", str(path)).stderr)
    assert told["kind"] == "invalid-input"
    assert told["reasons"][0]["detail"].startswith("study.planned_participants: ")
    assert len(world.read(study.all_definitions)) == 1


def test_the_demonstration_is_refused_by_a_production_site(cotrack: Cotrack, folder: Path) -> None:
    path = changed(
        folder / "msc-ifna.demonstration.toml", ('version = "1-demonstration"', 'version = "2-demonstration"')
    )
    production = {
        "COTRACK_ENVIRONMENT": "production",
        "COTRACK_ARGON2_TIME_COST": "3",
        "COTRACK_ARGON2_MEMORY_KIB": "65536",
    }
    found = cotrack("--as", "qian.m", "study", "load", str(path), **production)
    assert found.exit_code == 1
    assert "loads on a training site only" in found.stderr
    assert cotrack("--as", "qian.m", "study", "load", str(path)).exit_code == 0


@pytest.mark.parametrize("username", ["zhao.l", "prof.han", "root.a"])
def test_nobody_else_loads_a_study(cotrack: Cotrack, folder: Path, username: str) -> None:
    found = cotrack("--as", username, "study", "load", str(folder / "msc-ifna.toml"))
    assert found.exit_code == 1
    assert "study:load" in found.stderr

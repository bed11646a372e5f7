"""An export of many records is verified by a program that shares no code with ours, and every change of it is found."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from support.stages import HER, enrolled
from support.worlds import World

from cotrack.foundation.audit.checkpoint import VerifierKey, read_unsigned, signed_note
from cotrack.foundation.audit.exporting import export
from cotrack.foundation.audit.sealing import sign_checkpoint, verifier_key
from cotrack.foundation.audit.verification.exported import Trusted, verify_export
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.participants.service import identity

PROGRAM = Path(__file__).parent / "verify.mjs"
RECORDS = 10_000
Lines = list[bytes]


def verified(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", str(PROGRAM), str(folder), *arguments], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One large export of each database, made by the first test that asks for it."""
    return {}


@pytest.fixture
def exported(world: World, exports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    database = world.runtime.ground.sessions.engine.dialect.name
    if database not in exports:
        exports[database] = _large_export(world, tmp_path_factory.mktemp("large") / "export")
    return Path(shutil.copytree(exports[database], tmp_path / "export"))


def _large_export(world: World, folder: Path) -> Path:
    ground, actor = world.runtime.ground, world.cast.actor("zhou.n")
    enrolled(world, HER)
    for number in range(RECORDS):
        with unit_of_work(ground, actor) as work:
            identity.look(work, HER, purpose="bedside")
        if number % 2_500 == 0:
            sign_checkpoint(ground)
    assert max(export(ground, folder)) >= RECORDS
    (folder / "elsewhere").write_text(verifier_key(ground).text)
    return folder


def test_both_programs_find_the_untouched_export_whole(exported: Path) -> None:
    found = verified(exported, "--vkey", str(exported / "elsewhere"))
    assert (found.returncode, found.stdout[:6]) == (0, "whole:"), found.stdout + found.stderr
    assert list(verify_export(exported, Trusted())) == []


def altered(lines: Lines) -> Lines:
    return [*lines[:4_999], lines[4_999].replace(b"Shanghai", b"Shanghaj"), *lines[5_000:]]


def moved(lines: Lines) -> Lines:
    wrong = lines[4_999].replace(b'"role":"nurse"', b'"role":"nurs"').replace(b'"station":"', b'"station":"e')
    return [*lines[:4_999], wrong, *lines[5_000:]]


CHANGES: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "one byte": (altered, "line 5000: "),
    "characters moved": (moved, "line 5000: "),
    "one deleted": (lambda lines: [*lines[:4_999], *lines[5_000:]], "line 5000: "),
    "one put in": (lambda lines: [*lines[:4_999], lines[7], *lines[4_999:]], "line 5000: "),
    "two swapped": (lambda lines: [*lines[:4_999], lines[5_000], lines[4_999], *lines[5_001:]], "line 5000: "),
    "the last hundred deleted": (lambda lines: lines[:-100], "missing at the end"),
}


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("change", "named"), CHANGES.values(), ids=CHANGES)
def test_both_programs_name_the_place_of_a_change(exported: Path, change: Callable[[Lines], Lines], named: str) -> None:
    path = exported / "entries.jsonl"
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    found = verified(exported)
    assert found.returncode == 1
    assert any(named in line for line in found.stdout.splitlines()[:3]), found.stdout[:2_000]
    assert list(verify_export(exported, Trusted()))


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_both_programs_refuse_a_trail_signed_anew_by_another_key(exported: Path) -> None:
    other = Ed25519PrivateKey.generate()
    public = other.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    for path in (exported / "checkpoint", *(exported / "checkpoints").iterdir()):
        head = read_unsigned(path.read_text())
        path.write_text(signed_note(head, VerifierKey(head.origin, public), other.sign))
    found = verified(exported, "--vkey", str(exported / "elsewhere"))
    assert found.returncode == 1
    assert "another key" in found.stdout
    assert list(verify_export(exported, Trusted()))

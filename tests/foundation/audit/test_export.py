"""An export is verified by its files alone, and every change of one is found and named with its line."""

import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.audit.checkpoint import VerifierKey, read_unsigned, read_vkey, signed_note
from cotrack.foundation.audit.exporting import export
from cotrack.foundation.audit.sealing import sign_checkpoint, verifier_key
from cotrack.foundation.audit.verification.exported import Trusted, verify_export
from cotrack.foundation.errors import InvalidInput

Lines = list[bytes]


@pytest.fixture
def exported(world: World, tmp_path: Path) -> Path:
    """An export with a history: two heads on its way."""
    world.journey.finished_lot(LOT)
    sign_checkpoint(world.runtime.ground)
    world.journey.lot("MSC26-0032")
    folder = tmp_path / "export"
    assert max(export(world.runtime.ground, folder)) > 30
    return folder


def faults(folder: Path, *, is_quick: bool = False, **held: object) -> list[str]:
    return list(verify_export(folder, Trusted(**held), is_quick=is_quick))  # type: ignore[arg-type]


def test_an_untouched_export_has_no_fault(world: World, exported: Path) -> None:
    assert faults(exported) == faults(exported, is_quick=True) == []
    assert faults(exported, key=verifier_key(world.runtime.ground)) == []
    assert sorted(path.name for path in exported.iterdir()) == [
        "README.txt",
        "checkpoint",
        "checkpoints",
        "entries.jsonl",
        "leaves",
        "vkey",
    ]


def test_an_export_goes_into_a_folder_of_its_own(world: World, exported: Path) -> None:
    with pytest.raises(InvalidInput, match="is not empty"):
        next(export(world.runtime.ground, exported))


def swapped(lines: Lines) -> Lines:
    return [*lines[:9], lines[10], lines[9], *lines[11:]]


def moved(lines: Lines) -> Lines:
    at = next(place for place, each in enumerate(lines) if b'"role":"technician","station":"FILL-1"' in each)
    wrong = lines[at].replace(b'"role":"technician"', b'"role":"technicia"').replace(b'"FILL-1"', b'"nFILL-1"')
    return [*lines[:at], wrong, *lines[at + 1 :]]


CHANGES: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "one byte": (
        lambda lines: [*lines[:9], lines[9].replace(b"Shanghai", b"Shanghaj"), *lines[10:]],
        "line 10: this record was altered",
    ),
    "one deleted": (lambda lines: [*lines[:9], *lines[10:]], "line 10: a record was taken out before this line"),
    "the end deleted": (lambda lines: lines[:-20], "this record and all after it were taken out"),
    "one put in": (lambda lines: [*lines[:9], lines[3], *lines[9:]], "line 10: this record was put in"),
    "one more at the end": (lambda lines: [*lines, lines[3]], "this record is more than was sealed"),
    "two swapped": (swapped, "line 10: this record and the next one were swapped"),
    "characters moved": (moved, "this record was altered"),
}


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("change", "named"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("is_quick", [True, False], ids=["quick", "with contents"])
def test_a_changed_line_is_named(
    exported: Path, change: Callable[[Lines], Lines], named: str, *, is_quick: bool
) -> None:
    path = exported / "entries.jsonl"
    before = path.read_bytes()
    path.write_bytes(b"".join(change(before.splitlines(keepends=True))))
    assert path.read_bytes() != before
    assert any(named in fault for fault in islice(faults(exported, is_quick=is_quick), 3)), faults(exported)
    (exported / "leaves").unlink()
    assert any("checkpoint" in fault for fault in faults(exported, is_quick=is_quick))


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_file_cut_off_is_named(exported: Path) -> None:
    path = exported / "entries.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    assert "is cut off" in faults(exported)[0]


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_list_of_leaves_that_does_not_fit_the_head_names_nothing(exported: Path) -> None:
    path = exported / "leaves"
    path.write_text(path.read_text().replace("a", "b", 1))
    assert faults(exported) == []
    shutil.copy(exported / "entries.jsonl", exported / "kept")
    (exported / "entries.jsonl").write_bytes((exported / "kept").read_bytes().replace(b"FILL-1", b"FILL-2", 1))
    found = faults(exported)
    assert all("leaves" not in fault for fault in found)
    assert "has another root than the records" in found[0]


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_head_signed_by_another_key_is_named(exported: Path) -> None:
    other = Ed25519PrivateKey.generate()
    head = read_unsigned((exported / "checkpoint").read_text())
    public = other.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    (exported / "checkpoint").write_text(signed_note(head, VerifierKey(head.origin, public), other.sign))
    assert "was signed by another key" in faults(exported)[0]


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_an_export_signed_anew_with_a_key_of_its_own_is_found_out_by_a_key_from_elsewhere(
    world: World, exported: Path
) -> None:
    other = Ed25519PrivateKey.generate()
    public = other.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    for path in (exported / "checkpoint", *(exported / "checkpoints").iterdir()):
        head = read_unsigned(path.read_text())
        path.write_text(signed_note(head, VerifierKey(head.origin, public), other.sign))
    (exported / "vkey").write_text(VerifierKey(world.runtime.ground.site.trail, public).text)
    assert faults(exported) == []
    assert "was signed by another key" in faults(exported, key=verifier_key(world.runtime.ground))[0]


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_checkpoint_on_paper_contradicts_another_trail_and_a_shorter_one(world: World, exported: Path) -> None:
    world.journey.lot("MSC26-0033")
    later = sign_checkpoint(world.runtime.ground)
    assert any("is shorter than the checkpoint" in fault for fault in faults(exported, note=later))
    ground = world.runtime.ground
    head = read_unsigned((exported / "checkpoint").read_text())
    forged = signed_note(type(head)(head.origin, head.size, b"x" * 32), verifier_key(ground), ground.keys.trail.sign)
    assert any("that you hold has another root" in fault for fault in faults(exported, note=forged))


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["checkpoint", "vkey", "entries.jsonl"])
def test_a_missing_file_is_named(exported: Path, name: str) -> None:
    (exported / name).unlink()
    assert any(name in fault for fault in faults(exported))


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_checkpoint_under_another_size_and_two_of_one_size_are_named(world: World, exported: Path) -> None:
    ground = world.runtime.ground
    first = min((exported / "checkpoints").iterdir(), key=lambda path: int(path.name))
    head = read_unsigned(first.read_text())
    first.rename(first.with_name("999"))
    assert any("999: is of the size" in fault for fault in faults(exported))
    forged = signed_note(type(head)(head.origin, head.size, b"x" * 32), verifier_key(ground), ground.keys.trail.sign)
    (exported / "checkpoints" / str(head.size)).write_text(forged)
    assert any("two checkpoints of one size" in fault for fault in faults(exported))


def test_the_exported_key_is_the_sites(world: World, exported: Path) -> None:
    assert read_vkey((exported / "vkey").read_text()) == verifier_key(world.runtime.ground)

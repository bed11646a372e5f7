"""The file of a back-up is read in one spelling only: any flipped bit, cut or addition is seen and named."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cotrack.foundation.audit.verification.watching import unwatched
from cotrack.foundation.backup.archive import Archive, open_archive, sha256_of, write_archive
from cotrack.foundation.backup.manifest import Damaged

MEMBERS = {"manifest.json": b'{"a": 1}\n', "empty": b"", "database": bytes(range(256)) * 5, "whole": b"x" * 1024}
ANY_FOLDER = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(path: Path, members: dict[str, bytes]) -> bytes:
    with path.open("wb") as file:
        write_archive(file, members, unwatched)
    return path.read_bytes()


def opened(path: Path, data: bytes) -> Archive:
    path.write_bytes(data)
    return open_archive(path, unwatched)


def test_what_was_written_is_read_and_any_tar_reads_it_too(tmp_path: Path) -> None:
    data = written(tmp_path / "a", MEMBERS)
    archive = opened(tmp_path / "b", data)
    assert {name: archive.read(name) for name in archive.members} == MEMBERS
    assert archive.sha256 == sha256_of(data)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert {each.name: tar.extractfile(each).read() for each in tar} == MEMBERS  # type: ignore[union-attr]


@given(members=st.dictionaries(st.text("abc.-", min_size=1, max_size=90), st.binary(max_size=2000), max_size=4))
@ANY_FOLDER
def test_members_of_any_size_come_back(tmp_path: Path, members: dict[str, bytes]) -> None:
    archive = opened(tmp_path / "b", written(tmp_path / "a", members))
    assert {name: archive.read(name) for name in archive.members} == members


@given(place=st.data())
@ANY_FOLDER
def test_a_flipped_bit_is_either_a_named_place_or_in_a_member_whose_hash_is_another(
    tmp_path: Path, place: st.DataObject
) -> None:
    data = bytearray(written(tmp_path / "a", MEMBERS))
    data[place.draw(st.integers(0, len(data) - 1))] ^= 1 << place.draw(st.integers(0, 7))
    places = []
    try:
        archive = opened(tmp_path / "b", bytes(data))
        places = [name for name, content in MEMBERS.items() if archive.members[name].sha256 != sha256_of(content)]
    except Damaged as damaged:
        places = [fault for fault in damaged.faults if "byte" in fault]
    assert len(places) == 1


def test_no_header_or_filling_byte_of_the_file_is_without_meaning(tmp_path: Path) -> None:
    """A bit of every byte outside of the members' own, one after the other."""
    data = written(tmp_path / "a", {"one": b"1"})
    for place in (each for each in range(len(data)) if each != 512):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        with pytest.raises(Damaged):
            opened(tmp_path / "b", bytes(flipped))


@given(length=st.data())
@ANY_FOLDER
def test_a_file_that_is_cut_off_anywhere_says_where(tmp_path: Path, length: st.DataObject) -> None:
    data = written(tmp_path / "a", MEMBERS)
    kept = length.draw(st.integers(0, len(data) - 1))
    with pytest.raises(Damaged, match=rf"the file is cut off at byte {kept}\b"):
        opened(tmp_path / "b", data[:kept])


@pytest.mark.parametrize("added", [b"\0", b"x", bytes(512)])
def test_nothing_may_follow_the_end(tmp_path: Path, added: bytes) -> None:
    with pytest.raises(Damaged, match="the end, from byte"):
        opened(tmp_path / "b", written(tmp_path / "a", MEMBERS) + added)


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    once = written(tmp_path / "a", {"one": b"1"})
    with pytest.raises(Damaged, match="the header before byte 1536"):
        opened(tmp_path / "b", once[:1024] + once)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + bytes(2000), b"x" * 2000])
def test_a_file_of_another_kind_is_named_as_none(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Damaged, match=r"no back-up at all|cut off at byte 0"):
        opened(tmp_path / "b", content)


def test_a_member_that_changes_between_two_readings_is_not_taken(tmp_path: Path) -> None:
    data = written(tmp_path / "a", MEMBERS)
    archive = opened(tmp_path / "b", data)
    (tmp_path / "b").write_bytes(data.replace(b"x" * 1024, b"y" + b"x" * 1023))
    with pytest.raises(Damaged, match="whole: was changed while it was read"):
        archive.extract("whole", tmp_path / "c")

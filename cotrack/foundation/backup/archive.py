"""The file of a back-up: a tar archive in one spelling only, so that a flipped bit anywhere in it is seen.

Any `tar` unpacks it. Reading compares every header, every filling byte and the end with what would be written.
"""

import hashlib
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cotrack.foundation.audit.verification.watching import Watch
from cotrack.foundation.backup.manifest import Damaged

BLOCK: Final = tarfile.BLOCKSIZE
END: Final = bytes(2 * BLOCK)
CHUNK: Final = 1024 * 1024

Content = Path | bytes


@dataclass(frozen=True)
class Found:
    """Where a member lies in the file, and its hash as it is now."""

    offset: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Archive:
    """A file whose form was read to the end and is right; what its members hold is still to be compared."""

    path: Path
    members: Mapping[str, Found]
    sha256: str

    def read(self, name: str) -> bytes:
        """Return a member that is small; raises Damaged where it is not what was just read."""
        return b"".join(self._chunks(name))

    def extract(self, name: str, to: Path) -> None:
        """Write a member into a new file and see it on the disk."""
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            for chunk in self._chunks(name):
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())

    def _chunks(self, name: str) -> Iterator[bytes]:
        """Read a member once more, and compare it with its hash once more: the file may have changed meanwhile."""
        member, digest = self.members[name], hashlib.sha256()
        with self.path.open("rb") as file:
            file.seek(member.offset)
            for size in _sizes(member.size):
                chunk = file.read(size)
                digest.update(chunk)
                yield chunk
        if digest.hexdigest() != member.sha256:
            raise Damaged(f"{name}: was changed while it was read")


def write_archive(file: BinaryIO, members: Mapping[str, Content], watch: Watch) -> str:
    """Write these members in their order and see them on the disk; return the SHA-256 of the whole file."""
    digest = hashlib.sha256()
    for chunk in watch(_written(members), "writing", sum(2 + _length(each) // CHUNK for each in members.values())):
        file.write(chunk)
        digest.update(chunk)
    file.flush()
    os.fsync(file.fileno())
    return digest.hexdigest()


def sha256_of(content: Content) -> str:
    """Return the hash of a member-to-be."""
    digest = hashlib.sha256()
    for chunk in _chunks_of(content):
        digest.update(chunk)
    return digest.hexdigest()


def length_of(content: Content) -> int:
    """Return the size of a member-to-be."""
    return _length(content)


def open_archive(path: Path, watch: Watch) -> Archive:
    """Read a file to its end; raises Damaged naming the first place where its form is not what we write."""
    with path.open("rb") as file:
        scan = _Scan(file)
        for _ in watch(scan.steps(), "reading", path.stat().st_size // CHUNK + 1):
            pass
    return Archive(path, scan.members, scan.whole.hexdigest())


def _length(content: Content) -> int:
    return content.stat().st_size if isinstance(content, Path) else len(content)


def _chunks_of(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _written(members: Mapping[str, Content]) -> Iterator[bytes]:
    for name, content in members.items():
        size = _length(content)
        yield _header(name, size)
        yield from _chunks_of(content)
        yield bytes(-size % BLOCK)
    yield END


def _header(name: str, size: int) -> bytes:
    """Return the one header that a member of this name and size has: no owner, no time, readable by the owner alone."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _sizes(left: int) -> Iterator[int]:
    while left:
        yield min(left, CHUNK)
        left -= min(left, CHUNK)


class _Scan:
    """One pass over a file from its first byte to its last."""

    def __init__(self, file: BinaryIO) -> None:
        self.whole = hashlib.sha256()
        self.members: dict[str, Found] = {}
        self._file = file
        self._at = 0

    def steps(self) -> Iterator[int]:
        """Read on, yielding now and then."""
        while any(block := self._take(BLOCK)):
            name, size = self._named(block)
            yield from self._member(name, size)
        if any(self._take(BLOCK)) or self._file.read(1):
            raise Damaged(f"the end, from byte {self._at}, is not as it was written")

    def _member(self, name: str, size: int) -> Iterator[int]:
        offset, digest = self._at, hashlib.sha256()
        for each in _sizes(size):
            digest.update(self._take(each))
            yield each
        if any(self._take(-size % BLOCK)):
            raise Damaged(f"{name}: the filling after it, before byte {self._at}, is not as it was written")
        self.members[name] = Found(offset, size, digest.hexdigest())

    def _named(self, block: bytes) -> tuple[str, int]:
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
            is_ours = info.size >= 0 and _header(info.name, info.size) == block
        except (tarfile.HeaderError, ValueError):
            is_ours = False
        if not is_ours or info.name in self.members:
            raise Damaged(f"the header before byte {self._at} is not as it was written: damaged, or no back-up at all")
        return info.name, info.size

    def _take(self, size: int) -> bytes:
        data = self._file.read(size)
        self._at += len(data)
        if len(data) < size:
            raise Damaged(f"the file is cut off at byte {self._at}")
        self.whole.update(data)
        return data

"""The file of signed heads outside of the database: a rewritten trail contradicts it."""

import errno
import fcntl
import os
from pathlib import Path


def witness_again(witness: Path | None, note: str) -> None:
    """Append a note that a crash kept from the file, between its commit and its line there; only the end is read."""
    if witness is not None and not _ends_with(witness, f"{note}\n".encode()):
        append_to_witness(witness, note)


def _ends_with(path: Path, end: bytes) -> bool:
    if not path.exists() or path.stat().st_size < len(end):
        return False
    with path.open("rb") as file:
        file.seek(-len(end), os.SEEK_END)
        return file.read() == end


def append_to_witness(path: Path, note: str) -> None:
    """Append a note to the file outside the database and see it on the disk; notes stand apart by an empty line."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _write_whole(descriptor, (note + "\n").encode(), path)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_whole(descriptor: int, data: bytes, path: Path) -> None:
    """Write all of it or nothing: half a note in the file would be a fault for ever; raises OSError on a full disk."""
    before = os.fstat(descriptor).st_size
    try:
        if os.write(descriptor, data) == len(data):
            return
    except OSError:
        os.ftruncate(descriptor, before)
        raise
    os.ftruncate(descriptor, before)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def witnessed(path: Path) -> list[str]:
    """Return the notes of the file outside the database, oldest first; none where there is no file."""
    return witnessed_notes(path.read_text(encoding="utf-8")) if path.exists() else []


def witnessed_notes(content: str) -> list[str]:
    """Return the notes that such a file holds."""
    parts = content.split("\n\n")
    # A note holds one empty line itself: text and signatures alternate.
    return [f"{text}\n\n{signatures.rstrip()}\n" for text, signatures in zip(parts[::2], parts[1::2], strict=False)]

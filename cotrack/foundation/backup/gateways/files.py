"""Files that appear whole or not at all, and never over another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.words import N_


def refuse_overwriting(path: Path) -> None:
    """Raise InvalidInput where something is there already."""
    if path.exists():
        raise InvalidInput("{path} is there already, and nothing is overwritten: choose another name.", path=path)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write beside its place; see it on the disk, then move it there. After a failure nothing is left.

    Raises InvalidInput where something is in its place, or where another is writing it.
    """
    refuse_overwriting(path)
    part = path.with_name(path.name + ".part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        message = N_("{part} is there: another back-up is being written, or one was cut off. If none runs, remove it.")
        raise InvalidInput(message, part=part) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        refuse_overwriting(path)
        part.rename(path)
        sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """See on the disk which files a folder holds."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

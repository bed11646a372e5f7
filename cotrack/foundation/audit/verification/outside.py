"""Reads the file of signed heads that lies outside the database, note by note."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

EMPTY_LINES_A_NOTE: Final = 2
"""One between its text and its signatures, one behind it."""

MOST_LINES_A_NOTE: Final = 64


class SomethingElse(ValueError):
    """The file holds something else than signed heads, one behind the other."""


@dataclass(frozen=True)
class Noted:
    """A note as it stands in the file: which one it is, from 1, and at which byte it begins."""

    place: int
    begins_at: int
    note: str


def length_of(path: Path) -> int:
    """Return how many bytes the file has by now."""
    return path.stat().st_size if path.exists() else 0


def notes_in(path: Path) -> Iterator[Noted]:
    """Yield the notes of the file, oldest first; raises SomethingElse behind the last one that is whole."""
    lines: list[bytes] = []
    place = begun = 0
    with path.open("rb") as file:
        for line in file:
            lines.append(line)
            if lines.count(b"\n") == EMPTY_LINES_A_NOTE:
                place, data = place + 1, b"".join(lines)
                yield Noted(place, begun, data[:-1].decode("utf-8", "replace"))
                begun, lines = begun + len(data), []
            elif len(lines) > MOST_LINES_A_NOTE:
                break
    if lines:
        raise SomethingElse

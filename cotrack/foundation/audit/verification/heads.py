"""Walks through the leaves of a tree and asks at each signed size whether its root is the signed one.

The signed heads lie in a scratch file: on a quiet site there is one for every record or two.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from cotrack.foundation.audit.checkpoint import Checkpoint
from cotrack.foundation.audit.tree import TILE_LEAVES, GrowingTree, root


class SignedHeads:
    """The signed heads by size, and which of the two places on a site has each."""

    def __init__(self, path: Path) -> None:
        """Begin with none."""
        self._file = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-4096"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute(
            "CREATE TABLE head (size INTEGER PRIMARY KEY, root BLOB, in_database INTEGER, in_file INTEGER)"
        )
        self._file.execute("BEGIN")

    @classmethod
    @contextmanager
    def in_scratch(cls) -> Iterator[Self]:
        """Keep heads until the end of the block."""
        with TemporaryDirectory(prefix="cotrack-heads-") as folder:
            heads = cls(Path(folder) / "heads.db")
            try:
                yield heads
            finally:
                heads.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def keep(self, head: Checkpoint, *, in_database: bool = False, in_file: bool = False) -> bool:
        """Keep a head; return whether it agrees with what was kept of its size."""
        self._file.execute(
            "INSERT INTO head VALUES (?, ?, ?, ?) ON CONFLICT (size) DO UPDATE "
            "SET in_database = in_database OR excluded.in_database, in_file = in_file OR excluded.in_file",
            (head.size, head.root, in_database, in_file),
        )
        (kept,) = self._file.execute("SELECT root FROM head WHERE size = ?", (head.size,)).fetchone()
        return bool(kept == head.root)

    def newest_in_database(self) -> int:
        """Return the largest size of the database's heads; 0 where there is none."""
        (size,) = self._file.execute("SELECT max(size) FROM head WHERE in_database").fetchone()
        return size or 0

    def first_lacking_in_file(self) -> int | None:
        """Return the smallest size that the file lacks of those before the database's newest."""
        (size,) = self._file.execute(
            "SELECT min(size) FROM head WHERE in_database AND NOT in_file AND size < ?", (self.newest_in_database(),)
        ).fetchone()
        return None if size is None else int(size)

    def in_order(self) -> Iterator[tuple[int, bytes]]:
        """Yield size and root of each head, smallest first."""
        yield from self._file.execute("SELECT size, root FROM head WHERE size > 0 ORDER BY size")


class HeadWalk:
    """Takes leaves tile by tile, and compares the tree's head with every signed head on the way."""

    def __init__(self, heads: Iterator[tuple[int, bytes]]) -> None:
        """Take sizes and signed roots, smallest first."""
        self._heads = heads
        self._next = next(heads, None)
        self._tree = GrowingTree()
        self.confirmed = 0
        """The largest signed size so far whose root was found: up to there nothing was changed."""

    @property
    def size(self) -> int:
        """How many leaves were taken."""
        return self._tree.size

    def take(self, leaves: Sequence[bytes]) -> Iterator[int]:
        """Take the next tile (only the last may be short); yield each signed size whose root is another."""
        is_signed_inside = self._next is not None and self._next[0] < self._tree.size + len(leaves)
        if is_signed_inside or len(leaves) < TILE_LEAVES:
            for leaf in leaves:
                self._tree.append(leaf)
                yield from self._compare()
        else:
            self._tree.append_tile(root(leaves))
            yield from self._compare()

    def _compare(self) -> Iterator[int]:
        if self._next is None or self._next[0] != self._tree.size:
            return
        size, signed = self._next
        self._next = next(self._heads, None)
        if signed == self._tree.root():
            self.confirmed = size
        else:
            yield size

    def unreached(self) -> Iterator[int]:
        """Yield the signed sizes beyond the last leaf: the trail is shorter than it was."""
        while self._next is not None:
            yield self._next[0]
            self._next = next(self._heads, None)

    def root(self) -> bytes:
        """Return the head over all leaves taken."""
        return self._tree.root()

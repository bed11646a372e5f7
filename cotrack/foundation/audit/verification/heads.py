"""Walks through the leaves of a tree and asks at each signed size whether its root is the signed one."""

from collections.abc import Iterator, Mapping, Sequence

from cotrack.foundation.audit.tree import TILE_LEAVES, GrowingTree, root


class HeadWalk:
    """Takes leaves tile by tile, and compares the tree's head with every signed head on the way."""

    def __init__(self, heads: Mapping[int, bytes]) -> None:
        """Take the signed roots by their sizes."""
        self._heads = dict(heads)
        self._sizes = sorted(heads)
        self._tree = GrowingTree()
        self.confirmed = 0
        """The largest signed size so far whose root was found: up to there nothing was changed."""

    @property
    def size(self) -> int:
        """How many leaves were taken."""
        return self._tree.size

    def take(self, leaves: Sequence[bytes]) -> Iterator[int]:
        """Take the next tile (only the last may be short); yield each signed size whose root is another."""
        begun = self._tree.size
        inside = [size for size in self._passed(begun + len(leaves)) if size < begun + len(leaves)]
        if inside or len(leaves) < TILE_LEAVES:
            yield from self._take_slowly(leaves)
        else:
            self._tree.append_tile(root(leaves))
            yield from self._compare()

    def _take_slowly(self, leaves: Sequence[bytes]) -> Iterator[int]:
        for leaf in leaves:
            self._tree.append(leaf)
            if self._tree.size in self._heads:
                yield from self._compare()

    def _passed(self, end: int) -> list[int]:
        return [size for size in self._sizes if self._tree.size < size <= end]

    def _compare(self) -> Iterator[int]:
        size = self._tree.size
        if size not in self._heads:
            return
        if self._heads[size] == self._tree.root():
            self.confirmed = size
        else:
            yield size

    def unreached(self) -> list[int]:
        """Return the signed sizes beyond the last leaf: the trail is shorter than it was."""
        return [size for size in self._sizes if size > self._tree.size]

    def root(self) -> bytes:
        """Return the head over all leaves taken."""
        return self._tree.root()

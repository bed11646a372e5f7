"""The Merkle tree of RFC 6962 §2.1 over a list of leaves: root, inclusion proofs, consistency proofs, and their checks.

Pure. A *node* is the 32-byte hash of a perfect subtree or of a leaf; functions that build take the nodes of one level,
so the same code serves leaves and tiles: the root over tiles, with what is left after the last one, is the root over
their leaves.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

LEAF_PREFIX: Final = b"\x00"
NODE_PREFIX: Final = b"\x01"
TILE_LEAVES: Final = 256
"""Leaves under one tile: a perfect subtree whose root is kept, so that no proof reads the whole trail."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

_sha256 = hashlib.sha256


def leaf_hash(line: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 over 0x00 and the line without its LF."""
    return _sha256(LEAF_PREFIX + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an interior node."""
    return _sha256(NODE_PREFIX + left + right).digest()


def root(nodes: Sequence[bytes]) -> bytes:
    """Return the tree head over these nodes; of none, the hash of the empty string."""
    if not nodes:
        return EMPTY_ROOT
    level = list(nodes)
    # Pairing neighbours and carrying an odd last one up is the split at the largest power of two, from below.
    while len(level) > 1:
        paired = [_sha256(NODE_PREFIX + left + right).digest() for left, right in zip(level[::2], level[1::2])]  # noqa: B905 (an odd last node has no partner)
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]


def inclusion_proof(nodes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of a node (RFC 6962 §2.1.1), nearest first; raises IndexError outside the tree."""
    if not 0 <= index < len(nodes):
        raise IndexError(f"node {index} of a tree of {len(nodes)}")
    if len(nodes) == 1:
        return []
    split = _split(len(nodes))
    if index < split:
        return [*inclusion_proof(nodes[:split], index), root(nodes[split:])]
    return [*inclusion_proof(nodes[split:], index - split), root(nodes[:split])]


def consistency_proof(nodes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the first `old_size` nodes are the beginning of all (§2.1.2); raises IndexError."""
    if not 0 < old_size <= len(nodes):
        raise IndexError(f"the first {old_size} of a tree of {len(nodes)}")
    return _subproof(nodes, old_size, is_whole=True)


def _subproof(nodes: Sequence[bytes], old_size: int, *, is_whole: bool) -> list[bytes]:
    if old_size == len(nodes):
        return [] if is_whole else [root(nodes)]
    split = _split(len(nodes))
    if old_size <= split:
        return [*_subproof(nodes[:split], old_size, is_whole=is_whole), root(nodes[split:])]
    return [*_subproof(nodes[split:], old_size - split, is_whole=False), root(nodes[:split])]


def _split(size: int) -> int:
    """Return the largest power of two below a size above one."""
    return 1 << ((size - 1).bit_length() - 1)


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that a leaf's proof leads to, None where the proof does not fit (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return None
    number, last, found = index, size - 1, leaf
    for node in proof:
        if last == 0:
            return None
        if number % 2 or number == last:
            found = node_hash(node, found)
            while number % 2 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, node)
        number, last = number >> 1, last >> 1
    return found if last == 0 else None


def is_consistent(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the old (size, root) is the beginning of the new one (RFC 9162 §2.1.4.2)."""
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size == new_size:
        return old_root == new_root and not proof
    if not 0 < old_size < new_size or not proof:
        return False
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    number, last = old_size - 1, new_size - 1
    while number % 2:
        number, last = number >> 1, last >> 1
    first = second = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if number % 2 or number == last:
            first, second = node_hash(node, first), node_hash(node, second)
            while number % 2 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(second, node)
        number, last = number >> 1, last >> 1
    return last == 0 and (first, second) == (old_root, new_root)


class GrowingTree:
    """The head of a tree that grows leaf by leaf, in memory that grows with its logarithm."""

    def __init__(self) -> None:
        """Begin with no leaf."""
        self.size = 0
        self._perfect: list[bytes] = []
        """The roots of the perfect subtrees, one for each bit of `size`, largest first."""

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        carried = leaf
        full = self.size
        while full & 1:
            carried = node_hash(self._perfect.pop(), carried)
            full >>= 1
        self._perfect.append(carried)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add the hashes of further leaves."""
        for leaf in leaves:
            self.append(leaf)

    def append_tile(self, tile: bytes) -> None:
        """Add the root of a tile of leaves at once; the size must be a multiple of the tile's."""
        if self.size % TILE_LEAVES:
            raise ValueError("a tile begins at a multiple of its size")
        carried = tile
        full = self.size // TILE_LEAVES
        while full & 1:
            carried = node_hash(self._perfect.pop(), carried)
            full >>= 1
        self._perfect.append(carried)
        self.size += TILE_LEAVES

    def root(self) -> bytes:
        """Return the tree head now."""
        if not self._perfect:
            return EMPTY_ROOT
        found = self._perfect[-1]
        for node in reversed(self._perfect[:-1]):
            found = node_hash(node, found)
        return found


def tiles(leaves: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut leaf hashes into tiles; the last may be shorter."""
    held: list[bytes] = []
    for leaf in leaves:
        held.append(leaf)
        if len(held) == TILE_LEAVES:
            yield held
            held = []
    if held:
        yield held

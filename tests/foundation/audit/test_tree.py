"""The tree of RFC 6962: published roots, and proofs that hold for what they prove and for nothing else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cotrack.foundation.audit.tree import (
    EMPTY_ROOT,
    TILE_LEAVES,
    GrowingTree,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    root,
    root_from_inclusion,
    tiles,
)

PUBLISHED = [
    leaf_hash(bytes.fromhex(text))
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ],
)
def test_the_published_roots_are_found(size: int, head: str) -> None:
    assert root(PUBLISHED[:size]).hex() == head
    tree = GrowingTree()
    tree.extend(PUBLISHED[:size])
    assert (tree.size, tree.root().hex()) == (size, head)


def test_a_leaf_is_never_taken_for_a_node() -> None:
    left, right = PUBLISHED[:2]
    assert leaf_hash(left + right) != node_hash(left, right)
    assert root([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 64, 65])
def test_every_leaf_is_proved_and_nothing_else_is(size: int) -> None:
    all_leaves = leaves(size)
    head = root(all_leaves)
    for index, leaf in enumerate(all_leaves):
        proof = inclusion_proof(all_leaves, index)
        assert root_from_inclusion(leaf, index, size, proof) == head
        assert root_from_inclusion(leaf_hash(b"other"), index, size, proof) != head
        assert root_from_inclusion(leaf, index, size, [*proof, head]) != head
        if proof:
            assert root_from_inclusion(leaf, index, size, proof[:-1]) != head
            assert root_from_inclusion(leaf, index ^ 1, size, proof) != head
    assert root_from_inclusion(all_leaves[0], size, size, []) is None
    assert root_from_inclusion(all_leaves[0], -1, size, []) is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 64, 65])
def test_each_head_continues_every_earlier_one_and_no_other(size: int) -> None:
    all_leaves = leaves(size)
    new = size, root(all_leaves)
    for old_size in range(1, size + 1):
        proof = consistency_proof(all_leaves, old_size)
        old = old_size, root(all_leaves[:old_size])
        assert is_consistent(old, new, proof)
        assert not is_consistent((old_size, leaf_hash(b"other")), new, proof)
        assert not is_consistent(old, (size, leaf_hash(b"other")), proof)
        assert not is_consistent(old, new, [*proof, new[1]])
        if proof:
            assert not is_consistent(old, new, proof[:-1])
    assert not is_consistent((0, EMPTY_ROOT), new, [])
    assert not is_consistent((size + 1, new[1]), new, [new[1]])


def test_a_proof_is_asked_for_inside_the_tree_only() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(PUBLISHED, 8)
    for old_size in (0, 9):
        with pytest.raises(IndexError):
            consistency_proof(PUBLISHED, old_size)


@given(st.integers(0, 3 * TILE_LEAVES + 5))
def test_the_root_over_tiles_is_the_root_over_their_leaves(size: int) -> None:
    all_leaves = leaves(size)
    cut = list(tiles(all_leaves))
    assert root([root(tile) for tile in cut]) == root(all_leaves)
    tree = GrowingTree()
    for tile in cut:
        if len(tile) == TILE_LEAVES:
            tree.append_tile(root(tile))
        else:
            tree.extend(tile)
    assert (tree.size, tree.root()) == (size, root(all_leaves))


def test_a_tile_begins_where_one_may_begin() -> None:
    tree = GrowingTree()
    tree.append(PUBLISHED[0])
    with pytest.raises(ValueError, match="multiple"):
        tree.append_tile(PUBLISHED[1])

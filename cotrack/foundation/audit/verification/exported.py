"""Verifies an export by its files alone: hashes, tree, every checkpoint, and what each record says (surface.md §4)."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from cotrack.foundation.audit.checkpoint import Checkpoint, NoCheckpoint, VerifierKey, read_note, read_vkey
from cotrack.foundation.audit.tree import LEAF_PREFIX, TILE_LEAVES
from cotrack.foundation.audit.verification.heads import HeadWalk, SignedHeads
from cotrack.foundation.audit.verification.lines import LineJudge
from cotrack.foundation.audit.verification.watching import Watch, unwatched

READ_BYTES = 1 << 20
LEAF_LINE_BYTES = 65


@dataclass(frozen=True)
class Trusted:
    """What the person who verifies holds from elsewhere: a verifier key, a checkpoint on paper."""

    key: VerifierKey | None = None
    note: str | None = None


NOTHING_HELD: Final = Trusted()


def verify_export(folder: Path, trusted: Trusted, *, is_quick: bool = False, watch: Watch = unwatched) -> Iterator[str]:
    """Yield every fault of an export, one line each, the first wrong place first; nothing where it is whole."""
    with SignedHeads.in_scratch() as heads:
        try:
            key = trusted.key or read_vkey((folder / "vkey").read_text(encoding="utf-8"))
            head = _note(folder / "checkpoint", key)
            heads.keep(head)
            yield from _of_checkpoints(folder / "checkpoints", key, heads)
            yield from _of_held(trusted.note, key, heads)
        except (NoCheckpoint, OSError, UnicodeDecodeError) as fault:
            yield f"{folder}: {fault}"
            return
        if not (folder / "entries.jsonl").exists():
            yield "entries.jsonl is missing"
            return
        yield from _entries(folder, head, HeadWalk(heads.in_order()), _Reading(is_quick, watch))


def _of_checkpoints(folder: Path, key: VerifierKey, heads: SignedHeads) -> Iterator[str]:
    """Read every checkpoint that was ever signed; one that cannot be trusted is a fault and counts no further."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                found = _note(Path(entry.path), key)
                if entry.name != str(found.size):
                    yield f"checkpoints/{entry.name}: is of the size {found.size}"
                if not heads.keep(found):
                    yield f"checkpoints/{entry.name}: two checkpoints of one size have different roots"
            except (NoCheckpoint, UnicodeDecodeError) as fault:
                yield f"checkpoints/{entry.name}: {fault}"


def _of_held(note: str | None, key: VerifierKey, heads: SignedHeads) -> Iterator[str]:
    """Read the checkpoint that the person holds; raises NoCheckpoint."""
    if note is not None:
        held = read_note(note, key)
        if not heads.keep(held):
            yield f"the checkpoint of size {held.size} that you hold has another root: the trail was rewritten"


def _note(path: Path, key: VerifierKey) -> Checkpoint:
    try:
        return read_note(path.read_text(encoding="utf-8"), key)
    except FileNotFoundError:
        raise NoCheckpoint(f"{path.name} is missing") from None


@dataclass(frozen=True)
class _Reading:
    """How the records are read: hashes alone or contents too, and who follows."""

    is_quick: bool
    watch: Watch


def _entries(folder: Path, head: Checkpoint, walk: HeadWalk, reading: _Reading) -> Iterator[str]:
    """Yield what is wrong with the records; before the first wrong root, the line that was changed."""
    judge = None if reading.is_quick else LineJudge()
    is_named = False
    for lines in reading.watch(_tiles(folder), "verifying", -(-head.size // TILE_LEAVES)):
        if not lines[-1].endswith(b"\n"):
            yield f"entries.jsonl, line {walk.size + len(lines)}: is cut off: it does not end with LF"
        if judge is not None:
            yield from _said(judge, lines, walk.size)
        for size in walk.take(_leaves(lines)):
            yield from () if is_named else changed_line(folder, head)
            is_named = True
            yield _other_root(size, walk.confirmed)
    for fault in _other_sizes(walk, head):
        yield from () if is_named else changed_line(folder, head)
        is_named = True
        yield fault


def _tiles(folder: Path) -> Iterator[list[bytes]]:
    with (folder / "entries.jsonl").open("rb", buffering=READ_BYTES) as file:
        while lines := list(islice(file, TILE_LEAVES)):
            yield lines


def _leaves(lines: list[bytes]) -> list[bytes]:
    """Return the leaf hashes of lines, each without its LF (RFC 6962 §2.1)."""
    sha256 = hashlib.sha256
    return [sha256(LEAF_PREFIX + line.rstrip(b"\n")).digest() for line in lines]


def _said(judge: LineJudge, lines: list[bytes], begun: int) -> Iterator[str]:
    for place, line in enumerate(lines, begun + 1):
        yield from (f"entries.jsonl, line {place}: {fault}" for fault in judge.judge(line.rstrip(b"\n"))[1])


def _other_root(size: int, confirmed: int) -> str:
    where = f"between line {confirmed + 1} and line {size}" if confirmed else f"in the first {size} lines"
    return f"the checkpoint of size {size} has another root than the records: something was changed {where}"


def _other_sizes(walk: HeadWalk, head: Checkpoint) -> Iterator[str]:
    if walk.size != head.size:
        yield f"entries.jsonl has {walk.size} records, its checkpoint says {head.size}"
    for size in walk.unreached():
        if size != head.size:
            yield f"the trail is shorter than the checkpoint of size {size}: records are missing at its end"


def changed_line(folder: Path, head: Checkpoint) -> Iterator[str]:
    """Name the first line that is not the sealed one, where the exported list of leaf hashes fits the signed head."""
    path = folder / "leaves"
    if not path.exists() or not _is_signed(path, head):
        return
    begun = 0
    for lines in _tiles(folder):
        sealed = _sealed(path, begun, len(lines) + 1)
        leaves = _leaves(lines)
        for place, leaf in enumerate(leaves):
            if leaf != sealed[place]:
                what = _what_happened(leaf, leaves[place + 1 :], sealed[place:])
                yield f"entries.jsonl, line {begun + place + 1}: {what}"
                return
        begun += len(lines)
    if begun < head.size:
        yield f"entries.jsonl, line {begun + 1}: this record and all after it were taken out"


def _is_signed(path: Path, head: Checkpoint) -> bool:
    walk = HeadWalk(iter(()))
    while found := [each for each in _sealed(path, walk.size, TILE_LEAVES) if each]:
        list(walk.take(found))
        if len(found) < TILE_LEAVES:
            break
    return (walk.size, walk.root()) == (head.size, head.root)


def _sealed(path: Path, first: int, count: int) -> list[bytes]:
    """Return hashes of the exported list, as many as asked for: empty ones beyond its end, or where it is damaged."""
    with path.open("rb") as file:
        file.seek(first * LEAF_LINE_BYTES)
        text = file.read(count * LEAF_LINE_BYTES)
    try:
        found = [bytes.fromhex(line.decode("ascii")) for line in text.split()]
    except ValueError:
        found = []
    return [*found, *[b""] * (count - len(found))]


def _what_happened(leaf: bytes, later: list[bytes], sealed: list[bytes]) -> str:
    """Say what became of a record from how its neighbours stand: `sealed` begins at its place."""
    following = later[0] if later else b""
    if not sealed[0]:
        return "this record is more than was sealed"
    if leaf == sealed[1]:
        is_swap = following == sealed[0]
        return "this record and the next one were swapped" if is_swap else "a record was taken out before this line"
    return "this record was put in" if following == sealed[0] else "this record was altered"

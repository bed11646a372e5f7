"""Writes the trail as files that other people's tools verify (surface.md §4, docs/trail.md)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.checkpoint import Checkpoint, read_unsigned
from cotrack.foundation.audit.models import AuditCheckpoint, AuditLeaf, AuditRecord
from cotrack.foundation.audit.sealing import TrailBroken, sign_checkpoint, verifier_key
from cotrack.foundation.audit.tree import GrowingTree, leaf_hash
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.resources import resource
from cotrack.foundation.unit_of_work import unit_of_work

AT_ONCE = 1_000
EVENT: Final = "trail.export"


def record_export(ground: Ground, actor: Actor) -> None:
    """Record that somebody takes the whole trail out, or may not; raises PermissionDenied."""
    with unit_of_work(ground, actor) as work:
        work.record(EVENT, "trail:whole", permission="trail:read")


def export(ground: Ground, folder: Path, *, witness: Path | None = None) -> Iterator[int]:
    """Write everything sealed by now into an empty folder; yield the number of records so far.

    Raises InvalidInput where the folder holds something, TrailBroken where the records are not what was signed.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput("{folder} is not empty: an export goes into a folder of its own.", folder=folder)
    (folder / "checkpoints").mkdir(parents=True)
    note = sign_checkpoint(ground, witness)
    head = read_unsigned(note)
    with ground.sessions.reading() as session:
        yield from _write_entries(session, folder, head)
        heads = select(AuditCheckpoint.id, AuditCheckpoint.note).where(AuditCheckpoint.id <= head.size)
        for size, each in session.execute(heads, execution_options={"yield_per": AT_ONCE}):
            _write(folder / "checkpoints" / str(size), each)
    _write(folder / "vkey", verifier_key(ground).text + "\n")
    _write(folder / "README.txt", (resource("foundation/audit/export-readme.txt")).read_text(encoding="utf-8"))
    # The head comes last: a folder without one is no export.
    _write(folder / "checkpoint", note)


def _write_entries(session: Session, folder: Path, head: Checkpoint) -> Iterator[int]:
    tree = GrowingTree()
    entries_path, leaves_path = folder / "entries.jsonl", folder / "leaves"
    with (
        entries_path.open("w", encoding="utf-8", newline="\n") as entries,
        leaves_path.open("w", encoding="ascii", newline="\n") as leaves,
    ):
        while tree.size < head.size:
            written = _write_some(session, tree, head.size, (entries, leaves))
            if not written:
                break
            yield tree.size
    if (tree.size, tree.root()) != (head.size, head.root):
        raise TrailBroken("The records are not what was signed: run `cotrack audit verify`.")


def _write_some(session: Session, tree: GrowingTree, size: int, files: tuple[TextIO, TextIO]) -> int:
    rows = session.execute(
        select(AuditRecord.body)
        .join(AuditLeaf, AuditLeaf.record_id == AuditRecord.id)
        .where(AuditLeaf.id >= tree.size, AuditLeaf.id < min(tree.size + AT_ONCE, size))
        .order_by(AuditLeaf.id)
    ).all()
    entries, leaves = files
    for (body,) in rows:
        leaf = leaf_hash(body.encode())
        entries.write(body + "\n")
        leaves.write(leaf.hex() + "\n")
        tree.append(leaf)
    return len(rows)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")

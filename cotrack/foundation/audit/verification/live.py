"""Verifies the trail of the running site: records, tree, checkpoints, what they add up to, the database's guards."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.checkpoint import Checkpoint, NoCheckpoint, VerifierKey, read_note
from cotrack.foundation.audit.models import AuditCheckpoint, AuditLeaf, AuditRecord
from cotrack.foundation.audit.sealing import verifier_key, witnessed
from cotrack.foundation.audit.tree import TILE_LEAVES, leaf_hash
from cotrack.foundation.audit.verification import catalogue, replay
from cotrack.foundation.audit.verification.exported import NOTHING_HELD, Trusted
from cotrack.foundation.audit.verification.heads import HeadWalk
from cotrack.foundation.audit.verification.lines import LineJudge
from cotrack.foundation.audit.verification.watching import Watch, unwatched
from cotrack.foundation.db.columns import instant_text

MOST_SUSPECTED = 10


@dataclass(frozen=True)
class Question:
    """What is to be verified against: the site's trail, the file outside the database, what a person holds."""

    ground: Ground
    witness: Path
    trusted: Trusted = NOTHING_HELD
    is_quick: bool = False
    watch: Watch = unwatched


def verify_live(question: Question) -> Iterator[str]:
    """Yield every place where the trail contradicts itself, its signed heads, or today's tables; one line each."""
    with _snapshot(question.ground) as session:
        heads, faults = _heads(session, question)
        yield from faults
        yield from _faults_of_records(session, heads, question)
        if not question.is_quick:
            yield from replay.differences(session, question.ground.secrets, question.watch)
            yield from catalogue.faults(session.connection())


@contextmanager
def _snapshot(ground: Ground) -> Iterator[Session]:
    """Look at one instant, however long it takes, while others work on."""
    with ground.sessions.reading() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            session.execute(text("SET LOCAL statement_timeout = 0"))
        yield session


def _heads(session: Session, question: Question) -> tuple[Mapping[int, Checkpoint], list[str]]:
    """Read every signed head: from the database, from the file outside of it, and from the person's hand."""
    key = question.trusted.key or verifier_key(question.ground)
    heads: dict[int, Checkpoint] = {}
    faults: list[str] = []
    for row in session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.id)):
        found = _read(row.note, key, f"checkpoint {row.id}", faults)
        if found is not None and found.size != row.id:
            faults.append(f"checkpoint {row.id}: says the size {found.size}")
        _keep(found, heads, f"checkpoint {row.id}", faults)
    signed, outside = sorted(heads), set()
    notes = witnessed(question.witness)
    for place, note in enumerate(notes, 1):
        where = f"{question.witness.name}, checkpoint no. {place}"
        found = _read(note, key, where, faults)
        outside.add(found.size if found else 0)
        _keep(found, heads, where, faults)
    faults += _faults_of_the_file(question.witness, notes, signed, outside)
    if question.trusted.note is not None:
        _keep(_read(question.trusted.note, key, "your checkpoint", faults), heads, "your checkpoint", faults)
    return heads, faults


def _faults_of_the_file(
    witness: Path, notes: Sequence[str], signed: Sequence[int], outside: Collection[int]
) -> list[str]:
    """Say so where the file of signed heads is gone, spoiled, or short of a size that the database has.

    The newest head may not be there yet: it is written after its commit.
    """
    if not witness.exists():
        missing = f"{witness.name}: is missing, and heads were signed: put back the copy that is kept elsewhere"
        return [missing] if signed else []
    if "".join(f"{note}\n" for note in notes) != witness.read_text(encoding="utf-8", errors="replace"):
        return [f"{witness.name}: holds something else than signed heads"]
    lacking = [size for size in signed[:-1] if size not in outside]
    return [f"{witness.name}: lacks the signed head of size {lacking[0]}"] if lacking else []


def _read(note: str, key: VerifierKey, where: str, faults: list[str]) -> Checkpoint | None:
    try:
        return read_note(note, key)
    except NoCheckpoint as fault:
        faults.append(f"{where}: {fault}")
        return None


def _keep(found: Checkpoint | None, heads: dict[int, Checkpoint], where: str, faults: list[str]) -> None:
    if found is not None and heads.setdefault(found.size, found).root != found.root:
        faults.append(f"{where}: another root was signed for the size {found.size}: the trail was rewritten")


def _faults_of_records(session: Session, heads: Mapping[int, Checkpoint], question: Question) -> Iterator[str]:
    walk = HeadWalk({size: each.root for size, each in heads.items()})
    judge = None if question.is_quick else LineJudge()
    order = _Order()
    found = session.execute(_RECORDS, execution_options={"yield_per": TILE_LEAVES}).partitions()
    for rows in question.watch(found, "records", -(-_count(session) // TILE_LEAVES)):
        leaves = []
        for index, row in enumerate(rows, walk.size):
            leaf, faults = _judged(row, index, judge)
            if row.id is not None and row.seal != question.ground.secrets.seal(row.body):
                faults.append(f"record {row.record_id}: has no seal of this service: it was written by another hand")
            yield from faults
            leaves.append(leaf)
            order.see(row.record_id)
        for size in walk.take(leaves):
            yield from order.told()
            where = f"records {walk.confirmed} to {size - 1} of the tree"
            yield f"checkpoint {size}: has another root than the records: something was changed in {where}"
    for size in walk.unreached():
        yield (
            f"a checkpoint of {size} was signed, and the trail is shorter: "
            "records are missing at its end, or an older back-up was put back"
        )
    yield from _unsealed(session)


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AuditLeaf)) or 0


class _Order:
    """Records behind a newer one. Late commits put them there on PostgreSQL; where a root is wrong, a swap did."""

    def __init__(self) -> None:
        self._newest = 0
        self._behind: list[str] = []

    def see(self, record_id: int) -> None:
        if record_id < self._newest:
            self._behind.append(f"record {record_id}: stands behind record {self._newest}, perhaps swapped with it")
        self._newest = max(self._newest, record_id)

    def told(self) -> list[str]:
        told, self._behind = self._behind[-MOST_SUSPECTED:], []
        return told


_RECORDS = (
    select(
        AuditLeaf.id.label("leaf_index"),
        AuditLeaf.hash,
        AuditLeaf.record_id,
        AuditRecord.id,
        AuditRecord.at,
        AuditRecord.actor,
        AuditRecord.role,
        AuditRecord.event,
        AuditRecord.subject,
        AuditRecord.outcome,
        AuditRecord.body,
        AuditRecord.seal,
    )
    .outerjoin(AuditRecord, AuditRecord.id == AuditLeaf.record_id)
    .order_by(AuditLeaf.id)
)


def _judged(row: Any, index: int, judge: LineJudge | None) -> tuple[bytes, list[str]]:
    """Return the hash of a record as it is now, and every fault of it."""
    where = f"record {row.record_id}"
    if row.id is None:
        return row.hash, [f"{where}: was deleted"]
    line = row.body.encode()
    leaf = leaf_hash(line)
    faults = [f"{where}: was altered"] if leaf != row.hash else []
    if row.leaf_index != index:
        faults.append(
            f"{where}: stands at place {row.leaf_index} of the tree, and {index} is empty: a record was deleted"
        )
    if judge is not None:
        said, more = judge.judge(line)
        faults += [f"{where}: {fault}" for fault in more]
        faults += [f"{where} {fault}" for fault in _other_columns(row, said or {})]
    return leaf, faults


def _other_columns(row: Any, said: Mapping[str, Any]) -> Iterator[str]:
    columns = {
        "id": row.id,
        "at": instant_text(row.at),
        "actor": row.actor,
        "role": row.role,
        "event": row.event,
        "subject": row.subject,
        "outcome": row.outcome,
    }
    for name, value in columns.items():
        if said.get(name) != value:
            yield f"{name}: the record says {said.get(name)!r}, its column {value!r}"


def _unsealed(session: Session) -> Iterator[str]:
    """On SQLite a record is sealed with its own commit: one without a place was put in by another hand."""
    if session.get_bind().dialect.name != "sqlite":
        return
    has_leaf = select(AuditLeaf.id).where(AuditLeaf.record_id == AuditRecord.id).exists()
    for record_id in session.scalars(select(AuditRecord.id).where(~has_leaf).order_by(AuditRecord.id)):
        yield f"record {record_id}: was never sealed: it was put in by another hand"

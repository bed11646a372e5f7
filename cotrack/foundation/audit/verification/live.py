"""Verifies the trail of the running site: records, tree, checkpoints, what they add up to, the database's guards."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Signature, is_intact
from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.checkpoint import Checkpoint, NoCheckpoint, VerifierKey, read_note
from cotrack.foundation.audit.models import AuditCheckpoint, AuditLeaf, AuditRecord
from cotrack.foundation.audit.sealing import has_leaf, oldest_id_waiting, verifier_key
from cotrack.foundation.audit.tree import TILE_LEAVES, leaf_hash
from cotrack.foundation.audit.verification import catalogue, replay
from cotrack.foundation.audit.verification.exported import NOTHING_HELD, Trusted
from cotrack.foundation.audit.verification.heads import HeadWalk, SignedHeads
from cotrack.foundation.audit.verification.lines import LineJudge
from cotrack.foundation.audit.verification.outside import SomethingElse, length_of, notes_in
from cotrack.foundation.audit.verification.watching import Watch, unwatched
from cotrack.foundation.db.changes import Secrets
from cotrack.foundation.db.columns import instant_text

MOST_SUSPECTED = 10
HELD = "your checkpoint"
"""How a fault begins that lies in the note a person brought."""


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
    # Seen before the snapshot: what is appended later may be of records that the snapshot does not show.
    length = length_of(question.witness)
    with _snapshot(question.ground) as session, SignedHeads.in_scratch() as heads:
        yield from _faults_of_heads(session, heads, question, length)
        yield from _faults_of_records(session, HeadWalk(heads.in_order()), question)
        if not question.is_quick:
            yield from replay.differences(session, question.ground.secrets, question.watch)
            yield from _faults_of_signatures(session)
            yield from catalogue.faults(session.connection())


@contextmanager
def _snapshot(ground: Ground) -> Iterator[Session]:
    """Look at one instant, however long it takes, while others work on."""
    with ground.sessions.reading() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            session.execute(text("SET LOCAL statement_timeout = 0"))
        yield session


def _faults_of_heads(session: Session, heads: SignedHeads, question: Question, length: int) -> Iterator[str]:
    """Read every signed head: from the database, from the file outside of it, and from the person's hand."""
    key = question.trusted.key or verifier_key(question.ground)
    stored = select(AuditCheckpoint.id, AuditCheckpoint.note).order_by(AuditCheckpoint.id)
    for size, note in session.execute(stored, execution_options={"yield_per": TILE_LEAVES}):
        try:
            found = read_note(note, key)
        except NoCheckpoint as fault:
            yield f"checkpoint {size}: {fault}"
            continue
        if found.size != size:
            yield f"checkpoint {size}: says the size {found.size}"
        yield from _kept(heads, found, f"checkpoint {size}", in_database=True)
    yield from _faults_of_the_file(heads, question.witness, key, length)
    if question.trusted.note is not None:
        yield from _read(heads, question.trusted.note, key, HELD)


def _faults_of_the_file(heads: SignedHeads, witness: Path, key: VerifierKey, length: int) -> Iterator[str]:
    """Say so where the file of signed heads is gone, spoiled, or short of a size that the database has.

    The newest head may not be there yet: it is written after its commit.
    """
    newest = heads.newest_in_database()
    if not witness.exists():
        if newest:
            yield f"{witness.name}: is missing, and heads were signed: put back the copy that is kept elsewhere"
        return
    try:
        for each in notes_in(witness):
            most = newest if each.begins_at >= length else None
            yield from _read(heads, each.note, key, f"{witness.name}, checkpoint no. {each.place}", most=most)
    except SomethingElse:
        yield f"{witness.name}: holds something else than signed heads"
        return
    lacking = heads.first_lacking_in_file()
    if lacking is not None:
        yield f"{witness.name}: lacks the signed head of size {lacking}"


def _read(heads: SignedHeads, note: str, key: VerifierKey, where: str, *, most: int | None = None) -> Iterator[str]:
    """Keep a head from outside the database, unless it is larger than `most`."""
    try:
        found = read_note(note, key)
    except NoCheckpoint as fault:
        yield f"{where}: {fault}"
        return
    if most is None or found.size <= most:
        yield from _kept(heads, found, where, in_database=False)


def _kept(heads: SignedHeads, head: Checkpoint, where: str, *, in_database: bool) -> Iterator[str]:
    if not heads.keep(head, in_database=in_database, in_file=not in_database):
        yield f"{where}: another root was signed for the size {head.size}: the trail was rewritten"


def _faults_of_records(session: Session, walk: HeadWalk, question: Question) -> Iterator[str]:
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
    yield from _unsealed(session, question.ground.secrets)


def _faults_of_signatures(session: Session) -> Iterator[str]:
    """Find signatures that were moved under another text, thing, person or time (21 CFR 11.70)."""
    for signature in session.scalars(select(Signature).order_by(Signature.id).execution_options(yield_per=TILE_LEAVES)):
        if not is_intact(signature):
            yield f"signature {signature.id}: does not stand under what was signed"


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AuditLeaf)) or 0


class _Order:
    """Records behind a newer one. Late commits put them there on PostgreSQL; where a root is wrong, a swap did."""

    def __init__(self) -> None:
        self._newest = 0
        self._behind: deque[str] = deque(maxlen=MOST_SUSPECTED)

    def see(self, record_id: int) -> None:
        if record_id < self._newest:
            self._behind.append(f"record {record_id}: stands behind record {self._newest}, perhaps swapped with it")
        self._newest = max(self._newest, record_id)

    def told(self) -> list[str]:
        told = list(self._behind)
        self._behind.clear()
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


def _id_in(body: str) -> int:
    """Return the id that a record of this service says it has."""
    return int(orjson.loads(body)["id"])


def _unsealed(session: Session, secrets: Secrets) -> Iterator[str]:
    """Judge the records without a place in the tree, which the replay believes as it does all others.

    On SQLite there are none: a record is sealed with its own commit. On PostgreSQL the newest wait for a moment.
    """
    waits_from = -1 if session.get_bind().dialect.name == "sqlite" else oldest_id_waiting(session)
    waiting = select(AuditRecord.id, AuditRecord.body, AuditRecord.seal).where(~has_leaf()).order_by(AuditRecord.id)
    for row in session.execute(waiting, execution_options={"yield_per": TILE_LEAVES}):
        if row.seal != secrets.seal(row.body):
            yield f"record {row.id}: has no seal of this service: it was written by another hand"
        elif _id_in(row.body) != row.id:
            yield f"record {row.id}: is a copy of record {_id_in(row.body)}"
        elif waits_from < 0 or row.id < waits_from:
            yield f"record {row.id}: was never sealed"

"""Seals the trail: every record gets its place in the tree, and the tree's head is signed (surface.md §4).

One process at a time seals. It only appends; a crash between record and seal loses nothing: the next round finds it.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import ColumnElement, Row, func, insert, or_, select, text
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.checkpoint import Checkpoint, VerifierKey, read_unsigned, signed_note
from cotrack.foundation.audit.models import AuditCheckpoint, AuditLeaf, AuditRecord, AuditTile
from cotrack.foundation.audit.tree import TILE_LEAVES, inclusion_proof, leaf_hash, root, tiles
from cotrack.foundation.audit.witness import append_to_witness, witness_again
from cotrack.foundation.db import Sessions
from cotrack.foundation.db.changes import Secrets
from cotrack.foundation.db.turns import take_turn
from cotrack.foundation.errors import CotrackError
from cotrack.foundation.keys import Keys
from cotrack.foundation.site import Site
from cotrack.foundation.words import N_

MOST_AT_ONCE: Final = 5_000
LATE_IDS: Final = 10_000
"""An id is drawn just before its commit: one that is committed this many behind the newest is not sealed any more,
and the verification names it."""

_ELECTION = text("SELECT pg_advisory_xact_lock(:key)")
_ELECTION_KEY: Final = 0x636F_7472_6163_6B01


class TrailBroken(CotrackError):
    """The tree is no continuation of the last signed head: nothing is signed until somebody has looked."""

    kind = "trail-broken"
    title = N_("The audit trail does not continue its last checkpoint")


@dataclass(frozen=True)
class Lag:
    """How far sealing is behind: records without a place, and how long the oldest of them has waited."""

    records: int
    seconds: float


class Sealer:
    """Gives records their places. Keep one: it remembers which it has seen in their places."""

    def __init__(self, sessions: Sessions) -> None:
        """Begin at the oldest id that may still come; afterwards ask only for newer ids and for gaps."""
        self._sessions = sessions
        self._seen: int | None = None
        self._gaps: list[range] = []
        self._turn = threading.Lock()

    def seal_all(self) -> None:
        """Append the leaves of all records that are there now; those of a moment later wait for the next time."""
        while self._seal_some() == MOST_AT_ONCE:
            pass

    def _seal_some(self) -> int:
        """Append the leaves that one snapshot lacks, in id order; return how many records were looked at."""
        with self._turn:
            seen, looked_at = self._look()
            if waiting := [row.id for row in looked_at if not row.is_sealed]:
                self._append(waiting)
            self._remember(seen, [row.id for row in looked_at])
        return len(looked_at)

    def _look(self) -> tuple[int, Sequence[Row[int, bool]]]:
        """Return up to where was looked, and what is not known in its place, in id order; no writer waits for it."""
        with self._sessions.reading() as session:
            newest = session.scalar(select(func.max(AuditRecord.id))) or 0
            if self._seen is None or newest < self._seen:
                # The start, or another database than before: an older copy was put back under the running service.
                self._seen, self._gaps = oldest_id_waiting(session) - 1, []
            seen = self._seen
            in_gaps = (AuditRecord.id.between(each.start, each.stop - 1) for each in self._gaps)
            statement = select(AuditRecord.id, has_leaf().label("is_sealed")).where(
                or_(AuditRecord.id > seen, *in_gaps)
            )
            return seen, session.execute(statement.order_by(AuditRecord.id).limit(MOST_AT_ONCE)).all()

    def _append(self, waiting: Sequence[int]) -> None:
        with self._sessions.outside_trail() as session:
            _elect(session)
            chosen = select(AuditRecord.id, AuditRecord.body).where(AuditRecord.id.in_(waiting), ~has_leaf())
            records = session.execute(chosen.order_by(AuditRecord.id)).all()
            first = _size(session)
            leaves = [
                {"id": first + place, "record_id": row.id, "hash": leaf_hash(row.body.encode())}
                for place, row in enumerate(records)
            ]
            if leaves:
                session.execute(insert(AuditLeaf), leaves)

    def _remember(self, seen: int, sealed: Sequence[int]) -> None:
        """Keep how far ids were seen, and which of them no commit has shown yet: an id is drawn before its commit."""
        newest = max([seen, *sealed[-1:]])
        late = newest - LATE_IDS
        gaps = [*self._gaps, range(max(seen, late) + 1, newest + 1)]
        self._seen, self._gaps = newest, [each for each in _without(gaps, sealed) if each.stop > late]


def _without(gaps: Sequence[range], ids: Sequence[int]) -> Iterator[range]:
    """Yield what is left of gaps once these ids, which ascend, are taken out."""
    for gap in gaps:
        first = gap.start
        for each in ids[bisect_left(ids, gap.start) : bisect_left(ids, gap.stop)]:
            if first < each:
                yield range(first, each)
            first = each + 1
        if first < gap.stop:
            yield range(first, gap.stop)


def oldest_id_waiting(session: Session) -> int:
    """Return the oldest id that may still get its place."""
    newest_sealed = session.scalar(select(func.max(AuditLeaf.record_id))) or 0
    return max(1, newest_sealed - LATE_IDS)


def lag(session: Session, now: datetime) -> Lag:
    """Return how far sealing is behind at this instant."""
    may_wait = AuditRecord.id >= oldest_id_waiting(session)
    count, oldest = session.execute(select(func.count(), func.min(AuditRecord.at)).where(may_wait, ~has_leaf())).one()
    return Lag(count, max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)


def has_leaf() -> ColumnElement[bool]:
    """Return whether a record has its place in the tree."""
    return select(AuditLeaf.id).where(AuditLeaf.record_id == AuditRecord.id).exists()


def _elect(session: Session) -> None:
    """Let one process seal at a time."""
    take_turn(session)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_ELECTION, {"key": _ELECTION_KEY})


def _size(session: Session) -> int:
    """Return how many leaves the tree has."""
    return int(session.scalar(select(func.coalesce(func.max(AuditLeaf.id) + 1, 0))) or 0)


def nodes(session: Session, size: int) -> list[bytes]:
    """Return what the root over the first `size` leaves is computed from: whole tiles, then the root over the rest."""
    whole = size // TILE_LEAVES
    kept = session.scalars(select(AuditTile.hash).where(AuditTile.id < whole).order_by(AuditTile.id)).all()
    rest = leaves(session, len(kept) * TILE_LEAVES, size)
    return [*kept, *(root(each) for each in tiles(rest))]


def leaves(session: Session, first: int, end: int) -> list[bytes]:
    """Return the hashes of the leaves from `first` up to `end`."""
    statement = select(AuditLeaf.hash).where(AuditLeaf.id >= first, AuditLeaf.id < end).order_by(AuditLeaf.id)
    return list(session.scalars(statement))


def proof_of(session: Session, index: int, size: int) -> list[bytes]:
    """Return the inclusion proof of a leaf in the tree of the first `size` leaves, nearest first."""
    tile = index // TILE_LEAVES
    first = tile * TILE_LEAVES
    inside = leaves(session, first, min(first + TILE_LEAVES, size))
    return [*inclusion_proof(inside, index - first), *inclusion_proof(nodes(session, size), tile)]


def newest_checkpoint(session: Session) -> AuditCheckpoint | None:
    """Return the head that was signed last."""
    return session.scalar(select(AuditCheckpoint).order_by(AuditCheckpoint.id.desc()).limit(1))


def verifier_key(ground: Ground) -> VerifierKey:
    """Return the public half of the trail's key under the site's name."""
    return verifier_key_of(ground.site, ground.keys)


def verifier_key_of(site: Site, keys: Keys) -> VerifierKey:
    """Return the same of a site that has no database yet."""
    return VerifierKey(site.trail, keys.trail.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def sign_checkpoint(ground: Ground, witness: Path | None = None, sealer: Sealer | None = None) -> str:
    """Seal what is there, sign the tree's head where it has grown, and return the newest note.

    A new note is also appended to the file `witness`, outside of the database. A `sealer` that was kept knows what it
    has seen in its place. Raises TrailBroken where the tree does not continue the last signed head, or holds a record
    that this service did not write: whoever signed it would vouch for an altered trail.
    """
    (sealer or Sealer(ground.sessions)).seal_all()
    with ground.sessions.reading() as session:
        newest = newest_checkpoint(session)
        _refuse_other_name(newest, ground.site)
        if newest is not None and newest.id == _size(session):
            witness_again(witness, newest.note)
            return newest.note
    with ground.sessions.outside_trail() as session:
        _elect(session)
        size, newest = _size(session), newest_checkpoint(session)
        if newest is not None and newest.id == size:
            return newest.note
        if newest is not None:
            witness_again(witness, newest.note)
        _refuse_other_beginning(session, newest, size)
        _refuse_other_hand(session, ground.secrets, newest.id if newest is not None else 0)
        note = _signed(ground, session, size)
    if witness is not None:
        append_to_witness(witness, note)
    return note


def require_same_name(ground: Ground) -> None:
    """Raise TrailBroken where `site.toml` names another trail than the heads that were signed so far."""
    with ground.sessions.reading() as session:
        _refuse_other_name(newest_checkpoint(session), ground.site)


def _refuse_other_name(newest: AuditCheckpoint | None, site: Site) -> None:
    before = read_unsigned(newest.note).origin if newest is not None else site.trail
    if before != site.trail:
        raise TrailBroken(
            "site.toml names the trail {now}, and its heads were signed as {before}: put that name back.",
            now=site.trail,
            before=before,
        )


def _refuse_other_beginning(session: Session, newest: AuditCheckpoint | None, size: int) -> None:
    if newest is None:
        return
    signed = read_unsigned(newest.note)
    if signed.size > size or root(nodes(session, signed.size)) != signed.root:
        raise TrailBroken(
            "The trail does not continue its checkpoint of size {size}: run `cotrack audit verify`.", size=signed.size
        )


def _refuse_other_hand(session: Session, secrets: Secrets, signed: int) -> None:
    """Refuse a record since the last signed head that this service did not write."""
    statement = select(AuditRecord.id, AuditRecord.body, AuditRecord.seal)
    statement = statement.join(AuditLeaf, AuditLeaf.record_id == AuditRecord.id).where(AuditLeaf.id >= signed)
    for row in session.execute(statement.order_by(AuditLeaf.id), execution_options={"yield_per": TILE_LEAVES}):
        if row.seal != secrets.seal(row.body):
            raise TrailBroken(
                "Record {record} was not written by this service: run `cotrack audit verify`.", record=row.id
            )


def _signed(ground: Ground, session: Session, size: int) -> str:
    """Keep the tiles that are whole now, and sign."""
    found = nodes(session, size)
    begun = int(session.scalar(select(func.count()).select_from(AuditTile)) or 0)
    whole = size // TILE_LEAVES
    if begun < whole:
        session.execute(insert(AuditTile), [{"id": each, "hash": found[each]} for each in range(begun, whole)])
    key = verifier_key(ground)
    note = signed_note(Checkpoint(key.name, size, root(found)), key, ground.keys.trail.sign)
    session.execute(insert(AuditCheckpoint), [{"id": size, "signed_at": ground.sessions.clock(), "note": note}])
    return note

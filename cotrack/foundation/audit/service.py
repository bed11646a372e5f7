"""Reading the trail: the records of a thing, the searchable list, and the check that nothing was changed beside it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.audit.critical import critical_records
from cotrack.foundation.audit.models import OUTCOMES, AuditLeaf, AuditRecord
from cotrack.foundation.audit.sealing import lag, newest_checkpoint, proof_of
from cotrack.foundation.audit.tree import leaf_hash
from cotrack.foundation.errors import NotFound
from cotrack.foundation.web.listing import Column, Filter, Listing
from cotrack.foundation.words import N_

MOST_OF_A_THING = 100


@dataclass(frozen=True)
class Told:
    """One record as a timeline tells it."""

    record_id: int
    at: datetime
    actor: str
    role: str
    event: str
    outcome: str
    reason: str
    subject: str


def records_of(session: Session, subjects: Sequence[str], *, most: int | None = MOST_OF_A_THING) -> list[Told]:
    """Return the newest records about any of these things, newest first; all of them where `most` is None."""
    statement = select(AuditRecord).where(AuditRecord.subject.in_(subjects)).order_by(AuditRecord.id.desc()).limit(most)
    return [told(row) for row in session.scalars(statement)]


def told(row: AuditRecord) -> Told:
    """Return a record as a timeline tells it."""
    why = json.loads(row.body)["reason"]
    return Told(row.id, row.at, row.actor, row.role, row.event, row.outcome, why, row.subject)


def record_numbered(session: Session, record_id: int) -> tuple[AuditRecord, dict[str, Any]]:
    """Return one record and what it says; raises NotFound."""
    row = session.get(AuditRecord, record_id)
    if row is None:
        raise NotFound("There is no record {number}.", number=record_id)
    return row, json.loads(row.body)


_FULL_CODE = re.compile(r"CT1[A-Z0-9*]{40,}")


def shown_details(said: Mapping[str, Any]) -> str:
    """Return a record's details as text for a page; a full code stands on printed labels only."""
    text = json.dumps(said.get("details", {}), ensure_ascii=False, indent=2, sort_keys=True)
    return _FULL_CODE.sub(lambda found: f"{found[0][:5]}… ({len(found[0])})", text)


def trail_list() -> Listing:
    """Return the trail as a list: searched by who, what and about what, sorted by any of them."""
    return Listing(
        name="trail",
        title=N_("Audit trail"),
        statement=select(AuditRecord),
        columns=(
            Column("id", N_("Record"), lambda row: f"record:{row.AuditRecord.id}", AuditRecord.id, "thing"),
            Column("at", N_("When"), lambda row: row.AuditRecord.at, AuditRecord.at, "time"),
            Column("actor", N_("Who"), lambda row: row.AuditRecord.actor, AuditRecord.actor),
            Column("role", N_("Role"), lambda row: row.AuditRecord.role, AuditRecord.role, "term"),
            Column("event", N_("What"), lambda row: row.AuditRecord.event, AuditRecord.event, "event"),
            Column("subject", N_("About"), lambda row: row.AuditRecord.subject, AuditRecord.subject, "subject"),
            Column("outcome", N_("Outcome"), lambda row: row.AuditRecord.outcome, AuditRecord.outcome, "status"),
        ),
        id_column=AuditRecord.id,
        search=(AuditRecord.actor, AuditRecord.event, AuditRecord.subject, AuditRecord.body),
        filters=(
            Filter("outcome", N_("Outcome"), OUTCOMES, AuditRecord.outcome),
            Filter("kind", N_("Kind"), ("critical",), conditions={"critical": critical_records()}),
        ),
        day=AuditRecord.at,
        sort="-id",
    )


SEALED_WITHIN_SECONDS = 1.0


@dataclass(frozen=True)
class Sealing:
    """How far the trail is sealed: its newest signed head, and how many records wait, the oldest for how long."""

    size: int
    signed_at: datetime | None
    waiting: int
    waiting_seconds: Decimal

    @property
    def keeps_up(self) -> bool:
        """Whether no record has waited for longer than it should."""
        return self.waiting_seconds <= SEALED_WITHIN_SECONDS


def sealing(session: Session, now: datetime) -> Sealing:
    """Return how far the trail is sealed at this instant."""
    head, behind = newest_checkpoint(session), lag(session, now)
    seconds = Decimal(behind.seconds).quantize(Decimal("0.1"), ROUND_UP)
    return Sealing(head.id if head else 0, head.signed_at if head else None, behind.records, seconds)


@dataclass(frozen=True)
class Sealed:
    """A record's place in the tree, and the proof that it is under the newest signed head."""

    leaf_hash: str
    leaf_index: int | None
    checkpoint: str
    proof: Sequence[str]


def sealed(session: Session, row: AuditRecord) -> Sealed:
    """Return where a record stands in the tree, with its inclusion proof (RFC 6962 §2.1.1) where a head covers it."""
    leaf = session.scalar(select(AuditLeaf).where(AuditLeaf.record_id == row.id))
    newest = newest_checkpoint(session)
    found = leaf_hash(row.body.encode()).hex()
    if leaf is None or newest is None or leaf.id >= newest.id:
        return Sealed(found, leaf.id if leaf else None, "", ())
    return Sealed(found, leaf.id, newest.note, [each.hex() for each in proof_of(session, leaf.id, newest.id)])

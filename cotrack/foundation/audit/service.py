"""Reading the trail: the records of a thing, the searchable list, and the check that nothing was changed beside it."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cotrack.foundation.audit.models import OUTCOMES, AuditRecord
from cotrack.foundation.audit.replay import differences
from cotrack.foundation.db.changes import Secrets
from cotrack.foundation.db.columns import instant_text
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
    return [
        Told(row.id, row.at, row.actor, row.role, row.event, row.outcome, json.loads(row.body)["reason"], row.subject)
        for row in session.scalars(statement)
    ]


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
        filters=(Filter("outcome", N_("Outcome"), OUTCOMES, AuditRecord.outcome),),
        sort="-id",
    )


Watch = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Passes things through and shows how far they are: what they are, and how many."""


def _unwatched(items: Iterable[Any], words: str, length: int) -> Iterable[Any]:  # noqa: ARG001 (the shape of Watch)
    return items


def verify(session: Session, secrets: Secrets, *, watch: Watch = _unwatched) -> Iterator[str]:
    """Yield every place where the trail contradicts itself or today's tables, each in one line."""
    last_id = 0
    length = session.scalar(select(func.count()).select_from(AuditRecord)) or 0
    for row in watch(session.scalars(select(AuditRecord).order_by(AuditRecord.id)), "records", length):
        yield from _faults_of(row, last_id)
        last_id = row.id
    for each in differences(session, secrets):
        yield each.sentence


def _faults_of(row: AuditRecord, last_id: int) -> Iterator[str]:
    said = json.loads(row.body)
    if rfc8785.dumps(said).decode() != row.body:
        yield f"record {row.id}: is not in canonical form"
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
            yield f"record {row.id} {name}: the record says {said.get(name)!r}, its column {value!r}"
    if row.id <= last_id:
        yield f"record {row.id}: stands after record {last_id}"


def leaf_sha256(body: str) -> str:
    """Return the hash of a record as a leaf of the tree (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + body.encode()).hexdigest()

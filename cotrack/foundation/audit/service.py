"""Reading the trail: the records of a thing, the searchable list, and the check that nothing was changed beside it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import Any

from sqlalchemy import Text, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from cotrack.foundation.audit.critical import critical_records
from cotrack.foundation.audit.models import OUTCOMES, AuditLeaf, AuditRecord
from cotrack.foundation.audit.record import Change
from cotrack.foundation.audit.sealing import lag, newest_checkpoint, proof_of
from cotrack.foundation.audit.tree import leaf_hash
from cotrack.foundation.errors import NotFound
from cotrack.foundation.web.listing import Column, Filter, Listing
from cotrack.foundation.words import N_

MOST_OF_A_THING = 100
MOST_CHANGES_TOLD = 3
SORTED_CHARACTERS = 60
"""By how much of a reason the trail is sorted: the address of the next page holds it."""


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
    changes: Sequence[Change] = ()
    """The first changes, those of values that stood there before them first of all."""
    more_changes: int = 0


def records_of(session: Session, subjects: Sequence[str], *, most: int | None = MOST_OF_A_THING) -> list[Told]:
    """Return the newest records about any of these things, newest first; all of them where `most` is None."""
    statement = select(AuditRecord).where(AuditRecord.subject.in_(subjects)).order_by(AuditRecord.id.desc()).limit(most)
    return [told(row) for row in session.scalars(statement)]


def told(row: AuditRecord) -> Told:
    """Return a record as a timeline tells it."""
    said = json.loads(row.body)
    changes = sorted(said["changes"], key=_by_weight)[:MOST_CHANGES_TOLD]
    more = len(said["changes"]) - len(changes)
    return Told(row.id, row.at, row.actor, row.role, row.event, row.outcome, said["reason"], row.subject, changes, more)


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


def _by_weight(change: Change) -> tuple[bool, bool]:
    """Put what was there before a change first, and last what the database counts for itself."""
    return change["old"] is None, change["column"] in {"id", "version"}


class _Reason(FunctionElement[str]):
    """The reason of a record, which stands in its body alone, as the database reads it there."""

    type = Text()
    inherit_cache = True


@compiles(_Reason, "sqlite")
def _reason_on_sqlite(element: _Reason, compiler: SQLCompiler, **options: Any) -> str:
    # One altered body that is no JSON any more must not hide all the others from whoever looks for it.
    body = compiler.process(element.clauses, **options)
    return f"coalesce(CASE WHEN json_valid({body}) THEN json_extract({body}, '$.reason') END, '')"


@compiles(_Reason, "postgresql")
def _reason_on_postgresql(element: _Reason, compiler: SQLCompiler, **options: Any) -> str:
    return f"coalesce(CAST({compiler.process(element.clauses, **options)} AS json) ->> 'reason', '')"


def _why(body: str) -> str | None:
    """Return the reason in a record's body; None where it has none, or was altered so that it is no record."""
    try:
        return json.loads(body)["reason"] or None
    except (ValueError, LookupError, TypeError):
        return None


def trail_list() -> Listing:
    """Return the trail as a list: searched by who, what, when, why and about what, sorted by any of them."""
    by_reason = func.substr(_Reason(AuditRecord.body), 1, SORTED_CHARACTERS, type_=Text)
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
            Column("reason", N_("Why"), lambda row: _why(row.AuditRecord.body), by_reason),
            Column("outcome", N_("Outcome"), lambda row: row.AuditRecord.outcome, AuditRecord.outcome, "status"),
        ),
        id_column=AuditRecord.id,
        search=(AuditRecord.actor, AuditRecord.event, AuditRecord.subject, AuditRecord.body),
        filters=(
            Filter("outcome", N_("Outcome"), OUTCOMES, AuditRecord.outcome),
            Filter("kind", N_("Kind"), ("critical_changes",), conditions={"critical_changes": critical_records()}),
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

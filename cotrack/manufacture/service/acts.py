"""Who did an act on a lot of which no row keeps them any more: a step taken over, a line that was left and resumed."""

import json
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Person
from cotrack.foundation.audit.models import AuditRecord
from cotrack.manufacture.models import Lot


def acts_on(session: Session, lot: Lot, events: Sequence[str]) -> list[tuple[str, int]]:
    """Return who did these acts on a lot by its trail, oldest first, each with the step that it was about, or ''.

    A row names the last who did a thing; whoever did it before had a hand in the lot all the same.
    """
    return acts_on_lots(session, [lot], events)[lot.id]


def acts_on_lots(session: Session, lots: Collection[Lot], events: Sequence[str]) -> dict[int, list[tuple[str, int]]]:
    """Return the same of many lots, by their ids, in one statement."""
    ids = {f"lot:{each.number}": each.id for each in lots}
    statement = (
        select(AuditRecord.subject, AuditRecord.body, Person.id)
        .join(Person, Person.username == AuditRecord.actor)
        .where(
            AuditRecord.subject.in_(ids),
            AuditRecord.event.in_(events),
            AuditRecord.outcome == "done",
        )
        .order_by(AuditRecord.id)
    )
    found: dict[int, list[tuple[str, int]]] = {each.id: [] for each in lots}
    for subject, body, person in session.execute(statement):
        found[ids[subject]].append((json.loads(body).get("details", {}).get("step", ""), person))
    return found

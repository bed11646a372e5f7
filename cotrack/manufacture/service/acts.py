"""Who did an act on a lot of which no row keeps them any more: a step taken over, a line that was left and resumed."""

import json
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Person
from cotrack.foundation.audit.models import AuditRecord
from cotrack.manufacture.models import Lot


def acts_on(session: Session, lot: Lot, events: Sequence[str]) -> list[tuple[str, int]]:
    """Return who did these acts on a lot by its trail, oldest first, each with the step that it was about, or ''.

    A row names the last who did a thing; whoever did it before had a hand in the lot all the same.
    """
    statement = (
        select(AuditRecord.body, Person.id)
        .join(Person, Person.username == AuditRecord.actor)
        .where(
            AuditRecord.subject == f"lot:{lot.number}",
            AuditRecord.event.in_(events),
            AuditRecord.outcome == "done",
        )
        .order_by(AuditRecord.id)
    )
    return [
        (json.loads(body).get("details", {}).get("step", ""), person) for body, person in session.execute(statement)
    ]

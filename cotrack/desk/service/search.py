"""Finds what somebody scanned or typed: a code of ours, or the number of a thing."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor, Ground
from cotrack.labelling.rules.codes import PREFIX, clean_scan
from cotrack.labelling.service.scanning import understand
from cotrack.manufacture.models import Lot, Unit
from cotrack.orders.models import Order
from cotrack.participants.models import Participant

LONGEST = 40
MOST_FOUND = 20

KINDS = (
    ("lot", Lot.number, "lot:read"),
    ("unit", Unit.number, "unit:read"),
    ("participant", Participant.subject_number, "participant:read"),
    ("order", Order.number, "order:read"),
)


def find(ground: Ground, session: Session, actor: Actor, text: str) -> list[str]:
    """Return the things (`noun:id`) that a scan names or a text may mean, those this person may see."""
    if clean_scan(text).startswith(PREFIX):
        (scan,) = understand(ground, session, [text])
        noun = scan.subject.partition(":")[0]
        return [scan.subject] if scan.subject and f"{noun}:read" in actor.permissions else []
    wanted = text.strip()[:LONGEST]
    if not wanted:
        return []
    exact = [
        f"{noun}:{wanted.upper()}"
        for noun, column, permission in KINDS
        if permission in actor.permissions
        and session.scalar(select(column).where(column == wanted.upper())) is not None
    ]
    return exact or _similar(session, actor, wanted)


def _similar(session: Session, actor: Actor, wanted: str) -> list[str]:
    pattern = "%" + wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return [
        f"{noun}:{number}"
        for noun, column, permission in KINDS
        if permission in actor.permissions
        for number in session.scalars(
            select(column).where(column.ilike(pattern, escape="\\")).order_by(column).limit(MOST_FOUND)
        )
    ]

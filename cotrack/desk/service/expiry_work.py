"""What waits because bags in store expire soon, are expired already, or carry an expiry that was changed."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from cotrack.desk.service.tasks import Desk, Task
from cotrack.foundation.words import N_
from cotrack.manufacture.models import Lot, Unit
from cotrack.release.service.relabelling import old_labels_to_print

SOON: Final = timedelta(days=30)
"""How long before its lot's expiry a bag that nobody has ordered yet is told: an order, a band and a courier fit in."""
TO_BE_GIVEN: Final = ("stored", "allocated")
TO_BE_DESTROYED: Final = ("filled", "stored", "returned")


def lots_expiring(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the lots that may still be given and have bags in store, and expire within thirty days."""
    may_be_given = Lot.status.in_(("released", "conditionally_released"))
    for row in _lots(session, TO_BE_GIVEN, may_be_given, Lot.expires_at > desk.now, Lot.expires_at <= desk.now + SOON):
        yield _task(N_("Bags in store expire soon"), row)


def lots_expired(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the lots that are over and have bags in store yet: each bag is destroyed, and accounted for."""
    for row in _lots(session, TO_BE_DESTROYED, Lot.expires_at <= desk.now):
        yield _task(N_("Expired: destroy the bags in store"), row)


def labels_to_print_anew(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the lots of which bags carry an older expiry than a signed decision gave them."""
    old = old_labels_to_print(session, desk.now)
    for lot, since in {each.lot: each.since for each in old}.items():
        bags = len({each.unit for each in old if each.lot == lot})
        yield Task(
            N_("New expiry: print the labels of bags anew"),
            f"lot:{lot}",
            "desk.lot",
            {"number": lot},
            since,
            note=N_("Bags: {count}"),
            details={"count": bags},
        )


def _lots(session: Session, states: Sequence[str], *conditions: ColumnElement[bool]) -> Sequence[Row[Lot, int]]:
    """Return lots with how many bags of theirs are in these states, by one statement; who expires first comes first."""
    statement = (
        select(Lot, func.count(Unit.id))
        .join(Unit, Unit.lot_id == Lot.id)
        .where(Unit.kind == "bag", Unit.status.in_(states), *conditions)
        .group_by(Lot.id)
        .order_by(Lot.expires_at, Lot.id)
    )
    return session.execute(statement).all()


def _task(title: str, row: Row[Lot, int]) -> Task:
    lot, bags = row
    return Task(
        title,
        f"lot:{lot.number}",
        "desk.lot",
        {"number": lot.number},
        until=lot.expires_at,
        note=N_("Bags: {count}"),
        details={"count": bags},
    )

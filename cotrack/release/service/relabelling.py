"""Which labels carry an expiry that their lot no longer has: a signed decision changed it after they were printed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, func, literal, select
from sqlalchemy.orm import Session

from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service.instances import LIVE_STATES
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.rules import FROZEN_STATES, LABELS_OF_A_BAG, says_expiry
from cotrack.release.models import ExpiryDecision

GIVEN_STATES: Final = ("quarantine", "conditionally_released", "released")

IS_EXPIRY_DECIDED: Final[ColumnElement[bool]] = exists().where(ExpiryDecision.lot_id == Lot.id)
"""Whether a decision ever changed the expiry of the lot of a statement: no label of another lot is out of date."""

_DECIDED_AT = (
    select(func.max(ExpiryDecision.decided_at)).where(ExpiryDecision.lot_id == Lot.id).correlate(Lot).scalar_subquery()
)


@dataclass(frozen=True)
class OldLabel:
    """A live label that carries another expiry than its lot, since a decision."""

    unit: str
    lot: str
    kind: str
    since: datetime


def old_labels(session: Session, *conditions: ColumnElement[bool]) -> list[OldLabel]:
    """Return the live labels of frozen bags that carry another expiry than their lot, in the order of the bags.

    A new one counts once it was scanned back: until then the older sticker is on the bag.
    """
    statement = (
        select(
            Unit.number,
            Lot.number,
            LabelInstance.kind,
            _DECIDED_AT,
            LabelInstance.status,
            LabelInstance.fields,
            Lot.expires_at,
        )
        .join(Lot, Lot.id == Unit.lot_id)
        .join(LabelInstance, LabelInstance.subject == literal("unit:") + Unit.number)
        .where(
            IS_EXPIRY_DECIDED,
            Unit.kind == "bag",
            Unit.status.in_(FROZEN_STATES),
            LabelInstance.kind.in_(LABELS_OF_A_BAG),
            LabelInstance.status.in_(LIVE_STATES),
            *conditions,
        )
        .order_by(Lot.number, Unit.number, LabelInstance.kind)
    )
    return [
        OldLabel(unit, lot, kind, since)
        for unit, lot, kind, since, status, fields, expires_at in session.execute(statement)
        if status != "applied" or not says_expiry(json.loads(fields).get("expires", ""), expires_at)
    ]


def old_labels_of_lot(session: Session, lot: Lot, now: datetime) -> list[OldLabel]:
    """Return what is to be labelled anew of a lot; nothing of one that is rejected, closed or over."""
    if lot.status not in GIVEN_STATES or lot.expires_at <= now:
        return []
    return old_labels(session, Lot.id == lot.id)


def old_labels_to_print(session: Session, now: datetime) -> list[OldLabel]:
    """Return what is to be labelled anew of all lots that may still be given, now or once they are released."""
    return old_labels(session, Lot.status.in_(GIVEN_STATES), Lot.expires_at > now)


def old_labels_of_bag(session: Session, unit_number: str) -> Sequence[str]:
    """Return the kinds of a bag's live labels that carry another expiry than its lot."""
    return [each.kind for each in old_labels(session, Unit.number == unit_number)]

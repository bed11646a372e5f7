"""The record of an ended infusion, as paper: who checked, started and closed it, when, and how much was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.bedside.models import IdentityCheck, Infusion, Wash
from cotrack.bedside.service.supplied import supply_of
from cotrack.foundation.access.models import Signature
from cotrack.foundation.site import Site
from cotrack.foundation.written import site_words
from cotrack.labelling.service.documents import Document, both, signature_lines
from cotrack.lifecycles import UNIT
from cotrack.study.service import definition_of

NAME: Final = "infusion-record"
EVENTS: Final = (UNIT.event("complete"), UNIT.event("stop_early"))


@dataclass(frozen=True)
class Closed:
    """How an infusion ended, as its record says it: volumes in mL, the names of those who checked and started it."""

    outcome: str
    ended_at: datetime | None
    to_give_ml: Decimal
    given_ml: Decimal | None
    left_ml: Decimal | None
    people: Mapping[int, str]
    signature: Signature


def infusion_record(session: Session, site: Site, infusion: Infusion, closed: Closed) -> Document:
    """Return what the record of an infusion says under its closing signature."""
    order, unit = infusion.order, infusion.unit
    definition = definition_of(order.study_definition)

    def when(instant: datetime | None) -> str:
        return site_words(instant, site.zone) if instant else "–"

    fields = {
        "study": f"{definition.registration or '–'} · {both(definition.title)}",
        "participant": infusion.participant.subject_number,
        "order": f"{order.number} · {order.coi_id}",
        "product": both(definition.product.name),
        "unit": unit.number,
        "lot": _lot_words(session, infusion),
        "route": both(definition.product.route),
        "thaw_started": when(unit.thaw_started_at),
        "thawed": _thawed(session, infusion, site),
        "started": f"{when(infusion.started_at)} · {closed.people[infusion.started_by_id]} · {infusion.station}",
        "ended": when(closed.ended_at),
        "to_give": f"{closed.to_give_ml} mL",
        "given": f"{closed.given_ml} mL",
        "left": f"{closed.left_ml} mL",
        "outcome": closed.outcome,
        "checks": [
            [each.kind, each.result, when(each.decided_at), each.person.printed_name, each.station]
            for each in _checks(session, infusion)
        ],
        "statement": closed.signature.text.splitlines(),
        "signatures": [signature_lines(closed.signature, site)],
    }
    return Document(NAME, f"unit:{unit.number}", EVENTS, fields)


def _thawed(session: Session, infusion: Infusion, site: Site) -> str:
    """Say when the bag was thawed, and when it was washed, where it was: its life ended by the earlier of the two."""
    thawed = infusion.unit.thawed_at
    said = site_words(thawed, site.zone) if thawed else "–"
    washed = session.scalar(select(Wash.washed_at).where(Wash.unit_id == infusion.unit_id))
    return f"{said} · 洗涤 washed {site_words(washed, site.zone)}" if washed else said


def _lot_words(session: Session, infusion: Infusion) -> str:
    """Return the lot's number, and for a bag that was supplied out of specification that it was not released."""
    supply, number = supply_of(session, infusion), infusion.unit.lot.number
    if supply is None:
        return number
    return f"{number} · 超标未放行，例外供应 out of specification, supplied for this order: {supply.number}"


def _checks(session: Session, infusion: Infusion) -> list[IdentityCheck]:
    """Return every check of the bag up to the start, a mismatch too, oldest first."""
    statement = (
        select(IdentityCheck)
        .options(joinedload(IdentityCheck.person))
        .where(IdentityCheck.unit_id == infusion.unit_id, IdentityCheck.decided_at <= infusion.started_at)
        .order_by(IdentityCheck.id)
    )
    return list(session.scalars(statement))

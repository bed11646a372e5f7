"""The record of an ended infusion, as paper: who checked, started and closed it, when, and how much was given."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.bedside.models import IdentityCheck, Infusion
from cotrack.bedside.service.infusions import infusion_numbered, people_of, volume_to_give
from cotrack.foundation.access.models import Signature
from cotrack.foundation.errors import NotFound
from cotrack.foundation.site import Site
from cotrack.foundation.written import site_words
from cotrack.labelling.service.documents import Document, both, signature_lines
from cotrack.lifecycles import UNIT
from cotrack.study.service import definition_of

EVENTS: Final = (UNIT.event("complete"), UNIT.event("stop_early"))


def infusion_record(session: Session, site: Site, infusion_id: int) -> Document:
    """Return what the record of an infusion says; raises NotFound while it runs, or where there is no such infusion."""
    infusion = infusion_numbered(session, infusion_id)
    if infusion.closing_signature is None:
        raise NotFound("The infusion has not ended yet: its record comes with its closing signature.")
    fields = _fields(session, site, infusion, infusion.closing_signature)
    return Document("infusion-record", f"unit:{infusion.unit.number}", EVENTS, fields)


def _fields(session: Session, site: Site, infusion: Infusion, closing: Signature) -> dict[str, object]:
    order, unit = infusion.order, infusion.unit
    definition, people = definition_of(order.study_definition), people_of(session, infusion)

    def when(instant: datetime | None) -> str:
        return site_words(instant, site.zone) if instant else "–"

    return {
        "study": f"{definition.registration or '–'} · {both(definition.title)}",
        "participant": infusion.participant.subject_number,
        "order": f"{order.number} · {order.coi_id}",
        "product": both(definition.product.name),
        "unit": unit.number,
        "lot": unit.lot.number,
        "route": both(definition.product.route),
        "thaw_started": when(unit.thaw_started_at),
        "thawed": when(unit.thawed_at),
        "started": f"{when(infusion.started_at)} · {people[infusion.started_by_id]} · {infusion.station}",
        "ended": when(infusion.ended_at),
        "to_give": f"{volume_to_give(session, infusion)} mL",
        "given": f"{infusion.volume_given_ml} mL",
        "left": f"{infusion.volume_left_ml} mL",
        "outcome": unit.status,
        "checks": [
            [each.kind, each.result, when(each.decided_at), each.person.printed_name, each.station]
            for each in _checks(session, infusion)
        ],
        "statement": closing.text.splitlines(),
        "signatures": [signature_lines(closing, site)],
    }


def _checks(session: Session, infusion: Infusion) -> list[IdentityCheck]:
    """Return every check of the bag up to the start, a mismatch too, oldest first."""
    statement = (
        select(IdentityCheck)
        .options(joinedload(IdentityCheck.person))
        .where(IdentityCheck.unit_id == infusion.unit_id, IdentityCheck.decided_at <= infusion.started_at)
        .order_by(IdentityCheck.id)
    )
    return list(session.scalars(statement))

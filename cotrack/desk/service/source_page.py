"""The page of a donor, a cell bank or a material: what it is, what comes from it, what stands against it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.desk.service.acts import Extra, Offer, offers
from cotrack.desk.service.thing_page import ThingPage
from cotrack.foundation.access.models import Person
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import records_of
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.manufacture.models import CellBank
from cotrack.manufacture.rules import APPROVED_STATES, against_status
from cotrack.manufacture.service.inputs import vials_left
from cotrack.manufacture.service.sources import (
    against_approval_now,
    banks_below,
    chain_facts,
    chain_of,
    lifecycle_of,
    made_from,
    source_numbered,
)
from cotrack.quality.rules import against_held
from cotrack.quality.service.holds import holds_of

EXTRAS: Final = (Extra(N_("Hold"), "manufacture.hold_source", "hold:place"),)
OF_A_BANK: Final = Extra(
    N_("Print a vial's label"),
    "product_labels.request_vial_label",
    "label:print_vial",
    frozenset({"quarantine", "approved"}),
)


def _of(noun: str, offer: Offer) -> Offer:
    """Name the kind of source to the pages that serve all kinds."""
    if offer.endpoint == OF_A_BANK.endpoint:
        return offer
    return replace(offer, arguments={**offer.arguments, "noun": noun})


def source_page(noun: str) -> ThingPage:
    """Return how the page of a source of a kind is put together."""

    def page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
        source = source_numbered(session, noun, number)
        work = Work(ground, session, actor)
        own, *origins = chain_facts(session, source)
        against = against_approval_now(work, source)
        lifecycle = lifecycle_of(noun)
        is_waiting = lifecycle.fits("approve", source.status)
        extras = (*EXTRAS, OF_A_BANK) if isinstance(source, CellBank) else EXTRAS
        found = offers(lifecycle, number, source.status, actor, extras=extras, against={"approve": against})
        above = [hold for each in (own, *origins) for hold in each.holds]
        refused = [reason for each in origins if each.status not in APPROVED_STATES for reason in against_status(each)]
        return {
            "noun": noun,
            "source": source,
            "origins": chain_of(source)[1:],
            "offers": [_of(noun, each) for each in found],
            "standing": against if is_waiting else [*against_status(own), *refused, *against_held(above)],
            "holds": holds_of(session, f"{noun}:{number}"),
            "vials_left": vials_left(session, source) if isinstance(source, CellBank) else None,
            "banks": banks_below(session, source),
            "lots": made_from(session, source),
            "registered_by": session.scalar(select(Person.printed_name).where(Person.id == source.registered_by_id)),
            "timeline": records_of(session, [f"{noun}:{number}"]),
        }

    return page

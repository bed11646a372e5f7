"""What the bedside screens show: the next question, the verdict with what to do, the running infusion."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from cotrack.bedside.rules.advice import CALL_PHYSICIAN
from cotrack.bedside.rules.checks import against_its_lot
from cotrack.bedside.rules.facts import BagFacts
from cotrack.bedside.service import checks, infusions, sittings
from cotrack.bedside.service.facts import bag_facts
from cotrack.bedside.service.supplied import supplied_names
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.service.scanning import understand
from cotrack.labelling.service.self_tests import against_scans_at
from cotrack.manufacture.service.units import unit_numbered
from cotrack.orders.service.allocation import order_of_bag
from cotrack.orders.service.dosing import order_numbered
from cotrack.orders.service.supplied import supply_now
from cotrack.participants.service import identity
from cotrack.quality.rules import against_held
from cotrack.study.service import definition_of


def question(ground: Ground, actor: Actor) -> Mapping[str, Any]:
    """Return the next question; name and birth date only after the band was scanned, and the look is recorded."""
    now = sittings.progress(ground, actor)
    known: Mapping[str, str] = {}
    if now.question == "identity":
        with unit_of_work(ground, actor) as work:
            (scan,) = understand(ground, work.session, [now.band_scan])
            known = identity.look(work, scan.key, purpose="bedside")
    place = ground.site.station(actor.station)
    return {
        "progress": now,
        "known": known,
        "place": place,
        "against": _against_scanner(ground, actor),
        "done": _done(now),
        "key": secrets.token_urlsafe(16),
    }


def _against_scanner(ground: Ground, actor: Actor) -> Sequence[Blocker]:
    """Return why no scan counts at the actor's station, said before anything is scanned."""
    with ground.sessions.reading() as session:
        return against_scans_at(session, ground.site, actor.station, ground.sessions.clock())


def _done(now: sittings.Progress) -> int:
    """Return how many of the five marks are behind: who, bag, who, bag, start."""
    return (2 if now.is_second else 0) + (1 if now.question == "bag" else 0)


def check_before_thaw(work: Work, order_number: str, scans: Mapping[str, str]) -> checks.MadeCheck:
    """Make the check that the page's two scans and ticks say."""
    typed = {"unit_code", "attached_code", "keyed_reason"}
    confirmed = {name: value == "true" for name, value in scans.items() if name not in typed}
    return checks.check_before_thaw(
        work,
        order_number=order_number,
        unit_code=scans["unit_code"],
        attached_code=scans["attached_code"],
        station=work.actor.station,
        confirmed=confirmed,
        keyed_reason=scans["keyed_reason"],
    )


def thaw_sheet(ground: Ground, actor: Actor, session: Session, order_number: str) -> Mapping[str, Any]:
    """Return what the page before the thaw asks; it names no bag."""
    order = order_numbered(session, order_number)
    against = against_scans_at(session, ground.site, actor.station, ground.sessions.clock())
    return {"order": order, "definition": definition_of(order.study_definition), "against": against}


def infusion(ground: Ground, infusion_id: int) -> Mapping[str, Any]:
    """Return an infusion with its clock."""
    with ground.sessions.reading() as session:
        found = infusions.infusion_numbered(session, infusion_id)
        bag = bag_facts(Work(ground, session, Actor(None, "", "", ())), found.unit.number)
        people = infusions.people_of(session, found)
        to_give = infusions.volume_to_give(session, found)
        supplied = supplied_names(session, bag, found)
    return {
        "infusion": found,
        "until": bag.expires_at if bag else None,
        "now": ground.sessions.clock(),
        "stops": _against_going_on(bag) if bag else [],
        "phone": ground.site.phone.get(CALL_PHYSICIAN, ""),
        "people": people,
        "to_give": to_give,
        "supplied": supplied,
    }


def _against_going_on(bag: BagFacts) -> list[Blocker]:
    """Return what was learnt of a bag that is being given and makes whoever gives it stop and ask."""
    never_released = bag.lot_status in {"rejected", "quarantine"}
    return [*(against_its_lot(bag) if never_released else []), *against_held(bag.stops)]


def issue_sheet(ground: Ground, session: Session, number: str) -> Mapping[str, Any]:
    """Return where a bag may go, and what whoever hands it over reads where it is supplied out of specification."""
    unit = unit_numbered(session, number)
    order_number = order_of_bag(session, number)
    order = order_numbered(session, order_number) if order_number else None
    supply = supply_now(session, order.id, unit.lot) if order is not None else None
    words = N_("Out of specification: supplied for this order, not released. Failed: {test}")
    careful = [(words, {"test": each}) for each in (supply.failed if supply is not None else ())]
    return {"options": {"ward": wards(ground)}, "careful": careful}


def wards(ground: Ground) -> list[tuple[str, str]]:
    """Return the wards of the site."""
    return [(ward, ward) for ward in sorted({each.ward for each in ground.site.stations.values()} - {""})]


def phones(ground: Ground) -> Mapping[str, Any]:
    """Return whom to call."""
    return {"phones": ground.site.phone}

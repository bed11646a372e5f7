"""What the bedside screens show: the next question, the verdict with what to do, the running infusion."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from cotrack.bedside.models import IdentityCheck
from cotrack.bedside.rules.advice import CALL_PHYSICIAN, advice
from cotrack.bedside.rules.checks import against_check, against_its_lot, against_pair
from cotrack.bedside.rules.facts import BagFacts
from cotrack.bedside.service import check_facts, checks, infusions, sittings
from cotrack.bedside.service.facts import against_set_aside, bag_facts, place_of
from cotrack.bedside.service.supplied import supplied_names
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker, read_blockers
from cotrack.foundation.errors import NotFound
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.service.scanning import understand
from cotrack.labelling.service.self_tests import against_scans_at
from cotrack.manufacture.service.units import unit_numbered
from cotrack.orders.models import Acceptance
from cotrack.orders.service.acceptance import newest_acceptance
from cotrack.orders.service.allocation import order_of_bag
from cotrack.orders.service.dosing import order_numbered
from cotrack.orders.service.supplied import supply_now, under_way
from cotrack.participants.service import identity
from cotrack.quality.rules import against_held
from cotrack.release.service.conditional import end_of
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


def verdict(ground: Ground, actor: Actor, check_id: int, *, order_number: str = "") -> Mapping[str, Any]:
    """Return a verdict with every reason, what to do now, and what two matches allow.

    `order_number` is the order at whose page the scans were made: where they name no bag, it is scanned again there.
    """
    with ground.sessions.reading() as session:
        check = checks.check_numbered(session, check_id)
        if check is None:
            raise NotFound("There is no such check.")
        work = Work(ground, session, actor)
        reasons = read_blockers(check.blockers) or _no_longer(work, check)
        bag = bag_facts(work, check.unit.number) if check.unit is not None else None
        # The quick check does not ask for the endotoxin; the step that follows does, and no verdict says go before it.
        reasons = reasons or (against_set_aside(work, bag) if bag is not None else [])
        pair = _pair(work, check) if not reasons else None
        acceptance = _acceptance(session, check)
        conditional_until = end_of(session, check.unit.lot) if acceptance and check.unit else None
        supplied = supplied_names(session, bag, None)
        supply = under_way(session, check.order_id) if check.order_id is not None else None
    todo, call = advice(reasons[0].code) if reasons else ("", "")
    return {
        "check": check,
        "is_match": not reasons,
        "reasons": reasons,
        "todo": todo,
        "phone": ground.site.phone.get(call, ""),
        "call": call,
        "pair": pair,
        "until": bag.expires_at if bag is not None and bag.thaw_started_at is not None else None,
        "to_give": bag.order.volume_to_give_ml if bag is not None and bag.order is not None else None,
        "order_number": check.order.number if check.order is not None else order_number,
        "acceptance": acceptance,
        "conditional_until": conditional_until,
        "supplied": supplied,
        "supply": supply,
        "now": ground.sessions.clock(),
        "is_mine": check.person_id == actor.person_id,
    }


def _no_longer(work: Work, check: IdentityCheck) -> list[Blocker]:
    """Return why a match that was made does not stand any more."""
    place = place_of(work, work.actor.station)
    return against_check(check_facts.checks(work.session, [check.id])[check.id], check.kind, place)


def _pair(work: Work, check: IdentityCheck) -> tuple[int, int] | None:
    """Return the two checks that allow the next step, if this one completes them: by the same rules as the step."""
    if check.unit_id is None:
        return None
    standing = checks.open_matches(work.session, check.kind, check.unit_id, work.now)
    earlier = [each for each in standing if each.id < check.id and each.person_id != check.person_id]
    if not earlier:
        return None
    pair = check_facts.checks(work.session, [earlier[-1].id, check.id])
    first, second = pair[earlier[-1].id], pair[check.id]
    is_refused = against_pair(first, second, check.kind, place_of(work, work.actor.station))
    return None if is_refused else (first.check_id, second.check_id)


def _acceptance(session: Session, check: IdentityCheck) -> Acceptance | None:
    """Return who accepted the bag's conditional lot for its order: both nurses read it before they go on (E06)."""
    if check.unit is None or check.order_id is None or check.unit.lot.status != "conditionally_released":
        return None
    return newest_acceptance(session, check.order_id, check.unit.lot_id)


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

"""What the bedside screens show: the next question, the verdict with what to do, the running infusion."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from cotrack.bedside.models import IdentityCheck
from cotrack.bedside.rules.advice import advice
from cotrack.bedside.service import checks, infusions, sittings
from cotrack.bedside.service.facts import bag_facts
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import read_blockers
from cotrack.foundation.errors import NotFound
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.work import Work
from cotrack.labelling.rules.standing import against_label
from cotrack.labelling.service.scanning import understand
from cotrack.orders.service.dosing import order_numbered
from cotrack.participants.service import identity
from cotrack.study.service import definition_of


def question(ground: Ground, actor: Actor) -> Mapping[str, Any]:
    """Return the next question; name and birth date only after the band was scanned, and the look is recorded."""
    now = sittings.progress(ground, actor)
    known: Mapping[str, str] = {}
    if now.question == "identity":
        with unit_of_work(ground, actor) as work:
            (scan,) = understand(ground, work.session, [now.band_scan])
            known = identity.look(work, scan.key, purpose="bedside")
    return {"progress": now, "known": known, "place": ground.site.station(actor.station), "done": _done(now)}


def _done(now: sittings.Progress) -> int:
    """Return how many of the five marks are behind: who, bag, who, bag, start."""
    return (2 if now.is_second else 0) + (1 if now.question == "bag" else 0)


def take_scan(ground: Ground, actor: Actor, code: str) -> int | None:
    """Take the next scan of a person's check; return the check where it is finished."""
    now = sittings.progress(ground, actor)
    if now.question == "bag":
        return _finish(ground, actor, now, code)
    with ground.sessions.reading() as session:
        (scan,) = understand(ground, session, [code])
    if against_label(scan, ("wristband",)):
        return _check(ground, actor, code)
    sittings.keep_band(ground, actor, code)
    return None


def take_answer(ground: Ground, actor: Actor, answer: str) -> int | None:
    """Take what the person at the bed said; a denial ends the check as a mismatch."""
    now = sittings.progress(ground, actor)
    if now.question != "identity":
        return None
    if answer == "confirmed":
        sittings.keep_answer(ground, actor, answer)
        return None
    sittings.begin_again(ground, actor)
    return _check(ground, actor, now.band_scan, answer="denied")


def _finish(ground: Ground, actor: Actor, now: sittings.Progress, code: str) -> int:
    sittings.begin_again(ground, actor)
    return _check(ground, actor, now.band_scan, bag=code, answer=now.identity_answer)


def _check(ground: Ground, actor: Actor, band: str, *, bag: str = "", answer: str = "") -> int:
    with unit_of_work(ground, actor) as work:
        check = checks.check_identity(
            work, participant_code=band, unit_code=bag, station=actor.station, identity_answer=answer
        )
    return check.id


def verdict(ground: Ground, actor: Actor, check_id: int) -> Mapping[str, Any]:
    """Return a verdict with every reason, what to do now, and what two matches allow."""
    with ground.sessions.reading() as session:
        check = checks.check_numbered(session, check_id)
        if check is None:
            raise NotFound("There is no such check.")
        pair = _pair(ground, session, check)
        until = _end_of_life(ground, session, actor, check)
    reasons = read_blockers(check.blockers)
    todo, call = advice(reasons[0].code) if reasons else ("", "")
    return {
        "check": check,
        "reasons": reasons,
        "todo": todo,
        "phone": ground.site.phone.get(call, ""),
        "call": call,
        "pair": pair,
        "until": until,
        "now": ground.sessions.clock(),
        "is_mine": check.person_id == actor.person_id,
    }


def _pair(ground: Ground, session: Session, check: IdentityCheck) -> tuple[int, int] | None:
    """Return the two checks that allow the next step, if this one completes them."""
    if check.result != "match" or check.unit_id is None:
        return None
    standing = checks.open_matches(session, check.kind, check.unit_id, ground.sessions.clock())
    earlier = [each for each in standing if each.id < check.id and each.person_id != check.person_id]
    return (earlier[-1].id, check.id) if earlier else None


def _end_of_life(ground: Ground, session: Session, actor: Actor, check: IdentityCheck) -> Any:
    if check.unit is None or check.unit.thaw_started_at is None:
        return None
    facts = bag_facts(Work(ground, session, actor), check.unit.number)
    return facts.expires_at if facts else None


def check_before_thaw(work: Work, order_number: str, scans: Mapping[str, str]) -> IdentityCheck:
    """Make the check that the page's two scans and ticks say."""
    confirmed = {name: value == "true" for name, value in scans.items() if name not in {"unit_code", "attached_code"}}
    return checks.check_before_thaw(
        work,
        order_number=order_number,
        unit_code=scans["unit_code"],
        attached_code=scans["attached_code"],
        station=work.actor.station,
        confirmed=confirmed,
    )


def thaw_sheet(session: Session, order_number: str) -> Mapping[str, Any]:
    """Return what the page before the thaw asks; it names no bag."""
    order = order_numbered(session, order_number)
    return {"order": order, "definition": definition_of(order.study_definition)}


def infusion(ground: Ground, infusion_id: int) -> Mapping[str, Any]:
    """Return an infusion with its clock."""
    with ground.sessions.reading() as session:
        found = infusions.infusion_numbered(session, infusion_id)
        facts = bag_facts(Work(ground, session, Actor(None, "", "", ())), found.unit.number)
        people = infusions.people_of(session, found)
        to_give = infusions.volume_to_give(session, found)
    return {
        "infusion": found,
        "until": facts.expires_at if facts else None,
        "now": ground.sessions.clock(),
        "people": people,
        "to_give": to_give,
    }


def wards(ground: Ground) -> list[tuple[str, str]]:
    """Return the wards of the site."""
    return [(ward, ward) for ward in sorted({each.ward for each in ground.site.stations.values()} - {""})]


def phones(ground: Ground) -> Mapping[str, Any]:
    """Return whom to call."""
    return {"phones": ground.site.phone}

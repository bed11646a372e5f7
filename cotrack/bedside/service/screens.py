"""What the bedside screens show: the next question, the verdict with what to do, the running infusion."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
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
from cotrack.foundation.errors import IdempotencyKeyReused, ReasonMissing
from cotrack.foundation.idempotency import Answer, Question, first_answer, perform_once
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.rules.codes import clean_scan
from cotrack.labelling.rules.keyed import Keyed
from cotrack.labelling.rules.standing import against_label
from cotrack.labelling.service.scanning import read, understand
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


SENT_AGAIN = timedelta(minutes=1)
"""How long the same scan into the same page is taken for a lost answer, asked for again."""


@dataclass(frozen=True)
class Sent:
    """What a page of the bedside sent: what it asked (`Progress.asks`), the scan or answer, and the form's own key."""

    asked: str
    content: str
    key: str
    keyed_reason: str = ""
    """Why a number was typed where a code should have been scanned."""
    typed: Sequence[str] = ()
    """How the scan was typed, as the page tells it, for the trail alone."""

    def question(self, ground: Ground, actor: Actor) -> Question:
        """Return the request as it would be repeated: the same scan into the same page."""
        return Question(actor.username, "bedside", self.key, ground.secrets.hidden(self.content))


def take_scan(ground: Ground, actor: Actor, sent: Sent) -> int | None:
    """Take the next scan of a person's check; return the check where it is finished."""
    return _take(ground, actor, sent, {"who": _take_band, "bag": _take_bag})


def take_answer(ground: Ground, actor: Actor, sent: Sent) -> int | None:
    """Take what the person at the bed said; a denial ends the check as a mismatch."""
    return _take(ground, actor, sent, {"identity": _take_identity})


Step = Callable[[Ground, Actor, Sent, sittings.Progress], int | None]


def _take(ground: Ground, actor: Actor, sent: Sent, steps: Mapping[str, Step]) -> int | None:
    """Take what answers the question at hand; what answers another one was sent twice, or from an old page."""
    now = sittings.progress(ground, actor)
    try:
        kept = first_answer(ground.sessions, sent.question(ground, actor)) if sent.key else None
    except IdempotencyKeyReused:
        return _check_of_old_page(ground, actor, sent)
    if kept is not None:
        return int(kept.body) if _is_repeat(ground, int(kept.body), now) else _check_of_old_page(ground, actor, sent)
    step = steps.get(now.question)
    if step is None or sent.asked != now.asks:
        return None
    return step(ground, actor, sent, now)


def _is_repeat(ground: Ground, check_id: int, now: sittings.Progress) -> bool:
    """Whether a scan that made a check is that scan sent again: at once, and with no other band scanned since."""
    with ground.sessions.reading() as session:
        check = checks.check_numbered(session, check_id)
    return not now.band_scan and check is not None and ground.sessions.clock() - check.decided_at <= SENT_AGAIN


def _check_of_old_page(ground: Ground, actor: Actor, sent: Sent) -> int:
    """Stop at what was scanned into a page that had made its check before: that it matched says nothing of this."""
    return _check(ground, actor, replace(sent, key=""), band="", bag=sent.content)


def _take_band(ground: Ground, actor: Actor, sent: Sent, _: sittings.Progress) -> int | None:
    with ground.sessions.reading() as session:
        (scan,) = understand(ground, session, [sent.content])
    _ask_why(ground, sent)
    if against_label(scan, ("wristband",), may_be_keyed=True):
        return _check(ground, actor, sent, band=sent.content)
    band = sent.content if scan.is_keyed else clean_scan(sent.content)
    sittings.keep_band(ground, actor, band, keyed_reason=sent.keyed_reason if scan.is_keyed else "")
    return None


def _ask_why(ground: Ground, sent: Sent) -> None:
    """Ask for the reason of a typed number before anything is judged: a forgotten one voids no earlier match."""
    if isinstance(read(ground, sent.content), Keyed) and not sent.keyed_reason.strip():
        raise ReasonMissing("A number was typed: say why its label cannot be scanned.")


def _take_identity(ground: Ground, actor: Actor, sent: Sent, now: sittings.Progress) -> int | None:
    if sent.content == "confirmed":
        sittings.keep_answer(ground, actor, sent.content, sitting=now.sitting)
        return None
    sent = replace(sent, keyed_reason=now.keyed_reason)
    return _check(ground, actor, sent, band=now.band_scan, answer="denied")


def _take_bag(ground: Ground, actor: Actor, sent: Sent, now: sittings.Progress) -> int:
    _ask_why(ground, sent)
    sent = replace(sent, keyed_reason=" · ".join(each for each in (now.keyed_reason, sent.keyed_reason) if each))
    return _check(ground, actor, sent, band=now.band_scan, bag=sent.content, answer=now.identity_answer)


def _check(ground: Ground, actor: Actor, sent: Sent, *, band: str, bag: str = "", answer: str = "") -> int:
    def check_and_answer(work: Work) -> Answer:
        if sent.typed:
            work.details["typed"] = list(sent.typed)
        made = checks.check_identity(
            work,
            participant_code=band,
            unit_code=bag,
            station=actor.station,
            identity_answer=answer,
            keyed_reason=sent.keyed_reason,
        )
        return Answer(303, str(made.id))

    question = sent.question(ground, actor) if sent.key else None
    given = perform_once(ground, actor, check_and_answer, question=question)
    sittings.begin_again(ground, actor)
    return int(given.body)


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

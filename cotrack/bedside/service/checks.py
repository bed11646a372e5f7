"""The checks: before the thaw and at the bedside. A mismatch is a result that is kept, not an error."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.bedside.models import IdentityCheck
from cotrack.bedside.rules.checks import (
    against_answer,
    against_bag,
    against_band,
    against_other_order,
    against_patient,
    against_preconditions,
    against_scans,
    unique,
)
from cotrack.bedside.rules.facts import BagFacts
from cotrack.bedside.service.facts import bag_facts, is_band_confirmed, place_of
from cotrack.foundation.blockers import Blocker, blockers_text
from cotrack.foundation.unit_of_work import Work
from cotrack.labelling.rules.standing import Scan
from cotrack.labelling.service.scanning import scan_record, understand


def check_before_thaw(
    work: Work,
    *,
    order_number: str,
    unit_code: str,
    attached_code: str,
    station: str,
    confirmed: Mapping[str, bool],
) -> IdentityCheck:
    """Check bag, tag and order by one person before the thaw; two people's matches allow it (product.md, order)."""
    texts = [unit_code, attached_code]
    bag, tag = understand(work.ground, work.session, texts)
    _begin(work, bag, {"unit": (unit_code, bag), "tag": (attached_code, tag)})
    blockers = against_scans(bag, tag)
    facts = bag_facts(work, bag.key) if not blockers else None
    if facts is not None:
        place = place_of(work, station)
        blockers = [*against_bag(facts, place, state="received"), *against_preconditions(facts, confirmed)]
        blockers += against_other_order(facts, order_number)
    work.details["confirmed"] = sorted(name for name, is_so in confirmed.items() if is_so)
    return _keep(work, "thaw", facts, blockers, station=station, minutes=work.site.minutes["thaw_check_valid"])


def check_identity(
    work: Work,
    *,
    participant_code: str,
    unit_code: str,
    station: str,
    attached_code: str = "",
    identity_answer: str = "",
) -> IdentityCheck:
    """Check band against bag at the bedside, by one person. Always answers; every reason is told.

    What the band and bag say alone decides who and what they are; the page adds nothing to it.
    """
    texts = [participant_code, unit_code, *([attached_code] if attached_code else [])]
    band, bag, *tags = understand(work.ground, work.session, texts)
    tag = tags[0] if tags else None
    scans = {"participant": (participant_code, band), "unit": (unit_code, bag)}
    if tag is not None:
        scans["tag"] = (attached_code, tag)
    _begin(work, bag, scans)
    work.details["identity_answer"] = identity_answer or "not asked"
    against_the_band = against_band(band, is_band_current=is_band_confirmed(work.session, band.key))
    blockers = [*against_the_band, *against_answer(identity_answer)]
    # A band that fails, or a person who denies it, ends the check before any bag is scanned.
    against_the_bag = against_scans(bag, tag) if unit_code or not blockers else []
    blockers += against_the_bag
    facts = bag_facts(work, bag.key) if unit_code and not against_the_bag else None
    if facts is not None:
        blockers += against_bag(facts, place_of(work, station), state="thawed")
        blockers += against_patient(facts, band.key) if band.label else []
    return _keep(work, "bedside", facts, blockers, station=station, minutes=work.site.minutes["check_valid"])


def _begin(work: Work, bag: Scan, scans: Mapping[str, tuple[str, Scan]]) -> None:
    """State the check, and keep every scan as surface.md §5 says."""
    work.record("identity_check.make", bag.subject or "unit:unknown", permission="infusion:check")
    work.details["scans"] = {name: scan_record(work.ground, text, scan) for name, (text, scan) in scans.items()}


def _keep(
    work: Work, kind: str, facts: BagFacts | None, blockers: Sequence[Blocker], *, station: str, minutes: int
) -> IdentityCheck:
    found = unique(blockers)
    if found:
        work.mismatch(found)
    order = facts.order if facts else None
    check = IdentityCheck(
        kind=kind,
        result="mismatch" if found else "match",
        blockers=blockers_text(found),
        person_id=work.person_id,
        session_id=work.actor.session_id,
        station=station,
        ward=place_of(work, station).ward or "",
        unit_id=facts.unit_id if facts else None,
        order_id=order.order_id if order else None,
        participant_id=order.participant_id if order else None,
        decided_at=work.now,
        valid_until=work.now if found else work.now + timedelta(minutes=minutes),
    )
    work.add(check)
    return check


def check_numbered(session: Session, check_id: int) -> IdentityCheck | None:
    """Return one check with its person and bag."""
    statement = (
        select(IdentityCheck)
        .options(joinedload(IdentityCheck.person), joinedload(IdentityCheck.unit), joinedload(IdentityCheck.order))
        .where(IdentityCheck.id == check_id)
    )
    return session.scalar(statement)


def open_matches(session: Session, kind: str, unit_id: int, now: datetime) -> Sequence[IdentityCheck]:
    """Return the matches of a bag that still stand at this instant, oldest first."""
    statement = (
        select(IdentityCheck)
        .options(joinedload(IdentityCheck.person))
        .where(
            IdentityCheck.kind == kind,
            IdentityCheck.unit_id == unit_id,
            IdentityCheck.result == "match",
            IdentityCheck.valid_until >= now,
        )
        .order_by(IdentityCheck.id)
    )
    return session.scalars(statement).all()

"""The checks: before the thaw and at the bedside. A mismatch is a result that is kept, not an error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from cotrack.bedside.service.facts import (
    against_participant,
    against_set_aside,
    against_station_of,
    bag_facts,
    is_band_confirmed,
    place_of,
)
from cotrack.bedside.service.supplied import supplied_names
from cotrack.foundation.blockers import Blocker, blockers_text
from cotrack.foundation.words import Words
from cotrack.foundation.work import Work
from cotrack.labelling.rules.standing import Scan, against_keying
from cotrack.labelling.service.foreign_scans import scan_record
from cotrack.labelling.service.scanning import understand
from cotrack.orders.models import Order
from cotrack.participants.models import Participant


@dataclass(frozen=True)
class MadeCheck:
    """A check as it was kept: its result, every reason against, and until when a match stands."""

    id: int
    result: str
    blockers: Sequence[Blocker]
    decided_at: datetime
    valid_until: datetime
    supplied_over: Sequence[Words] = ()
    """The failed tests of a bag that is supplied out of specification for its order."""
    entered: Mapping[str, str] = field(default_factory=dict)
    """How each label came in: `scanned` by its whole code, or `keyed` by number and boxed character."""


@dataclass(frozen=True)
class _Decided:
    """The scans of a check (`other` is the tag or the band), what is known of the bag, and every reason against."""

    bag: Scan
    other: Scan
    facts: BagFacts | None
    blockers: Sequence[Blocker]
    keyed_reason: str


def check_before_thaw(
    work: Work,
    *,
    order_number: str,
    unit_code: str,
    attached_code: str,
    station: str,
    confirmed: Mapping[str, bool],
    keyed_reason: str = "",
) -> MadeCheck:
    """Check bag, tag and order by one person before the thaw; two people's matches allow it (product.md, order)."""
    texts = [unit_code, attached_code]
    bag, tag = understand(work.ground, work.session, texts)
    _begin(work, bag, {"unit": (unit_code, bag), "tag": (attached_code, tag)})
    blockers = [*against_scans(bag, tag), *_against_keying(work, [bag, tag], keyed_reason)]
    facts = bag_facts(work, bag.key) if not blockers else None
    blockers = [*against_station_of(work, facts), *blockers]
    if facts is not None:
        place = place_of(work, station)
        blockers += [*against_bag(facts, place, state="received"), *against_preconditions(facts, confirmed)]
        blockers += [*against_other_order(facts, order_number), *against_participant(work, facts)]
        blockers += against_set_aside(work, facts)
    asked = {each.key for each in facts.definition.before_thaw} if facts is not None else set()
    work.details["confirmed"] = sorted(name for name, is_so in confirmed.items() if is_so and name in asked)
    return _keep(work, "thaw", station, _Decided(bag, tag, facts, blockers, keyed_reason))


def check_identity(
    work: Work,
    *,
    participant_code: str,
    unit_code: str,
    station: str,
    attached_code: str = "",
    identity_answer: str = "",
    keyed_reason: str = "",
) -> MadeCheck:
    """Check band against bag at the bedside, by one person. Always answers; every reason is told.

    What the band and bag say alone decides who and what they are; the page adds nothing to it. One of them may be typed
    by number and boxed character, with the reason why its code cannot be read (domain.md §5.3 E19).
    """
    texts = [participant_code, unit_code, *([attached_code] if attached_code else [])]
    band, bag, *tags = understand(work.ground, work.session, texts)
    tag = tags[0] if tags else None
    scans = {"participant": (participant_code, band), "unit": (unit_code, bag)}
    if tag is not None:
        scans["tag"] = (attached_code, tag)
    _begin(work, bag, scans)
    work.details["identity_answer"] = identity_answer or "not asked"
    against_the_scans = [*against_scans(bag, tag), *_against_keying(work, [band, bag], keyed_reason)]
    facts = bag_facts(work, bag.key, band=band.key) if unit_code and not against_the_scans else None
    is_current = facts.is_band_confirmed if facts is not None else is_band_confirmed(work.session, band.key)
    against_the_band = [*against_band(band, is_band_current=is_current), *against_answer(identity_answer)]
    blockers = [*against_station_of(work, facts), *against_the_band]
    # A band that fails, or a person who denies it, ends the check before any bag is scanned.
    blockers += against_the_scans if unit_code or not against_the_band else []
    if facts is not None:
        blockers += against_bag(facts, place_of(work, station), state="thawed")
        # A dead band still says whose it was; a bag's label scanned in its place says nothing of a patient.
        blockers += against_patient(facts, band.key) if band.label and band.label.kind == "wristband" else []
    return _keep(work, "bedside", station, _Decided(bag, band, facts, blockers, keyed_reason))


def _begin(work: Work, bag: Scan, scans: Mapping[str, tuple[str, Scan]]) -> None:
    """State the check, and keep every scan as surface.md §5 says."""
    work.record("identity_check.make", bag.subject or "unit:unknown", permission="infusion:check")
    work.details["scans"] = {name: scan_record(work, text, scan) for name, (text, scan) in scans.items()}


def _against_keying(work: Work, scans: Sequence[Scan], keyed_reason: str) -> list[Blocker]:
    if any(each.is_keyed for each in scans):
        work.details["keyed_reason"] = keyed_reason
    return against_keying(scans, keyed_reason)


def _keep(work: Work, kind: str, station: str, decided: _Decided) -> MadeCheck:
    """Keep the check as a row; a mismatch stands for no time at all."""
    found = unique(decided.blockers)
    if found:
        work.mismatch(found)
    facts = decided.facts
    order = facts.order if facts else None
    result = "mismatch" if found else "match"
    stands_for = timedelta(0) if found else timedelta(minutes=work.site.minutes[_STANDS_FOR[kind]])
    valid_until = work.now + stands_for
    check_id = work.append(
        IdentityCheck,
        kind=kind,
        result=result,
        blockers=blockers_text(found),
        person_id=work.person_id,
        session_id=work.actor.session_id,
        station=station,
        ward=place_of(work, station).ward or "",
        unit_id=facts.unit_id if facts else None,
        order_id=order.order_id if order else None,
        participant_id=order.participant_id if order else _worn_by(work.session, decided.other),
        unit_label_id=decided.bag.label_id,
        other_label_id=decided.other.label_id,
        decided_at=work.now,
        valid_until=valid_until,
        unit_entered=decided.bag.entered,
        other_entered=decided.other.entered,
        keyed_reason=decided.keyed_reason if decided.bag.is_keyed or decided.other.is_keyed else "",
    )
    supplied_over = supplied_names(work.session, facts, None)
    entered = {"unit": decided.bag.entered, _OTHER[kind]: decided.other.entered}
    return MadeCheck(check_id, result, found, work.now, valid_until, supplied_over, entered)


def _worn_by(session: Session, band: Scan) -> int | None:
    """Return whose band was scanned, where the check ended before any bag: their other checks are void too."""
    if band.label is None or band.label.kind != "wristband":
        return None
    return session.scalar(select(Participant.id).where(Participant.subject_number == band.key))


_STANDS_FOR = {"thaw": "thaw_check_valid", "bedside": "check_valid"}
"""The threshold of `site.toml` for which a match of each kind stands."""


_OTHER = {"thaw": "tag", "bedside": "participant"}
"""What is scanned beside the bag in each kind of check."""


def check_numbered(session: Session, check_id: int) -> IdentityCheck | None:
    """Return one check with its person and bag."""
    statement = (
        select(IdentityCheck)
        .options(
            joinedload(IdentityCheck.person),
            joinedload(IdentityCheck.unit),
            joinedload(IdentityCheck.order).joinedload(Order.participant),
        )
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

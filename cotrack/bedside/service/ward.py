"""Issue to the ward, receipt there, return and waste."""

from dataclasses import replace

from sqlalchemy import select

from cotrack.bedside.rules.checks import against_bag, against_scans, unique
from cotrack.bedside.rules.facts import BagFacts, Place
from cotrack.bedside.service.facts import against_set_aside, bag_facts
from cotrack.custody import service as custody
from cotrack.foundation.access.models import Person
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import ChangedMeanwhile, InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.rules.standing import against_keying
from cotrack.labelling.service.foreign_scans import scan_record
from cotrack.labelling.service.scanning import understand
from cotrack.manufacture.models import Lot, Unit
from cotrack.orders.models import Order
from cotrack.orders.service.allocation import release_bag
from cotrack.participants.models import Participant
from cotrack.policy import permissions_of


def locked_facts(work: Work, unit_number: str) -> tuple[Unit, BagFacts]:
    """Lock a unit and what decides about it, always in the order lot, unit, participant, order; return what is so now.

    Raises NotFound; ChangedMeanwhile where the bag was set aside for another order before it was locked.
    """
    before = _facts(work, unit_number)
    work.lock(Lot, before.lot_number, share=True)
    unit = work.lock(Unit, unit_number)
    if before.order is not None:
        work.lock(Participant, before.order.subject_number, share=True)
        work.lock(Order, before.order.number)
    now = _facts(work, unit_number)
    if now.order_id != before.order_id:
        raise ChangedMeanwhile("The bag was set aside for another order at this moment: load the page again and look.")
    return unit, now


def _facts(work: Work, unit_number: str) -> BagFacts:
    facts = bag_facts(work, unit_number)
    if facts is None:
        raise NotFound("There is no unit {unit}.", unit=unit_number)
    return facts


def scanned_bag(work: Work, unit_number: str, bag_code: str, keyed_reason: str) -> list[Blocker]:
    """Return what speaks against a scanned bag code as the label of this unit; the scan is kept in the record.

    A number that was typed with its boxed character counts with the reason why the code cannot be read.
    """
    (scan,) = understand(work.ground, work.session, [bag_code])
    work.details["scan"] = scan_record(work, bag_code, scan)
    if scan.is_keyed:
        work.details["keyed_reason"] = keyed_reason
    blockers = [*against_scans(scan, None), *against_keying([scan], keyed_reason)]
    if not blockers and scan.key != unit_number:
        blockers.append(Blocker("wrong_label", "This is another bag: put it back."))
    return blockers


def issue(work: Work, unit_number: str, *, bag_code: str, ward: str, taken_by: str, keyed_reason: str = "") -> Unit:
    """Hand an allocated bag over from the freezer for a ward, by two names; the bag is scanned as it leaves."""
    work.begin(Unit.__lifecycle__, "issue", unit_number)
    taker = _taker(work, taken_by)
    unit, facts = locked_facts(work, unit_number)
    work.expect(unit, "issue")
    blockers = scanned_bag(work, unit_number, bag_code, keyed_reason)
    # The place is where the bag goes: what would stop it there stops it here, before it leaves the cold.
    place = Place(ward, work.now, work.today)
    against = [*against_bag(_as_if_issued(facts, ward), place, state="allocated"), *against_set_aside(work, facts)]
    if ward not in {station.ward for station in work.site.stations.values()} - {""}:
        against.append(Blocker("unknown_ward", "There is no ward {ward} at this site.", {"ward": ward}))
    work.refuse_if(unique([*blockers, *against]))
    custody.take_out(work, unit)
    custody.hand_over(work, unit, kind="issue", ward=ward, given_by_id=work.person_id, taken_by_id=taker.id)
    work.move(unit, "issue")
    return unit


def _as_if_issued(facts: BagFacts, ward: str) -> BagFacts:
    return replace(facts, issued_to_ward=ward)


def _taker(work: Work, username: str) -> Person:
    person = work.session.scalar(select(Person).where(Person.username == username, Person.is_active))
    if person is None:
        raise InvalidInput(fields={"taken_by": [N_("Nobody of this user name works here.")]})
    if not permissions_of(person.role_names) & {"unit:issue", "unit:receive"}:
        raise InvalidInput(fields={"taken_by": [N_("This person's role does not handle bags.")]})
    if person.id == work.person_id:
        work.refuse_if([Blocker("same_person", "Somebody else must take the bag over.")])
    return person


def receive(work: Work, unit_number: str, *, bag_code: str, keyed_reason: str = "") -> Unit:
    """Take an issued bag over on the ward it was issued to, by scan at a station of that ward."""
    work.begin(Unit.__lifecycle__, "receive", unit_number)
    unit, facts = locked_facts(work, unit_number)
    work.expect(unit, "receive")
    blockers = scanned_bag(work, unit_number, bag_code, keyed_reason)
    station = work.site.station(work.actor.station)
    if station is None or not station.ward:
        blockers.append(Blocker("station_unknown", "This is no station of a ward: sign in at the ward."))
    elif station.ward != facts.issued_to_ward:
        blockers.append(Blocker("not_issued_here", "This bag was not issued to this ward."))
    giver = custody.last_handover(work.session, unit.id, "issue")
    if giver is not None and giver.given_by_id == work.person_id:
        blockers.append(Blocker("same_person", "You gave this bag out: somebody else receives it."))
    work.refuse_if(blockers)
    if giver is not None:
        custody.hand_over(
            work,
            unit,
            kind="receipt",
            ward=giver.ward,
            given_by_id=giver.given_by_id,
            taken_by_id=work.person_id,
        )
    work.move(unit, "receive")
    return unit


def receive_scanned(work: Work, *, bag_code: str, keyed_reason: str = "") -> Unit:
    """Take over whatever bag was scanned; a scan that names no bag is refused in its own words, and recorded."""
    (scan,) = understand(work.ground, work.session, [bag_code])
    blockers = against_scans(scan, None)
    if blockers:
        work.begin(Unit.__lifecycle__, "receive", "unknown")
        work.details["scan"] = scan_record(work, bag_code, scan)
        work.refuse_if(blockers)
    return receive(work, scan.key, bag_code=bag_code, keyed_reason=keyed_reason)


def return_unit(work: Work, unit_number: str, *, reason: str) -> Unit:
    """Send a bag back that was never thawed; its allocation ends."""
    return _end_allocation(work, unit_number, "return", reason)


def waste_unit(work: Work, unit_number: str, *, reason: str) -> Unit:
    """Discard a bag that can no longer be used; its allocation ends. Thawed cells never go back to the store."""
    return _end_allocation(work, unit_number, "waste", reason)


def _end_allocation(work: Work, unit_number: str, action: str, reason: str) -> Unit:
    work.begin(Unit.__lifecycle__, action, unit_number, reason=reason)
    unit, _ = locked_facts(work, unit_number)
    work.move(unit, action)
    release_bag(work, unit)
    return unit

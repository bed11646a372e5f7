"""The page of each thing, composed from all stages: what it is, what can be done, what is against it, what was."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.bedside.models import Infusion
from cotrack.bedside.rules.facts import BagFacts
from cotrack.bedside.service.facts import against_endotoxin, bag_facts
from cotrack.bedside.service.infusions import infusion_of, infusions_into
from cotrack.custody import service as custody
from cotrack.desk.service.acts import Extra, Offer, offers
from cotrack.foundation.access.models import Person
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import MOST_OF_A_THING, Told, records_of
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.service.instances import labels_of, live_label
from cotrack.lifecycles import LOT, ORDER, PARTICIPANT, UNIT
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.service.lots import against_close_now, against_finish_now, lot_numbered
from cotrack.manufacture.service.units import unit_numbered
from cotrack.orders.models import Order
from cotrack.orders.rules import against_lot, ended_as
from cotrack.orders.service.acceptance import acceptances_of, lots_to_accept, over
from cotrack.orders.service.allocation import order_of_bag
from cotrack.orders.service.dosing import OPEN_STATES, order_numbered, orders_of, orders_with_status
from cotrack.orders.service.endotoxin import endotoxin_of
from cotrack.orders.service.weights import against_order_now
from cotrack.participants.models import Band, Participant
from cotrack.participants.rules import judged_again
from cotrack.participants.service import bands, enrolment, knowledge
from cotrack.participants.service.identity import birth_date_of, is_complete, read_identity
from cotrack.participants.service.knowledge import known_values, participant_numbered, verdict_of
from cotrack.participants.service.treatment import treated_by
from cotrack.quality.rules import against_held
from cotrack.quality.service import alerts_of, deviations_of, holds_of, standing_holds
from cotrack.release.service.conditional import end_of
from cotrack.release.service.dispositions import dispositions_of
from cotrack.release.service.results import files_of
from cotrack.study.rules.eligibility import SETTLED
from cotrack.study.service import definition_of

WORN_STATES: Final = frozenset({"enrolled"})

LOT_EXTRAS: Final = (
    Extra(N_("Fill a bag"), "manufacture.fill_unit", "unit:fill", frozenset({"in_process"})),
    Extra(N_("Enter result by hand"), "release.enter_result", "result:enter"),
    Extra(N_("Review results"), "release.review_results", "result:review"),
    Extra(N_("Hold"), "manufacture.hold_lot", "hold:place"),
    Extra(N_("Recall"), "manufacture.recall_lot", "hold:recall", look="danger"),
    Extra(N_("Open deviation"), "manufacture.open_deviation", "deviation:open"),
)
UNIT_EXTRAS: Final = (
    Extra(N_("Print a label"), "manufacture.request_label", "label:print_bag"),
    Extra(N_("Scan a label back"), "manufacture.scan_back", "label:apply"),
    Extra(N_("Hold"), "manufacture.hold_unit", "hold:place"),
)
PARTICIPANT_EXTRAS: Final = (
    Extra(N_("Record identity"), "participants.identify", "participant:identify", frozenset({"screening", "enrolled"})),
    Extra(N_("Look at the identity"), "participants.look", "participant:identify"),
    Extra(
        N_("Record measurements"), "participants.measure", "participant:measure", frozenset({"screening", "enrolled"})
    ),
    Extra(N_("Order a dose"), "orders.make_order", "order:make", WORN_STATES),
    Extra(N_("Print a band"), "participants.request_band", "label:print_band", WORN_STATES),
)


INFUSION_EVENTS: Final = tuple(UNIT.event(each) for each in ("start", "pause", "resume", "complete", "stop_early"))

ThingPage = Callable[[Ground, Session, Actor, str], Mapping[str, Any]]
"""Composes the page of one thing, by its number."""


def lot_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of a lot."""
    lot = lot_numbered(session, number)
    holds = standing_holds(session, [f"lot:{number}"])
    against = {"finish": against_finish_now(session, lot), "close": against_close_now(session, lot)}
    now, until = ground.sessions.clock(), end_of(session, lot)
    against_giving = against_lot(number, lot.status, over=over(session, lot, now))
    standing = [*against_held(holds), *(against_giving if lot.status != "in_process" else [])]
    return {
        "lot": lot,
        "definition": definition_of(lot.study_definition),
        "offers": offers(LOT, number, lot.status, actor, extras=LOT_EXTRAS, against=against),
        "standing": standing,
        "holds": holds_of(session, f"lot:{number}"),
        "deviations": deviations_of(session, f"lot:{number}"),
        "alerts": alerts_of(session, f"lot:{number}"),
        "dispositions": dispositions_of(session, lot.id),
        "made_by": _name(session, lot.made_by_id),
        "timeline": records_of(session, [f"lot:{number}", *(f"file:{each}" for each in files_of(session, lot.id))]),
        "conditional_until": until,
        "now": now,
    }


def unit_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of a unit."""
    unit = unit_numbered(session, number)
    work = Work(ground, session, actor)
    facts = bag_facts(work, number)
    order_number = order_of_bag(session, number)
    infusion = infusion_of(session, unit.id)
    standing = _against_unit(work, unit, facts)
    against = {"store": custody.against_storing(work, unit, ground.site.places[0]), "issue": standing}
    return {
        "unit": unit,
        "offers": [
            *_unit_offers(unit, actor, order_number, standing),
            *offers(UNIT, number, unit.status, actor, extras=UNIT_EXTRAS, against=against),
        ],
        "standing": standing,
        "holds": holds_of(session, f"unit:{number}"),
        "held": facts.holds if facts else (),
        "labels": labels_of(session, f"unit:{number}"),
        "place": custody.place_of(session, unit.id),
        "handovers": [
            (each, _name(session, each.given_by_id), _name(session, each.taken_by_id))
            for each in custody.handovers_of(session, unit.id)
        ],
        "order_number": order_number,
        "infusion": infusion,
        "filled_by": _name(session, unit.filled_by_id),
        "end_of_life": facts.expires_at if facts else None,
        "timeline": records_of(session, [f"unit:{number}"]),
        "now": work.now,
    }


def _unit_offers(unit: Unit, actor: Actor, order_number: str, standing: Sequence[Blocker]) -> list[Offer]:
    """Return the steps at the ward, which begin with a scan or at the order.

    A hold stops what brings a bag nearer to a vein; a bag that is on its way is still received, to be kept somewhere.
    """
    steps = (
        Extra(N_("Receive on the ward"), "bedside.receive", "unit:receive", frozenset({"issued"})),
        Extra(N_("Check before the thaw"), "bedside.check_before_thaw", "infusion:check", frozenset({"received"})),
        Extra(N_("Check at the bedside"), "bedside.question", "infusion:check", frozenset({"thawed"})),
    )
    arguments: dict[str, dict[str, str]] = {"bedside.check_before_thaw": {"number": order_number}}
    return [
        Offer(
            step.title,
            step.endpoint,
            arguments.get(step.endpoint, {}),
            () if step.endpoint == "bedside.receive" else standing,
            look="main",
        )
        for step in steps
        if step.permission in actor.permissions and unit.status in step.states
    ]


def _against_unit(work: Work, unit: Unit, facts: BagFacts | None) -> list[Blocker]:
    if facts is None or unit.status in {"completed", "stopped_early", "wasted", "destroyed"}:
        return []
    against = against_lot(facts.lot_number, facts.lot_status, has_acceptance=facts.has_acceptance, over=facts.over)
    is_next_at_ward = unit.status in {"allocated", "received", "thawed"}
    return [*against, *against_held(facts.holds), *(against_endotoxin(work, facts) if is_next_at_ward else [])]


def participant_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of a participant, by subject number; it shows no name."""
    participant = participant_numbered(session, number)
    work = Work(ground, session, actor)
    today = work.now.astimezone(ground.site.zone).date()
    born = birth_date_of(work, participant)
    to_dose = verdict_of(session, participant, born, on=today, asks_first_dose=True)
    to_enrol = verdict_of(session, participant, born, on=today, asks_first_dose=False)
    is_enrolled = participant.enrolled_on is not None
    band = bands.worn_band(session, participant.id)
    given = infusions_into(session, participant.id)
    treating = treated_by(session, number)
    against = {"enrol": enrolment.against_enrolment(work, participant, to_enrol)}
    return {
        "participant": participant,
        "definition": knowledge.definition_for(participant),
        "offers": [
            *offers(PARTICIPANT, number, participant.status, actor, extras=PARTICIPANT_EXTRAS, against=against),
            *_band_offers(band, actor, number, session),
            *_takeover_offers(participant, treating, actor),
        ],
        "is_enrolled": is_enrolled,
        "verdict": to_dose if is_enrolled else to_enrol,
        "before_dose": [
            (each.criterion, None if each.outcome in SETTLED else each.words)
            for each in to_dose.findings
            if each.rule.on == "first_dose"
        ],
        "judged_again": [each.key for each in judged_again(knowledge.definition_for(participant))],
        "known": known_values(session, participant.id),
        "treated_by": treating,
        "has_identity": is_complete(read_identity(work, participant)),
        "band": band,
        "band_people": _band_people(session, band),
        "labels": labels_of(session, f"participant:{number}"),
        "orders": orders_with_status(session, participant.id),
        "infusions": given,
        "timeline": _journey(session, participant, given),
        "today": today,
    }


def _participant_subjects(session: Session, participant: Participant) -> list[str]:
    orders = [f"order:{each.number}" for each in orders_of(session, participant.id)]
    return [f"participant:{participant.subject_number}", f"file:{participant.screening_file_sha256}", *orders]


def _journey(session: Session, participant: Participant, given: Sequence[Infusion]) -> list[Told]:
    """Return the newest records about a participant, and of each bag given what was done since its infusion began."""
    began = {f"unit:{each.unit.number}": each.started_at for each in given}
    infusions = [
        each
        for each in records_of(session, list(began), most=None)
        if each.event in INFUSION_EVENTS and each.at >= began[each.subject]
    ]
    told = [*records_of(session, _participant_subjects(session, participant)), *infusions]
    return sorted(told, key=lambda each: each.record_id, reverse=True)[:MOST_OF_A_THING]


def _band_offers(band: Band | None, actor: Actor, number: str, session: Session) -> list[Offer]:
    label = live_label(session, f"participant:{number}", "wristband")
    is_printed = label is not None and label.status == "printed"
    steps = (
        (N_("Put the band on"), "participants.put_on_band", "participant:put_on_band", band is None and is_printed),
        (
            N_("Confirm the band"),
            "participants.confirm_band",
            "participant:confirm_band",
            band is not None and band.status == "put_on" and band.put_on_by_id != actor.person_id,
        ),
        (N_("Remove the band"), "participants.remove_band", "participant:put_on_band", band is not None),
    )
    return [
        Offer(title, endpoint, {"number": number}, look="danger" if endpoint == "participants.remove_band" else "main")
        for title, endpoint, permission, is_now in steps
        if is_now and permission in actor.permissions
    ]


def _takeover_offers(participant: Participant, treating: Person | None, actor: Actor) -> list[Offer]:
    """Return the takeover of the treatment, for every physician but the one who treats."""
    act, is_other = PARTICIPANT["take_over"], treating is not None and treating.id != actor.person_id
    if not is_other or not PARTICIPANT.fits(act.name, participant.status) or act.permission not in actor.permissions:
        return []
    return [Offer(act.title, "participants.take_over", {"number": participant.subject_number})]


def _band_people(session: Session, band: Band | None) -> list[str]:
    if band is None:
        return []
    ids = [each for each in (band.put_on_by_id, band.confirmed_by_id) if each is not None]
    return [_name(session, each) for each in ids]


def order_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of an order."""
    order = order_numbered(session, number)
    endotoxin = endotoxin_of(session, order)
    may_accept = order.status in OPEN_STATES and "order:accept_lot" in actor.permissions
    to_accept = lots_to_accept(session, order, actor.username, ground.sessions.clock()) if may_accept else []
    received = any(each.unit.status == "received" and each.released_at is None for each in order.allocations)
    extras = (Extra(N_("Check before the thaw"), "bedside.check_before_thaw", "infusion:check"),) if received else ()
    return {
        "order": order,
        "definition": definition_of(order.study_definition),
        "offers": [*_offers_to_accept(order, to_accept), *offers(ORDER, number, order.status, actor, extras=extras)],
        "acceptances": acceptances_of(session, order, ground.sessions.clock()),
        "standing": [*against_order_now(session, order), *endotoxin.blockers],
        "endotoxin": endotoxin,
        "is_open": order.status in OPEN_STATES,
        "status": ended_as(order.status, [each.unit.status for each in order.allocations if not each.released_at]),
        "bags": [
            (each, infusion_of(session, each.unit_id) if each.released_at is None else None)
            for each in order.allocations
        ],
        "timeline": records_of(
            session, [f"order:{number}", *(f"unit:{each.unit.number}" for each in order.allocations)]
        ),
        "now": ground.sessions.clock(),
    }


def _offers_to_accept(order: Order, lots: Sequence[Lot]) -> list[Offer]:
    """Return the conditional lots whose outstanding tests a physician may accept for an order."""
    endpoint, title = "orders.accept_lot", ORDER["accept_lot"].title
    return [Offer(title, endpoint, {"number": order.number, "lot": each.number}, note=each.number) for each in lots]


def _name(session: Session, person_id: int) -> str:
    return session.scalar(select(Person.printed_name).where(Person.id == person_id)) or "–"

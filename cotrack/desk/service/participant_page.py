"""The page of a participant: no name stands on it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from cotrack.bedside.models import Infusion
from cotrack.bedside.service.infusions import infusions_into
from cotrack.desk.service.acts import Extra, Offer, offers
from cotrack.desk.service.thing_page import name_of
from cotrack.foundation.access.models import Person
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import MOST_OF_A_THING, Told, records_of
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.service.instances import labels_of, live_label
from cotrack.lifecycles import PARTICIPANT, UNIT
from cotrack.orders.service.dosing import orders_of, orders_with_status
from cotrack.participants.models import Band, Participant
from cotrack.participants.rules import judged_again
from cotrack.participants.service import bands, enrolment, knowledge
from cotrack.participants.service.identity import birth_date_of, is_complete, read_identity
from cotrack.participants.service.knowledge import known_values, participant_numbered, verdict_of
from cotrack.participants.service.treatment import treated_by
from cotrack.study.rules.eligibility import SETTLED

WORN_STATES: Final = frozenset({"enrolled"})

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
    return [name_of(session, each) for each in ids]

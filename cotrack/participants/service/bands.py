"""The band on the wrist: printed, put on by one person and confirmed by another, both against the identity."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.standing import against_label
from cotrack.labelling.service import instances
from cotrack.labelling.service.foreign_scans import scan_record
from cotrack.labelling.service.scanning import understand
from cotrack.lifecycles import BAND
from cotrack.participants.models import Band, Participant
from cotrack.participants.rules import BandFacts, against_confirming
from cotrack.participants.service.identity import is_complete, look, read_identity
from cotrack.participants.service.knowledge import definition_for, participant_numbered


def request_band(work: Work, subject_number: str, *, reason: str = "", template: str = "") -> LabelInstance:
    """Ask for a participant's wristband; name and birth date are printed on it and kept nowhere with it."""
    subject = f"participant:{subject_number}"
    instances.begin_request(work, "wristband", subject, reason=reason)
    against = _against_band(work, work.lock(Participant, subject_number))
    fields = band_fields(work, subject_number)
    return instances.request_label(
        work, "wristband", subject, fields=fields, reason=reason, against=against, template=template
    )


def band_fields(work: Work, subject_number: str) -> dict[str, str]:
    """Return what a wristband says beside the identity."""
    definition = definition_for(participant_numbered(work.session, subject_number))
    work.refuse_if(definition.against_use("study.short_zh", "study.registration"))
    return {"number": subject_number, "study": f"{definition.short['zh']} · {definition.registration}"}


def _against_band(work: Work, participant: Participant) -> list[Blocker]:
    solve = f"participant:{participant.subject_number}"
    blockers = []
    if participant.status != "enrolled":
        blockers.append(
            Blocker(
                "participant_not_eligible",
                "{number} is not enrolled.",
                {"number": participant.subject_number},
                solve=solve,
            )
        )
    if not is_complete(read_identity(work, participant)):
        blockers.append(
            Blocker("identity_missing", "Name, hospital number and birth date are not all recorded.", solve=solve)
        )
    return blockers


def private_fields(identity: Mapping[str, str]) -> dict[str, str]:
    """Return what a wristband prints of an identity."""
    return {"name": identity["name"], "born": identity["birth_date"]}


def printed_identity(work: Work, label_id: int) -> dict[str, str]:
    """Return what a wristband prints of its participant's identity; the look is recorded."""
    label = instances.label_numbered(work.session, label_id)
    known = look(work, label.subject.partition(":")[2], purpose="wristband")
    return private_fields(known)


def put_on(work: Work, subject_number: str, *, band_code: str, is_identity_confirmed: bool) -> Band:
    """Put a printed band on: the first person scanned it and compared the identity with the person."""
    work.begin(BAND, "put_on", "", subject=f"participant:{subject_number}")
    participant = work.lock(Participant, subject_number)
    label = _scanned_band(work, participant, band_code)
    blockers = _against_answer(is_identity_confirmed=is_identity_confirmed)
    worn = worn_band(work.session, participant.id)
    if worn is not None:
        blockers.append(Blocker("band_worn", "A band is worn already: remove it first."))
    work.refuse_if(blockers)
    work.move(label, "apply")
    label.applied_at, label.applied_by_id = work.now, work.person_id
    band = Band(
        participant_id=participant.id,
        label_id=label.id,
        put_on_by_id=work.person_id,
        put_on_at=work.now,
        status="put_on",
    )
    work.add(band)
    return band


def confirm(work: Work, subject_number: str, *, band_code: str, is_identity_confirmed: bool) -> Band:
    """Confirm a band that another person put on, by an own scan and an own look at the identity."""
    work.begin(BAND, "confirm", "", subject=f"participant:{subject_number}")
    participant = work.lock(Participant, subject_number)
    label = _scanned_band(work, participant, band_code)
    band = _worn(work, participant)
    work.expect(band, "confirm")
    blockers = _against_answer(is_identity_confirmed=is_identity_confirmed)
    if band.label_id != label.id:
        blockers.append(Blocker("band_not_current", "This is not the band that was put on."))
    facts = BandFacts(band.status, label.status, band.put_on_by_id)
    work.refuse_if([*blockers, *against_confirming(facts, work.actor.person_id)])
    work.move(band, "confirm")
    band.confirmed_by_id, band.confirmed_at = work.person_id, work.now
    return band


def remove(work: Work, subject_number: str, *, reason: str) -> Band:
    """Take a band off; its label is void from now."""
    work.begin(BAND, "remove", "", reason=reason, subject=f"participant:{subject_number}")
    participant = work.lock(Participant, subject_number)
    band = _worn(work, participant)
    label = work.session.get_one(LabelInstance, band.label_id, with_for_update=True)
    work.move(band, "remove")
    band.removed_at = work.now
    if label.status == "applied":
        work.move(label, "void")
    return band


def _against_answer(*, is_identity_confirmed: bool) -> list[Blocker]:
    if is_identity_confirmed:
        return []
    words = N_("Not ticked: the person says name and birth date, and both are right. If not, put no band on.")
    return [Blocker("wrong_patient", words)]


def _scanned_band(work: Work, participant: Participant, band_code: str) -> LabelInstance:
    (scan,) = understand(work.ground, work.session, [band_code])
    work.details["scan"] = scan_record(work, band_code, scan)
    blockers = against_label(scan, ("wristband",), needs_applied=False)
    if not blockers and scan.key != participant.subject_number:
        blockers.append(Blocker("wrong_patient", "This band belongs to another participant."))
    work.refuse_if(blockers)
    label = instances.live_label(work.session, scan.subject, "wristband")
    if label is None or scan.label is None or label.instance != scan.label.instance:
        raise NotFound("There is no such label.")
    return label


def worn_band(session: Session, participant_id: int) -> Band | None:
    """Return the band that a participant wears."""
    return session.scalar(
        select(Band)
        .options(joinedload(Band.label))
        .where(Band.participant_id == participant_id, Band.status != "removed")
    )


def _worn(work: Work, participant: Participant) -> Band:
    band = work.session.scalar(
        select(Band).where(Band.participant_id == participant.id, Band.status != "removed").with_for_update()
    )
    if band is None:
        raise NotFound("No band is worn.")
    return band

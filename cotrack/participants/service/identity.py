"""A participant's name, hospital number and birth date: encrypted, shown to few, each look recorded."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Select, select

from cotrack.foundation.errors import InvalidInput, ReasonMissing
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service.instances import live_label
from cotrack.participants.gateways import seal, unseal
from cotrack.participants.models import Band, Participant, ParticipantIdentity
from cotrack.participants.rules import against_birth_date, against_replacing, is_replacement

IDENTITY_FIELDS = ("name", "hospital_number", "birth_date")


def first_identity(work: Work, participant: Participant, birth_date: date) -> None:
    """Keep the birth date of a screened person, encrypted; name and hospital number follow."""
    sealed = seal(work.ground.keys.identity, participant.subject_number, {"birth_date": birth_date.isoformat()})
    work.session.add(
        ParticipantIdentity(
            participant_id=participant.id, sealed=sealed, changed_at=work.now, changed_by_id=work.person_id
        )
    )


def identify(
    work: Work, subject_number: str, *, name: str, hospital_number: str, birth_date: date, reason: str = ""
) -> Participant:
    """Keep who a participant is. The trail says that it changed, never what it says.

    The birth date is that of the screening list, by which the age was judged: another one means another person or a
    wrong list, and is refused. To replace a recorded name or number asks a reason, and no band may say the old one: the
    new band is put on by two people, who compare it with the person (product.md, identity first).
    """
    about = f"participant:{subject_number}"
    work.record("participant.identify", about, permission="participant:identify", reason=reason)
    participant = work.lock(Participant, subject_number)
    if birth_date > work.today:
        raise InvalidInput(fields={"birth_date": [N_("Enter a day up to today.")]})
    row = work.session.scalar(_row(participant.id).with_for_update())
    work.refuse_if(against_birth_date(birth_date_of(work, participant), birth_date, subject_number))
    identity = {"name": name, "hospital_number": hospital_number, "birth_date": birth_date.isoformat()}
    if is_replacement(read_identity(work, participant), identity):
        _replace(work, participant, reason)
    sealed = seal(work.ground.keys.identity, subject_number, identity)
    if row is None:
        row = ParticipantIdentity(participant_id=participant.id)
        work.session.add(row)
    row.sealed, row.changed_at, row.changed_by_id = sealed, work.now, work.person_id
    return participant


def _replace(work: Work, participant: Participant, reason: str) -> None:
    """Refuse a replacement without a reason, or beside a band that is worn; a band that was only printed is void."""
    if not reason.strip():
        raise ReasonMissing("An identity is recorded already: say why it is replaced.")
    worn = select(Band.id).where(Band.participant_id == participant.id, Band.status != "removed")
    work.refuse_if(against_replacing(participant.subject_number, is_band_worn=work.session.scalar(worn) is not None))
    band = live_label(work.session, f"participant:{participant.subject_number}", "wristband")
    if band is not None:
        work.move(work.session.get_one(LabelInstance, band.id, with_for_update=True), "void")


def look(work: Work, subject_number: str, *, purpose: str) -> Mapping[str, str]:
    """Show who a participant is, to those who may; the look itself is recorded with its purpose."""
    work.record("participant.look", f"participant:{subject_number}", permission="participant:identify", reason=purpose)
    if not purpose.strip():
        raise ReasonMissing("Say what you need the identity for: each look is recorded with its purpose.")
    return read_identity(work, work.lock(Participant, subject_number, share=True))


def read_identity(work: Work, participant: Participant) -> dict[str, str]:
    """Return the decrypted identity for a rule or a label; whoever calls records why."""
    row = work.session.scalar(_row(participant.id))
    return unseal(work.ground.keys.identity, participant.subject_number, row.sealed) if row else {}


def birth_date_of(work: Work, participant: Participant) -> date | None:
    """Return the birth date for the rule of age."""
    text = read_identity(work, participant).get("birth_date")
    return date.fromisoformat(text) if text else None


def is_complete(identity: Mapping[str, str]) -> bool:
    """Whether name, hospital number and birth date are all there."""
    return all(identity.get(name) for name in IDENTITY_FIELDS)


def _row(participant_id: int) -> Select[ParticipantIdentity]:
    return select(ParticipantIdentity).where(ParticipantIdentity.participant_id == participant_id)

"""Who treats a participant: whoever enrolled them, until another physician takes the treatment over."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Person, Signature
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.participants.models import Participant, TreatingPhysician
from cotrack.participants.service.knowledge import participant_numbered


def take_over(work: Work, subject_number: str, *, reason: str) -> TreatingPhysician:
    """Become a participant's treating physician: acceptances and alerts are yours from this moment."""
    participant = work.take(Participant, "take_over", subject_number, reason=reason)
    treating = treating_physicians(work.session, [participant]).get(participant.id)
    if treating is None:
        words = N_("{participant} was never enrolled: nobody treats them here.")
        work.refuse_if([Blocker("not_enrolled", words, {"participant": subject_number})])
    if treating == work.actor.username:
        words = N_("You treat {participant} already.")
        work.refuse_if([Blocker("treats_already", words, {"participant": subject_number})])
    taken = TreatingPhysician(
        participant_id=participant.id, person_id=work.person_id, reason=reason.strip(), taken_at=work.now
    )
    work.add(taken)
    return taken


def treating_physicians(session: Session, participants: Sequence[Participant]) -> Mapping[int, str]:
    """Return the user name of who treats each participant, by the participant's id; nobody before enrolment.

    It is whoever took the treatment over last, else whoever signed the enrolment; two statements for any number.
    """
    ids = [each.id for each in participants]
    enrolled = (
        select(Participant.id, Person.username)
        .join(Signature, Signature.id == Participant.enrolment_signature_id)
        .join(Person, Person.id == Signature.person_id)
        .where(Participant.id.in_(ids))
    )
    taken = (
        select(TreatingPhysician.participant_id, Person.username)
        .join(Person, Person.id == TreatingPhysician.person_id)
        .where(TreatingPhysician.participant_id.in_(ids))
        .order_by(TreatingPhysician.id)
    )
    return {key: name for statement in (enrolled, taken) for key, name in session.execute(statement)}


def treated_by(session: Session, subject_number: str) -> Person | None:
    """Return a participant's treating physician, None before enrolment; raises NotFound."""
    participant = participant_numbered(session, subject_number)
    username = treating_physicians(session, [participant]).get(participant.id)
    return session.scalar(select(Person).where(Person.username == username)) if username else None

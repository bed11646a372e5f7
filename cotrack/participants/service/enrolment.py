"""Enrolling and withdrawing: the physician's signed decision over all criteria."""

from datetime import date

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import PARTICIPANT
from cotrack.participants.models import Participant
from cotrack.participants.rules import against_giving, against_verdict
from cotrack.participants.service.enrolment_text import EnrolmentCase, enrolment_text
from cotrack.participants.service.identity import birth_date_of, is_complete, read_identity
from cotrack.participants.service.knowledge import definition_for, known_values, participant_numbered, verdict_of
from cotrack.study.rules.eligibility import Verdict, whole_years


def enrol(work: Work, subject_number: str, *, arm: str) -> Participant:
    """Enrol a participant into an arm today; the physician signs over every criterion that counts today (trial.txt).

    A window before a dose, such as that of inclusion 7, does not stand against enrolling: the order asks for it.
    """
    participant = work.take(Participant, "enrol", subject_number)
    definition = definition_for(participant)
    if arm not in definition.arms:
        raise InvalidInput(fields={"arm": [N_("Choose one of these.")]})
    today = work.today
    born = birth_date_of(work, participant)
    verdict = verdict_of(work.session, participant, born, on=today, asks_first_dose=False)
    unset = definition.against_use(f"arm.{arm}.name_en", f"arm.{arm}.name_zh")
    work.refuse_if([*against_enrolment(work, participant, verdict), *unset])
    known = known_values(work.session, participant.id)
    if born is not None:
        known["birth_date"] = str(whole_years(born, today))
    text = enrolment_text(EnrolmentCase(participant.subject_number, definition, arm, today, verdict, known))
    signature = work.sign(PARTICIPANT["enrol"].meaning, text)
    work.move(participant, "enrol")
    participant.arm, participant.enrolled_on = arm, today
    participant.enrolment_signature = signature
    return participant


def against_enrolment(work: Work, participant: Participant, verdict: Verdict) -> list[Blocker]:
    """Return every reason against enrolling today."""
    solve = f"participant:{participant.subject_number}"
    blockers = against_verdict(verdict, solve)
    if not is_complete(read_identity(work, participant)):
        blockers.append(
            Blocker("identity_missing", "Name, hospital number and birth date are not all recorded.", solve=solve)
        )
    return blockers


def withdraw(work: Work, subject_number: str, *, reason: str) -> Participant:
    """Take a participant out of the study: nothing more is given from this moment."""
    participant = work.take(Participant, "withdraw", subject_number, reason=reason)
    work.move(participant, "withdraw")
    return participant


def against_giving_to(work: Work, subject_number: str, on: date) -> list[Blocker]:
    """Return what is known by now against giving a dose to a participant, also if it was learnt after the order."""
    participant = participant_numbered(work.session, subject_number)
    return against_giving(verdict_for_dose(work, participant, on), f"participant:{subject_number}")


def verdict_for_dose(work: Work, participant: Participant, planned_on: date) -> Verdict:
    """Judge a participant as of the planned day of a dose, with the windows before the first dose."""
    born = birth_date_of(work, participant)
    return verdict_of(work.session, participant, born, on=planned_on, asks_first_dose=True)

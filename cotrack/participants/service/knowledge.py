"""What is known of a participant now, and what the study's criteria say of it."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import PARTICIPANT
from cotrack.participants.models import Observation, Participant
from cotrack.participants.rules import (
    MEASURED_FIELDS,
    after_enrolment,
    against_value,
    against_weight_change,
    facts_of,
    is_weight,
)
from cotrack.study import service as study
from cotrack.study.rules.definition import CriterionRule, Definition
from cotrack.study.rules.eligibility import Facts, FactValue, Verdict, judge


def participant_numbered(session: Session, subject_number: str) -> Participant:
    """Return one participant with the study version they are in; raises NotFound."""
    participant = session.scalar(
        select(Participant)
        .options(joinedload(Participant.study_definition), joinedload(Participant.enrolment_signature))
        .where(Participant.subject_number == subject_number)
    )
    if participant is None:
        raise NotFound("There is no participant {number}.", number=subject_number)
    return participant


def known_values(session: Session, participant_id: int, *, source: str = "") -> dict[str, str]:
    """Return the newest value of each field, of one source or of all: of the latest day, and of that what came last."""
    statement = select(Observation.field, Observation.value).where(Observation.participant_id == participant_id)
    if source:
        statement = statement.where(Observation.source == source)
    return dict(session.execute(statement.order_by(Observation.observed_on, Observation.id)).all())


def observed_on(session: Session, participant_id: int, field: str) -> date | None:
    """Return the day of the newest value of a field."""
    return session.scalar(
        select(Observation.observed_on)
        .where(Observation.participant_id == participant_id, Observation.field == field)
        .order_by(Observation.observed_on.desc(), Observation.id.desc())
        .limit(1)
    )


def last_weight(session: Session, participant_id: int) -> tuple[str, date | None]:
    """Return the newest weight in kg and its day; empty where nobody was weighed yet."""
    kg = known_values(session, participant_id).get("weight_kg", "")
    return kg, observed_on(session, participant_id, "weight_kg")


def definition_for(participant: Participant) -> Definition:
    """Return the study version that a participant is in."""
    return study.definition_of(participant.study_definition)


def verdict_of(
    session: Session, participant: Participant, birth_date: date | None, *, on: date, asks_first_dose: bool
) -> Verdict:
    """Judge a participant as of a day, over everything known now; windows before enrolment end with enrolment."""
    definition = definition_for(participant)
    verdict = judge(definition, _facts(session, participant, birth_date), on=on, asks_first_dose=asks_first_dose)
    return after_enrolment(verdict) if participant.enrolled_on is not None else verdict


def _facts(session: Session, participant: Participant, birth_date: date | None) -> Facts:
    known: dict[str, FactValue] = dict(facts_of(definition_for(participant), known_values(session, participant.id)))
    return {**known, "birth_date": birth_date} if birth_date else known


def answer_criteria(work: Work, subject_number: str, *, answers: Mapping[str, str]) -> Participant:
    """Keep the physician's answers to the criteria that no screening column says."""
    participant = work.take(Participant, "answer", subject_number)
    asked = {name for rule in questions(definition_for(participant)) for name in fields_of(rule)}
    unknown = sorted(set(answers) - asked)
    if unknown or not answers:
        raise InvalidInput(
            "Answer the questions of this study.",
            fields={name: [N_("This field is not known here.")] for name in unknown},
        )
    _observe(work, participant, answers, source="answered")
    return participant


def questions(definition: Definition) -> list[CriterionRule]:
    """Return every rule whose answer a physician may give."""
    return [rule for criterion in definition.criteria for rule in criterion.rules if rule.field != "birth_date"]


def fields_of(rule: CriterionRule) -> list[str]:
    """Return the fields that a rule reads: its own and that of its excuse."""
    return [rule.field, *([rule.unless.field] if rule.unless else [])]


def measure(
    work: Work, subject_number: str, *, measured_on: date, values: Mapping[str, str], confirmed_weight_kg: str = ""
) -> Participant:
    """Keep new measurements of a participant, such as weight or the date of organ function.

    Criteria are answered by the physician, who signs over them: nothing but what is measured comes in this way.
    A weight far from the last one is taken only where `confirmed_weight_kg` says the same.
    """
    work.record("participant.measure", f"participant:{subject_number}", permission="participant:measure")
    participant = work.lock(Participant, subject_number)
    if not PARTICIPANT.fits("withdraw", participant.status):
        work.refuse_if([Blocker("participant_withdrawn", "{number} has left the study.", {"number": subject_number})])
    if measured_on > work.today:
        raise InvalidInput(
            "The day of measuring lies in the future.",
            fields={"measured_on": [N_("Enter a day up to today.")]},
        )
    not_measured = sorted(set(values) - MEASURED_FIELDS)
    if not_measured:
        raise InvalidInput(
            "Only measurements are recorded here.",
            fields={name: [N_("This is no measurement: the physician answers it.")] for name in not_measured},
        )
    if is_weight(values.get("weight_kg", "")):
        last_kg, last_on = last_weight(work.session, participant.id)
        work.refuse_if(against_weight_change(last_kg, last_on, values["weight_kg"], confirmed_weight_kg))
    _observe(work, participant, values, source="measured", observed=measured_on)
    return participant


def _observe(
    work: Work,
    participant: Participant,
    values: Mapping[str, str],
    *,
    source: str,
    observed: date | None = None,
) -> None:
    definition, today = definition_for(participant), work.today
    told = {name: against_value(definition, name, text, today) for name, text in values.items()}
    wrong = {name: [fault] for name, fault in told.items() if fault}
    if not values:
        raise InvalidInput("Fill in at least one value.")
    if wrong:
        raise InvalidInput("Something you entered cannot be read.", fields=wrong)
    work.session.add_all(
        [
            Observation(
                participant_id=participant.id,
                field=name,
                value=value,
                observed_on=observed or today,
                source=source,
                recorded_at=work.now,
                recorded_by_id=work.person_id,
            )
            for name, value in values.items()
        ]
    )
    work.session.flush()

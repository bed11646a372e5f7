"""What the participants' pages ask: the study's own questions, and what is known already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from cotrack.foundation.acting import Ground
from cotrack.foundation.words import Words
from cotrack.participants.models import Participant
from cotrack.participants.rules import MEASURED_FIELDS, choices, open_fields
from cotrack.participants.service.knowledge import (
    definition_for,
    known_values,
    last_weight,
    participant_numbered,
    verdict_of,
)
from cotrack.study.rules.definition import Definition


@dataclass(frozen=True)
class Question:
    """One question of the study to the physician, with the answer known so far."""

    field: str
    criterion: str
    text: Words
    ask: Words
    kind: str
    choices: tuple[str, ...]
    known: str


def all_questions(definition: Definition, known: Mapping[str, str]) -> list[Question]:
    """Return each field of the study once, in the order of the criteria; birth dates are asked elsewhere."""
    found: dict[str, Question] = {}
    words = choices(definition)
    for criterion in definition.criteria:
        for rule in criterion.rules:
            named = [rule.field] if rule.unless is None else [rule.field, rule.unless.field]
            for field in named:
                is_answer = rule.kind == "answer" or field != rule.field
                kind = "answer" if is_answer else "day" if rule.kind in _DAYS else rule.kind
                allowed = words[field] if is_answer else ()
                question = Question(field, criterion.key, criterion.text, rule.ask, kind, allowed, known.get(field, ""))
                found.setdefault(field, question)
    found.pop("birth_date", None)
    return list(found.values())


_DAYS = frozenset({"days_since", "months_since", "examination"})


def answer_sheet(ground: Ground, session: Session, number: str) -> Mapping[str, Any]:
    """Return the questions that wait for the physician today, those answered already, and those not asked of them."""
    participant = participant_numbered(session, number)
    known = known_values(session, participant.id)
    asked = all_questions(definition_for(participant), known)
    today = ground.sessions.clock().astimezone(ground.site.zone).date()
    verdict = verdict_of(session, participant, None, on=today, asks_first_dose=True)
    waiting = open_fields(verdict, known)
    return {
        "participant": participant,
        "waiting": [each for each in asked if each.field in waiting],
        "answered": [each for each in asked if each.known],
        "not_asked": [each for each in asked if not each.known and each.field not in waiting],
    }


def measure_sheet(session: Session, number: str) -> Mapping[str, Any]:
    """Return what was weighed last, beside the participant."""
    participant = participant_numbered(session, number)
    kg, day = last_weight(session, participant.id)
    return {"participant": participant, "last_kg": kg, "last_on": day}


def as_measured(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form of measurements sends as `measure` takes it."""
    values = {name: str(value) for name, value in typed.items() if name in MEASURED_FIELDS}
    confirmed = str(typed.get("confirmed_weight_kg", ""))
    return {"measured_on": typed["measured_on"], "values": values, "confirmed_weight_kg": confirmed}


def arms(session: Session, number: str) -> list[tuple[str, str]]:
    """Return the study's arms for a choice."""
    participant: Participant = participant_numbered(session, number)
    return [(key, f"{arm.name['zh']} / {arm.name['en']}") for key, arm in definition_for(participant).arms.items()]

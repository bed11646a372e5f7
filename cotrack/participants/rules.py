"""What is known of a participant, typed; what speaks against enrolment; who wears which band."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.study.rules.definition import Definition
from cotrack.study.rules.eligibility import Facts, FactValue, Outcome, Verdict

DAY_KINDS = frozenset({"age", "days_since", "months_since", "examination"})
NUMBER_FIELDS = frozenset({"weight_kg"})
_IRRADIATED = re.compile(r"irradiated (\d{4})-(\d{2})(?:-(\d{2}))?(?:;\s*(no )?symptoms)?(?:;\s*(no )?steroids)?")


def field_types(definition: Definition) -> Mapping[str, str]:
    """Return what kind of value each field of the study holds: `day`, `number` or `words`."""
    types = dict.fromkeys(NUMBER_FIELDS, "number")
    for criterion in definition.criteria:
        for rule in criterion.rules:
            types[rule.field] = "day" if rule.kind in DAY_KINDS else "number" if rule.kind == "number" else "words"
            for condition in (rule.when, rule.unless):
                if condition is not None:
                    types.setdefault(condition.field, "words")
    return types


def fact_value(kind: str, text: str) -> FactValue | None:
    """Return a value as the rules take it; None where the text is no such value."""
    try:
        if kind == "day":
            return date.fromisoformat(text)
        if kind == "number":
            number = Decimal(text)
            return number if number.is_finite() and number >= 0 else None
    except (ValueError, InvalidOperation):
        return None
    return text


def facts_of(definition: Definition, values: Mapping[str, str]) -> Facts:
    """Return what is known by field, as the rules take it; an unreadable value counts as not known."""
    types = field_types(definition)
    read = {name: fact_value(types.get(name, "words"), text) for name, text in values.items()}
    return {name: value for name, value in read.items() if value is not None}


def cns_fields(text: str) -> dict[str, str] | None:
    """Split a screening column such as `irradiated 2026-03; no symptoms; no steroids` into its fields.

    A month without a day counts as its last day, so that a waiting time is never too short. None where unreadable.
    """
    if text in {"none", "active"}:
        return {"cns_metastases": text}
    found = _IRRADIATED.fullmatch(text)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    if not 1 <= month <= 12:
        return None
    last = found[3] or str((date(year + month // 12, month % 12 + 1, 1) - date.resolution).day)
    fields = {"cns_metastases": "irradiated", "cns_irradiated_on": f"{year:04d}-{month:02d}-{int(last):02d}"}
    if "symptoms" in text:
        fields["cns_symptoms"] = "no" if "no symptoms" in text else "yes"
    if "steroids" in text:
        fields["cns_steroids"] = "no" if "no steroids" in text else "yes"
    return fields


def against_verdict(verdict: Verdict, solve: str) -> list[Blocker]:
    """Return every criterion that is not met, not answered or not examined yet."""
    sentences = {
        Outcome.NOT_MET: ("criterion_not_met", N_("{criterion}: {words}.")),
        Outcome.TO_ANSWER: (
            "criterion_unanswered",
            N_("{criterion} is to be answered by the physician: {words}"),
        ),
        Outcome.TO_EXAMINE: ("examination_missing", N_("{criterion} needs {words}.")),
    }
    return [
        Blocker(*sentences[outcome], {"criterion": each.criterion, "words": each.words}, solve=solve)
        for outcome in sentences
        for each in verdict.of(outcome)
    ]


@dataclass(frozen=True)
class BandFacts:
    """A band as far as it says who somebody is."""

    status: str
    label_status: str
    put_on_by_id: int


def against_confirming(band: BandFacts, person_id: int | None) -> list[Blocker]:
    """Return what speaks against confirming a band: putting it on and confirming it are two people's acts."""
    if band.put_on_by_id == person_id:
        return [Blocker("same_person", "You put this band on yourself: another person confirms it.")]
    return []


def is_current(bands: Iterable[BandFacts]) -> bool:
    """Whether a confirmed band with a live label is worn."""
    return any(band.status == "confirmed" and band.label_status == "applied" for band in bands)

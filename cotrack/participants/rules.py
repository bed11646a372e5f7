"""What is known of a participant, typed; what speaks against enrolment; who wears which band."""

import re
from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cotrack.foundation import written
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.study.rules.definition import SPONSOR_TO_SET, Criterion, CriterionRule, Definition
from cotrack.study.rules.eligibility import Facts, FactValue, Outcome, Verdict

DAY_KINDS = frozenset({"age", "days_since", "months_since", "examination"})
WINDOW_KINDS = frozenset({"age", "days_since", "months_since"})
NUMBER_FIELDS = frozenset({"weight_kg"})
MEASURED_FIELDS = frozenset({"weight_kg", "organ_function_on", "pregnancy_test_on", "pregnancy_test", "brain_mri_on"})
"""What is measured and examined again and again; every other field is the screening's or the physician's to answer."""
YES_NO = ("yes", "no")
_OPPOSITES = {"negative": ("positive",), "none": ("active",), "F": ("M",), "M": ("F",)}
LEAST_KG, MOST_KG, KG_STEP = Decimal(1), Decimal(400), Decimal("0.1")
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
    """Return a value as the rules take it; None where the text is no such value written plainly."""
    if kind == "day":
        return written.day(text)
    if kind == "number":
        number = written.number(text)
        return number if number is not None and number >= 0 else None
    return text


def choices(definition: Definition) -> Mapping[str, tuple[str, ...]]:
    """Return the words that may stand in each field that a criterion compares with words.

    Another word would not only fail a criterion: where the criterion depends on it, it would not be asked at all.
    """
    found: dict[str, tuple[str, ...]] = {}
    for rule in _rules(definition):
        for condition in (rule.when, rule.unless):
            if condition is not None:
                found.setdefault(condition.field, _words(condition.accepts))
        if rule.kind == "answer":
            found[rule.field] = _words(rule.accepts)
    return found


def _rules(definition: Definition) -> list[CriterionRule]:
    return [rule for criterion in definition.criteria for rule in criterion.rules]


def _words(accepts: Sequence[str]) -> tuple[str, ...]:
    if set(accepts) <= set(YES_NO):
        return YES_NO
    return (*accepts, *_OPPOSITES.get(accepts[0], ()))


def deciding_fields(definition: Definition) -> frozenset[str]:
    """Return the fields that decide which criteria are asked, and are asked by none: they may not be left out."""
    asked = {rule.field for rule in _rules(definition)}
    return frozenset(rule.when.field for rule in _rules(definition) if rule.when is not None) - asked


def against_value(definition: Definition, field: str, text: str, today: date) -> str:
    """Return what is wrong with a value of a field, in plain words; empty where nothing is."""
    types = field_types(definition)
    value = fact_value(types[field], text) if field in types else None
    if value is None:
        return N_("This is no such value.")
    if isinstance(value, date) and value > today:
        return N_("Enter a day up to today.")
    if field == "weight_kg" and not is_weight(text):
        return N_("Enter a weight from 1 to 400 kg, with at most one place after the point.")
    return N_("Choose one of these.") if text not in choices(definition).get(field, (text,)) else ""


def is_weight(text: str) -> bool:
    """Whether a text is a weight that a person can have, in kg to one place after the point, as a dose is ordered."""
    kg = written.number(text)
    return kg is not None and LEAST_KG <= kg <= MOST_KG and kg % KG_STEP == 0


def against_weight_change(last_kg: str, last_on: date | None, kg: str, confirmed_kg: str) -> list[Blocker]:
    """Return the reason where a weight differs by more than 10 % from the last one and nobody confirmed this very one.

    A slip of the finger here is a wrong dose: cells are given per kilogram.
    """
    last, new = written.number(last_kg), written.number(kg)
    if last is None or new is None or abs(new - last) * 10 <= last or written.number(confirmed_kg) == new:
        return []
    words = N_("{kg} kg is more than 10 % from the last weight, {last_kg} kg on {day}: weigh again, or confirm it.")
    return [Blocker("weight_to_confirm", words, {"kg": kg, "last_kg": last_kg, "day": last_on})]


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
    irradiated_on = written.day(f"{found[1]}-{found[2]}-{found[3] or _last_of_month(found[1], found[2])}")
    if irradiated_on is None:
        return None
    fields = {"cns_metastases": "irradiated", "cns_irradiated_on": irradiated_on.isoformat()}
    if "symptoms" in text:
        fields["cns_symptoms"] = "no" if "no symptoms" in text else "yes"
    if "steroids" in text:
        fields["cns_steroids"] = "no" if "no steroids" in text else "yes"
    return fields


def _last_of_month(year: str, month: str) -> str:
    """Return the last day of a month, as text; `00`, which is no day, where there is no such month."""
    return f"{monthrange(int(year), int(month))[1]:02d}" if year > "0000" and "01" <= month <= "12" else "00"


def after_enrolment(verdict: Verdict) -> Verdict:
    """Leave out the windows counted against enrolment: they were signed on that day, and do not run on after it."""
    return Verdict(tuple(each for each in verdict.findings if _counts_before_dose(each.rule)))


def _counts_before_dose(rule: CriterionRule) -> bool:
    return rule.on != "enrolment" or rule.kind not in WINDOW_KINDS


def before_dose_only(definition: Definition) -> list[Criterion]:
    """Return the criteria that are judged before each dose and not at enrolment (trial.txt inclusion 7)."""
    return [each for each in definition.criteria if any(rule.on == "first_dose" for rule in each.rules)]


def judged_again(definition: Definition) -> list[Criterion]:
    """Return the criteria that are judged at enrolment and, by what is known then, before each dose again."""
    return [
        each
        for each in definition.criteria
        if any(rule.on != "first_dose" and _counts_before_dose(rule) for rule in each.rules)
    ]


def against_verdict(verdict: Verdict, solve: str) -> list[Blocker]:
    """Return every criterion that is not met, not answered, not examined, or not set by the sponsor yet."""
    sentences = {
        Outcome.NOT_MET: ("criterion_not_met", N_("{criterion}: {words}.")),
        Outcome.TO_ANSWER: (
            "criterion_unanswered",
            N_("{criterion} is to be answered by the physician: {words}"),
        ),
        Outcome.TO_EXAMINE: ("examination_missing", N_("{criterion} needs {words}.")),
        Outcome.TO_SET: (SPONSOR_TO_SET, N_("{criterion}: the sponsor has not set {words}.")),
    }
    return [
        Blocker(*sentences[outcome], {"criterion": each.criterion, "words": each.words}, solve=solve)
        for outcome in sentences
        for each in verdict.of(outcome)
    ]


def against_giving(verdict: Verdict, solve: str) -> list[Blocker]:
    """Return every criterion that what is known by now speaks against, for the steps after the order (E23)."""
    return [
        Blocker(
            "participant_not_eligible",
            "{criterion} is not met any more: {words}.",
            {"criterion": each.criterion, "words": each.words},
            solve=solve,
        )
        for each in verdict.of(Outcome.NOT_MET)
    ]


def against_birth_date(screened: date | None, told: date, subject_number: str) -> list[Blocker]:
    """Return the reason where a birth date is not that of the screening list; neither date is in its words."""
    if screened in {None, told}:
        return []
    return [
        Blocker(
            "birth_date_differs",
            "The birth date is not the one on the screening list: make sure who this is. If the list is wrong, "
            "withdraw {number} and screen the person again under another subject number.",
            {"number": subject_number},
            solve=f"participant:{subject_number}",
        )
    ]


def is_replacement(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether something that was recorded of an identity becomes another; what is added replaces nothing."""
    return any(before.get(name, told) != told for name, told in after.items())


def against_replacing(subject_number: str, *, is_band_worn: bool) -> list[Blocker]:
    """Return why an identity may not be replaced now: a band with the older one is on a wrist."""
    if not is_band_worn:
        return []
    words = N_("{number} wears a band with the identity recorded before: take it off first, and print a new one after.")
    return [Blocker("band_worn", words, {"number": subject_number}, solve=f"participant:{subject_number}")]


def open_fields(verdict: Verdict, known: Collection[str]) -> frozenset[str]:
    """Return the fields that nobody has said of this participant, and that a criterion waits for."""
    waiting = [each.rule for each in verdict.findings if each.outcome in {Outcome.TO_ANSWER, Outcome.TO_EXAMINE}]
    asked = {field for rule in waiting for field in (rule.field, rule.unless.field if rule.unless else rule.field)}
    return frozenset(asked) - set(known)


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

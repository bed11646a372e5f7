"""What is known of a participant, typed; what speaks against enrolment; who wears which band."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotrack.foundation.resources import resource
from cotrack.foundation.words import Words
from cotrack.participants.rules import (
    MEASURED_FIELDS,
    BandFacts,
    after_enrolment,
    against_birth_date,
    against_confirming,
    against_value,
    against_verdict,
    against_weight_change,
    cns_fields,
    deciding_fields,
    fact_value,
    facts_of,
    field_types,
)
from cotrack.participants.schemas import MeasureIn
from cotrack.study.rules.definition import Condition, Criterion, CriterionRule
from cotrack.study.rules.eligibility import Finding, Outcome, Verdict
from cotrack.study.rules.reading import read_definition

STUDY, _ = read_definition(resource("study/definitions/msc-ifna.toml").read_text(encoding="utf-8"))
assert STUDY is not None


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("birth_date", "day"),
        ("last_treatment_on", "day"),
        ("other_cancer_on", "day"),
        ("brain_mri_on", "day"),
        ("weight_kg", "number"),
        ("ecog", "number"),
        ("corticosteroid_mg_per_day", "number"),
        ("histology", "words"),
        ("hiv", "words"),
        ("sex", "words"),
        ("childbearing_potential", "words"),
        ("no_guideline_therapy", "words"),
    ],
)
def test_the_criteria_of_the_study_say_what_a_field_holds(field: str, kind: str) -> None:
    assert field_types(STUDY)[field] == kind


def test_a_field_is_of_the_kind_of_its_own_rule_also_where_another_rule_depends_on_it() -> None:
    rules = (
        CriterionRule(kind="number", field="ecog"),
        CriterionRule(kind="text", field="x", when=Condition("ecog", ("0",)), unless=Condition("y", ("yes",))),
    )
    study = replace(STUDY, criteria=(Criterion("X1", Words("x", "x"), rules),))
    assert field_types(study) == {"weight_kg": "number", "ecog": "number", "x": "words", "y": "words"}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("day", "2026-11-22", date(2026, 11, 22)),
        ("number", "61.5", Decimal("61.5")),
        ("number", "0", Decimal(0)),
        ("words", "breast cancer", "breast cancer"),
        ("words", "", ""),
    ],
)
def test_a_value_is_read_as_its_kind(kind: str, text: str, value: object) -> None:
    assert fact_value(kind, text) == value
    assert type(fact_value(kind, text)) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("day", ""),
        ("day", "22.11.2026"),
        ("day", "2026-02-30"),
        ("day", "2026-11"),
        ("day", "20261122"),
        ("day", "2026-W47-7"),
        ("number", ""),
        ("number", "-1"),
        ("number", "NaN"),
        ("number", "Infinity"),
        ("number", "6,5"),
        ("number", "sixty"),
        ("number", "6_1"),
        ("number", "６１"),
    ],
)
def test_what_is_no_such_value_is_not_guessed(kind: str, text: str) -> None:
    assert fact_value(kind, text) is None


def test_an_unreadable_value_counts_as_not_known_and_a_field_of_nobody_as_words() -> None:
    values = {"ecog": "1", "birth_date": "14 March 1967", "weight_kg": "-3", "nickname": "x"}
    assert facts_of(STUDY, values) == {"ecog": Decimal(1), "nickname": "x"}


IRRADIATED = {"cns_metastases": "irradiated", "cns_irradiated_on": "2026-03-31"}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("none", {"cns_metastases": "none"}),
        ("active", {"cns_metastases": "active"}),
        (
            "irradiated 2026-03; no symptoms; no steroids",
            {**IRRADIATED, "cns_symptoms": "no", "cns_steroids": "no"},
        ),
        ("irradiated 2026-03;symptoms;steroids", {**IRRADIATED, "cns_symptoms": "yes", "cns_steroids": "yes"}),
        ("irradiated 2026-03; no symptoms; steroids", {**IRRADIATED, "cns_symptoms": "no", "cns_steroids": "yes"}),
        ("irradiated 2026-03; symptoms; no steroids", {**IRRADIATED, "cns_symptoms": "yes", "cns_steroids": "no"}),
        ("irradiated 2026-03; no symptoms", {**IRRADIATED, "cns_symptoms": "no"}),
        ("irradiated 2026-03; no steroids", {**IRRADIATED, "cns_steroids": "no"}),
        ("irradiated 2026-03", IRRADIATED),
        ("irradiated 2026-03-09", {**IRRADIATED, "cns_irradiated_on": "2026-03-09"}),
    ],
)
def test_a_cns_column_is_split_into_its_fields(text: str, fields: Mapping[str, str]) -> None:
    assert cns_fields(text) == fields


@pytest.mark.parametrize(
    ("month", "last"),
    [("2026-01", "31"), ("2026-02", "28"), ("2028-02", "29"), ("2026-04", "30"), ("2026-11", "30"), ("2026-12", "31")],
)
def test_a_month_without_a_day_counts_as_its_last_day(month: str, last: str) -> None:
    fields = cns_fields(f"irradiated {month}")
    assert fields is not None
    assert fields["cns_irradiated_on"] == f"{month}-{last}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "None",
        "irradiated",
        "irradiated 2026",
        "irradiated 2026-00",
        "irradiated 2026-13",
        "irradiated 03/2026",
        "irradiated 2026-03; no steroids; no symptoms",
        "irradiated 2026-03; well",
        "active irradiated 2026-03",
        "irradiated 2026-03; no symptoms; no steroids; more",
        "irradiated 2026-02-31",
        "irradiated 0000-03",
        "irradiated 9999-12-32",
    ],
)
def test_a_cns_column_that_says_something_else_is_unreadable_as_a_whole(text: str) -> None:
    assert cns_fields(text) is None


@given(day=st.dates(date(2000, 1, 1), date(2090, 1, 1)))
@settings(max_examples=25, deadline=None)
def test_a_month_never_makes_a_waiting_time_too_short(day: date) -> None:
    by_month, by_day = cns_fields(f"irradiated {day:%Y-%m}"), cns_fields(f"irradiated {day}")
    assert by_month is not None
    assert by_day is not None
    last = date.fromisoformat(by_month["cns_irradiated_on"])
    assert by_day["cns_irradiated_on"] == day.isoformat()
    assert last >= day
    assert (last + timedelta(days=1)).day == 1


TODAY = date(2026, 11, 22)
NO_VALUE, NO_WORD = "This is no such value.", "Choose one of these."
NO_WEIGHT = "Enter a weight from 1 to 400 kg, with at most one place after the point."


@pytest.mark.parametrize(
    ("field", "text", "fault"),
    [
        ("weight_kg", "61.5", ""),
        ("weight_kg", "1", ""),
        ("weight_kg", "400.0", ""),
        ("weight_kg", "0.9", NO_WEIGHT),
        ("weight_kg", "400.1", NO_WEIGHT),
        ("weight_kg", "61.55", NO_WEIGHT),
        ("weight_kg", "6_1", NO_VALUE),
        ("ecog", "5", ""),
        ("organ_function_on", "2026-11-22", ""),
        ("organ_function_on", "2026-11-23", "Enter a day up to today."),
        ("organ_function_on", "20261122", NO_VALUE),
        ("hiv", "no", ""),
        ("hiv", "No", NO_WORD),
        ("hiv", "perhaps", NO_WORD),
        ("sex", "F", ""),
        ("sex", "female", NO_WORD),
        ("pregnancy_test", "positive", ""),
        ("cns_metastases", "active", ""),
        ("no_guideline_therapy", "unknown", NO_WORD),
        ("histology", "whatever it was", ""),
        ("nickname", "x", NO_VALUE),
    ],
)
def test_a_value_that_no_rule_could_take_or_nobody_could_have_is_told(field: str, text: str, fault: str) -> None:
    assert against_value(STUDY, field, text, TODAY) == fault


def test_a_word_that_decides_which_criteria_are_asked_is_never_left_out() -> None:
    assert deciding_fields(STUDY) == {"sex", "childbearing_potential"}


RULE = CriterionRule(kind="answer", field="hiv")


def finding(criterion: str, outcome: Outcome, words: str = "") -> Finding:
    return Finding(criterion, RULE, outcome, Words(words, words))


def test_every_criterion_not_met_not_answered_or_not_examined_stands_against_enrolment() -> None:
    verdict = Verdict(
        (
            finding("E2", Outcome.TO_EXAMINE, "a brain MRI"),
            finding("E4", Outcome.TO_ANSWER, "A history?"),
            finding("I1", Outcome.NOT_MET, "age 76"),
            finding("I2", Outcome.MET),
            finding("E9", Outcome.NOT_ASKED),
            finding("E8", Outcome.NOT_MET, "HIV"),
            finding("I5", Outcome.TO_SET, "inclusion.I5.rule.1.more_than"),
        )
    )
    reasons = against_verdict(verdict, "participant:IFN-003")
    assert [(each.code, each.sentence) for each in reasons] == [
        ("criterion_not_met", "I1: age 76."),
        ("criterion_not_met", "E8: HIV."),
        ("criterion_unanswered", "E4 is to be answered by the physician: A history?"),
        ("examination_missing", "E2 needs a brain MRI."),
        ("sponsor_to_set", "I5: the sponsor has not set inclusion.I5.rule.1.more_than."),
    ]
    assert {each.solve for each in reasons} == {"participant:IFN-003"}


def test_windows_counted_against_enrolment_end_with_it_and_no_other_rule_does() -> None:
    day, dose = (CriterionRule(kind="days_since", field="x", on=on) for on in ("enrolment", "first_dose"))
    examined = CriterionRule(kind="examination", field="x")
    findings = tuple(Finding("X1", rule, Outcome.NOT_MET, Words("", "")) for rule in (day, dose, RULE, examined))
    assert [each.rule for each in after_enrolment(Verdict(findings)).findings] == [dose, RULE, examined]


def test_nothing_stands_against_a_verdict_that_is_eligible() -> None:
    assert against_verdict(Verdict((finding("I1", Outcome.MET), finding("E9", Outcome.NOT_ASKED))), "") == []


@pytest.mark.parametrize(("person_id", "expected"), [(1, ["same_person"]), (2, []), (None, [])])
def test_who_put_a_band_on_does_not_confirm_it(person_id: int | None, expected: list[str]) -> None:
    band = BandFacts("put_on", "applied", put_on_by_id=1)
    assert [each.code for each in against_confirming(band, person_id)] == expected


def test_the_form_asks_for_what_is_measured_and_the_study_knows_each_of_it() -> None:
    assert MeasureIn().fields.keys() - {"measured_on", "confirmed_weight_kg"} == MEASURED_FIELDS
    assert field_types(STUDY).keys() >= MEASURED_FIELDS


@pytest.mark.parametrize(
    ("screened", "codes"), [(None, []), (date(1970, 1, 1), []), (date(1970, 1, 2), ["birth_date_differs"])]
)
def test_the_birth_date_of_an_identity_is_the_one_of_the_screening_list(
    screened: date | None, codes: list[str]
) -> None:
    reasons = against_birth_date(screened, date(1970, 1, 1), "IFN-001")
    assert [each.code for each in reasons] == codes
    assert all("1970" not in each.sentence for each in reasons)


@pytest.mark.parametrize(
    ("last", "new", "confirmed", "codes"),
    [
        ("", "75.0", "", []),
        ("60.0", "66.0", "", []),
        ("60.0", "54.0", "", []),
        ("60.0", "66.1", "", ["weight_to_confirm"]),
        ("60.0", "53.9", "", ["weight_to_confirm"]),
        ("60.0", "66.1", "66.1", []),
        ("60.0", "70", "70.0", []),
        ("60.0", "96.1", "66.1", ["weight_to_confirm"]),
    ],
)
def test_a_weight_more_than_a_tenth_from_the_last_one_is_confirmed_by_itself(
    last: str, new: str, confirmed: str, codes: list[str]
) -> None:
    reasons = against_weight_change(last, date(2026, 11, 20), new, confirmed)
    assert [each.code for each in reasons] == codes
    assert all(f"{last} kg on 2026-11-20" in each.sentence for each in reasons)

"""Eligibility, criterion by criterion, at the edges of each window (trial.txt, inclusion 1-10, exclusion 1-10)."""

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotrack.foundation.resources import resource
from cotrack.foundation.words import Words
from cotrack.participants.rules import cns_fields, facts_of
from cotrack.study.rules.definition import Criterion, CriterionRule, Definition
from cotrack.study.rules.eligibility import (
    Facts,
    FactValue,
    Finding,
    Outcome,
    Verdict,
    add_months,
    judge,
    whole_years,
)
from cotrack.study.rules.reading import read_definition

BASE = resource("study/definitions/msc-ifna.toml").read_text(encoding="utf-8")
SCREENING = Path(__file__).parents[2] / "examples" / "screening.csv"
NOT_FACTS = {"subject_number", "site", "screened_on", "cns_metastases", "expected"}
MONTH = "irradiated 2026-03;"
ITS_LAST_DAY = date(2026, 3, 31)


def study_of(text: str) -> Definition:
    definition, faults = read_definition(text)
    assert definition is not None, faults
    return definition


STUDY = study_of(BASE)
with SCREENING.open(encoding="utf-8", newline="") as file:
    PEOPLE = list(csv.DictReader(file))


def facts_from(row: Mapping[str, str]) -> Facts:
    cns = cns_fields(row["cns_metastases"])
    assert cns is not None
    return facts_of(STUDY, {name: value for name, value in row.items() if value and name not in NOT_FACTS} | cns)


def screened(row: Mapping[str, str]) -> Verdict:
    return judge(STUDY, facts_from(row), on=date.fromisoformat(row["screened_on"]), asks_first_dose=True)


@pytest.mark.parametrize("row", PEOPLE, ids=lambda row: row["subject_number"])
def test_each_person_of_the_screening_file_gets_the_verdict_expected(row: Mapping[str, str]) -> None:
    assert screened(row).sentence("en") == row["expected"]


def moved(row: Mapping[str, str], days: int, name: str) -> dict[str, str]:
    """Move every date by so many days and rename the person; a month stands for its last day."""

    def later(text: str) -> str:
        return (date.fromisoformat(text) + timedelta(days=days)).isoformat()

    cns = row["cns_metastases"].replace(MONTH, f"irradiated {later(ITS_LAST_DAY.isoformat())};")
    dates = {column: later(text) for column, text in row.items() if text and column.endswith(("_on", "birth_date"))}
    return {**row, **dates, "cns_metastases": cns, "subject_number": name}


@given(days=st.integers(-400, 400), name=st.text("IFN-0123456789王", max_size=8))
@settings(max_examples=20, deadline=None)
def test_a_verdict_stays_when_every_date_moves_and_the_person_is_renamed(days: int, name: str) -> None:
    for row in PEOPLE:
        assert screened(moved(row, days, name)).sentence("en") == row["expected"]


@pytest.mark.parametrize(
    ("number", "zh"),
    [
        ("IFN-001", "合格"),
        ("IFN-003", "不合格：I1 年龄 76 岁"),
        ("IFN-005", "完成脑部 MRI后合格"),
    ],
)
def test_a_verdict_is_said_in_chinese_too(number: str, zh: str) -> None:
    (row,) = [each for each in PEOPLE if each["subject_number"] == number]
    assert screened(row).sentence("zh") == zh


ON = date(2026, 9, 14)
ELIGIBLE: dict[str, FactValue] = {
    "birth_date": date(1979, 11, 2),
    "sex": "F",
    "life_expectancy_over_3_months": "yes",
    "histology": "breast cancer",
    "locally_advanced_or_metastatic": "yes",
    "prior_lines": Decimal(2),
    "measurable_lesions": Decimal(1),
    "last_treatment_on": date(2026, 7, 1),
    "ecog": Decimal(1),
    "organ_function_on": ON,
    "consent_signed_on": ON,
    "childbearing_potential": "yes",
    "contraception_agreed": "yes",
    "autoimmune_disease": "no",
    "cns_metastases": "none",
    "corticosteroid_mg_per_day": Decimal(0),
    "other_immunosuppression": "no",
    "psychiatric_history": "no",
    "allergy_to_components": "no",
    "interfering_conditions": "no",
    "uncontrolled_illness": "no",
    "hiv": "no",
    "pregnancy_test": "negative",
    "pregnancy_test_on": ON,
    "breast_feeding": "no",
}
IRRADIATED: dict[str, FactValue] = {
    "cns_metastases": "irradiated",
    "cns_irradiated_on": date(2026, 3, 31),
    "cns_symptoms": "no",
    "cns_steroids": "no",
    "brain_mri_on": ON,
}


def judged(
    changes: Mapping[str, FactValue | None], *, asks_first_dose: bool = True, study: Definition = STUDY
) -> Verdict:
    known = {name: value for name, value in {**ELIGIBLE, **changes}.items() if value is not None}
    return judge(study, known, on=ON, asks_first_dose=asks_first_dose)


def not_met(verdict: Verdict) -> list[str]:
    return [f"{each.criterion} {each.words['en']}" for each in verdict.of(Outcome.NOT_MET)]


def before(days: int) -> date:
    return ON - timedelta(days=days)


def test_a_person_who_meets_every_criterion_is_eligible() -> None:
    verdict = judged({})
    assert verdict.is_eligible
    assert {each.outcome for each in verdict.findings} == {Outcome.MET, Outcome.NOT_ASKED}


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("birth_date", date(2008, 9, 14), None),
        ("birth_date", date(2008, 9, 15), "I1 age 17"),
        ("birth_date", date(1950, 9, 15), None),
        ("birth_date", date(1950, 9, 14), "I1 age 76"),
        ("life_expectancy_over_3_months", "no", "I1 life expectancy of 3 months or less"),
        ("histology", "", "I2 no histology"),
        ("locally_advanced_or_metastatic", "no", "I2 neither locally advanced nor metastatic"),
        ("measurable_lesions", Decimal(0), "I4 no measurable target lesion"),
        ("last_treatment_on", before(29), None),
        ("last_treatment_on", before(28), "I5 previous treatment ended less than 4 weeks before"),
        ("last_treatment_on", before(0), "I5 previous treatment ended less than 4 weeks before"),
        ("last_treatment_on", before(-1), "I5 previous treatment ended less than 4 weeks before"),
        ("ecog", Decimal(0), None),
        ("ecog", Decimal(2), None),
        ("ecog", Decimal(3), "I6 ECOG 3"),
        ("organ_function_on", before(14), None),
        ("organ_function_on", before(15), "I7 organ function confirmed more than 2 weeks before"),
        ("organ_function_on", before(-1), "I7 organ function confirmed more than 2 weeks before"),
        ("consent_signed_on", before(1000), None),
        ("consent_signed_on", before(0), None),
        ("consent_signed_on", before(-1), "I9 consent not signed before"),
        ("contraception_agreed", "no", "I10 contraception not agreed"),
        ("autoimmune_disease", "yes", "E1 autoimmune disease"),
        ("cns_metastases", "active", "E2 brain metastases or active CNS disease"),
        ("corticosteroid_mg_per_day", Decimal(10), None),
        ("corticosteroid_mg_per_day", Decimal("10.1"), "E3 corticosteroid above 10 mg a day"),
        ("other_immunosuppression", "yes", "E3 other immunosuppressive medication within 14 days"),
        ("psychiatric_history", "yes", "E4 history of psychiatric disorders"),
        ("allergy_to_components", "yes", "E5 allergy or intolerance to components"),
        ("interfering_conditions", "yes", "E6 conditions that interfere with participation"),
        ("uncontrolled_illness", "yes", "E7 uncontrolled concurrent illness"),
        ("hiv", "yes", "E8 HIV infection or AIDS"),
        ("pregnancy_test", "positive", "E9 pregnancy test not negative"),
        ("pregnancy_test_on", before(0), None),
        ("pregnancy_test_on", before(7), None),
        ("pregnancy_test_on", before(8), "E9 pregnancy test older than 7 days"),
        ("pregnancy_test_on", before(-1), "E9 pregnancy test older than 7 days"),
        ("breast_feeding", "yes", "E9 breast-feeding"),
        ("other_cancer_on", date(2023, 9, 14), None),
        ("other_cancer_on", date(2023, 9, 15), "E10 another cancer within 3 years"),
        ("other_cancer_on", None, None),
    ],
)
def test_each_criterion_decides_at_the_edge_of_its_window(
    field: str, value: FactValue | None, reason: str | None
) -> None:
    verdict = judged({field: value})
    assert not_met(verdict) == ([reason] if reason else [])
    assert verdict.is_eligible is (reason is None)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("cns_irradiated_on", date(2026, 6, 14), None),
        ("cns_irradiated_on", date(2026, 6, 15), "E2 CNS metastases irradiated less than 3 months before"),
        ("cns_symptoms", "yes", "E2 CNS symptoms"),
        ("cns_steroids", "yes", "E2 corticosteroids for the CNS"),
        ("brain_mri_on", before(-1), "E2 a brain MRI is missing"),
    ],
)
def test_irradiated_metastases_are_accepted_after_three_months_without_symptoms_and_steroids(
    field: str, value: FactValue, reason: str | None
) -> None:
    assert not_met(judged({**IRRADIATED, field: value})) == ([reason] if reason else [])


def test_irradiated_metastases_need_a_brain_mri_first() -> None:
    verdict = judged({**IRRADIATED, "brain_mri_on": None})
    assert not verdict.is_eligible
    assert verdict.sentence("en") == "eligible after a brain MRI"
    assert [each.rule.field for each in verdict.of(Outcome.TO_EXAMINE)] == ["brain_mri_on"]


def test_every_reason_is_told_in_the_order_of_the_criteria() -> None:
    verdict = judged({"hiv": "yes", "birth_date": date(1950, 1, 1), "ecog": Decimal(4), "brain_mri_on": None})
    assert verdict.sentence("en") == "not eligible: I1 age 76; I6 ECOG 4; E8 HIV infection or AIDS"


@pytest.mark.parametrize(
    ("prior_lines", "no_guideline_therapy", "outcome"),
    [
        (Decimal(2), None, Outcome.MET),
        (Decimal(1), "yes", Outcome.MET),
        (Decimal(1), "no", Outcome.NOT_MET),
        (Decimal(1), None, Outcome.TO_ANSWER),
        (None, "yes", Outcome.TO_ANSWER),
    ],
)
def test_fewer_than_two_lines_are_excused_only_where_no_guideline_therapy_exists(
    prior_lines: Decimal | None, no_guideline_therapy: str | None, outcome: Outcome
) -> None:
    verdict = judged({"prior_lines": prior_lines, "no_guideline_therapy": no_guideline_therapy})
    assert [each.outcome for each in verdict.findings if each.criterion == "I3"] == [outcome]


@pytest.mark.parametrize("field", sorted(set(ELIGIBLE) - {"childbearing_potential", "sex", "cns_metastases"}))
def test_what_nobody_has_said_is_asked_and_never_taken_as_met(field: str) -> None:
    verdict = judged({field: None})
    assert [each.rule.field for each in verdict.of(Outcome.TO_ANSWER)] == [field]
    assert not verdict.is_eligible


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("childbearing_potential", {"contraception_agreed", "pregnancy_test", "pregnancy_test_on"}),
        ("sex", {"breast_feeding"}),
    ],
)
def test_where_nobody_knows_whether_a_rule_applies_it_is_asked(field: str, asked: set[str]) -> None:
    verdict = judged({field: None})
    assert {each.rule.field for each in verdict.of(Outcome.TO_ANSWER)} == asked
    assert not verdict.is_eligible


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"childbearing_potential": "no", "pregnancy_test": None}, "pregnancy_test"),
        ({"sex": "M", "breast_feeding": None}, "breast_feeding"),
        ({"cns_metastases": "none"}, "brain_mri_on"),
    ],
)
def test_a_rule_that_does_not_apply_is_not_asked(changes: dict[str, FactValue | None], field: str) -> None:
    assert [each.outcome for each in judged(changes).findings if each.rule.field == field] == [Outcome.NOT_ASKED]


def test_windows_before_the_first_dose_count_only_where_a_first_dose_is_asked_about() -> None:
    old = {"organ_function_on": before(15)}
    assert judged(old, asks_first_dose=False).is_eligible
    assert not judged(old, asks_first_dose=True).is_eligible


def test_a_question_carries_the_words_of_the_study_and_a_criterion_met_says_nothing() -> None:
    verdict = judged({"hiv": None})
    (question,) = verdict.of(Outcome.TO_ANSWER)
    assert question.words == Words("Is there a history of HIV infection or AIDS?", "是否有 HIV 感染或艾滋病史？")
    assert {str(each.words) for each in verdict.of(Outcome.MET)} == {"–"}


def test_a_verdict_over_nothing_is_eligible() -> None:
    assert Verdict(()).is_eligible
    assert Verdict(()).sentence("en") == "eligible"


def test_several_examinations_are_named_together() -> None:
    rule = CriterionRule(kind="examination", field="x")
    findings = [Finding("E2", rule, Outcome.TO_EXAMINE, Words(words, None)) for words in ("an MRI", "a CT")]
    assert Verdict(tuple(findings)).sentence("en") == "eligible after an MRI, a CT"


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (CriterionRule(kind="age", field="x", least=Decimal(18)), "1967-03-14"),
        (CriterionRule(kind="days_since", field="x"), Decimal(7)),
        (CriterionRule(kind="months_since", field="x"), "none"),
        (CriterionRule(kind="examination", field="x"), "yes"),
    ],
    ids=lambda each: str(getattr(each, "kind", each)),
)
def test_a_rule_about_a_day_takes_nothing_else(rule: CriterionRule, value: FactValue) -> None:
    study = replace(STUDY, criteria=(Criterion("X1", Words("x", "x"), (rule,)),))
    with pytest.raises(TypeError, match=r"is not a day$"):
        judge(study, {"x": value}, on=ON, asks_first_dose=True)


def test_a_limit_that_the_sponsor_has_not_set_is_met_by_nobody() -> None:
    study = study_of(BASE.replace("more_than = 28", 'more_than = "sponsor_to_set"'))
    assert "inclusion.I5.rule.1.more_than" in study.unset
    assert not judged({"last_treatment_on": before(1)}, study=study).is_eligible


@pytest.mark.parametrize(
    ("old", "key"),
    [
        ("more_than = 28", "inclusion.I5.rule.1.more_than"),
        ("most = 75", "inclusion.I1.rule.1.most"),
        ("least = 36", "exclusion.E10.rule.1.least"),
        ('accepts = ["yes"]', "inclusion.I1.rule.2.accepts"),
        ('on = "first_dose"', "inclusion.I7.rule.1.on"),
        ('when_accepts = ["irradiated"]', "exclusion.E2.rule.2.when_accepts"),
        ("blank_means_none = true", "exclusion.E10.rule.1.blank_means_none"),
    ],
)
def test_whatever_of_a_rule_the_sponsor_has_not_set_leaves_its_criterion_undecided(old: str, key: str) -> None:
    name = old.partition(" ")[0]
    study = study_of(BASE.replace(f"\n{old}\n", f'\n{name} = "sponsor_to_set"\n', 1))
    for asks_first_dose in (False, True):
        verdict = judged({"other_cancer_on": None}, study=study, asks_first_dose=asks_first_dose)
        assert [(each.criterion, each.words) for each in verdict.of(Outcome.TO_SET)] == [
            (key.split(".")[1], Words(key, key))
        ]
        assert not verdict.is_eligible
        assert verdict.sentence("en") == f"undecided: the sponsor has not set {key}"
        assert verdict.sentence("zh") == f"无法判定：申办者尚未设定 {key}"


def test_a_criterion_that_is_failed_tells_more_than_one_that_is_undecided() -> None:
    study = study_of(BASE.replace("more_than = 28", 'more_than = "sponsor_to_set"'))
    assert judged({"ecog": Decimal(3)}, study=study).sentence("en") == "not eligible: I6 ECOG 3"


def test_what_is_not_set_of_a_rule_that_does_not_apply_is_not_needed() -> None:
    study = study_of(BASE.replace("\nmost = 7\n", '\nmost = "sponsor_to_set"\n'))
    assert not judged({}, study=study).is_eligible
    assert judged({"childbearing_potential": "no"}, study=study).is_eligible


def test_months_without_a_number_of_them_are_never_over() -> None:
    rule = CriterionRule(kind="months_since", field="x")
    study = replace(STUDY, criteria=(Criterion("X1", Words("x", "x"), (rule,)),))
    assert not judge(study, {"x": date(1900, 1, 1)}, on=ON, asks_first_dose=True).is_eligible


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        ("2008-09-14", "2026-09-13", 17),
        ("2008-09-14", "2026-09-14", 18),
        ("1950-09-14", "2026-09-13", 75),
        ("1950-09-14", "2026-09-14", 76),
        ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18),
        ("2008-02-29", "2028-02-28", 19),
        ("2008-02-29", "2028-02-29", 20),
        ("2008-12-31", "2026-01-01", 17),
        ("2026-09-14", "2026-09-14", 0),
    ],
)
def test_age_counts_whole_years_up_to_the_birthday(born: str, on: str, years: int) -> None:
    assert whole_years(date.fromisoformat(born), date.fromisoformat(on)) == years


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-03-31", 3, "2026-06-30"),
        ("2026-10-04", 24, "2028-10-04"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-12-01", 1, "2027-01-01"),
        ("2026-09-14", 0, "2026-09-14"),
    ],
)
def test_months_are_calendar_months_and_end_with_the_month(day: str, months: int, later: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)

"""Enrolment through the service: every window at its edges, in the site's calendar days (trial.txt, product.md)."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.clinic import BORN, WOMAN, candidate, file_of, newest_record, reasons, refusal
from support.stages import HER
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.errors import InvalidInput, ReasonMissing, Refused, SignatureRefused, TransitionNotAllowed
from cotrack.foundation.unit_of_work import rehearse, unit_of_work
from cotrack.foundation.work import Work
from cotrack.participants.service import enrolment, knowledge
from cotrack.study.rules.eligibility import Outcome

ANSWERS_OF_A_WOMAN = {"breast_feeding": "no"}


def ready(world: World, **changed: str) -> None:
    """Screen somebody, with some columns changed, and have identity and answers recorded."""
    row = candidate(world, **changed)
    world.journey.screened(file_of(row))
    world.journey.identified(HER, "测试 IFN-001", "H-1", date.fromisoformat(row["birth_date"]))
    world.journey.answered(HER, ANSWERS_OF_A_WOMAN)


def against(world: World) -> list[str]:
    """Return the sentences that stand against enrolling today; empty where the physician could sign."""
    actor = world.cast.actor("dr.gao")
    try:
        rehearse(world.runtime.ground, actor, lambda work: enrolment.enrol(work, HER, arm="monotherapy"))
    except Refused as refused:
        return [each.sentence for each in refused.reasons]
    return []


def days_ago(world: World, days: int) -> str:
    return (world.journey.today() - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(("days", "allowed"), [(0, True), (7, True), (8, False)])
def test_a_pregnancy_test_counts_for_seven_days_before_enrolment(world: World, days: int, allowed: bool) -> None:
    ready(world, **WOMAN, pregnancy_test_on=days_ago(world, days))
    assert against(world) == ([] if allowed else ["E9: pregnancy test older than 7 days."])


@pytest.mark.parametrize(("days", "allowed"), [(28, False), (29, True)])
def test_the_last_treatment_ended_more_than_28_days_before_enrolment(world: World, days: int, allowed: bool) -> None:
    ready(world, last_treatment_on=days_ago(world, days))
    assert against(world) == ([] if allowed else ["I5: previous treatment ended less than 4 weeks before."])


def test_a_window_is_counted_to_the_day_of_enrolment_not_of_screening(world: World) -> None:
    ready(world, **WOMAN, pregnancy_test_on=days_ago(world, 6), last_treatment_on=days_ago(world, 27))
    assert against(world) == ["I5: previous treatment ended less than 4 weeks before."]
    world.clock.pass_by(days=2)
    assert against(world) == ["E9: pregnancy test older than 7 days."]


@pytest.mark.parametrize(
    ("born", "words"),
    [
        ("2008-11-23", []),
        ("2008-11-24", ["I1: age 17."]),
        ("1950-11-24", []),
        ("1950-11-23", ["I1: age 76."]),
    ],
    ids=["18 today", "18 tomorrow", "76 tomorrow", "76 today"],
)
def test_the_age_in_whole_years_is_from_18_to_75(world: World, born: str, words: list[str]) -> None:
    ready(world, birth_date=born)
    assert against(world) == words


def test_a_birthday_begins_at_midnight_of_the_site_not_of_utc(world: World) -> None:
    ready(world, birth_date="2008-11-24")
    world.clock.now = datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)
    assert against(world) == ["I1: age 17."]
    world.clock.now = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert against(world) == []
    world.journey.enrolled(HER)
    participant = world.read(lambda session: knowledge.participant_numbered(session, HER))
    assert participant.enrolled_on == date(2026, 11, 24)


@pytest.mark.parametrize(("today", "words"), [(date(2030, 2, 28), ["I1: age 17."]), (date(2030, 3, 1), [])])
def test_who_was_born_on_29_february_is_a_year_older_from_1_march(world: World, today: date, words: list[str]) -> None:
    world.clock.now = datetime(today.year, today.month, today.day, 4, tzinfo=UTC)
    ready(world, birth_date="2012-02-29")
    assert against(world) == words


def test_an_organ_function_too_old_for_a_dose_does_not_stand_against_enrolment(world: World) -> None:
    ready(world, organ_function_on=days_ago(world, 40))
    assert against(world) == []


def test_every_reason_against_enrolment_is_told(world: World) -> None:
    world.journey.screened(file_of(candidate(world, ecog="3", hiv="yes", cns_metastases="irradiated 2026-03")))
    told = against(world)
    assert told[:2] == ["I6: ECOG 3.", "E8: HIV infection or AIDS."]
    assert "E2 needs a brain MRI." in told
    assert sum("is to be answered by the physician" in each for each in told) == 9
    assert told[-1] == "Name, hospital number and birth date are not all recorded."


def test_a_brain_mri_puts_right_what_waits_for_it(world: World) -> None:
    ready(world, cns_metastases="irradiated 2026-03; no symptoms; no steroids")
    assert against(world) == ["E2 needs a brain MRI."]
    world.journey.measured(HER, {"brain_mri_on": world.journey.today().isoformat()})
    assert against(world) == []


def test_an_unknown_arm_is_refused(world: World) -> None:
    ready(world)
    refused = refusal(world, "dr.gao", lambda work: enrolment.enrol(work, HER, arm="placebo"), is_signed=True)
    assert refused.kind == "invalid-input"


def test_the_signature_stands_under_the_very_text_that_was_shown(world: World) -> None:
    ready(world)
    actor = world.cast.actor("dr.gao")
    _, shown = rehearse(world.runtime.ground, actor, lambda work: enrolment.enrol(work, HER, arm="monotherapy"))
    world.journey.enrolled(HER)
    signed = world.read(lambda session: knowledge.participant_numbered(session, HER)).enrolment_signature
    assert (signed.text, signed.text_sha256, signed.meaning) == (shown.text, shown.sha256, "approved")
    assert (signed.printed_name, signed.role) == ("高医生 GAO Jun", "physician")
    assert "Day of enrolment / 入组日期 2026-11-23" in signed.text


def shown_text(world: World) -> str:
    """Return what the physician would sign now."""
    actor = world.cast.actor("dr.gao")
    _, shown = rehearse(world.runtime.ground, actor, lambda work: enrolment.enrol(work, HER, arm="monotherapy"))
    return shown.text


def test_the_signed_text_says_each_criterion_with_its_answer_in_words(world: World) -> None:
    ready(world, cns_metastases="irradiated 2026-03; no symptoms; no steroids")
    world.journey.measured(HER, {"brain_mri_on": days_ago(world, 1)})
    lines, ended = shown_text(world).splitlines(), days_ago(world, 60)
    for line in (
        "I1 56 years / 56 岁",
        "I1 Is the estimated life expectancy more than 3 months? yes / 预计生存期是否超过 3 个月？ 是",
        "I2 Which histology was confirmed? sarcoma / 病理确诊为何种肿瘤？ sarcoma",
        f"I5 When did the last previous treatment end? {ended} / 末次既往治疗何时结束？ {ended}",
        "I8 nothing to answer / 无须回答",
        "I10 does not apply / 不适用",
        "E2 Are there CNS metastases? irradiated / 是否有中枢神经系统转移？ 已放疗",
        f"E2 a brain MRI {days_ago(world, 1)} / 脑部 MRI {days_ago(world, 1)}",
        "E10 When was another cancer last active? none known / 其他恶性肿瘤最近何时活动？ 无",
    ):
        assert line in lines
    assert "_" not in shown_text(world), "no name of a field"
    assert BORN.isoformat() not in shown_text(world)


@pytest.mark.parametrize(("lines", "answers"), [("2", {}), ("1", {"no_guideline_therapy": "yes"})])
def test_a_criterion_with_an_excuse_says_what_was_found_and_the_excuse(
    world: World, lines: str, answers: dict[str, str]
) -> None:
    ready(world, prior_lines=lines)
    if answers:
        world.do("dr.gao", lambda work: knowledge.answer_criteria(work, HER, answers=answers))
    told = [each for each in shown_text(world).splitlines() if each.startswith("I3 ")]
    assert told[0].startswith("I3 Failed to at least first-line")
    assert told[0].endswith(lines)
    assert [each.split(" / ")[0] for each in told[1:]] == [
        "I3 Is there no NCCN guideline-recommended therapy for this initially diagnosed tumour? yes"
    ] * len(answers)


def test_the_signed_text_names_what_is_judged_before_a_dose_only_and_claims_nothing_of_it(world: World) -> None:
    ready(world, organ_function_on=days_ago(world, 40))
    text = shown_text(world)
    before, after = text.split("Not judged today, but before each dose: / 今日不判定，每次给药前判定：\n")
    assert "Every inclusion criterion that counts at enrolment is met" in before
    assert "\nI7 " not in before
    assert after.startswith("I7 Have adequate organ function, which should be confirmed within 2 weeks prior")
    assert after.splitlines()[1] == (
        "Judged again before each dose / 每次给药前再次判定: I1 I2 I3 I4 I6 I10 E1 E2 E3 E4 E5 E6 E7 E8 E9"
    )


def test_what_the_signed_text_says_is_judged_again_stands_against_a_dose(world: World) -> None:
    ready(world, **WOMAN, pregnancy_test_on=days_ago(world, 1), organ_function_on=days_ago(world, 40))
    world.journey.enrolled(HER)
    world.journey.measured(HER, {"pregnancy_test": "positive"})
    actor, today = world.cast.actor("dr.gao"), world.journey.today()
    with world.runtime.ground.sessions.reading() as session:
        work = Work(world.runtime.ground, session, actor)
        verdict = enrolment.verdict_for_dose(work, knowledge.participant_numbered(session, HER), today)
    assert [each.criterion for each in verdict.of(Outcome.NOT_MET)] == ["I7", "E9"]


def test_a_signature_under_a_text_of_yesterday_is_refused(world: World) -> None:
    ready(world)
    ground, actor = world.runtime.ground, world.cast.actor("dr.gao")
    _, shown = rehearse(ground, actor, lambda work: enrolment.enrol(work, HER, arm="monotherapy"))
    world.clock.pass_by(days=1)
    proof = world.runtime.door.prove(actor, PASSWORD, meaning=shown.meaning, text_sha256=shown.sha256)
    with pytest.raises(SignatureRefused), unit_of_work(ground, actor, proof=proof) as work:
        enrolment.enrol(work, HER, arm="monotherapy")
    assert '"outcome":"refused"' in newest_record(world)


def test_nobody_is_enrolled_twice(world: World) -> None:
    ready(world)
    world.journey.enrolled(HER)
    act = lambda work: enrolment.enrol(work, HER, arm="monotherapy")  # noqa: E731 (one line)
    assert isinstance(refusal(world, "dr.gao", act, is_signed=True), TransitionNotAllowed)


def test_who_left_the_study_is_neither_enrolled_nor_measured_nor_answered(world: World) -> None:
    ready(world)
    without_reason = refusal(world, "dr.gao", lambda work: enrolment.withdraw(work, HER, reason=" "))
    assert isinstance(without_reason, ReasonMissing)
    world.do("prof.han", lambda work: enrolment.withdraw(work, HER, reason="withdrew consent"))
    for act in (
        lambda work: enrolment.enrol(work, HER, arm="monotherapy"),
        lambda work: knowledge.answer_criteria(work, HER, answers={"hiv": "no"}),
    ):
        assert isinstance(refusal(world, "dr.gao", act), TransitionNotAllowed)
    weight = {"weight_kg": "60.0"}
    measure = lambda work: knowledge.measure(work, HER, measured_on=BORN, values=weight)  # noqa: E731 (one line)
    assert reasons(world, "li.c", measure) == ["participant_withdrawn"]


def faults(world: World, act: Callable[[Work], Any]) -> Mapping[str, list[str]]:
    """Return what the physician is told at each field."""
    refused = refusal(world, "dr.gao", act)
    assert isinstance(refused, InvalidInput)
    return refused.fields


WRONG_ANSWERS = [
    ({"hiv": "No"}, "Choose one of these."),
    ({"last_treatment_on": "2026-11-24"}, "Enter a day up to today."),
    ({"last_treatment_on": "22 November"}, "This is no such value."),
    ({"ecog": "1e0"}, "This is no such value."),
    ({"shoe_size": "42"}, "This field is not known here."),
    ({"birth_date": "1970-01-01"}, "This field is not known here."),
]


@pytest.mark.parametrize(("answers", "sentence"), WRONG_ANSWERS, ids=["-".join(found) for found, _ in WRONG_ANSWERS])
def test_an_answer_that_is_none_is_refused_at_its_field(
    world: World, answers: Mapping[str, str], sentence: str
) -> None:
    ready(world)
    assert faults(world, lambda work: knowledge.answer_criteria(work, HER, answers=answers)) == {
        name: [sentence] for name in answers
    }


WRONG_MEASURES = [
    ({"weight_kg": "0"}, "Enter a weight from 1 to 400 kg, with at most one place after the point."),
    ({"weight_kg": "400.1"}, "Enter a weight from 1 to 400 kg, with at most one place after the point."),
    ({"weight_kg": "61.55"}, "Enter a weight from 1 to 400 kg, with at most one place after the point."),
    ({"weight_kg": "６１"}, "This is no such value."),
    ({"organ_function_on": "2026-11-24"}, "Enter a day up to today."),
    ({"pregnancy_test": "NEGATIVE"}, "Choose one of these."),
    ({"childbearing_potential": "no"}, "This is no measurement: the physician answers it."),
    ({"consent_signed_on": "2026-11-01"}, "This is no measurement: the physician answers it."),
    ({"histology": "sarcoma"}, "This is no measurement: the physician answers it."),
    ({"birth_date": "1970-01-01"}, "This is no measurement: the physician answers it."),
    ({"shoe_size": "42"}, "This is no measurement: the physician answers it."),
]


@pytest.mark.parametrize(("values", "sentence"), WRONG_MEASURES, ids=[str(found) for found, _ in WRONG_MEASURES])
def test_a_measurement_that_cannot_be_is_refused_at_its_field(
    world: World, values: Mapping[str, str], sentence: str
) -> None:
    ready(world)
    today = world.journey.today()
    told = faults(world, lambda work: knowledge.measure(work, HER, measured_on=today, values=values))
    assert told == {name: [sentence] for name in values}


def test_a_measurement_is_of_a_day_up_to_today(world: World) -> None:
    ready(world)
    tomorrow = world.journey.today() + timedelta(days=1)
    told = faults(world, lambda work: knowledge.measure(work, HER, measured_on=tomorrow, values={"weight_kg": "60"}))
    assert told == {"measured_on": ["Enter a day up to today."]}


def test_the_newest_value_counts_and_the_older_ones_stay(world: World) -> None:
    ready(world)
    world.journey.measured(HER, {"weight_kg": "59.8"})
    participant = world.read(lambda session: knowledge.participant_numbered(session, HER))
    assert world.read(lambda session: knowledge.known_values(session, participant.id))["weight_kg"] == "59.8"
    screened = world.read(lambda session: knowledge.known_values(session, participant.id, source="screening"))
    assert screened["weight_kg"] == "61.5"


def test_an_older_weight_entered_late_does_not_stand_before_a_newer_one(world: World) -> None:
    ready(world)
    world.journey.measured(HER, {"weight_kg": "59.8"})
    before = world.journey.today() - timedelta(days=6)
    world.do("li.c", lambda work: knowledge.measure(work, HER, measured_on=before, values={"weight_kg": "60.5"}))
    participant = world.read(lambda session: knowledge.participant_numbered(session, HER))
    assert world.read(lambda session: knowledge.known_values(session, participant.id))["weight_kg"] == "59.8"
    weighed_on = world.read(lambda session: knowledge.observed_on(session, participant.id, "weight_kg"))
    assert weighed_on == world.journey.today()

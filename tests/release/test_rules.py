"""What stands between a lot and its release, rule by rule of reference/domain.md §3.3."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.resources import resource
from cotrack.quality.rules import HoldFacts
from cotrack.release.rules.late import against_staying_released
from cotrack.release.rules.lots import (
    Decider,
    LotFacts,
    ResultFacts,
    TrailStanding,
    against_conditional_release,
    against_going_on_released,
    against_rejection,
    against_release,
    against_review,
    against_test,
    against_trail_review,
    outstanding,
    standings,
    waits_for_trail_only,
)
from cotrack.release.rules.lots import TestStanding as Judged
from cotrack.release.rules.reasons import in_short
from cotrack.release.rules.viable import viable_million_per_ml
from cotrack.study.rules.definition import Definition, ReleaseTest
from cotrack.study.rules.reading import SEPARATOR, read_definition
from cotrack.study.rules.specification import Reported, Standing, read_reported

FOLDER = resource("study/definitions")
BASE, DEMONSTRATION = (
    (FOLDER / name).read_text(encoding="utf-8") for name in ("msc-ifna.toml", "msc-ifna.demonstration.toml")
)


def study_of(text: str) -> Definition:
    definition, faults = read_definition(text)
    assert definition is not None, faults
    return definition


STUDY = study_of(BASE + SEPARATOR + DEMONSTRATION)
NOW = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
NUMBER = "MSC26-0031"
PRODUCER, REVIEWER, RELEASER = 1, 2, 3
QA = Decider(RELEASER, "qa.liu")
GOOD = {
    "appearance": "conforms",
    "viable_cell_count": "5.36",
    "viability": "93.4",
    "cd73": "99.1",
    "cd90": "98.7",
    "cd105": "97.9",
    "cd45": "0.28",
    "cd34": "1.06",
    "cd14": "0.16",
    "cd19": "0.88",
    "hla_dr": "0.62",
    "endotoxin": "<0.25",
    "mycoplasma": "not detected",
    "sterility_interim": "no growth",
    "sterility": "no growth",
    "vector_copy_number": "1.8",
    "ifna_secretion": "182",
    "rcl": "not detected",
    "residual_bsa": "9",
}


def result(test: str, text: str, *, replicate: int = 1, reviewer: int | None = REVIEWER) -> ResultFacts:
    reported = read_reported(STUDY.tests[test], text)
    assert reported is not None, (test, text)
    return ResultFacts(test, replicate, reported, frozenset({"wang.l", "chen.y"}), reviewer)


def results(**changes: str | None) -> list[ResultFacts]:
    return [result(test, text) for test, text in {**GOOD, **changes}.items() if text is not None]


def lot(found: Iterable[ResultFacts], **changes: object) -> LotFacts:
    facts = LotFacts(
        number=NUMBER,
        expires_at=NOW + timedelta(days=600),
        standings=standings(STUDY, list(found)),
        holds=(),
        deviations=(),
        producer_ids=frozenset({PRODUCER}),
        trail=TrailStanding(reviewed_up_to=90, newest=90, reviewer_id=None),
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def release(facts: LotFacts, *, by: Decider = QA, study: Definition = STUDY, now: datetime = NOW) -> list[str]:
    return said(against_release(study, facts, by, now))


def conditionally(facts: LotFacts, *, by: Decider = QA, study: Definition = STUDY, now: datetime = NOW) -> list[str]:
    return said(against_conditional_release(study, facts, by, now))


def said(reasons: Iterable[Blocker]) -> list[str]:
    return [f"{each.code} {each.parameters['test']}" if "test" in each.parameters else each.code for each in reasons]


def test_rule_1_a_lot_with_every_required_result_within_its_limits_and_reviewed_may_be_released() -> None:
    assert release(lot(results())) == []


def test_rule_1_every_required_test_without_a_result_is_named() -> None:
    reasons = against_release(STUDY, lot([]), QA, NOW)
    assert {each.code for each in reasons} == {"result_missing"}
    assert len(reasons) == len(GOOD) == len([test for test in STUDY.tests.values() if test.is_required])
    assert {each.solve for each in reasons} == {f"lot:{NUMBER}"}


@pytest.mark.parametrize("test", GOOD)
def test_rule_1_one_required_result_missing_keeps_a_lot(test: str) -> None:
    assert release(lot(results(**{test: None}))) == [f"result_missing {STUDY.tests[test].name}"]


@pytest.mark.parametrize(
    ("test", "text", "code"),
    [
        ("cd105", "94.1", "out_of_specification"),
        ("sterility", "growth: Cutibacterium sp.", "out_of_specification"),
        ("endotoxin", "<0.6", "result_undecidable"),
        ("karyotype", "abnormal", "out_of_specification"),
    ],
)
def test_rule_1_a_result_that_is_not_within_its_limits_keeps_a_lot(test: str, text: str, code: str) -> None:
    assert release(lot(results(**{test: text}))) == [f"{code} {STUDY.tests[test].name}"]


@pytest.mark.parametrize("text", ["88.1", "85"])
def test_rule_1_a_result_near_its_limit_keeps_no_lot(text: str) -> None:
    assert release(lot(results(viability=text))) == []


def test_rule_1_a_result_that_nobody_else_reviewed_keeps_a_lot() -> None:
    found = [*results(cd73=None), result("cd73", "99.1", reviewer=None)]
    assert release(lot(found)) == ["result_unreviewed CD73+"]


def test_rule_1_one_replicate_that_nobody_else_reviewed_keeps_a_lot() -> None:
    found = [*results(), result("ifna_secretion", "188", replicate=2, reviewer=None)]
    assert release(lot(found)) == ["result_unreviewed IFNα secretion (potency)"]


def test_rule_1_a_failing_result_that_is_unreviewed_is_named_for_both() -> None:
    found = [*results(cd105=None), result("cd105", "94.1", reviewer=None)]
    assert release(lot(found)) == ["out_of_specification CD105+", "result_unreviewed CD105+"]


def test_rule_1_the_producer_of_a_lot_is_not_its_releaser() -> None:
    assert release(lot(results()), by=Decider(PRODUCER, "tech.zhao")) == ["same_person"]


def test_rule_1_the_author_of_a_result_is_not_the_releaser() -> None:
    assert release(lot(results()), by=Decider(RELEASER, "wang.l")) == ["same_person"]


def test_rule_1_the_reviewer_of_a_result_is_not_the_releaser() -> None:
    assert release(lot(results()), by=Decider(REVIEWER, "qa.chen")) == ["same_person"]


def test_rule_1_one_person_who_did_everything_is_told_each_reason() -> None:
    found = [replace(each, reviewed_by_id=PRODUCER) for each in results()]
    reasons = against_release(STUDY, lot(found), Decider(PRODUCER, "chen.y"), NOW)
    assert [each.sentence for each in reasons] == [
        "You made, filled or labelled this lot: another person decides on it.",
        "You made or entered results of this lot: another person decides on it.",
        "You reviewed results of this lot: another person decides on it.",
    ]


def test_rule_1_a_result_without_a_reviewer_makes_nobody_its_reviewer() -> None:
    found = [*results(cd73=None), result("cd73", "99.1", reviewer=None)]
    assert "same_person" not in release(lot(found), by=Decider(None, "system"))


def test_rule_1_a_lot_is_held_against_the_very_study_version_it_is_bound_to() -> None:
    stricter = replace(STUDY, tests={**STUDY.tests, "cd73": replace(STUDY.tests["cd73"], least=Decimal("99.5"))})
    facts = replace(lot([]), standings=standings(stricter, results()))
    assert release(facts, study=stricter) == ["out_of_specification CD73+"]


def test_rule_1_limits_that_the_sponsor_has_not_set_keep_a_lot() -> None:
    public = study_of(BASE)
    facts = replace(lot([]), standings=standings(public, results()))
    assert set(release(facts, study=public)) >= {"sponsor_to_set"}
    assert set(conditionally(facts, study=public)) >= {"sponsor_to_set"}


@pytest.mark.parametrize(("status", "code"), [("standing", "lot_on_hold"), ("recalled", "lot_recalled")])
def test_a_lot_on_hold_or_recalled_is_not_released(status: str, code: str) -> None:
    held = lot(results(), holds=(HoldFacts(f"lot:{NUMBER}", status, "deviation", NOW),))
    assert release(held) == [code]
    assert code in conditionally(replace(held, standings=lot(results(rcl=None)).standings))


@pytest.mark.parametrize(("left", "expected"), [(1, []), (0, ["expired"]), (-1, ["expired"])])
def test_rule_6_a_lot_at_its_expiry_is_not_released(left: int, expected: list[str]) -> None:
    facts = lot(results(), expires_at=NOW + timedelta(microseconds=left))
    assert release(facts) == expected
    waiting = replace(facts, standings=lot(results(rcl=None)).standings)
    assert conditionally(waiting) == expected


@pytest.mark.parametrize("missing", [{"sterility"}, {"rcl"}, {"sterility", "rcl"}])
def test_rule_2_a_lot_may_be_released_conditionally_while_only_such_tests_are_outstanding(missing: set[str]) -> None:
    facts = lot(results(**dict.fromkeys(missing)))
    assert conditionally(facts) == []
    assert {each.key for each in outstanding(facts.standings)} == missing
    assert len(release(facts)) == len(missing)


@pytest.mark.parametrize("test", sorted(set(GOOD) - {"sterility", "rcl"}))
def test_rule_2_no_other_test_may_be_outstanding_at_a_conditional_release(test: str) -> None:
    facts = lot(results(**{test: None, "rcl": None}))
    assert conditionally(facts) == [f"result_missing {STUDY.tests[test].name}"]


@pytest.mark.parametrize("text", [None, "growth"])
def test_rule_2_a_conditional_release_needs_the_interim_reading_of_sterility_without_growth(text: str | None) -> None:
    facts = lot(results(sterility_interim=text, sterility=None))
    code = "result_missing" if text is None else "out_of_specification"
    assert conditionally(facts) == [f"{code} Sterility, interim reading"]


def test_rule_2_a_lot_with_nothing_outstanding_is_released_fully() -> None:
    assert conditionally(lot(results())) == ["nothing_outstanding"]


def test_rule_2_a_test_that_may_be_outstanding_and_failed_is_not_outstanding() -> None:
    facts = lot(results(sterility="growth", rcl=None))
    assert [each.key for each in outstanding(facts.standings)] == ["rcl"]
    assert conditionally(facts) == ["out_of_specification Sterility, day 14"]


def test_rule_2_a_test_that_may_be_outstanding_and_came_is_reviewed_like_any_other() -> None:
    found = [*results(sterility=None, rcl=None), result("sterility", "no growth", reviewer=None)]
    assert conditionally(lot(found)) == ["result_unreviewed Sterility, day 14"]


def test_rule_2_a_test_that_is_not_required_is_never_outstanding() -> None:
    karyotype = replace(STUDY.tests["karyotype"], may_be_outstanding=True)
    study = replace(STUDY, tests={**STUDY.tests, "karyotype": karyotype})
    assert outstanding(standings(study, results())) == []


@pytest.mark.parametrize(
    "by", [Decider(PRODUCER, "tech.zhao"), Decider(RELEASER, "chen.y"), Decider(REVIEWER, "qa.chen")]
)
def test_rule_2_nobody_involved_in_a_lot_releases_it_conditionally_or_rejects_it(by: Decider) -> None:
    facts = lot(results(rcl=None))
    assert conditionally(facts, by=by) == ["same_person"]
    assert said(against_rejection(facts, by)) == ["same_person"]


def test_a_lot_may_be_rejected_whatever_its_results_holds_and_expiry_are() -> None:
    hold = HoldFacts(f"lot:{NUMBER}", "recalled", "growth", NOW)
    facts = lot([*results(cd105="94.1", rcl=None)], holds=(hold,), expires_at=NOW - timedelta(days=1))
    assert against_rejection(facts, QA) == []


@pytest.mark.parametrize("second", ["182", "<500"])
def test_rule_5_a_second_result_never_replaces_a_failing_first(second: str) -> None:
    found = [*results(ifna_secretion="99"), result("ifna_secretion", second, replicate=2)]
    assert release(lot(found)) == ["out_of_specification IFNα secretion (potency)"]


def test_standings_follow_the_order_of_the_specification_and_leave_out_what_nobody_needs_or_reported() -> None:
    keys = [each.test.key for each in standings(STUDY, list(reversed(results())))]
    assert keys == list(GOOD)
    with_more = standings(STUDY, results(karyotype="normal"))
    assert [each.test.key for each in with_more] == [*GOOD, "karyotype"]


def test_a_standing_holds_every_result_of_its_test() -> None:
    first, second = result("ifna_secretion", "182"), result("ifna_secretion", "188", replicate=2)
    (found,) = (each for each in standings(STUDY, [first, second]) if each.test.key == "ifna_secretion")
    assert found.results == (first, second)
    assert found.standing is Standing.WITHIN
    assert found.is_reviewed
    assert not replace(found, results=()).is_reviewed


@pytest.mark.parametrize(
    ("reviewer", "expected"), [("qa.chen", []), ("wang.l", ["same_person"]), ("chen.y", ["same_person"]), ("", [])]
)
def test_rule_1_the_author_of_a_result_is_not_its_reviewer(reviewer: str, expected: list[str]) -> None:
    assert said(against_review(results(), reviewer)) == expected


def test_rule_1_one_own_result_among_many_is_enough_to_refuse_a_review() -> None:
    others = [replace(each, authors=frozenset({"sun.q"})) for each in results(cd73=None)]
    assert against_review(others, "wang.l") == []
    assert said(against_review([*others, result("cd73", "99.1")], "wang.l")) == ["same_person"]


@pytest.mark.parametrize(
    ("texts", "reviewer", "expected"),
    [
        (["5.36"], REVIEWER, "5.36"),
        (["5.36", "5.40"], REVIEWER, "5.38"),
        (["5.36"], None, None),
        ([], REVIEWER, None),
        ([">5"], REVIEWER, None),
        (["5.36", "<9"], REVIEWER, "5.36"),
    ],
)
def test_the_viable_cells_of_a_lot_are_the_mean_of_its_reviewed_counts(
    texts: list[str], reviewer: int | None, expected: str | None
) -> None:
    counts = [result("viable_cell_count", text, replicate=n, reviewer=reviewer) for n, text in enumerate(texts, 1)]
    found = viable_million_per_ml([*counts, result("viability", "93.4")])
    assert found == (None if expected is None else Decimal(expected))


def test_viable_cells_are_never_multiplied_by_viability_again() -> None:
    assert viable_million_per_ml(results()) == Decimal("5.36")


def test_words_are_no_count() -> None:
    count = replace(result("viable_cell_count", "5.36"), reported=Reported("", None, "clumped"))
    assert viable_million_per_ml([count]) is None


@pytest.mark.parametrize(
    ("trail", "is_reviewed"),
    [
        (TrailStanding(90, 90, None), True),
        (TrailStanding(91, 90, None), True),
        (TrailStanding(0, 90, None), False),
        (TrailStanding(89, 90, None), False),
        (TrailStanding(0, 0, None), False),
        (TrailStanding(90, 90, None, has_gaps=True), False),
    ],
)
def test_a_trail_counts_as_reviewed_only_up_to_its_newest_record(trail: TrailStanding, *, is_reviewed: bool) -> None:
    assert trail.is_reviewed is is_reviewed


NOT_YET, OUTDATED = TrailStanding(0, 90, None), TrailStanding(89, 90, REVIEWER)


@pytest.mark.parametrize(
    ("trail", "words"), [(NOT_YET, "is not reviewed yet"), (OUTDATED, "Something was done to lot MSC26-0031 since")]
)
def test_a_lot_whose_trail_is_not_reviewed_up_to_its_newest_act_does_not_go_on(
    trail: TrailStanding, words: str
) -> None:
    fully, partly = lot(results(), trail=trail), lot(results(rcl=None), trail=trail)
    for found in (against_release(STUDY, fully, QA, NOW), against_conditional_release(STUDY, partly, QA, NOW)):
        assert [each.code for each in found] == ["trail_unreviewed"]
        assert words in found[0].sentence
        assert found[0].solve == f"trail_review:{NUMBER}"
        assert waits_for_trail_only(found)
    held = replace(partly, holds=(HoldFacts(f"lot:{NUMBER}", "standing", "alarm", NOW),))
    assert not waits_for_trail_only(against_conditional_release(STUDY, held, QA, NOW))


@pytest.mark.parametrize("trail", [NOT_YET, OUTDATED])
def test_a_lot_is_rejected_whether_its_trail_was_reviewed_or_not(trail: TrailStanding) -> None:
    assert against_rejection(lot(results(), trail=trail), QA) == []


@pytest.mark.parametrize(
    ("reviewer", "may_release", "expected"),
    [(RELEASER, True, []), (RELEASER, False, ["same_person"]), (REVIEWER, False, [])],
)
def test_the_reviewer_of_the_trail_releases_the_lot_where_the_site_lets_them(
    reviewer: int, *, may_release: bool, expected: list[str]
) -> None:
    trail = TrailStanding(90, 90, reviewer, reviewer_may_release=may_release)
    assert release(lot(results(), trail=trail)) == expected
    assert conditionally(lot(results(rcl=None), trail=trail)) == expected
    assert said(against_rejection(lot(results(), trail=trail), QA)) == []


def test_whoever_did_anything_to_a_lot_does_not_review_its_trail() -> None:
    trail = TrailStanding(0, 90, None)
    assert said(against_trail_review(trail, {"zhao.l"}, "zhao.l")) == ["same_person"]
    assert said(against_trail_review(trail, {"zhao.l"}, "qian.m")) == []


def test_an_empty_trail_is_not_reviewed() -> None:
    assert said(against_trail_review(TrailStanding(0, 0, None), set(), "qian.m")) == ["nothing_to_review"]


def reported(test: str, text: str) -> tuple[ReleaseTest, Reported]:
    found = STUDY.tests[test]
    read = read_reported(found, text)
    assert read is not None
    return found, read


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([("sterility", "no growth"), ("cd105", "96.2")], ""),
        ([("cd73", "94.9"), ("cd105", "97.9")], "CD73+: 94.9 % (out of specification)"),
        ([("rcl", "detected")], "RCL (replication-competent vector): detected (out of"),
        ([("sterility", "growth"), ("rcl", "detected")], "; RCL (replication-competent vector): detected"),
        ([("endotoxin", ">60")], ">60 EU/mL (out of specification)"),
        ([("endotoxin", ">0.1")], ">0.1 EU/mL (cannot be held against the limit)"),
    ],
    ids=["good", "one fails", "conditionally", "two fail", "a bound that fails", "a bound that cannot be judged"],
)
def test_a_lot_stays_released_only_while_no_new_result_speaks_against_it(
    results: list[tuple[str, str]], words: str
) -> None:
    reason = against_staying_released([reported(*each) for each in results])
    assert words in reason
    assert bool(reason) == bool(words)


def test_the_failed_tests_come_first_then_the_lot_then_what_is_missing_then_what_waits() -> None:
    held = HoldFacts(f"lot:{NUMBER}", "standing", "alarm", NOW)
    found = [replace(each, reviewed_by_id=None) for each in results(sterility="growth", rcl=None)]
    codes = [each.code for each in against_release(STUDY, lot(found, holds=(held,), trail=NOT_YET), QA, NOW)]
    waiting = [*["result_unreviewed"] * (len(GOOD) - 1), "trail_unreviewed"]
    assert codes == ["out_of_specification", "lot_on_hold", "result_missing", *waiting]


def test_under_a_button_tests_without_result_or_review_are_counted_and_failed_ones_named() -> None:
    failed = [Blocker("out_of_specification", "{test}: out of specification.", {"test": each}) for each in "ab"]
    missing = [Blocker("result_missing", "{test}: no result yet.", {"test": "c"}, solve="lot:1")]
    waiting = [Blocker("result_unreviewed", "{test}: not reviewed.", {"test": str(each)}) for each in range(18)]
    assert [each.sentence for each in in_short([*failed, *missing, *waiting])] == [
        "a: out of specification.",
        "b: out of specification.",
        "c: no result yet.",
        "18 tests are not reviewed by a second person yet.",
    ]
    assert [each.sentence for each in in_short(missing * 2)] == ["2 tests have no result yet."]


def test_a_test_that_is_not_required_asks_for_nothing_where_its_only_result_is_invalid() -> None:
    optional = replace(STUDY.tests["viability"], is_required=False)
    missing = Judged(optional, Standing.MISSING, ())
    assert against_test(NUMBER, missing) == []
    assert [each.code for each in against_test(NUMBER, replace(missing, test=STUDY.tests["viability"]))] == [
        "result_missing"
    ]


def test_what_was_never_released_waits_for_qa_and_not_for_its_results() -> None:
    failing = standings(STUDY, results(viability="60"))
    assert against_going_on_released(NUMBER, "quarantine", failing) == []
    assert [each.code for each in against_going_on_released(NUMBER, "released", failing)] == ["out_of_specification"]

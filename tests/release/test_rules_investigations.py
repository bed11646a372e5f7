"""Who may sign and what a plan may say in an investigation of a failed result, as pure decisions (§3.3 rules 4, 5)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import Words
from cotrack.release.rules.investigations import (
    InvestigationFacts,
    against_confirming,
    against_ending_phase_1,
    against_investigations,
    against_plan_approval,
    against_refuting,
    against_report,
)

OPEN = InvestigationFacts(
    "OOS-MSC26-0031-1", "MSC26-0031", Words("Sterility", "无菌"), "phase_1", authors=frozenset({"wang.l"})
)
REPORTED = replace(OPEN, outcome="none_found", writers=frozenset({"he.p"}))
PLANNED = replace(REPORTED, status="phase_2", writers=frozenset({"he.p", "sun.q"}), retests=2)
APPROVED = replace(PLANNED, is_plan_approved=True)
SIGNED: dict[str, tuple[InvestigationFacts, Callable[[InvestigationFacts, str], list[Blocker]]]] = {
    "end of phase 1": (REPORTED, lambda facts, by: against_ending_phase_1(facts, "none_found", by)),
    "plan": (PLANNED, against_plan_approval),
    "confirmation": (APPROVED, against_confirming),
    "refutation": (replace(APPROVED, done=2, answered=2), against_refuting),
}


def codes(reasons: list[Blocker]) -> list[str]:
    return [each.code for each in reasons]


@pytest.mark.parametrize("act", SIGNED)
def test_qa_who_had_no_hand_in_an_investigation_signs(act: str) -> None:
    facts, against = SIGNED[act]
    assert against(facts, "tang.w") == []


@pytest.mark.parametrize("act", SIGNED)
def test_nobody_signs_as_qa_what_they_made_or_reported_themselves(act: str) -> None:
    facts, against = SIGNED[act]
    assert [codes(against(facts, by)) for by in ("Wang.L", "HE.P")] == [["same_person"]] * 2


@pytest.mark.parametrize("act", ["plan", "confirmation", "refutation"])
def test_nobody_signs_as_qa_over_retests_that_they_planned(act: str) -> None:
    facts, against = SIGNED[act]
    assert codes(against(facts, "sun.q")) == ["same_person"]


def test_the_author_of_a_failed_result_does_not_report_on_it() -> None:
    assert codes(against_report(OPEN, "wang.l")) == ["same_person"]
    assert against_report(OPEN, "he.p") == []


def test_a_plan_is_approved_once_and_only_when_it_is_written() -> None:
    assert codes(against_plan_approval(replace(PLANNED, retests=None), "tang.w")) == ["plan_missing"]
    assert codes(against_plan_approval(APPROVED, "tang.w")) == ["plan_approved"]
    assert codes(against_plan_approval(replace(PLANNED, retests=0), "tang.w")) == ["plan_without_retest"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (PLANNED, "plan_not_approved"),
        (replace(APPROVED, retests=0), "plan_without_retest"),
        (replace(APPROVED, done=1, answered=1), "retests_missing"),
        (replace(APPROVED, done=2, answered=2, unreviewed=1), "result_unreviewed"),
        (replace(APPROVED, done=2, answered=2, failed=1), "retest_failed"),
    ],
    ids=["no plan", "none planned", "too few", "not reviewed", "one failed"],
)
def test_a_failed_result_is_refuted_only_by_every_planned_retest_reviewed_and_passed(
    facts: InvestigationFacts, code: str
) -> None:
    assert codes(against_refuting(facts, "tang.w")) == [code]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("phase_1", ["investigation_open"]),
        ("phase_2", ["investigation_open"]),
        ("oos_confirmed", ["oos_confirmed"]),
        ("oos_not_confirmed", []),
        ("error_found", []),
    ],
)
def test_what_is_investigated_or_confirmed_stands_against_every_release(status: str, code: list[str]) -> None:
    assert codes(against_investigations([replace(OPEN, status=status)])) == code

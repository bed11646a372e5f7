"""§3.3 rule 4: what may be supplied of a lot out of specification, and what it counts on, on plain facts."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cotrack.foundation.resources import resource
from cotrack.quality.rules import DeviationFacts, HoldFacts
from cotrack.release.rules.investigations import InvestigationFacts
from cotrack.release.rules.lots import Decider, LotFacts, ResultFacts, TrailStanding, standings
from cotrack.release.rules.lots import TestStanding as Judged
from cotrack.release.rules.supply import (
    Beside,
    against_evaluation,
    against_supplying,
    against_uninvestigated,
    failed,
    findings,
)
from cotrack.study.rules.reading import SEPARATOR, read_definition
from cotrack.study.rules.specification import read_reported

FOLDER = resource("study/definitions")
STUDY, FAULTS = read_definition(
    SEPARATOR.join(
        (FOLDER / name).read_text(encoding="utf-8") for name in ("msc-ifna.toml", "msc-ifna.demonstration.toml")
    )
)
assert STUDY is not None, FAULTS
NOW = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
LOT = "MSC26-0031"
QA = Decider(3, "qian.m")
GOOD = {
    "appearance": "conforms",
    "viable_cell_count": "5.36",
    "viability": "93.4",
    "cd73": "99.1",
    "cd90": "98.7",
    "cd105": "94.2",
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
"""A laboratory's results with CD105 too low and all else within its limits."""


def result(test: str, text: str, *, replicate: int = 1, reviewer: int | None = 2, invalid: str = "") -> ResultFacts:
    reported = read_reported(STUDY.tests[test], text)
    assert reported is not None
    return ResultFacts(test, replicate, reported, frozenset({"wang.l"}), reviewer, invalid)


def judged(*more: ResultFacts, **changed: str | None) -> tuple[Judged, ...]:
    found = [result(test, text) for test, text in {**GOOD, **changed}.items() if text is not None]
    return standings(STUDY, [*found, *more])


def lot(tests: Iterable[Judged], **changed: object) -> LotFacts:
    facts = LotFacts(
        number=LOT,
        expires_at=NOW + timedelta(days=1),
        standings=tuple(tests),
        holds=(),
        deviations=(),
        producer_ids=frozenset({1}),
        trail=TrailStanding(reviewed_up_to=90, newest=90, reviewer_id=4),
        investigations=(InvestigationFacts(f"OOS-{LOT}-1", LOT, STUDY.tests["cd105"].name, "oos_confirmed"),),
    )
    return replace(facts, **changed)  # type: ignore[arg-type]  # fields of the facts


def evaluation(facts: LotFacts, *, by: Decider = QA) -> list[str]:
    return [each.code for each in against_evaluation(STUDY, facts, by, NOW)]


def test_a_lot_with_one_failed_test_and_all_else_in_order_may_be_evaluated() -> None:
    assert evaluation(lot(judged())) == []


def test_a_required_test_is_missing_only_where_it_may_be_outstanding_at_a_conditional_release() -> None:
    assert evaluation(lot(judged(sterility=None, rcl=None))) == []
    assert evaluation(lot(judged(mycoplasma=None))) == ["result_missing"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"holds": (HoldFacts(f"lot:{LOT}", "standing", "alarm", NOW),)}, "lot_on_hold"),
        ({"deviations": (DeviationFacts("DEV-1", "bath at 41 °C"),)}, "deviation_open"),
        ({"expires_at": NOW}, "expired"),
        ({"trail": TrailStanding(reviewed_up_to=89, newest=90, reviewer_id=4)}, "trail_unreviewed"),
        (
            {"investigations": (InvestigationFacts("OOS-2", LOT, STUDY.tests["viability"].name, "phase_1"),)},
            "investigation_open",
        ),
    ],
)
def test_everything_beside_the_failed_tests_stops_as_for_a_release(changed: dict[str, object], code: str) -> None:
    assert evaluation(lot(judged(), **changed)) == [code]


def test_who_made_or_tested_the_lot_does_not_evaluate_it() -> None:
    assert evaluation(lot(judged()), by=Decider(1, "zhao.l")) == ["same_person"]
    assert evaluation(lot(judged()), by=Decider(9, "Wang.L")) == ["same_person"]


def test_a_failed_result_that_nobody_reviewed_or_that_cannot_be_judged_stops() -> None:
    unreviewed = judged(result("cd105", "94.2", reviewer=None), cd105=None)
    assert evaluation(lot(unreviewed)) == ["result_unreviewed"]
    assert evaluation(lot(judged(endotoxin="<0.6"))) == ["result_undecidable"]


def test_what_failed_is_out_of_specification_and_nothing_else() -> None:
    assert [each.test.key for each in failed(judged(endotoxin="<0.6", sterility=None))] == ["cd105"]


@pytest.mark.parametrize("status", ["in_process", "conditionally_released", "released", "rejected", "closed"])
def test_only_a_lot_in_quarantine_is_supplied(status: str) -> None:
    assert [each.code for each in against_supplying(LOT, status, judged())] == ["lot_not_in_quarantine"]


def test_a_lot_of_which_nothing_failed_is_not_supplied_so() -> None:
    assert against_supplying(LOT, "quarantine", judged()) == []
    assert [each.code for each in against_supplying(LOT, "quarantine", judged(cd105="97"))] == ["nothing_failed"]


def test_a_failed_test_without_an_investigation_is_named() -> None:
    found = against_uninvestigated(LOT, [STUDY.tests["cd105"]])
    assert [(each.code, str(each.parameters["test"])) for each in found] == [("investigation_missing", "CD105+")]


BESIDE = Beside([("OOS-1", "phase_1")], ["DEV-1"], [3])


@pytest.mark.parametrize(
    ("tests", "beside"),
    [
        (judged(cd105="94.1"), BESIDE),
        (judged(result("cd105", "93", replicate=2)), BESIDE),
        (judged(viability="60"), BESIDE),
        (judged(sterility=None), BESIDE),
        (judged(endotoxin="<0.6"), BESIDE),
        (judged(result("viability", "93", replicate=2, reviewer=None)), BESIDE),
        (judged(result("viability", "50", replicate=2, invalid="DEV-1: spilt")), BESIDE),
        (judged(), replace(BESIDE, investigations=[("OOS-1", "phase_2")])),
        (judged(), replace(BESIDE, deviations=["DEV-1", "DEV-2"])),
        (judged(), replace(BESIDE, holds=[3, 4])),
    ],
    ids=["value", "replicate", "test", "awaited", "undecidable", "unreviewed", "invalid", "phase", "deviation", "hold"],
)
def test_whatever_changes_beside_a_further_pass_changes_the_findings(tests: tuple[Judged, ...], beside: Beside) -> None:
    assert findings(tests, beside) != findings(judged(), BESIDE)


def test_a_further_reviewed_pass_and_the_order_of_rows_change_no_finding() -> None:
    passed = judged(result("viability", "92", replicate=2), viability="93")
    assert findings(passed, BESIDE) == findings(judged(), BESIDE)
    two = Beside([("OOS-1", "phase_1"), ("OOS-2", "phase_1")], ["A", "B"], [1, 2])
    turned = Beside([("OOS-2", "phase_1"), ("OOS-1", "phase_1")], ["B", "A"], [2, 1])
    assert findings(judged(), two) == findings(judged(), turned)

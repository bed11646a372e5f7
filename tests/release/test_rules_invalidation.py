"""A result that was made invalid counts in nothing; who may make it so, and for what."""

from dataclasses import replace
from decimal import Decimal

import pytest

from cotrack.foundation.resources import resource
from cotrack.quality.rules import DeviationFacts
from cotrack.release.rules import lots
from cotrack.release.rules.endotoxin import most_endotoxin_eu_per_ml
from cotrack.release.rules.invalidation import against_invalidation
from cotrack.release.rules.late import against_staying_released_without
from cotrack.release.rules.lots import Decider, ResultFacts, standings
from cotrack.release.rules.viable import viable_million_per_ml
from cotrack.study.rules.definition import Definition
from cotrack.study.rules.reading import SEPARATOR, read_definition
from cotrack.study.rules.specification import Standing, read_reported

FOLDER = resource("study/definitions")
TEXT = SEPARATOR.join(
    (FOLDER / name).read_text(encoding="utf-8") for name in ("msc-ifna.toml", "msc-ifna.demonstration.toml")
)


def study() -> Definition:
    definition, faults = read_definition(TEXT)
    assert definition is not None, faults
    return definition


STUDY = study()
REVIEWER, OTHER = 2, 3
WHY = "DEV-MSC26-0031-1: glove torn (QIAN Mei)"
FOUND = DeviationFacts("DEV-MSC26-0031-1", "growth on day 14", "major", "glove torn in the laboratory", "none")
QA = Decider(OTHER, "qian.m")


def result(test: str, text: str, *, why: str = "", reviewer: int | None = REVIEWER, replicate: int = 1) -> ResultFacts:
    reported = read_reported(STUDY.tests[test], text)
    assert reported is not None, (test, text)
    return ResultFacts(test, replicate, reported, frozenset({"wang.l", "chen.y"}), reviewer, why)


def standing(*found: ResultFacts) -> lots.TestStanding:
    (judged,) = [each for each in standings(STUDY, found) if each.test.key == found[0].test]
    return judged


def test_an_invalid_result_fails_no_test_and_passes_none() -> None:
    grown, clean = result("sterility", "growth: S. aureus", why=WHY), result("sterility", "no growth", replicate=2)
    assert standing(grown).standing is Standing.MISSING
    assert standing(replace(clean, invalid_because=WHY)).standing is Standing.MISSING
    assert standing(grown, clean).standing is Standing.WITHIN
    assert standing(replace(grown, invalid_because=""), clean).standing is Standing.OUT_OF_SPECIFICATION


def test_an_invalid_result_stands_beside_the_valid_ones() -> None:
    grown, clean = result("sterility", "growth: S. aureus", why=WHY), result("sterility", "no growth", replicate=2)
    judged = standing(grown, clean)
    assert (judged.results, judged.invalidated) == ((clean,), (grown,))


def test_an_invalid_result_waits_for_no_review_and_reviews_nothing() -> None:
    waiting = result("viability", "40", why=WHY, reviewer=None)
    assert standing(waiting, result("viability", "93.4", replicate=2)).is_reviewed
    assert not standing(result("viability", "93.4", why=WHY)).is_reviewed


def test_an_invalid_replicate_is_in_no_mean() -> None:
    low, high = result("ifna_secretion", "100"), result("ifna_secretion", "900", replicate=2, why=WHY)
    assert standing(low, high).standing is standing(low).standing
    counts = [result("viable_cell_count", "5.0"), result("viable_cell_count", "6.0", why=WHY, replicate=2)]
    assert viable_million_per_ml(counts) == Decimal("5.0")
    assert viable_million_per_ml(counts[1:]) is None


def test_an_invalid_result_is_no_endotoxin_of_its_lot() -> None:
    low, high = result("endotoxin", "0.10"), result("endotoxin", "0.45", replicate=2)
    assert most_endotoxin_eu_per_ml(STUDY, [low, high]) == Decimal("0.45")
    assert most_endotoxin_eu_per_ml(STUDY, [low, replace(high, invalid_because=WHY)]) == Decimal("0.10")
    assert most_endotoxin_eu_per_ml(STUDY, [replace(low, invalid_because=WHY)]) is None


def codes(found: ResultFacts, deviation: DeviationFacts | None = FOUND, by: Decider = QA) -> list[str]:
    return [each.code for each in against_invalidation(found, deviation, by)]


def test_qa_makes_a_result_invalid_for_a_cause_that_was_found() -> None:
    assert codes(result("sterility", "growth: S. aureus")) == []


def test_a_deviation_that_is_not_this_lots_or_names_no_cause_makes_no_result_invalid() -> None:
    assert codes(result("sterility", "growth: S. aureus"), None) == ["deviation_unknown"]
    assert codes(result("sterility", "growth: S. aureus"), replace(FOUND, cause="")) == ["cause_missing"]


@pytest.mark.parametrize("by", [Decider(9, "Chen.Y"), Decider(9, "wang.l"), Decider(REVIEWER, "he.p")])
def test_nobody_makes_invalid_what_they_made_entered_or_reviewed(by: Decider) -> None:
    assert codes(result("sterility", "growth: S. aureus"), by=by) == ["same_person"]
    assert codes(result("sterility", "growth: S. aureus"), None, by) == ["deviation_unknown", "same_person"]


def left(found: lots.TestStanding, *, is_conditional: bool = False) -> str:
    return against_staying_released_without(found, is_conditional=is_conditional)


@pytest.mark.parametrize(
    ("found", "stays"),
    [
        ([result("sterility", "no growth", why=WHY)], False),
        ([result("sterility", "no growth", why=WHY), result("sterility", "no growth", replicate=2)], True),
        ([result("viability", "93.4", why=WHY), result("viability", "93.4", replicate=2, reviewer=None)], False),
    ],
)
def test_a_released_lot_is_held_without_a_valid_reviewed_result_of_a_required_test(
    found: list[ResultFacts], *, stays: bool
) -> None:
    assert (left(standing(*found)) == "") is stays


def test_a_conditional_release_awaits_again_what_may_be_outstanding_and_nothing_else() -> None:
    assert left(standing(result("sterility", "growth: S. aureus", why=WHY)), is_conditional=True) == ""
    held = left(standing(result("viability", "93.4", why=WHY)), is_conditional=True)
    assert held == "Viability: no valid, reviewed result is left / 细胞活率: 已无有效且经复核的结果"


def test_what_is_not_required_holds_no_lot() -> None:
    found = standing(result("viability", "93.4", why=WHY))
    assert left(replace(found, test=replace(found.test, is_required=False))) == ""

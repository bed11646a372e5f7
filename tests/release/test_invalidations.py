"""QA makes a result invalid: signed, over a named cause, by somebody with no part in it; nothing else is undone."""

import pytest
from support.conditional import released_conditionally
from support.deviations import open_of
from support.invalid import CAUSE, REASON, assessed, closed, invalidated, opened, stored
from support.laboratory import example_rows, file_of, lots_in_quarantine
from support.late import GROWTH, day_14
from support.refusals import records, refused
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.access.models import is_intact
from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import Blocked, NotFound, PermissionDenied, ReasonMissing, TransitionNotAllowed
from cotrack.manufacture.service import lots
from cotrack.quality.service import alerts, holds
from cotrack.release.service import dispositions, invalidations
from cotrack.release.service.case import lot_standings, release_case, viable_cells
from cotrack.release.service.decided import dispositions_of
from cotrack.release.service.endotoxin import most_endotoxin
from cotrack.study.rules.specification import Standing

NEAR = "MSC26-0032"
ROWS = example_rows(LOT)
GROWN = [{**row, "Result": GROWTH} if row["Test"] == "Sterility" else row for row in ROWS]


@pytest.fixture
def grown(world: World) -> World:
    """A lot in quarantine whose sterility failed; everything is reviewed."""
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(GROWN))
    world.journey.review(LOT)
    return world


def standing(world: World, test: str = "sterility") -> Standing:
    lot = world.read(lambda session: lots.lot_numbered(session, LOT))
    found = world.read(lambda session: lot_standings(session, lot))
    return next(each.standing for each in found if each.test.key == test)


def standing_holds(world: World) -> list[str]:
    return [each.reason for each in world.read(lambda session: holds.standing_holds(session, [f"lot:{LOT}"]))]


def test_a_required_test_whose_only_result_is_invalid_is_missing_again(grown: World) -> None:
    number = assessed(grown)
    assert standing(grown) is Standing.OUT_OF_SPECIFICATION
    done = invalidated(grown, "sterility", number)
    assert (done.result.status, done.stopped) == ("invalidated", ())
    assert standing(grown) is Standing.MISSING
    closed(grown, number)
    with refused("result_missing"):
        grown.journey.release(LOT, by="tang.w")


def test_an_invalid_result_keeps_what_was_reported_and_says_who_why_and_by_which_deviation(grown: World) -> None:
    number = assessed(grown)
    invalidated(grown, "sterility", number)
    (kept,) = stored(grown, "sterility")
    assert (kept.reported, kept.analyst, kept.review_signature.printed_name) == (GROWTH, "liu.m", "何平 HE Ping")
    made = kept.invalidation
    assert made is not None
    assert (made.reason, made.deviation.number, made.deviation.cause) == (REASON, number, CAUSE)
    signature = made.signature
    assert (signature.meaning, signature.role, signature.subject) == ("invalidated", "qa_reviewer", f"lot:{LOT}")
    assert is_intact(signature)
    assert f"{LOT}-S14  sterility  #1  {GROWTH}" in signature.text
    assert f"{number}: {CAUSE}" in signature.text
    (record,) = records(grown, event="result.invalidate", outcome="done")
    assert (record["subject"], record["reason"]) == (f"lot:{LOT}", REASON)
    assert grown.read(lambda session: list(differences(session, grown.runtime.ground.secrets))) == []


def test_without_a_named_cause_a_failing_result_stands(grown: World) -> None:
    lots_in_quarantine(grown, NEAR)
    others, unassessed = assessed(grown, NEAR), opened(grown)
    for number, code in (("", "deviation_unknown"), (others, "deviation_unknown"), (unassessed, "cause_missing")):
        with refused(code):
            invalidated(grown, "sterility", number)
    assert standing(grown) is Standing.OUT_OF_SPECIFICATION
    assert len(records(grown, event="result.invalidate", outcome="refused")) == 3


def test_an_invalidation_needs_a_reason_and_a_result(grown: World) -> None:
    number = assessed(grown)
    with pytest.raises(ReasonMissing):
        invalidated(grown, "sterility", number, reason=" ")
    act = lambda work: invalidations.invalidate_result(work, 10**9, deviation=number, reason=REASON)  # noqa: E731
    with pytest.raises(NotFound):
        grown.sign("qian.m", act)


@pytest.mark.parametrize("username", ["zhao.l", "wang.l", "he.p", "dr.gao", "prof.han", "root.a", "shen.i"])
def test_nobody_but_qa_makes_a_result_invalid(grown: World, username: str) -> None:
    number = assessed(grown)
    with pytest.raises(PermissionDenied):
        invalidated(grown, "sterility", number, by=username)


def test_nobody_makes_invalid_what_they_reviewed(world: World) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(GROWN))
    world.journey.review(LOT, by="qian.m")
    number = assessed(world)
    with refused("same_person"):
        invalidated(world, "sterility", number)
    assert invalidated(world, "sterility", number, by="tang.w").result.status == "invalidated"


def test_an_invalid_result_is_neither_reviewed_nor_made_invalid_again(world: World) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(GROWN))
    number = assessed(world)
    invalidated(world, "sterility", number)
    world.journey.review(LOT)
    assert stored(world, "sterility")[0].status == "invalidated"
    with pytest.raises(TransitionNotAllowed):
        invalidated(world, "sterility", number)


def test_whoever_made_an_invalid_result_still_does_not_decide_on_the_lot(world: World) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of([{**row, "Analyst": "tang.w"} if row["Test"] == "RCL" else row for row in ROWS]))
    invalidated(world, "rcl", assessed(world))
    with refused("same_person"):
        world.sign("tang.w", lambda work: dispositions.reject(work, LOT, reason="growth"))


def test_what_qa_signs_at_a_disposition_names_each_invalid_result(grown: World) -> None:
    number = assessed(grown)
    invalidated(grown, "sterility", number)
    grown.journey.results(file_of([{**row, "Replicate": "2"} for row in ROWS if row["Test"] == "Sterility"]))
    grown.journey.review(LOT)
    closed(grown, number)
    grown.journey.release(LOT, by="tang.w")
    lot = grown.read(lambda session: lots.lot_numbered(session, LOT))
    (decision,) = grown.read(lambda session: dispositions_of(session, lot.id))
    said = decision.signature.text.splitlines()
    assert "Sterility, day 14: no growth (no growth) within limits / 符合限度" in said
    assert said[-2:] == [
        "1 invalidated / 判定无效的结果:",
        f"Sterility, day 14 #1: {GROWTH} – {number}: {REASON} (钱梅 QIAN Mei)",
    ]


def test_an_invalidation_undoes_the_review_of_the_trail(grown: World) -> None:
    number = assessed(grown)
    grown.journey.trail_reviewed(LOT)
    lot = grown.read(lambda session: lots.lot_numbered(session, LOT))
    site = grown.runtime.ground.site
    invalidated(grown, "sterility", number)
    assert not grown.read(lambda session: release_case(session, lot, site)).facts.trail.is_reviewed


def test_hold_and_deviation_of_a_late_failing_result_outlive_its_invalidation(world: World) -> None:
    released_conditionally(world)
    world.journey.results(day_14(world), "day-14.csv")
    (before,) = standing_holds(world)
    assert invalidated(world, "sterility", assessed(world, number=f"DEV-{LOT}-1")).stopped == ()
    assert standing_holds(world) == [before]
    (deviation,) = open_of(world, LOT)
    assert deviation.number == f"DEV-{LOT}-1"
    assert standing(world) is Standing.MISSING


def test_a_released_lot_left_without_a_valid_result_of_a_required_test_is_held_at_once(world: World) -> None:
    world.journey.released_lot(LOT)
    done = invalidated(world, "viability", assessed(world), by="tang.w")
    (held,) = standing_holds(world)
    assert held == "Viability: no valid, reviewed result is left / 细胞活率: 已无有效且经复核的结果"
    assert [(each.number, each.reason) for each in done.stopped] == [(LOT, held)]
    made = stored(world, "viability")[-1].invalidation
    assert made is not None
    assert f"The lot goes on hold / 批次随即扣留: {held}" in made.signature.text
    assert records(world, event="result.invalidate")[-1]["details"]["held"] == [f"lot:{LOT}"]
    (alert,) = world.read(lambda session: alerts.alerts_of(session, f"lot:{LOT}"))
    assert alert.reason == held


def test_an_invalid_endotoxin_or_count_is_not_what_a_dose_is_computed_from(grown: World) -> None:
    lot = grown.read(lambda session: lots.lot_numbered(session, LOT))
    assert grown.read(lambda session: most_endotoxin(session, lot)) is not None
    assert grown.read(lambda session: viable_cells(session, lot.id)) is not None
    number = assessed(grown)
    for test in ("endotoxin", "viable_cell_count"):
        invalidated(grown, test, number)
    assert grown.read(lambda session: most_endotoxin(session, lot)) is None
    assert grown.read(lambda session: viable_cells(session, lot.id)) is None


def test_a_deviation_that_is_closed_makes_no_result_invalid(grown: World) -> None:
    number = assessed(grown)
    closed(grown, number)
    with refused("deviation_closed"):
        invalidated(grown, "sterility", number)


def test_whoever_made_a_result_invalid_does_not_decide_on_the_lot(grown: World) -> None:
    invalidated(grown, "sterility", assessed(grown))
    with pytest.raises(Blocked) as refusal:
        grown.sign("qian.m", lambda work: dispositions.release(work, LOT))
    assert any("made a result of this lot invalid" in each.sentence for each in refusal.value.reasons)

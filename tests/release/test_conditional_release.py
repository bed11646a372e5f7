"""A lot released with tests outstanding, what comes later, and a lot rejected for ever."""

import pytest
from support.laboratory import LATE, example_rows, file_of, lot_with_tests_outstanding, lots_in_quarantine
from support.refusals import refused
from support.worlds import World

from cotrack.foundation.errors import ReasonMissing, TransitionNotAllowed
from cotrack.manufacture.service import lots
from cotrack.release.models import Disposition
from cotrack.release.service import dispositions

LOT = "MSC26-0031"
ROWS = example_rows(LOT)


@pytest.fixture
def outstanding(world: World) -> World:
    """A lot whose day-14 sterility and RCL are outstanding; the rest is reviewed."""
    lot_with_tests_outstanding(world, LOT)
    return world


def released_conditionally(world: World, reason: str = "a participant waits") -> Disposition:
    return world.journey.release_conditionally(LOT, reason=reason)


def status(world: World) -> str:
    found: str = world.read(lambda session: lots.lot_numbered(session, LOT)).status
    return found


def test_a_lot_is_released_with_exactly_its_outstanding_tests_named(outstanding: World) -> None:
    with refused("result_missing", "result_missing"):
        outstanding.journey.release(LOT)
    decision = released_conditionally(outstanding)
    assert status(outstanding) == "conditionally_released"
    assert decision.outstanding_tests == "sterility rcl"
    assert decision.reason == "a participant waits"
    assert "Sterility, day 14 / 无菌（第 14 天）: – (no growth) missing / 尚无结果" in decision.signature.text
    assert decision.signature.meaning == "conditionally released"


def test_a_conditional_release_says_why(outstanding: World) -> None:
    with pytest.raises(ReasonMissing):
        released_conditionally(outstanding, reason=" ")


@pytest.mark.parametrize("test", ["Sterility interim", "Mycoplasma", "Endotoxin", "IFNa secretion"])
def test_no_other_test_may_be_outstanding(world: World, test: str) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of([row for row in ROWS if row["Test"] not in {*LATE, test}]))
    world.journey.review(LOT)
    with refused("result_missing"):
        released_conditionally(world)


def test_a_lot_with_nothing_outstanding_is_released_fully(outstanding: World) -> None:
    outstanding.journey.results(file_of(ROWS))
    outstanding.journey.review(LOT)
    with refused("nothing_outstanding"):
        released_conditionally(outstanding)


def test_late_results_lead_to_the_full_release(outstanding: World) -> None:
    released_conditionally(outstanding)
    outstanding.journey.results(file_of(ROWS))
    with refused("result_unreviewed", "result_unreviewed"):
        outstanding.journey.release(LOT)
    outstanding.journey.review(LOT)
    outstanding.journey.release(LOT)
    assert status(outstanding) == "released"


def test_late_growth_keeps_the_lot_from_its_full_release(outstanding: World) -> None:
    released_conditionally(outstanding)
    rows = [{**row, "Result": "growth: Cutibacterium sp."} if row["Test"] == "Sterility" else row for row in ROWS]
    outstanding.journey.results(file_of(rows))
    outstanding.journey.review(LOT)
    with refused("out_of_specification", "investigation_open", "lot_on_hold", "deviation_open"):
        outstanding.journey.release(LOT)
    outstanding.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    assert status(outstanding) == "rejected"


def test_a_rejected_lot_is_never_released_again(outstanding: World) -> None:
    outstanding.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    with pytest.raises(TransitionNotAllowed):
        released_conditionally(outstanding)
    with pytest.raises(TransitionNotAllowed):
        outstanding.journey.release(LOT)


def test_a_rejection_says_why_and_is_signed_over_what_is_known(outstanding: World) -> None:
    with pytest.raises(ReasonMissing):
        outstanding.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason=""))
    decision = outstanding.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="bag leaks"))
    assert decision.signature.meaning == "rejected"
    assert "bag leaks" in decision.signature.text
    line = "RCL (replication-competent vector) / 复制型病毒 (RCL): – (not detected) missing / 尚无结果"
    assert line in decision.signature.text

"""A deviation is opened by whoever saw it, assessed by QA, and closed by signature; meanwhile nothing is released."""

import pytest
from support.laboratory import example_rows, file_of, lot_with_tests_outstanding, lots_in_quarantine
from support.refusals import records, refused
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.errors import NotFound, PermissionDenied, ReasonMissing, TransitionNotAllowed
from cotrack.manufacture.service import lots
from cotrack.quality.models import Deviation
from cotrack.quality.service import deviations

FOUND = {"classification": "minor", "cause": "sensor drift", "impact": "none: the bag was discarded"}


@pytest.fixture
def number(world: World) -> str:
    """A deviation of a lot whose results are all there and reviewed."""
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(example_rows(LOT)))
    world.journey.review(LOT)
    return opened(world, "bath at 41 °C").number


def opened(world: World, description: str, by: str = "zhao.l") -> Deviation:
    deviation: Deviation = world.do(by, lambda work: lots.open_deviation(work, LOT, description=description))
    return deviation


def test_an_open_deviation_stops_the_release_until_it_is_closed(world: World, number: str) -> None:
    with refused("deviation_open"):
        world.journey.release(LOT)
    world.do("qian.m", lambda work: deviations.assess(work, number, **FOUND))
    world.sign("qian.m", lambda work: deviations.close(work, number))
    world.journey.release(LOT)


def test_an_open_deviation_stops_a_conditional_release_too(world: World) -> None:
    lot_with_tests_outstanding(world, LOT)
    opened(world, "bath at 41 °C")
    with refused("deviation_open"):
        world.journey.release_conditionally(LOT, reason="urgent")


def test_what_is_signed_at_the_closing_says_what_happened_and_what_was_found(world: World, number: str) -> None:
    world.do("qian.m", lambda work: deviations.assess(work, number, **FOUND))
    closed = world.sign("qian.m", lambda work: deviations.close(work, number))
    assert closed.closure_signature.meaning == "approved"
    for words in (number, LOT, "bath at 41 °C", *FOUND.values()):
        assert words in closed.closure_signature.text


def test_a_deviation_that_is_not_assessed_is_not_closed(world: World, number: str) -> None:
    with refused("classification_missing", "cause_missing", "impact_missing"):
        world.sign("qian.m", lambda work: deviations.close(work, number))


def test_what_was_closed_is_assessed_no_more(world: World, number: str) -> None:
    world.do("qian.m", lambda work: deviations.assess(work, number, **FOUND))
    world.sign("qian.m", lambda work: deviations.close(work, number))
    with pytest.raises(TransitionNotAllowed):
        world.do("qian.m", lambda work: deviations.assess(work, number, **FOUND))


def test_an_earlier_assessment_stays_in_the_trail(world: World, number: str) -> None:
    for cause in ("operator", "sensor drift"):
        world.do("qian.m", lambda work, cause=cause: deviations.assess(work, number, **{**FOUND, "cause": cause}))
    changed = [
        (change["old"], change["new"])
        for each in records(world, event="deviation.assess")
        for change in each["changes"]
        if change["column"] == "cause"
    ]
    assert changed == [("", "operator"), ("operator", "sensor drift")]


def test_deviations_of_a_lot_are_numbered_in_their_order(world: World, number: str) -> None:
    assert number == f"DEV-{LOT}-1"
    assert opened(world, "label torn", by="wang.l").number == f"DEV-{LOT}-2"


def test_what_happened_is_always_written_down(world: World) -> None:
    world.journey.lot(LOT)
    with pytest.raises(ReasonMissing):
        opened(world, " ")


def test_a_deviation_is_of_a_lot_that_exists(world: World) -> None:
    with pytest.raises(NotFound):
        opened(world, "bath at 41 °C")


@pytest.mark.parametrize("username", ["li.c", "zhou.n", "root.a", "shen.i"])
def test_a_deviation_is_opened_only_by_who_makes_tests_or_reviews_lots(world: World, username: str) -> None:
    world.journey.lot(LOT)
    with pytest.raises(PermissionDenied):
        opened(world, "bath at 41 °C", by=username)


@pytest.mark.parametrize("username", ["zhao.l", "wang.l", "dr.gao"])
def test_only_qa_assesses_and_closes(world: World, number: str, username: str) -> None:
    with pytest.raises(PermissionDenied):
        world.do(username, lambda work: deviations.assess(work, number, **FOUND))
    with pytest.raises(PermissionDenied):
        world.sign(username, lambda work: deviations.close(work, number))

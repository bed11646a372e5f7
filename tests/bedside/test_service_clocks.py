"""Every clock of the bedside at its edge, by the server's time: matches, the thaw's end of life, the lot's expiry."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.stages import HER, LOT, Bedside, at_the_bedside, at_the_ward, codes, enrolled
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.foundation.errors import Refused
from cotrack.foundation.work import Work

A_TICK = timedelta(microseconds=1)
VALID, THAW_VALID = timedelta(minutes=10), timedelta(minutes=30)
LIFE, PLANNED = timedelta(minutes=90), timedelta(minutes=30)


def tried(world: World, act: Callable[[Work], Any]) -> list[str]:
    """Let the second nurse do it; return the code words of the refusal, empty where it is done."""
    try:
        world.do("wu.n", act)
    except Refused as refused:
        return [each.code for each in refused.reasons]
    return []


def started(world: World, first: int, second: int) -> list[str]:
    return tried(world, lambda work: infusions.start(work, first_check=first, second_check=second))


def thawed(world: World, first: int, second: int) -> list[str]:
    return tried(world, lambda work: infusions.start_thaw(work, first_check=first, second_check=second))


def pair(bedside: Bedside) -> tuple[int, int]:
    """Check by two, a minute apart."""
    first = bedside.check("zhou.n")
    bedside.world.clock.pass_by(minutes=1)
    return first.id, bedside.check("wu.n").id


@pytest.mark.parametrize(("after", "words"), [(VALID, []), (VALID + A_TICK, ["check_too_old"])])
def test_a_match_at_the_bedside_stands_to_the_very_instant_it_names(
    world: World, after: timedelta, words: list[str]
) -> None:
    bedside = at_the_bedside(world)
    begun = world.clock.now
    checks = pair(bedside)
    world.clock.now = begun + after
    assert started(world, *checks) == words


@pytest.mark.parametrize(("after", "words"), [(THAW_VALID, []), (THAW_VALID + A_TICK, ["check_too_old"])])
def test_a_match_before_the_thaw_stands_to_the_very_instant_it_names(
    world: World, after: timedelta, words: list[str]
) -> None:
    bedside = at_the_ward(world)
    first = world.journey.thaw_check(bedside.bag, "zhou.n")
    second = world.journey.thaw_check(bedside.bag, "wu.n")
    world.clock.now += after
    assert thawed(world, first.id, second.id) == words


@pytest.mark.parametrize(
    ("before_end", "words"),
    [
        (PLANNED, []),
        (PLANNED - A_TICK, ["expires_before_end"]),
        (A_TICK, ["expires_before_end"]),
        (timedelta(0), ["expired"]),
        (-A_TICK, ["expired"]),
    ],
    ids=["just in time", "a tick late", "a tick before its end", "at its end", "after its end"],
)
def test_a_thawed_bag_is_checked_against_the_end_of_its_life_and_of_its_infusion(
    world: World, before_end: timedelta, words: list[str]
) -> None:
    bedside = at_the_bedside(world)
    world.clock.now += LIFE - before_end
    assert codes(bedside.check("zhou.n")) == words


def test_a_bag_that_ran_out_between_check_and_start_is_not_started(world: World) -> None:
    bedside = at_the_bedside(world)
    begun = world.clock.now
    world.clock.now = begun + LIFE - PLANNED - timedelta(minutes=2)
    checks = pair(bedside)
    world.clock.now = begun + LIFE - PLANNED
    assert codes(bedside.check("zhou.n")) == []
    checks = checks[0], bedside.check("wu.n").id
    world.clock.now += A_TICK
    assert started(world, *checks) == ["expires_before_end"]


def test_the_life_of_a_thawed_bag_counts_from_the_start_of_its_thaw(world: World) -> None:
    bedside = at_the_ward(world)
    first, second = (world.journey.thaw_check(bedside.bag, by) for by in ("zhou.n", "wu.n"))
    assert thawed(world, first.id, second.id) == []
    world.clock.now += LIFE - PLANNED
    world.do("wu.n", lambda work: infusions.finish_thaw(work, bedside.bag))
    assert codes(bedside.check("zhou.n")) == []
    world.clock.now += A_TICK
    assert codes(bedside.check("zhou.n")) == ["expires_before_end"]


def test_the_lots_expiry_counts_where_it_comes_before_the_end_of_the_thaw(world: World) -> None:
    # A shelf life of 24 months ends with the last minute of its last day: 23:59 at the site, 15:59 by UTC.
    world.journey.released_lot(LOT, made_on=date(2024, 11, 23))
    world.clock.now = datetime(2026, 11, 23, 14, 59, tzinfo=UTC)
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    (bag,) = world.journey.allocated(order)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    bedside = Bedside(world, bag, order)
    world.clock.now = datetime(2026, 11, 23, 15, 29, tzinfo=UTC)
    assert codes(bedside.check("zhou.n")) == []
    world.clock.now += A_TICK
    assert codes(bedside.check("zhou.n")) == ["expires_before_end"]
    world.clock.now = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)
    assert codes(bedside.check("zhou.n")) == ["expired"]


def test_a_weight_goes_stale_at_midnight_of_the_site_between_check_and_start(world: World) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    world.clock.now = datetime(2026, 11, 30, 15, 40, tzinfo=UTC)
    order = world.journey.ordered(HER)
    (bag,) = world.journey.allocated(order)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    world.clock.now = datetime(2026, 11, 30, 15, 55, tzinfo=UTC)
    checks = pair(Bedside(world, bag, order))
    world.clock.now = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert started(world, *checks) == ["weight_stale"]

"""A volume to give stands on the viable cell count that set it: another count by now stops the bag."""

from decimal import Decimal

import pytest
from support.laboratory import COLUMNS, example_rows, file_of
from support.refusals import refused
from support.stages import HER, LOT, at_the_bedside, at_the_ward, codes, enrolled
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.orders.rules import against_changed_count

(COUNT,) = [row for row in example_rows(LOT) if row["Test"] == "Viable cell count"]


def counted_again(world: World, cells: str) -> None:
    """Report and review a second count of the lot."""
    world.journey.results(file_of([{**COUNT, "Replicate": "2", "Result": cells}], columns=COLUMNS))
    world.journey.review(LOT)


def test_a_bag_is_not_issued_by_a_volume_that_another_count_set(world: World) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    (bag,) = world.journey.allocated(world.journey.ordered(HER))
    counted_again(world, "4.0")
    with refused("count_changed"):
        world.journey.issued(bag)


def test_the_check_before_the_thaw_says_so(world: World) -> None:
    bedside = at_the_ward(world)
    counted_again(world, "4.0")
    assert codes(world.journey.thaw_check(bedside.bag, "zhou.n")) == ["count_changed"]


def test_nothing_starts_by_a_volume_that_another_count_set(world: World) -> None:
    bedside = at_the_bedside(world)
    counted_again(world, "4.0")
    first, second = bedside.check("zhou.n").id, bedside.check("wu.n").id
    with refused("count_changed"):
        world.do("wu.n", lambda work: infusions.start(work, first_check=first, second_check=second))


@pytest.mark.parametrize(
    ("now", "words"),
    [("5.000", []), ("4.762", []), ("5.263", []), ("4.500", ["count_changed"]), ("5.600", ["count_changed"])],
)
def test_a_count_within_the_tolerance_of_the_dose_changes_nothing(now: str, words: list[str]) -> None:
    found = against_changed_count(LOT, Decimal("5.000"), Decimal(now), Decimal(5))
    assert [each.code for each in found] == words


def test_without_a_valid_count_no_volume_stands() -> None:
    assert [each.code for each in against_changed_count(LOT, Decimal(5), None, Decimal(5))] == ["count_changed"]


def test_a_tolerance_that_the_sponsor_has_not_set_lets_no_other_count_pass() -> None:
    assert [each.code for each in against_changed_count(LOT, Decimal(5), Decimal("5.001"), None)] == ["sponsor_to_set"]

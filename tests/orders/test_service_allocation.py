"""Bags set aside for an order: the volume from each, first to expire first, lots never mixed, none twice.

The laboratory counts 5.36 ×10^6 viable cells per mL; 0.90 of them live through the thaw: 4.824 ×10^6 per mL.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from support.clinic import reasons
from support.stages import HER, HIM, LOT, OTHER_LOT, enrolled, results_of
from support.worlds import World

from cotrack.bedside.service import ward
from cotrack.custody.service import store_unit
from cotrack.manufacture.service import lots, units
from cotrack.orders.service import allocation, dosing


def weighing(world: World, kg: str, number: str = HER) -> str:
    """Enrol somebody of this weight and order 2 ×10^6 cells per kg."""
    enrolled(world, number)
    world.journey.measured(number, {"weight_kg": kg})
    return world.journey.ordered(number)


def released(
    world: World, *volumes_ml: str, number: str = LOT, count: str = "5.36", made_on: date | None = None
) -> list[str]:
    """Release a lot of bags of these volumes with this count of viable cells."""
    journey = world.journey
    journey.lot(number, made_on=made_on)
    bags = [journey.labelled_unit(number, volume_ml=volume) for volume in volumes_ml]
    world.journey.filling_finished(number)
    for bag in bags:
        world.do("ma.k", lambda work, each=bag: store_unit(work, each, place="LN2-A"))
    journey.results(results_of(world, number, Viable_cell_count=count))
    journey.review(number)
    journey.release(number)
    return bags


def portions(world: World, order: str) -> list[tuple[str, str]]:
    """Set bags aside; return each with the volume to give."""
    world.journey.allocated(order)
    held = world.journey.order(order).allocations
    return [(each.unit.number, str(each.volume_to_give_ml)) for each in held if each.released_at is None]


def against(world: World, order: str) -> list[str]:
    return reasons(world, "li.c", lambda work: allocation.allocate(work, order))


def test_the_volume_to_give_counts_viable_cells_after_the_thaw(world: World) -> None:
    (bag,) = released(world, "30.0")
    # 61.5 kg × 2 ×10^6 = 123.0 ×10^6; 123.0 / (5.36 × 0.90) = 25.497… mL
    assert portions(world, weighing(world, "61.5")) == [(bag, "25.5")]


def test_the_laboratorys_reviewed_count_counts_not_the_one_at_filling(world: World) -> None:
    (bag,) = released(world, "30.0", count="4.80")
    # 100.0 ×10^6 / (4.80 × 0.90) = 23.148… mL
    assert portions(world, weighing(world, "50.0")) == [(bag, "23.1")]


def test_two_bags_make_one_dose_the_first_of_them_whole(world: World) -> None:
    first, second, _ = released(world, "30.0", "30.0", "30.0")
    # 120 kg × 2 ×10^6 = 240.0; 240.0 - 30.0 × 4.824 = 95.28; 95.28 / 4.824 = 19.751… mL
    assert portions(world, weighing(world, "120.0")) == [(first, "30.0"), (second, "19.8")]


@pytest.mark.parametrize(("kg", "words"), [("80.4", []), ("80.5", ["dose_out_of_range"])])
def test_a_bag_that_brings_nine_tenths_of_the_dose_is_within_the_studys_tolerance(
    world: World, kg: str, words: list[str]
) -> None:
    (bag,) = released(world, "30.0")
    order = weighing(world, kg)
    # 30.0 × 4.824 = 144.72 = 0.9 × 160.8
    if words:
        assert against(world, order) == words
    else:
        assert portions(world, order) == [(bag, "30.0")]


def test_the_lot_that_expires_first_is_given_first_whatever_its_number(world: World) -> None:
    today = world.journey.today()
    released(world, "30.0", number=LOT, made_on=today - timedelta(days=20))
    (older,) = released(world, "30.0", number=OTHER_LOT, made_on=today - timedelta(days=60))
    assert portions(world, weighing(world, "61.5")) == [(older, "25.5")]


def test_a_dose_never_comes_from_two_lots(world: World) -> None:
    today = world.journey.today()
    (alone,) = released(world, "30.0", number=LOT, made_on=today - timedelta(days=60))
    released(world, "30.0", number=OTHER_LOT)
    order = weighing(world, "120.0")
    assert against(world, order) == ["dose_out_of_range"]
    pair = released(world, "30.0", "30.0", number="MSC26-0033")
    assert portions(world, order) == [(pair[0], "30.0"), (pair[1], "19.8")]
    assert [number for number, _ in portions(world, weighing(world, "61.5", HIM))] == [alone]


def test_a_held_bag_or_lot_is_passed_over(world: World) -> None:
    today = world.journey.today()
    held_bag, next_bag = released(world, "30.0", "30.0", number=LOT, made_on=today - timedelta(days=60))
    (other,) = released(world, "30.0", number=OTHER_LOT)
    world.do("qian.m", lambda work: units.hold_unit(work, held_bag, reason="dropped"))
    order = weighing(world, "61.5")
    assert portions(world, order) == [(next_bag, "25.5")]
    world.do("li.c", lambda work: dosing.take_back_bags(work, order, reason="alarm"))
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    assert portions(world, order) == [(other, "25.5")]


def test_what_is_set_aside_is_set_aside_for_nobody_else(world: World) -> None:
    released(world, "30.0")
    portions(world, weighing(world, "61.5"))
    assert against(world, weighing(world, "61.5", HIM)) == ["no_bags"]


def test_bags_taken_back_are_free_and_the_order_waits_for_others(world: World) -> None:
    (bag,) = released(world, "30.0")
    order = weighing(world, "61.5")
    portions(world, order)
    world.do("li.c", lambda work: dosing.take_back_bags(work, order, reason="patient late"))
    assert world.journey.order(order).status == "ordered"
    assert portions(world, order) == [(bag, "25.5")]


def at_the_ward(world: World) -> tuple[str, list[str]]:
    """A dose of two bags, both on the ward."""
    released(world, "30.0", "30.0")
    order = weighing(world, "120.0")
    bags = [number for number, _ in portions(world, order)]
    for bag in bags:
        world.journey.issued(bag)
        world.journey.received(bag)
    return order, bags


def infused(world: World, order: str, bag: str) -> None:
    world.journey.thawed(bag)
    infusion = world.journey.started(HER, bag)
    volume = next(each.volume_to_give_ml for each in world.journey.order(order).allocations if each.unit.number == bag)
    world.journey.completed(infusion, str(volume), str(Decimal("30.0") - volume))


def test_an_order_of_two_bags_is_complete_with_the_last_of_them_and_counts_once(world: World) -> None:
    order, (first, second) = at_the_ward(world)
    infused(world, order, first)
    started_at = world.journey.order(order).started_at
    assert world.journey.order(order).status == "allocated"
    world.clock.pass_by(minutes=30)
    infused(world, order, second)
    done = world.journey.order(order)
    assert (done.status, done.started_at) == ("completed", started_at)
    history = world.read(
        lambda session: dosing.history_of(session, done.participant_id, world.runtime.ground.site.zone)
    )
    assert (history.infusions, history.last_started_on) == (1, date(2026, 11, 23))


def test_an_order_is_complete_when_its_other_bag_was_lost(world: World) -> None:
    order, (first, second) = at_the_ward(world)
    infused(world, order, first)
    world.do("zhou.n", lambda work: ward.waste_unit(work, second, reason="port cracked"))
    assert world.journey.order(order).status == "completed"


def test_an_order_whose_bags_all_came_back_waits_for_others(world: World) -> None:
    order, bags = at_the_ward(world)
    for bag in bags:
        assert world.journey.order(order).status == "allocated"
        world.do("zhou.n", lambda work, each=bag: ward.return_unit(work, each, reason="patient absent"))
    assert world.journey.order(order).status == "ordered"
    for bag in bags:
        world.do("ma.k", lambda work, each=bag: store_unit(work, each, place="LN2-B"))
    assert [number for number, _ in portions(world, order)] == bags


def test_each_share_of_a_bag_is_kept_with_the_count_it_was_computed_from(world: World) -> None:
    released(world, "30.0")
    order = weighing(world, "61.5")
    portions(world, order)
    (share,) = world.journey.order(order).allocations
    assert (share.volume_to_give_ml, share.viable_million_per_ml) == (Decimal("25.5"), Decimal("5.360"))

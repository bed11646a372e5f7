"""Bags that bring too much endotoxin for their participant are not set aside, and the pages say how much it is."""

from datetime import timedelta

import pytest
from support.clients import SignIn
from support.clinic import reasons, refusal
from support.endotoxin import STRICT, reported_again
from support.refusals import codes
from support.stages import HER, LOT, OTHER_LOT, enrolled, results_of
from support.studies import in_effect
from support.worlds import World

from cotrack.custody.service import store_unit
from cotrack.manufacture.service import lots
from cotrack.orders.service import allocation, dosing


def released(world: World, endotoxin: str, *, number: str = LOT, days_ago: int = 30) -> str:
    """Release a lot of one bag whose laboratory reports this endotoxin; return its bag."""
    journey = world.journey
    journey.lot(number, made_on=journey.today() - timedelta(days=days_ago))
    bag = journey.labelled_unit(number, volume_ml="30.0")
    world.journey.filling_finished(number)
    world.do("ma.k", lambda work: store_unit(work, bag, place="LN2-A"))
    journey.results(results_of(world, number, Endotoxin=endotoxin))
    journey.review(number)
    journey.release(number)
    return str(bag)


def ordered(world: World, *, strict: bool = True) -> str:
    """Order 2 ×10^6 cells per kg for 61.5 kg, in a study that allows 0.2 EU/kg/h, or 5."""
    if strict:
        in_effect(world, STRICT)
    enrolled(world, HER)
    return str(world.journey.ordered(HER))


def against(world: World, order: str) -> list[str]:
    return reasons(world, "li.c", lambda work: allocation.allocate(work, order))


@pytest.mark.parametrize(("endotoxin", "words"), [("0.482", []), ("0.483", ["endotoxin_too_high"])])
def test_bags_are_set_aside_up_to_the_endotoxin_that_is_allowed_and_not_beyond(
    world: World, endotoxin: str, words: list[str]
) -> None:
    order = ordered(world)
    bag = released(world, endotoxin)
    if words:
        assert against(world, order) == words
        assert world.journey.order(order).status == "ordered"
    else:
        assert world.journey.allocated(order) == [bag]


def test_the_refusal_says_how_much_for_whom_and_whom_to_ask(world: World) -> None:
    order = ordered(world)
    released(world, "0.49")
    (reason,) = refusal(world, "li.c", lambda work: allocation.allocate(work, order)).reasons
    assert reason.sentence == (
        "The bags of lot MSC26-0031 bring up to 12.5 EU of endotoxin; 12.3 EU are allowed for this participant "
        "(0.2 EU × 61.5 kg × 1 h). Ask QA for a lot with less endotoxin."
    )


def test_a_dose_that_is_too_small_and_a_lot_with_too_much_are_both_told(world: World) -> None:
    in_effect(world, STRICT)
    enrolled(world, HER)
    world.journey.measured(HER, {"weight_kg": "80.5"})
    order = world.journey.ordered(HER)
    released(world, "0.49")
    world.journey.measured(HER, {"weight_kg": "73.0"})
    # 30.0 mL × 0.49 = 14.7 EU; 0.2 × 73.0 = 14.6 EU for the newest weight, 16.1 for the one that was signed.
    assert against(world, order) == ["dose_out_of_range", "endotoxin_too_high"]


def test_a_lot_with_too_much_endotoxin_is_passed_over_as_long_as_another_serves(world: World) -> None:
    order = ordered(world)
    released(world, "0.49", number=LOT, days_ago=60)
    late = released(world, "<0.25", number=OTHER_LOT, days_ago=30)
    assert world.journey.allocated(order) == [late]
    world.do("li.c", lambda work: dosing.take_back_bags(work, order, reason="patient late"))
    world.do("qian.m", lambda work: lots.hold_lot(work, OTHER_LOT, action="place", reason="alarm"))
    assert against(world, order) == ["endotoxin_too_high"]


def test_the_newest_weight_of_an_open_order_counts(world: World) -> None:
    order = ordered(world)
    released(world, "0.45")
    world.journey.measured(HER, {"weight_kg": "56.0"})
    # 25.5 mL × 0.45 = 11.475 EU; 0.2 × 56.0 = 11.2 EU
    assert against(world, order) == ["endotoxin_too_high"]
    world.journey.measured(HER, {"weight_kg": "57.4"})
    assert len(world.journey.allocated(order)) == 1


def test_the_highest_replicate_counts_before_it_is_reviewed_and_after(world: World) -> None:
    order = ordered(world)
    released(world, "<0.25")
    assert len(world.journey.allocated(order)) == 1
    world.do("li.c", lambda work: dosing.take_back_bags(work, order, reason="patient late"))
    reported_again(world, LOT, "0.49")
    assert against(world, order) == ["endotoxin_too_high"]
    world.journey.review(LOT)
    assert against(world, order) == ["endotoxin_too_high"]


def test_no_lot_holds_a_dose_that_it_may_not_bring(world: World) -> None:
    order = ordered(world)
    released(world, "0.49", number=LOT, days_ago=60)
    short = lambda session: allocation.is_short(  # noqa: E731 (it is asked twice)
        session, dosing.order_numbered(session, order), world.clock.now
    )
    assert world.read(short) is True
    released(world, "<0.25", number=OTHER_LOT)
    assert world.read(short) is False


def test_the_pages_of_order_and_allocation_say_how_much_endotoxin_comes_and_how_much_is_allowed(
    world: World, person: SignIn
) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    page = person("dr.gao").get(f"/participants/{HER}/order").get_data(as_text=True)
    assert "307.5 EU allowed (5 EU × 61.5 kg × 1 h)" in page
    order = world.journey.ordered(HER)
    figures = "at most 6.4 EU of 307.5 EU allowed (5 EU × 61.5 kg × 1 h)"
    assert figures in person("li.c").get(f"/orders/{order}/allocate").get_data(as_text=True)
    assert figures not in person("li.c").get(f"/orders/{order}").get_data(as_text=True)
    assert "307.5 EU allowed" in person("li.c").get(f"/orders/{order}").get_data(as_text=True)
    world.journey.allocated(order)
    assert figures in person("li.c").get(f"/orders/{order}").get_data(as_text=True)


def test_the_page_of_allocation_stops_the_button_and_says_why_before_it_is_pressed(
    world: World, person: SignIn
) -> None:
    order = ordered(world)
    released(world, "0.49")
    page = person("li.c").get(f"/orders/{order}/allocate").get_data(as_text=True)
    assert "at most 12.5 EU of 12.3 EU allowed (0.2 EU × 61.5 kg × 1 h)" in page
    assert "Ask QA for a lot with less endotoxin." in page
    assert "disabled>Allocate these bags</button>" in page
    assert person("li.c").send("POST", f"/orders/{order}/allocate").status_code == 409


def test_the_api_shows_the_figures_and_refuses_with_the_reason(world: World, person: SignIn) -> None:
    order = ordered(world)
    released(world, "0.49")
    refused = person("li.c").post(f"/api/v1/orders/{order}/allocate")
    assert (refused.status_code, codes(refused)) == (409, ["endotoxin_too_high"])
    path = f"/api/v1/orders/{order}/endotoxin"
    expected = {"eu_per_kg_hour": "0.2", "weight_kg": "61.5", "planned_minutes": 30, "allowed_eu": "12.3"}
    assert person("zhou.n").get(path).get_json() == {**expected, "given_eu": None, "blockers": []}
    released(world, "<0.25", number=OTHER_LOT)
    world.journey.allocated(order)
    assert person("zhou.n").get(path).get_json() == {**expected, "given_eu": "6.4", "blockers": []}
    reported_again(world, OTHER_LOT, "0.49")
    world.journey.review(OTHER_LOT)
    found = person("zhou.n").get(path).get_json()
    assert (found["given_eu"], [each["code"] for each in found["blockers"]]) == ("12.5", ["endotoxin_too_high"])


def test_what_is_over_is_shown_for_the_weight_it_was_given_for(world: World, person: SignIn) -> None:
    world.journey.released_lot(LOT)
    order = ordered(world, strict=False)
    world.do("dr.gao", lambda work: dosing.cancel_order(work, order, reason="fever"))
    world.journey.measured(HER, {"weight_kg": "70.0"})
    page = person("dr.gao").get(f"/orders/{order}").get_data(as_text=True)
    assert "307.5 EU allowed (5 EU × 61.5 kg × 1 h)" in page

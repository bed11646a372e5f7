"""What is learnt of a lot's endotoxin or of a weight after bags were set aside counts up to the start."""

import pytest
from support.clients import SignIn
from support.endotoxin import STRICT, reported_again
from support.refusals import refused
from support.stages import HER, LOT, Bedside, at_the_bedside, at_the_ward, codes, enrolled
from support.studies import in_effect
from support.tampering import by_hand
from support.worlds import World

from cotrack.bedside.service import infusions, verdicts


@pytest.fixture
def strict(world: World) -> World:
    """A study that allows 0.2 EU/kg/h: 12.3 EU for 61.5 kg, of which the bag brings 6.4."""
    in_effect(world, STRICT)
    return world


def learnt(world: World, endotoxin: str) -> None:
    """Report and review a second replicate of the lot's endotoxin, within its specification."""
    reported_again(world, LOT, endotoxin)
    world.journey.review(LOT)


def pair(bedside: Bedside) -> tuple[int, int]:
    return bedside.check("zhou.n").id, bedside.check("wu.n").id


def test_a_bag_is_not_issued_with_more_endotoxin_than_is_allowed(strict: World) -> None:
    strict.journey.released_lot(LOT)
    enrolled(strict, HER)
    order = strict.journey.ordered(HER)
    (bag,) = strict.journey.allocated(order)
    learnt(strict, "0.49")
    with refused("endotoxin_too_high"):
        strict.journey.issued(bag)


def test_a_check_before_the_thaw_and_the_thaw_itself_are_stopped(strict: World) -> None:
    bedside = at_the_ward(strict)
    first, second = (strict.journey.thaw_check(bedside.bag, by).id for by in ("zhou.n", "wu.n"))
    learnt(strict, "0.49")
    with refused("endotoxin_too_high"):
        strict.do("wu.n", lambda work: infusions.start_thaw(work, first_check=first, second_check=second))
    assert codes(strict.journey.thaw_check(bedside.bag, "zhou.n")) == ["endotoxin_too_high"]


def test_a_result_that_waits_for_its_review_stops_the_start_already(strict: World) -> None:
    bedside = at_the_bedside(strict)
    first, second = pair(bedside)
    reported_again(strict, LOT, "0.49")
    with refused("endotoxin_too_high"):
        strict.do("wu.n", lambda work: infusions.start(work, first_check=first, second_check=second))


def test_no_verdict_says_go_and_no_button_is_open_before_a_step_that_the_endotoxin_stops(
    strict: World, person: SignIn
) -> None:
    bedside = at_the_bedside(strict)
    learnt(strict, "0.49")
    _, second = pair(bedside)
    verdict = verdicts.verdict(strict.runtime.ground, strict.cast.actor("wu.n"), second)
    assert (verdict["is_match"], verdict["pair"]) == (False, None)
    assert [each.code for each in verdict["reasons"]] == ["endotoxin_too_high"]
    assert "bring up to 12.5 EU" in person("zhou.n").get(f"/units/{bedside.bag}").get_data(as_text=True)


def test_nothing_starts_with_more_endotoxin_than_is_allowed_while_the_quick_check_does_not_ask(strict: World) -> None:
    bedside = at_the_bedside(strict)
    learnt(strict, "0.49")
    first, second = pair(bedside)
    with refused("endotoxin_too_high"):
        strict.do("wu.n", lambda work: infusions.start(work, first_check=first, second_check=second))


def test_a_lighter_patient_bears_less_within_the_tolerance_of_the_dose(strict: World) -> None:
    bedside = at_the_bedside(strict)
    learnt(strict, "0.45")
    # 25.5 mL × 0.45 = 11.475 EU; 0.2 × 56.0 = 11.2 EU, 0.2 × 57.4 = 11.48 EU
    strict.journey.measured(HER, {"weight_kg": "56.0"})
    first, second = pair(bedside)
    with refused("endotoxin_too_high"):
        strict.do("wu.n", lambda work: infusions.start(work, first_check=first, second_check=second))
    strict.clock.pass_by(minutes=1)
    strict.journey.measured(HER, {"weight_kg": "57.4"})
    first, second = pair(bedside)
    strict.do("wu.n", lambda work: infusions.start(work, first_check=first, second_check=second))


def test_the_page_of_an_open_order_says_that_its_bags_bring_too_much(strict: World, person: SignIn) -> None:
    bedside = at_the_ward(strict)
    assert "Ask QA" not in person("dr.gao").get(f"/orders/{bedside.order}").get_data(as_text=True)
    learnt(strict, "0.49")
    page = person("dr.gao").get(f"/orders/{bedside.order}").get_data(as_text=True)
    assert "bring up to 12.5 EU of endotoxin; 12.3 EU are allowed for this participant" in page


def test_the_page_of_a_running_infusion_says_that_its_lot_is_held_and_whom_to_call(
    world: World, person: SignIn
) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    page = f"/infusions/{infusion.id}"
    assert "Pause the infusion and call the physician" not in person("zhou.n").get(page).get_data(as_text=True)
    reported_again(world, LOT, ">60")
    shown = person("zhou.n").get(page).get_data(as_text=True)
    assert "Pause the infusion and call the physician" in shown
    assert "is on hold: " in shown
    assert "&gt;60 EU/mL (out of specification)" in shown


def test_the_page_of_a_running_infusion_says_that_its_lot_was_rejected_and_a_paused_one_is_not_resumed(
    world: World, person: SignIn
) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.do("zhou.n", lambda work: infusions.pause(work, infusion.id, reason="kinked line"))
    by_hand(world, "UPDATE lot SET status = 'rejected'")
    shown = person("zhou.n").get(f"/infusions/{infusion.id}").get_data(as_text=True)
    assert "Do not resume before the physician has said so" in shown
    assert "is rejected" in shown

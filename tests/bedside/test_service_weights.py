"""A dose per kilogram is one of today's weight: what is weighed after the order stops its bags, up to the start."""

import pytest
from support.clients import SignIn
from support.races import HeldCommand, Waiting
from support.stages import HER, Bedside, at_the_bedside, at_the_ward, codes
from support.tampering import by_hand
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.foundation.errors import Refused
from cotrack.foundation.work import Work
from cotrack.participants.service import knowledge


def weigh(world: World, kg: str) -> None:
    world.journey.measured(HER, {"weight_kg": kg})


def refusal_of_start(bedside: Bedside, first: int, second: int) -> list[str]:
    try:
        bedside.world.do("wu.n", lambda work: infusions.start(work, first_check=first, second_check=second))
    except Refused as refused:
        return [each.code for each in refused.reasons]
    return []


def pair(bedside: Bedside) -> tuple[int, int]:
    return bedside.check("zhou.n").id, bedside.check("wu.n").id


def test_a_bag_is_not_thawed_for_a_weight_that_was_measured_anew_between_check_and_thaw(world: World) -> None:
    bedside = at_the_ward(world)
    first, second = (world.journey.thaw_check(bedside.bag, by).id for by in ("zhou.n", "wu.n"))
    weigh(world, "75.0")
    with pytest.raises(Refused) as refused:
        world.do("wu.n", lambda work: infusions.start_thaw(work, first_check=first, second_check=second))
    assert [each.code for each in refused.value.reasons] == ["weight_stale"]
    assert refused.value.reasons[0].sentence == (
        "75.0 kg were measured on 2026-11-23; the order is for 61.5 kg, more than 10 % away. "
        "The physician cancels the order and signs a new one."
    )
    assert codes(world.journey.thaw_check(bedside.bag, "zhou.n")) == ["weight_stale"]


def test_nothing_starts_for_a_weight_that_was_measured_anew_between_check_and_start(world: World) -> None:
    bedside = at_the_bedside(world)
    checks = pair(bedside)
    weigh(world, "50.0")
    assert refusal_of_start(bedside, *checks) == ["weight_stale"]
    assert codes(bedside.check("zhou.n")) == ["weight_stale"]
    weigh(world, "62.0")
    assert refusal_of_start(bedside, *pair(bedside)) == []


def test_a_start_waits_for_a_weight_that_is_being_stored_and_does_not_follow(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = pair(bedside)
    today = world.journey.today()

    def weighing(work: Work) -> object:
        values = {"weight_kg": "75.0"}
        return knowledge.measure(work, HER, measured_on=today, values=values, confirmed_weight_kg="75.0")

    held = HeldCommand(world, "li.c", weighing)
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first, second_check=second))
    assert start.waits()
    held.commit()
    start.end()
    assert start.refusal is not None
    assert [each.code for each in start.refusal.reasons] == ["weight_stale"]


def test_what_runs_into_a_vein_is_not_kept_paused_by_a_weight(world: World) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    weigh(world, "75.0")
    world.do("wu.n", lambda work: infusions.resume(work, infusion.id))


def test_a_paused_infusion_goes_on_when_its_weight_is_too_old_or_little_time_is_left(world: World) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    by_hand(world, "UPDATE \"order\" SET weighed_on = '2026-10-01'")
    world.clock.pass_by(minutes=75)
    world.do("wu.n", lambda work: infusions.resume(work, infusion.id))


def test_the_page_of_an_open_order_says_that_its_dose_is_of_another_weight(world: World, person: SignIn) -> None:
    bedside = at_the_ward(world)
    page = person("dr.gao").get(f"/orders/{bedside.order}").get_data(as_text=True)
    assert "kg were measured" not in page
    weigh(world, "75.0")
    page = person("dr.gao").get(f"/orders/{bedside.order}").get_data(as_text=True)
    assert "75.0 kg were measured on 2026-11-23; the order is for 61.5 kg, more than 10 % away." in page

"""A late failing result of a released lot: who is named, who must read it, and until when it waits."""

from collections.abc import Callable

import pytest
from support.clients import SignIn
from support.clinic import candidate, file_of
from support.conditional import RCL, lines_of
from support.deviations import open_of
from support.late import GROWTH, closed, grows, infused_conditionally
from support.refusals import records, refused
from support.stages import HER, LOT, OTHER_PHYSICIAN, at_the_bedside
from support.worlds import World

from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import PermissionDenied
from cotrack.foundation.work import Work
from cotrack.participants.service import enrolment, treatment
from cotrack.quality.models import Acknowledgement
from cotrack.quality.service import holds
from cotrack.release.service import dispositions
from cotrack.trace.service import alerts


@pytest.fixture
def infused(world: World) -> str:
    """A bag of a conditional lot that was infused into her."""
    return infused_conditionally(world)


def waits_for(world: World, username: str) -> bool:
    actor = world.cast.actor(username)
    return bool(world.read(lambda session: alerts.to_read(session, actor)))


def shown(world: World) -> str:
    found: str = world.read(lambda session: alerts.reach_of(session, f"lot:{LOT}")).sha256
    return found


def reading(sha256: str, alert_id: int = 1) -> Callable[[Work], list[Acknowledgement]]:
    return lambda work: alerts.acknowledge(work, alert_id, shown_sha256=sha256)


def test_a_late_growth_holds_the_lot_opens_a_deviation_and_names_every_bag_and_every_infused_participant(
    world: World, infused: str
) -> None:
    grows(world)
    (hold,) = world.read(lambda session: holds.standing_holds(session, [f"lot:{LOT}"]))
    assert GROWTH in hold.reason
    (deviation,) = open_of(world, LOT)
    assert GROWTH in deviation.description
    page = world.read(lambda session: alerts.alert_page(session, world.cast.actor("qian.m"), 1))
    assert [number for number, _ in page["reach"].units] == [f"{LOT}-001", f"{LOT}-002"]
    assert [(each.unit, each.participant, each.treated_by) for each in page["reach"].reached] == [
        (infused, HER, "dr.gao")
    ]
    assert page["waiting"] == ["qa_reviewer", "principal_investigator", "physician:dr.gao"]


def test_all_of_it_stands_in_the_one_record_of_the_import(world: World, infused: str) -> None:
    grows(world)
    changed = {change["row"].partition(":")[0] for change in records(world, event="result.import")[-1]["changes"]}
    assert {"hold", "deviation", "alert", "result"} <= changed
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []


def test_a_late_result_within_its_limits_raises_no_alert(world: World, infused: str) -> None:
    world.journey.results(lines_of(world, LOT, without=(RCL,)), "day-14.csv")
    assert not waits_for(world, "qian.m")
    assert open_of(world, LOT) == []


@pytest.mark.parametrize("username", ["qian.m", "tang.w", "prof.han", "dr.gao"])
def test_an_alert_waits_for_qa_the_investigator_and_the_treating_physician(
    world: World, infused: str, username: str
) -> None:
    assert not waits_for(world, username)
    grows(world)
    assert waits_for(world, username)


@pytest.mark.parametrize("username", ["zhou.n", "li.c", "wang.l", "shen.i"])
def test_an_alert_waits_for_nobody_else(world: World, infused: str, username: str) -> None:
    grows(world)
    assert not waits_for(world, username)
    with pytest.raises(PermissionDenied):
        world.do(username, reading(shown(world)))


def test_a_physician_who_treats_none_of_them_has_nothing_to_read(world: World, infused: str) -> None:
    world.cast.add(OTHER_PHYSICIAN)
    grows(world)
    assert not waits_for(world, OTHER_PHYSICIAN.username)
    with refused("not_concerned"):
        world.do(OTHER_PHYSICIAN.username, reading(shown(world)))


def test_whoever_takes_the_treatment_over_has_to_read_it(world: World, infused: str) -> None:
    grows(world)
    world.cast.add(OTHER_PHYSICIAN)
    world.do(OTHER_PHYSICIAN.username, lambda work: treatment.take_over(work, HER, reason="on call"))
    assert waits_for(world, OTHER_PHYSICIAN.username)
    assert not waits_for(world, "dr.gao")


def test_who_has_read_it_is_asked_no_more_and_the_others_still_are(world: World, infused: str) -> None:
    grows(world)
    (read,) = world.do("qian.m", reading(shown(world)))
    assert (read.party, f"given unit:{infused} participant:{HER}" in read.shown) == ("qa_reviewer", True)
    assert not waits_for(world, "qian.m")
    assert not waits_for(world, "tang.w")
    assert waits_for(world, "dr.gao")
    assert waits_for(world, "prof.han")


def test_a_list_that_was_not_shown_is_not_acknowledged(world: World, infused: str) -> None:
    grows(world)
    with refused("list_changed"):
        world.do("dr.gao", reading("0" * 64))
    assert waits_for(world, "dr.gao")


def test_an_infusion_that_is_running_is_named_and_the_list_read_before_it_is_read_again(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    before = shown(world)
    infusion = world.journey.started(HER, bedside.bag)
    assert infusion.first_check_id > second.id > first.id
    grows(world, replicate=2)
    with refused("list_changed"):
        world.do("dr.gao", reading(before))
    world.do("dr.gao", reading(shown(world)))
    assert not waits_for(world, "dr.gao")


def test_an_alert_whose_hold_was_lifted_waits_until_it_was_read(world: World, infused: str) -> None:
    grows(world)
    closed(world)
    world.do("qian.m", lambda work: holds.lift(work, 1, reason="contamination in the laboratory"))
    assert waits_for(world, "dr.gao")
    world.do("dr.gao", reading(shown(world)))
    assert not waits_for(world, "dr.gao")


def test_a_hold_over_a_failed_test_stands_until_its_deviation_is_closed(world: World, infused: str) -> None:
    grows(world)
    with refused("deviation_open"):
        world.do("qian.m", lambda work: holds.lift(work, 1, reason="contamination in the laboratory"))
    assert world.read(lambda session: holds.standing_holds(session, [f"lot:{LOT}"]))


def test_growth_after_the_rejection_of_a_lot_that_was_given_still_raises_the_alert(world: World, infused: str) -> None:
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="the laboratory telephoned"))
    grows(world)
    assert waits_for(world, "dr.gao")
    page = world.read(lambda session: alerts.alert_page(session, world.cast.actor("qian.m"), 1))
    assert [(each.unit, each.participant) for each in page["reach"].reached] == [(infused, HER)]


def test_whoever_left_the_study_still_finds_another_treating_physician(world: World, infused: str) -> None:
    world.do("dr.gao", lambda work: enrolment.withdraw(work, HER, reason="moved away"))
    grows(world)
    world.cast.add(OTHER_PHYSICIAN)
    world.do(OTHER_PHYSICIAN.username, lambda work: treatment.take_over(work, HER, reason="on call"))
    assert waits_for(world, OTHER_PHYSICIAN.username)


def test_nobody_takes_over_the_treatment_of_somebody_who_was_never_enrolled(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world, HER)))
    world.do("dr.gao", lambda work: enrolment.withdraw(work, HER, reason="changed her mind"))
    with refused("not_enrolled"):
        world.do("dr.gao", lambda work: treatment.take_over(work, HER, reason="on call"))
    assert "/take-over" not in person("dr.gao").get(f"/participants/{HER}").get_data(as_text=True)

"""What must never happen, 1: a bag is infused into a participant it was not allocated to."""

import pytest
from support.races import HeldCommand, Waiting
from support.stages import HER, HIM, at_the_bedside, at_the_ward, codes
from support.worlds import World

from cotrack.bedside.service import checks, infusions
from cotrack.demonstration.players import Player
from cotrack.foundation.errors import Blocked
from cotrack.participants.service import bands, enrolment, knowledge

THIRD = Player("lin.n", "林宁 LIN Ning", ("nurse",))


def test_another_patients_band_with_this_bag_is_a_mismatch(world: World) -> None:
    bedside = at_the_bedside(world)
    check = bedside.check("zhou.n", participant=HIM)
    assert check.result == "mismatch"
    assert codes(check) == ["wrong_patient"]


def test_no_start_follows_from_a_mismatch(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n", participant=HIM), bedside.check("wu.n")
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert "second_scan_missing" in [each.code for each in refused.value.blockers]


def test_a_mismatch_makes_the_earlier_match_worthless(world: World) -> None:
    bedside = at_the_bedside(world)
    first = bedside.check("zhou.n")
    bedside.check("wu.n", participant=HIM)
    second = bedside.check("wu.n")
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert "check_too_old" in [each.code for each in refused.value.blockers]


def test_a_third_persons_mismatch_at_the_bedside_makes_both_matches_worthless(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    world.cast.add(THIRD)
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    denial = {"participant_code": band, "unit_code": "", "station": "WARD-3A-1", "identity_answer": "denied"}
    world.do("lin.n", lambda work: checks.check_identity(work, **denial), station=str(denial["station"]))
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert {each.code for each in refused.value.blockers} == {"check_too_old"}


def test_a_mismatch_at_another_bed_of_another_participant_voids_nothing(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    world.cast.add(THIRD)
    band = world.journey.live_code(f"participant:{HIM}", "wristband")
    denial = {"participant_code": band, "unit_code": "", "station": "WARD-3A-2", "identity_answer": "denied"}
    world.do("lin.n", lambda work: checks.check_identity(work, **denial), station=str(denial["station"]))
    world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))


@pytest.mark.parametrize("station", ["WARD-3A-1", "WARD-3A-2"])
def test_who_says_that_is_not_me_stops_the_start_at_whatever_bed(world: World, station: str) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    world.cast.add(THIRD)
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    denial = {"participant_code": band, "unit_code": "", "station": station, "identity_answer": "denied"}
    world.do("lin.n", lambda work: checks.check_identity(work, **denial), station=str(denial["station"]))
    with pytest.raises(Blocked):
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))


def test_a_bag_that_nobody_was_given_is_a_mismatch(world: World) -> None:
    bedside = at_the_bedside(world)
    other = bedside.bag.replace("-001", "-002")
    assert "not_allocated" in codes(bedside.check("zhou.n", bag=other))


def test_a_person_who_denies_the_name_is_a_mismatch(world: World) -> None:
    bedside = at_the_bedside(world)
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    bag = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    check = world.do(
        "zhou.n",
        lambda work: checks.check_identity(
            work, participant_code=band, unit_code=bag, station="WARD-3A-1", identity_answer="denied"
        ),
    )
    assert codes(check) == ["wrong_patient"]


def test_a_band_that_one_person_put_on_alone_says_nothing(world: World) -> None:
    bedside = at_the_bedside(world)
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="wet"))
    code = world.journey.printed_band(HER)
    world.do("zhou.n", lambda work: bands.put_on(work, HER, band_code=code, is_identity_confirmed=True))
    assert codes(bedside.check("wu.n")) == ["band_not_current"]


def test_a_band_is_not_put_on_somebody_who_denies_it(world: World) -> None:
    at_the_bedside(world)
    world.do("zhou.n", lambda work: bands.remove(work, HIM, reason="wet"))
    code = world.journey.printed_band(HIM)
    with pytest.raises(Blocked) as refused:
        world.do("zhou.n", lambda work: bands.put_on(work, HIM, band_code=code, is_identity_confirmed=False))
    assert [each.code for each in refused.value.blockers] == ["wrong_patient"]


def learnt(world: World) -> None:
    """The physician learns, after the order, what excludes her."""
    answers = {"psychiatric_history": "yes"}
    world.do("dr.gao", lambda work: knowledge.answer_criteria(work, HER, answers=answers))


def test_what_is_learnt_of_a_participant_after_the_order_stops_check_and_thaw(world: World) -> None:
    ward_side = at_the_ward(world)
    first, second = (world.journey.thaw_check(ward_side.bag, by) for by in ("zhou.n", "wu.n"))
    learnt(world)
    assert codes(world.journey.thaw_check(ward_side.bag, "zhou.n")) == ["participant_not_eligible"]
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.start_thaw(work, first_check=first.id, second_check=second.id))
    assert "participant_not_eligible" in [each.code for each in refused.value.blockers]


def test_what_is_learnt_of_a_participant_after_the_checks_stops_the_start(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    learnt(world)
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert [each.code for each in refused.value.blockers] == ["participant_not_eligible"]


def test_a_withdrawal_between_check_and_start_stops_the_start(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    held = HeldCommand(world, "dr.gao", lambda work: enrolment.withdraw(work, HER, reason="withdrew consent"))
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert start.waits()
    held.commit()
    start.end()
    assert start.refusal is not None
    assert "participant_not_eligible" in [each.code for each in start.refusal.reasons]

"""Issue, receipt, return and waste: two names for each handover, a scan for each bag, one ward."""

from typing import Any

import pytest
from support.clinic import refusal
from support.refusals import records, refused
from support.stages import HER, HIM, LOT, at_the_bedside, at_the_ward, enrolled
from support.worlds import World

from cotrack.bedside.service import ward
from cotrack.custody import service as custody
from cotrack.demonstration.players import Player
from cotrack.foundation.access.service import people
from cotrack.foundation.errors import InvalidInput, PermissionDenied, ReasonMissing, TransitionNotAllowed
from cotrack.manufacture.service.units import unit_numbered


def allocated(world: World, *, bags: int = 2) -> str:
    """A bag set aside for her, in the freezer."""
    world.journey.released_lot(LOT, bags=bags)
    enrolled(world, HER)
    (bag,) = world.journey.allocated(world.journey.ordered(HER))
    return bag


def issue(world: World, bag: str, **changed: Any) -> None:
    how = {
        "bag_code": world.journey.live_code(f"unit:{bag}", "bag"),
        "ward": "3A",
        "taken_by": "zhou.n",
        **changed,
    }
    world.do("ma.k", lambda work: ward.issue(work, bag, **how))


def receive(world: World, bag: str, *, by: str = "zhou.n", station: str | None = None, code: str = "") -> None:
    scanned = code or world.journey.live_code(f"unit:{bag}", "bag")
    world.do(by, lambda work: ward.receive(work, bag, bag_code=scanned), station=station)


def test_an_issued_bag_is_out_of_its_place_and_handed_over_by_two_names(world: World) -> None:
    bag = allocated(world)
    unit = world.read(lambda session: unit_numbered(session, bag))
    assert world.read(lambda session: custody.place_of(session, unit.id)) == "LN2-A"
    issue(world, bag)
    receive(world, bag, by="wu.n")
    assert world.read(lambda session: custody.place_of(session, unit.id)) == ""
    person = {name: world.cast.actor(name).person_id for name in ("ma.k", "zhou.n", "wu.n")}
    handovers = world.read(lambda session: custody.handovers_of(session, unit.id))
    assert [(each.kind, each.given_by_id, each.taken_by_id, each.ward) for each in handovers] == [
        ("issue", person["ma.k"], person["zhou.n"], "3A"),
        ("receipt", person["ma.k"], person["wu.n"], "3A"),
    ]


def test_the_bag_that_is_scanned_is_the_bag_that_leaves_and_arrives(world: World) -> None:
    bag = allocated(world)
    other = world.journey.live_code(f"unit:{bag.replace('-001', '-002')}", "bag")
    with refused("wrong_label"):
        issue(world, bag, bag_code=other)
    with refused("damaged_code"):
        issue(world, bag, bag_code=other[:50])
    with refused("wrong_kind"):
        issue(world, bag, bag_code=world.journey.live_code(f"unit:{bag}", "tag"))
    issue(world, bag)
    with refused("wrong_label"):
        receive(world, bag, code=other)


def test_a_bag_goes_to_a_ward_of_this_site(world: World) -> None:
    bag = allocated(world)
    with refused("unknown_ward"):
        issue(world, bag, ward="9Z")
    with refused("unknown_ward"):
        issue(world, bag, ward="")


def test_who_gives_a_bag_out_takes_it_not_over_and_receives_it_not(world: World) -> None:
    bag = allocated(world)
    with refused("same_person"):
        issue(world, bag, taken_by="ma.k")
    world.cast.add(Player("both.b", "两职 BOTH", ("logistics", "nurse")))
    code = world.journey.live_code(f"unit:{bag}", "bag")
    world.do("both.b", lambda work: ward.issue(work, bag, bag_code=code, ward="3A", taken_by="zhou.n"))
    with refused("same_person"):
        receive(world, bag, by="both.b", station="WARD-3A-1")


@pytest.mark.parametrize("username", ["nobody", "", "ZHOU.N"])
def test_a_bag_is_taken_over_by_somebody_who_works_here(world: World, username: str) -> None:
    bag = allocated(world)
    with pytest.raises(InvalidInput) as refusal_told:
        issue(world, bag, taken_by=username)
    assert refusal_told.value.fields == {"taken_by": ["Nobody of this user name works here."]}


def test_a_bag_is_taken_over_by_somebody_whose_role_handles_bags(world: World) -> None:
    bag = allocated(world)
    with pytest.raises(InvalidInput) as refusal_told:
        issue(world, bag, taken_by="shen.i")
    assert refusal_told.value.fields == {"taken_by": ["This person's role does not handle bags."]}


def test_somebody_whose_access_was_taken_takes_no_bag_over(world: World) -> None:
    bag = allocated(world)
    world.do("root.a", lambda work: people.disable_person(work, "zhou.n", reason="left"))
    with pytest.raises(InvalidInput):
        issue(world, bag)


@pytest.mark.parametrize(
    ("station", "word"), [("WARD-5B-1", "not_issued_here"), ("FREEZER-1", "station_unknown"), ("", "station_unknown")]
)
def test_a_bag_is_received_at_a_station_of_the_ward_it_was_issued_to(world: World, station: str, word: str) -> None:
    bag = allocated(world)
    issue(world, bag)
    with refused(word):
        receive(world, bag, station=station)
    receive(world, bag, station="WARD-3A-2")


def test_each_step_follows_the_one_before(world: World) -> None:
    bag = allocated(world)
    with pytest.raises(TransitionNotAllowed):
        receive(world, bag)
    issue(world, bag)
    with pytest.raises(TransitionNotAllowed):
        issue(world, bag)
    receive(world, bag)
    with pytest.raises(TransitionNotAllowed):
        receive(world, bag)


def test_what_would_stop_a_bag_at_the_bed_stops_it_before_it_leaves_the_cold(world: World) -> None:
    bag = allocated(world)
    world.clock.pass_by(days=8)
    with refused("weight_stale"):
        issue(world, bag)


def test_a_bag_comes_back_only_before_any_thaw_and_with_a_reason(world: World) -> None:
    bedside = at_the_ward(world)
    back = lambda work: ward.return_unit(work, bedside.bag, reason="absent")  # noqa: E731 (one line)
    assert isinstance(
        refusal(world, "zhou.n", lambda work: ward.return_unit(work, bedside.bag, reason="")), ReasonMissing
    )
    assert isinstance(refusal(world, "li.c", back), PermissionDenied)
    world.do("zhou.n", back)
    assert world.journey.order(bedside.order).status == "ordered"
    assert isinstance(refusal(world, "zhou.n", back), TransitionNotAllowed)


def test_a_thawed_bag_is_wasted_and_its_order_waits_for_another(world: World) -> None:
    bedside = at_the_bedside(world, bags=2)
    world.do("wu.n", lambda work: ward.waste_unit(work, bedside.bag, reason="port cracked"))
    assert world.journey.order(bedside.order).status == "ordered"
    assert world.journey.allocated(bedside.order) == [bedside.bag.replace("-001", "-002")]


def test_a_bag_that_is_in_a_vein_is_not_wasted(world: World) -> None:
    bedside = at_the_bedside(world)
    world.journey.started(HER, bedside.bag)
    with pytest.raises(TransitionNotAllowed):
        world.do("wu.n", lambda work: ward.waste_unit(work, bedside.bag, reason="x"))


def test_a_returned_bag_is_stored_set_aside_for_another_and_issued_to_another_ward(world: World) -> None:
    bedside = at_the_ward(world, bags=1)
    world.do("zhou.n", lambda work: ward.return_unit(work, bedside.bag, reason="absent"))
    world.do("ma.k", lambda work: custody.store_unit(work, bedside.bag, place="LN2-B"))
    assert world.journey.allocated(world.journey.ordered(HIM)) == [bedside.bag]
    issue(world, bedside.bag, ward="5B")
    with refused("not_issued_here"):
        receive(world, bedside.bag)
    receive(world, bedside.bag, station="WARD-5B-1")


def test_a_scan_that_names_no_bag_is_refused_in_its_own_words_and_recorded(world: World) -> None:
    at_the_ward(world)
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    for code, word in (("4006381333931", "unknown_code"), (band, "wrong_kind")):
        with refused(word):
            world.do("zhou.n", lambda work, scanned=code: ward.receive_scanned(work, bag_code=scanned))
        assert records(world, event="unit.receive")[-1]["outcome"] == "refused"

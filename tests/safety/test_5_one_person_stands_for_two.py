"""What must never happen, 5: one person stands for two."""

from datetime import date

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from support.races import HeldCommand, Waiting
from support.stages import HER, LOT, at_the_bedside, at_the_ward, enrolled, results_of, screening
from support.worlds import World

from cotrack.bedside.models import Infusion
from cotrack.bedside.service import infusions, ward
from cotrack.demonstration.players import Player
from cotrack.foundation.access.service import people
from cotrack.foundation.acting import Actor
from cotrack.foundation.errors import Blocked, PermissionDenied
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.labelling.service import instances
from cotrack.manufacture.service import filling
from cotrack.participants.service import bands
from cotrack.release.service import dispositions, results, trail_reviews
from cotrack.study import service as study


def reasons(refused: pytest.ExceptionInfo[Blocked]) -> list[str]:
    return [each.code for each in refused.value.blockers]


def test_two_checks_by_one_nurse_start_nothing(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("zhou.n")
    with pytest.raises(Blocked) as refused:
        world.do("zhou.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert reasons(refused) == ["same_person"]


def test_one_check_given_twice_starts_nothing(world: World) -> None:
    bedside = at_the_bedside(world)
    first = bedside.check("zhou.n")
    with pytest.raises(Blocked) as refused:
        world.do("zhou.n", lambda work: infusions.start(work, first_check=first.id, second_check=first.id))
    assert "same_person" in reasons(refused)


def test_two_people_in_one_sitting_start_nothing(world: World) -> None:
    bedside = at_the_bedside(world)
    first = bedside.check("zhou.n")
    her, his = world.cast.actor("zhou.n"), world.cast.actor("wu.n")
    world.cast._actors["wu.n"] = Actor(his.person_id, "wu.n", his.printed_name, his.roles, "", her.session_id)
    original = world.cast.actor

    def in_her_sitting(username: str, station: str | None = None) -> Actor:
        found = original(username, station)
        return Actor(found.person_id, username, found.printed_name, found.roles, found.station, her.session_id)

    world.cast.actor = in_her_sitting  # type: ignore[method-assign]
    second = bedside.check("wu.n")
    with pytest.raises(Blocked) as refused:
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert reasons(refused) == ["same_person"]


def test_a_third_nurse_starts_nothing_from_two_others_checks(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    stranger = world.cast.actor("zhou.n")
    third = Actor(world.cast.actor("dr.gao").person_id, "dr.gao", "x", ("nurse",), "WARD-3A-1", 99)
    assert stranger.person_id != third.person_id
    with pytest.raises(Blocked) as refused, unit_of_work(world.runtime.ground, third) as work:
        infusions.start(work, first_check=first.id, second_check=second.id)
    assert reasons(refused) == ["second_scan_missing"]


@pytest.mark.parametrize("taken", ["access", "role"])
def test_who_may_check_no_longer_is_no_second_person(world: World, taken: str) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    if taken == "access":
        world.do("root.a", lambda work: people.disable_person(work, "wu.n", reason="left"))
    else:
        world.do("root.a", lambda work: people.revoke_role(work, "wu.n", "nurse", reason="left"))
    with pytest.raises(Blocked) as refused:
        world.do("zhou.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert reasons(refused) == ["second_scan_missing"]


def test_nobody_is_disabled_while_a_start_counts_on_their_check(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    disabling = HeldCommand(world, "root.a", lambda work: people.disable_person(work, "wu.n", reason="left"))
    start = Waiting(world, "zhou.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert start.waits()
    disabling.commit()
    start.end()
    assert start.refusal is not None


def test_two_thaw_checks_by_one_nurse_thaw_nothing(world: World) -> None:
    bedside = at_the_ward(world)
    first, second = (world.journey.thaw_check(bedside.bag, "zhou.n") for _ in range(2))
    with pytest.raises(Blocked) as refused:
        world.do("zhou.n", lambda work: infusions.start_thaw(work, first_check=first.id, second_check=second.id))
    assert reasons(refused) == ["same_person"]


def test_whoever_put_a_band_on_does_not_confirm_it(world: World) -> None:
    world.journey.screened(screening(world, HER))
    world.journey.identified(HER, "测试", "H1", date(1970, 1, 1))
    world.journey.answered(HER)
    world.journey.enrolled(HER)
    code = world.journey.printed_band(HER)
    world.do("zhou.n", lambda work: bands.put_on(work, HER, band_code=code, is_identity_confirmed=True))
    with pytest.raises(Blocked) as refused:
        world.do("zhou.n", lambda work: bands.confirm(work, HER, band_code=code, is_identity_confirmed=True))
    assert reasons(refused) == ["same_person"]


@pytest.mark.parametrize("username", ["wang.l", "chen.y"], ids=["who entered them", "who made some of them"])
def test_nobody_reviews_results_that_they_made_or_entered(world: World, username: str) -> None:
    world.journey.finished_lot(LOT)
    world.journey.results(results_of(world, LOT))
    with pytest.raises(Blocked) as refused:
        world.journey.review(LOT, by=username)
    assert reasons(refused) == ["same_person"]


@pytest.mark.parametrize("cell", ["陈燕 CHEN Yan", "ｃｈｅｎ.ｙ", "chen.y (lab 2)", "Chen Y", "陈燕", "Chen"])
def test_another_way_to_write_ones_name_makes_no_second_person(world: World, cell: str) -> None:
    world.journey.finished_lot(LOT)
    world.journey.results(results_of(world, LOT).replace(b"chen.y", cell.encode()))
    with pytest.raises(Blocked) as refused:
        world.journey.review(LOT, by="chen.y")
    assert reasons(refused) == ["same_person"]
    world.journey.review(LOT)
    chen = world.cast.actor("chen.y")
    both = Actor(chen.person_id, chen.username, chen.printed_name, ("qa_reviewer", "analyst"))
    for act in (lambda work: dispositions.release(work, LOT), lambda work: trail_reviews.review_trail(work, LOT)):
        with pytest.raises(Blocked) as refused, unit_of_work(world.runtime.ground, both) as work:
            act(work)
        assert "same_person" in reasons(refused)


def test_whoever_reviewed_a_result_does_not_release_the_lot(world: World) -> None:
    world.journey.finished_lot(LOT)
    world.journey.results(results_of(world, LOT))
    world.journey.review(LOT, by="qian.m")
    with pytest.raises(Blocked) as refused:
        world.journey.release(LOT, by="qian.m")
    assert reasons(refused) == ["same_person"]
    world.journey.release(LOT, by="tang.w")


def test_a_producer_of_the_lot_does_not_decide_about_it_whatever_their_roles(world: World) -> None:
    world.journey.finished_lot(LOT)
    world.journey.results(results_of(world, LOT))
    world.journey.review(LOT)
    world.journey.trail_reviewed(LOT)
    maker = world.cast.actor("zhao.l")
    both = Actor(maker.person_id, "zhao.l", maker.printed_name, ("qa_reviewer", "technician"))
    for act in (
        lambda work: dispositions.release(work, LOT),
        lambda work: dispositions.reject(work, LOT, reason="mine"),
    ):
        with pytest.raises(Blocked) as refused, unit_of_work(world.runtime.ground, both) as work:
            act(work)
        assert reasons(refused) == ["same_person"]


@pytest.mark.parametrize("act", ["print", "apply"])
def test_whoever_printed_or_applied_a_label_of_the_lot_does_not_release_it(world: World, act: str) -> None:
    world.journey.finished_lot(LOT)
    world.journey.results(results_of(world, LOT))
    world.journey.review(LOT)
    world.cast.add(Player("both.b", "两职 BOTH", ("qa_reviewer", "technician"), "FILL-1"))
    bag = f"{LOT}-001"
    if act == "print":
        reprint = {"kind": "bag", "reason": "smudged"}
        world.do("both.b", lambda work: filling.request_label(work, bag, **reprint), station="FILL-1")
    else:
        code = world.journey.code(world.journey.unit_label(bag, "bag", reason="smudged"))
        world.do("both.b", lambda work: instances.scan_back(work, f"unit:{bag}", code), station="FILL-1")
    with pytest.raises(Blocked) as refused:
        world.sign("both.b", lambda work: dispositions.release(work, LOT))
    assert "same_person" in reasons(refused)


def test_whoever_did_anything_to_a_lot_does_not_review_its_trail(world: World) -> None:
    world.journey.finished_lot(LOT)
    maker = world.cast.actor("zhao.l")
    both = Actor(maker.person_id, "zhao.l", maker.printed_name, ("qa_reviewer", "technician"))
    with pytest.raises(Blocked) as refused, unit_of_work(world.runtime.ground, both) as work:
        trail_reviews.review_trail(work, LOT)
    assert reasons(refused) == ["same_person"]


def test_whoever_gives_a_bag_out_neither_takes_it_over_nor_receives_it(world: World) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    (bag,) = world.journey.allocated(world.journey.ordered(HER))
    with pytest.raises(Blocked) as refused:
        world.journey.issued(bag, taken_by="ma.k")
    assert reasons(refused) == ["same_person"]
    world.journey.issued(bag)
    giver = world.cast.actor("ma.k")
    both = Actor(giver.person_id, "ma.k", giver.printed_name, ("nurse", "logistics"), "WARD-3A-1")
    code = world.journey.live_code(f"unit:{bag}", "bag")
    with pytest.raises(Blocked) as refused, unit_of_work(world.runtime.ground, both) as work:
        ward.receive(work, bag, bag_code=code)
    assert reasons(refused) == ["same_person"]


def test_qa_and_principal_investigator_sign_a_study_as_two_people(world: World) -> None:
    text = "# another version\n" + world.read(study.in_effect).text.replace(
        'version = "1-demonstration"', 'version = "2-demonstration"'
    )
    sha256 = world.do("qian.m", lambda work: study.load(work, text)).sha256
    world.sign("qian.m", lambda work: study.approve_as_quality(work, sha256))
    signer = world.cast.actor("qian.m")
    both = Actor(signer.person_id, "qian.m", signer.printed_name, ("principal_investigator", "qa_reviewer"))
    with pytest.raises(Blocked) as refused, unit_of_work(world.runtime.ground, both) as work:
        study.approve_as_investigator(work, sha256)
    assert reasons(refused) == ["same_person"]


def test_an_administrator_signs_nothing_of_gmp(world: World) -> None:
    world.journey.finished_lot(LOT)
    with pytest.raises(PermissionDenied):
        world.do("root.a", lambda work: results.review_results(work, LOT, result_ids=[1]))


def test_the_database_itself_refuses_one_person_as_two(world: World) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    same = {
        "unit_id": infusion.unit_id,
        "order_id": infusion.order_id,
        "participant_id": infusion.participant_id,
        "first_check_id": infusion.second_check_id,
        "second_check_id": infusion.first_check_id,
        "first_person_id": infusion.first_person_id,
        "second_person_id": infusion.first_person_id,
        "station": "x",
        "started_at": infusion.started_at,
        "started_by_id": infusion.started_by_id,
    }
    engine = world.runtime.ground.sessions.engine
    with pytest.raises(IntegrityError, match="two_people"), engine.connect() as connection:
        connection.execute(insert(Infusion).values(**same), execution_options={"cotrack_migration": True})

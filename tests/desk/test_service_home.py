"""The work lists: what waits, for whom, most urgent first, each leading to a page that the person may open."""

from datetime import timedelta

import pytest
from flask import url_for
from support.clients import Client, SignIn
from support.clinic import BORN, candidate, file_of, given, measured_today
from support.late import closed
from support.stages import HER, HIM, LOT, OTHER_LOT, at_the_bedside, at_the_ward, enrolled, results_of
from support.worlds import World

from cotrack.app import create_app
from cotrack.bedside.service import infusions, ward
from cotrack.custody.service import store_unit
from cotrack.demonstration.players import PLAYERS
from cotrack.desk.service.home import tasks_for
from cotrack.desk.service.tasks import Task
from cotrack.foundation.access.service import people
from cotrack.foundation.errors import SignInRefused
from cotrack.manufacture.service import lots, units
from cotrack.participants.service import bands
from cotrack.quality.service import holds


def tasks(world: World, username: str, *, station: str | None = None) -> list[Task]:
    actor = world.cast.actor(username, station)
    found: list[Task] = world.read(lambda session: tasks_for(world.runtime.ground, session, actor))
    return found


def told(world: World, username: str, *, station: str | None = None) -> list[tuple[str, str]]:
    """Return what waits, as title and number of the thing."""
    return [(task.title, task.subject.partition(":")[2]) for task in tasks(world, username, station=station)]


@pytest.mark.parametrize("username", PLAYERS)
def test_on_an_empty_site_nothing_waits_and_the_page_says_so(world: World, person: SignIn, username: str) -> None:
    assert tasks(world, username) == []
    assert "Nothing waits for you." in person(username).get("/").get_data(as_text=True)


def test_the_clinics_work_goes_from_desk_to_desk(world: World) -> None:
    world.journey.released_lot(LOT, bags=2)
    world.journey.screened(file_of(candidate(world)))
    assert told(world, "dr.gao") == [("Answer criteria and enrol", HER)]
    world.journey.identified(HER, "测试", "H-1", BORN)
    world.journey.answered(HER)
    world.journey.enrolled(HER)
    assert told(world, "li.c") == [("Print the band and have it put on", HER)]
    assert told(world, "zhou.n") == []
    code = world.journey.printed_band(HER)
    assert told(world, "zhou.n") == [("Put the band on", HER)]
    world.do("zhou.n", lambda work: bands.put_on(work, HER, band_code=code, is_identity_confirmed=True))
    assert told(world, "zhou.n") == [], "another person confirms it"
    assert told(world, "wu.n") == [("Confirm the band", HER)]
    world.do("wu.n", lambda work: bands.confirm(work, HER, band_code=code, is_identity_confirmed=True))
    assert told(world, "dr.gao") == [("Order a dose", HER)]
    order = world.journey.ordered(HER)
    assert told(world, "dr.gao") == []
    assert told(world, "li.c") == [("Allocate bags", order)]
    (bag,) = world.journey.allocated(order)
    assert told(world, "ma.k") == [("Issue the bag to the ward", bag)]
    world.journey.issued(bag)
    assert told(world, "wu.n") == [("Receive the bag on the ward", bag)]
    world.journey.received(bag)
    assert told(world, "wu.n") == [("Check bag, tag and order before the thaw", bag)]
    world.journey.thaw_begun(bag)
    assert told(world, "wu.n") == [("Thaw is running", bag)]
    world.do("wu.n", lambda work: infusions.finish_thaw(work, bag))
    assert told(world, "wu.n") == [("Check at the bedside and start", bag)]
    infusion = world.journey.started(HER, bag)
    assert told(world, "wu.n") == [("Infusion is running: complete it", bag)]
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    assert told(world, "wu.n") == [("Infusion is paused", bag)]
    world.do("wu.n", lambda work: infusions.resume(work, infusion.id))
    world.journey.completed(infusion, "25.5", "4.5")
    assert [told(world, name) for name in ("wu.n", "dr.gao", "li.c", "ma.k")] == [[], [], [], []]


def test_a_dose_is_due_from_the_midnight_of_its_day_until_four_were_given(world: World) -> None:
    world.journey.released_lot(LOT, bags=4)
    enrolled(world, HER)
    for _ in range(4):
        assert told(world, "dr.gao") == [("Order a dose", HER)]
        measured_today(world)
        given(world, world.journey.ordered(HER))
        world.clock.now += timedelta(days=27, hours=11, minutes=59)
        assert told(world, "dr.gao") == []
        world.clock.now += timedelta(minutes=1)
        due = told(world, "dr.gao")
        world.clock.now += timedelta(hours=12)
    assert due == []


def test_a_bag_waits_at_the_ward_that_it_was_last_issued_to_and_there_once(world: World) -> None:
    bedside = at_the_ward(world, bags=1)
    world.do("zhou.n", lambda work: ward.return_unit(work, bedside.bag, reason="absent"))
    back = tasks(world, "ma.k")[0]
    assert (back.title, back.subject) == ("Store the bag", f"unit:{bedside.bag}")
    assert (back.is_urgent, back.since) == (True, None), "its filling is a month ago, and says nothing"
    world.do("ma.k", lambda work: store_unit(work, bedside.bag, place="LN2-A"))
    world.journey.allocated(world.journey.ordered(HIM))
    world.journey.issued(bedside.bag, to_ward="5B")
    received = ("Receive the bag on the ward", bedside.bag)
    assert told(world, "zhou.n", station="WARD-3A-1").count(received) == 0
    assert told(world, "zhou.n", station="WARD-5B-1").count(received) == 1
    assert told(world, "zhou.n", station="").count(received) == 1


def test_what_may_be_too_late_comes_first_with_the_clock_that_makes_it_so(world: World) -> None:
    bedside = at_the_bedside(world)
    world.journey.allocated(world.journey.ordered(HIM))
    world.journey.issued(bedside.bag.replace("-001", "-002"))
    first, second = tasks(world, "wu.n")
    assert (first.title, first.is_urgent) == ("Check at the bedside and start", True)
    assert first.until == world.clock.now + timedelta(minutes=90)
    assert (second.title, second.is_urgent) == ("Receive the bag on the ward", False)
    world.clock.pass_by(minutes=61)
    assert [task.is_urgent for task in tasks(world, "wu.n")] == [True, True]


def test_quality_and_laboratory_see_what_waits_for_them_and_not_their_own_work(world: World) -> None:
    journey = world.journey
    journey.lot(OTHER_LOT)
    assert told(world, "zhao.l") == [("Fill and label bags", OTHER_LOT)]
    journey.finished_lot(LOT)
    assert told(world, "wang.l") == [("Import results", LOT)]
    journey.results(results_of(world, LOT))
    assert told(world, "wang.l") == []
    assert told(world, "he.p") == [("Review results", LOT)]
    assert ("Decide about the lot", LOT) in told(world, "qian.m")


def test_a_late_failure_reaches_quality_and_the_physician_of_everybody_who_has_a_bag_of_the_lot(world: World) -> None:
    at_the_bedside(world)
    world.journey.allocated(world.journey.ordered(HIM))
    given_to_her, set_aside_for_him = ("Was given a bag of a held lot", HER), ("A bag of a held lot is set aside", HIM)
    assert ("Solve the hold", LOT) not in told(world, "qian.m")
    world.journey.started(HER, f"{LOT}-001")
    growth = results_of(world, LOT, Sterility="growth: S. aureus").decode().replace("day 14,1,", "day 14,2,")
    world.journey.results(growth.encode(), "late.csv")
    assert ("Solve the hold", LOT) in told(world, "qian.m")
    alert = ("A lot was stopped: read whom it reached", LOT)
    assert told(world, "dr.gao") == [alert, given_to_her, set_aside_for_him]
    assert all(task.is_urgent for task in tasks(world, "dr.gao"))
    (hold,) = [task for task in tasks(world, "qian.m") if task.title == "Solve the hold"]
    closed(world)
    world.do("qian.m", lambda work: holds.lift(work, hold.arguments["hold_id"], reason="contaminated in the lab"))
    assert told(world, "dr.gao") == [alert]


def test_the_administrator_sees_locked_names_and_who_has_no_password_of_their_own(world: World) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            world.runtime.door.sign_in("zhou.n", "wrong", kind="api", station="", request="")
    passwords = world.runtime.passwords
    world.do(
        "root.a",
        lambda work: people.reset_password(work, passwords, "wu.n", password="a long new password", reason="lost"),
    )
    assert told(world, "root.a") == [
        ("Locked after wrong passwords", "zhou.n"),
        ("Has not chosen a password yet", "wu.n"),
    ]
    world.clock.pass_by(minutes=15)
    assert told(world, "root.a") == [("Has not chosen a password yet", "wu.n")]


def test_a_mismatch_is_looked_at_for_a_day_by_those_who_read_the_trail(world: World) -> None:
    bedside = at_the_bedside(world)
    bedside.check("zhou.n", participant=HIM)
    seen = ("Look at a mismatch", bedside.bag)
    assert [seen in told(world, name) for name in ("shen.i", "prof.han", "qian.m", "zhou.n")] == [
        True,
        True,
        True,
        False,
    ]
    world.clock.pass_by(days=1)
    assert seen not in told(world, "shen.i")


def test_a_mismatch_says_why_it_was_one(world: World) -> None:
    bedside = at_the_bedside(world)
    bedside.check("zhou.n", participant=HIM)
    (task,) = [each for each in tasks(world, "shen.i") if each.title == "Look at a mismatch"]
    assert task.note == "This bag is for another patient."


@pytest.mark.parametrize("subject", ["lot", "unit"])
def test_who_has_a_held_bag_is_told_to_stop_and_sent_nowhere_with_it(
    world: World, person: SignIn, subject: str
) -> None:
    bedside = at_the_bedside(world)
    assert not any(task.is_held for task in tasks(world, "zhou.n"))
    if subject == "lot":
        world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="growth"))
    else:
        world.do("qian.m", lambda work: units.hold_unit(work, bedside.bag, reason="leak"))
    assert [(task.title, task.is_held) for task in tasks(world, "zhou.n")] == [("Check at the bedside and start", True)]
    page = person("zhou.n").get("/").get_data(as_text=True)
    assert "on hold: stop" in page
    assert 'href="/bedside">Begin' not in page


@pytest.mark.parametrize("username", PLAYERS)
def test_every_task_of_the_demonstration_leads_to_a_page_that_the_person_may_open(
    demonstration: World, username: str
) -> None:
    client = Client(create_app(demonstration.runtime), username)
    for task in tasks(demonstration, username):
        with client.app.test_request_context():
            address = url_for(task.endpoint, **task.arguments)
        assert client.get(address).status_code == 200, (task.title, address)

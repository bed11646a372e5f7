"""When a result is due, counted from the day the lot was made, is told wherever somebody waits for it."""

import html
import json
import re
from datetime import date, timedelta

import pytest
from support.clients import SignIn
from support.conditional import released_conditionally
from support.laboratory import example_rows, file_of, lots_in_quarantine
from support.papers import conditionally, lot_waits_for_sterility, owed
from support.stages import HER, LOT, enrolled
from support.studies import in_effect, newer
from support.worlds import NOON, World

from cotrack.desk.service.home import tasks_for
from cotrack.desk.service.tasks import Task
from cotrack.manufacture.service import lots
from cotrack.study import service as study


def shown(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def awaited(world: World, username: str = "wang.l") -> list[Task]:
    actor = world.cast.actor(username)
    found: list[Task] = world.read(lambda session: tasks_for(world.runtime.ground, session, actor))
    return [each for each in found if each.title in {"Import results", "Results are awaited"}]


def day_of_making(world: World) -> date:
    found: date = world.read(lambda session: lots.lot_numbered(session, LOT)).made_on
    return found


def days_after_making(world: World, days: int) -> str:
    return (world.journey.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def lot(world: World) -> str:
    """A lot of today, without a result."""
    world.journey.finished_lot(LOT, made_on=world.journey.today())
    return LOT


def test_the_release_page_says_when_a_missing_result_is_due_and_by_how_much_it_is_late(
    world: World, person: SignIn, lot: str
) -> None:
    due = days_after_making(world, 15)
    readers = ("qian.m", "tang.w", "he.p", "wang.l")
    late = ("", "", "1 day overdue", "2 days overdue")
    for username, days, words in zip(readers, (0, 15, 16, 17), late, strict=True):
        world.clock.now = NOON + timedelta(days=days)
        told = shown(person(username).get(f"/lots/{lot}/release").get_data(as_text=True))
        assert "BacT/ALERT day 14, USP <71>, SOP-QC-132 no growth – missing" in told
        assert f"missing due on {due} {words}" in told
        assert (f"due on {due} 1 day" in told) == (days == 16)


def test_an_analyst_is_told_what_is_due_next_and_what_is_late_first(world: World, lot: str) -> None:
    (task,) = awaited(world)
    assert (task.title, task.is_urgent) == ("Import results", False)
    assert str(task.details["test"]) == "Appearance"
    assert (task.details["count"], task.details["late"]) == (19, 0)
    rows = [each for each in example_rows(lot) if each["Test"] not in {"Sterility", "RCL"}]
    world.journey.results(file_of(rows))
    (task,) = awaited(world)
    assert (task.title, str(task.details["test"])) == ("Results are awaited", "Sterility, day 14")
    world.clock.pass_by(days=15)
    assert [each.is_urgent for each in awaited(world)] == [True], "due today"
    world.clock.pass_by(days=1)
    (task,) = awaited(world)
    assert (task.details["count"], task.details["late"]) == (2, 1)
    world.journey.lot("MSC26-0040")
    world.journey.results(file_of(example_rows(lot)))
    assert awaited(world) == []


def test_a_lot_of_a_version_that_says_nothing_waits_for_its_first_file_as_before(world: World) -> None:
    kept = [line for line in newer().splitlines() if "due_days" not in line]
    in_effect(world, "\n".join(kept) + "\n")
    lots_in_quarantine(world, LOT)
    (task,) = awaited(world)
    assert (task.title, task.until, task.note) == ("Import results", None, "")
    world.journey.results(file_of(example_rows(LOT)[:3]))
    assert awaited(world) == []


def test_the_physician_reads_and_signs_when_each_outstanding_test_is_due(world: World, person: SignIn) -> None:
    released_conditionally(world)
    made_on = day_of_making(world)
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    due = (made_on + timedelta(days=15)).isoformat()
    page = person("dr.gao").get(f"/orders/{order}/accept/{LOT}").get_data(as_text=True)
    assert f"due on {due}" in shown(page)
    signed = person("dr.gao").post(f"/orders/{order}/accept/{LOT}", form={"reason": "urgent"})
    assert f"(no growth) due / 预计 {due}" in html.unescape(signed.get_data(as_text=True))


def test_a_certificate_gives_each_tests_method_and_says_when_what_is_outstanding_is_due(world: World) -> None:
    lot_waits_for_sterility(world)
    conditionally(world)
    (document,) = owed(world, f"lot:{LOT}")
    said = json.loads(document.fields)
    methods = {each[0]: each[1] for each in said["tests"]}
    assert methods["外观 Appearance"] == "目视，SOP-QC-101 visual, SOP-QC-101"
    assert methods["细胞活率 Viability"] == "7-AAD, SOP-QC-111, 7-AAD flow", "what the laboratory says stands beside it"
    assert methods["无菌（第 14 天） Sterility, day 14"].endswith("USP <71>, SOP-QC-132")
    due = (day_of_making(world) + timedelta(days=15)).isoformat()
    assert said["outstanding"] == [f"无菌（第 14 天） Sterility, day 14 · 预计 due on {due}"]


def test_the_study_page_gives_method_and_day_of_each_test(world: World, person: SignIn) -> None:
    page = shown(person("qian.m").get(f"/studies/{world.read(study.in_effect).sha256}").get_data(as_text=True))
    assert "BacT/ALERT day 14, USP <71>, SOP-QC-132" in page
    assert "15 days after making" in page
    assert "1 day after making" in page

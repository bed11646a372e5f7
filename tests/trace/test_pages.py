"""The page of an alert, the line on every page, and the same for programs."""

import re

import pytest
from support.clients import SignIn
from support.late import GROWTH, grows, infused_conditionally
from support.refusals import codes
from support.stages import HER, LOT
from support.worlds import World

LINE = "A lot that was released was stopped:"


@pytest.fixture(autouse=True)
def bag(world: World) -> str:
    """A bag that was infused, of a lot that grew afterwards."""
    infused = infused_conditionally(world)
    grows(world)
    return infused


def test_the_page_names_what_failed_every_bag_and_every_participant_it_reached(person: SignIn, bag: str) -> None:
    page = person("dr.gao").get("/alerts/1").get_data(as_text=True)
    for words in (GROWTH, bag, f"{LOT}-002", HER, "was given", f"DEV-{LOT}-1", "dr.gao", "I have read this"):
        assert words in page, words


def test_every_page_says_so_to_whom_it_concerns_until_they_have_read_it(person: SignIn) -> None:
    assert LINE in person("dr.gao").get("/lots").get_data(as_text=True)
    assert LINE not in person("zhou.n").get("/lots").get_data(as_text=True)
    page = person("dr.gao").get("/alerts/1").get_data(as_text=True)
    (sha256,) = re.findall(r'name="shown_sha256" value="([0-9a-f]{64})"', page)
    done = person("dr.gao").send("POST", "/alerts/1/read", form={"shown_sha256": sha256})
    assert (done.status_code, done.headers["Location"]) == (303, "/alerts/1")
    after = person("dr.gao").get("/alerts/1").get_data(as_text=True)
    assert LINE not in after
    assert "I have read this" not in after
    assert "That you have read it stands in the trail." in after
    assert LINE in person("qian.m").get("/lots").get_data(as_text=True)


def test_a_list_that_was_not_shown_is_refused_on_the_page(person: SignIn) -> None:
    answer = person("qian.m").send("POST", "/alerts/1/read", form={"shown_sha256": "0" * 64})
    assert answer.status_code == 409
    assert "The list has changed since you read it: read it again." in answer.get_data(as_text=True)


def test_the_alert_is_the_first_thing_that_waits(person: SignIn) -> None:
    home = person("qian.m").get("/").get_data(as_text=True)
    assert re.findall(r"<strong>([^<]+)</strong>", home)[0] == "A lot was stopped: read whom it reached"
    assert "Assess and close the deviation" in home


def test_the_lots_page_leads_to_alert_and_deviation(person: SignIn) -> None:
    page = person("qian.m").get(f"/lots/{LOT}").get_data(as_text=True)
    assert 'href="/alerts/1"' in page
    assert f'href="/deviations/DEV-{LOT}-1"' in page


def test_a_page_that_asks_by_itself_keeps_no_session_awake(person: SignIn, world: World) -> None:
    physician = person("dr.gao")
    assert LINE in physician.get("/alerts/waiting").get_data(as_text=True)
    for _ in range(4):
        world.clock.pass_by(minutes=10)
        physician.get("/alerts/waiting")
    assert physician.get("/lots").status_code == 303


def test_a_program_lists_reads_and_acknowledges_alerts(person: SignIn, bag: str) -> None:
    (waiting,) = person("prof.han").get("/api/v1/alerts").get_json()
    assert (waiting["subject"], waiting["deviation"]) == (f"lot:{LOT}", f"DEV-{LOT}-1")
    alert = person("prof.han").get("/api/v1/alerts/1").get_json()
    assert alert["units"] == [f"{LOT}-001", f"{LOT}-002"]
    assert [(each["unit"], each["participant"], each["is_given"]) for each in alert["reached"]] == [(bag, HER, True)]
    wrong = person("prof.han").post("/api/v1/alerts/1/acknowledge", {"shown_sha256": "0" * 64})
    assert (wrong.status_code, codes(wrong)) == (409, ["list_changed"])
    read = person("prof.han").post("/api/v1/alerts/1/acknowledge", {"shown_sha256": alert["shown_sha256"]})
    assert (read.status_code, [each["party"] for each in read.get_json()]) == (201, ["principal_investigator"])
    assert person("prof.han").get("/api/v1/alerts").get_json() == []

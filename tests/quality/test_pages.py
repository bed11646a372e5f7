"""The page that lifts a hold says what it lifts."""

import re

from support.clients import SignIn
from support.stages import LOT
from support.worlds import World

from cotrack.manufacture.service import lots


def test_who_lifts_a_hold_is_shown_what_is_held_why_since_when_and_by_whom(world: World, person: SignIn) -> None:
    world.journey.finished_lot(LOT)
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="freezer alarm"))
    page = person("qian.m").get("/holds/1/lift").get_data(as_text=True)
    facts = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)
    told = {name: re.sub("<[^>]+>", "", value) for name, value in facts}
    assert told.keys() == {"lot", "Why it is held", "Held by", "Held since"}
    assert (told["lot"], told["Why it is held"]) == (LOT, "freezer alarm")
    assert "QIAN Mei" in told["Held by"]
    assert told["Held since"].startswith(world.journey.today().isoformat())
    assert f'<a class="btn btn-link" href="/lots/{LOT}">Back</a>' in page


def test_a_lifted_hold_leads_back_to_its_thing_and_says_so(world: World, person: SignIn) -> None:
    world.journey.finished_lot(LOT)
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="freezer alarm"))
    done = person("qian.m").send("POST", "/holds/1/lift", form={"reason": "sensor was wrong"})
    assert (done.status_code, done.headers["Location"]) == (303, f"/lots/{LOT}")
    assert f"Done: Lift hold · {LOT}" in person("qian.m").get(f"/lots/{LOT}").get_data(as_text=True)


def test_a_hold_that_is_not_there_is_not_found(person: SignIn) -> None:
    assert person("qian.m").get("/holds/4711/lift").status_code == 404
    assert person("qian.m").send("POST", "/holds/4711/lift", form={"reason": "x"}).status_code == 404

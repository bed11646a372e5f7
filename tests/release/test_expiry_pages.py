"""Pages and API of a lot's expiry: where it comes from, how QA changes it, which bags are labelled anew."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from support.clients import Client
from support.expiry import EVIDENCE, REPORT, decided, last_day_of, older_lot, over
from support.refusals import codes
from support.stages import LOT, at_the_bedside, results_of
from support.studies import in_effect, newer
from support.worlds import World
from werkzeug.test import TestResponse

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.written import site_words
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.study import service as study

Person = Callable[[str], Client]
PAGE, ROUTE = f"/lots/{LOT}/expiry", f"/api/v1/lots/{LOT}/expiry"


@pytest.fixture
def released(world: World) -> World:
    """A released lot with two bags in store."""
    world.journey.released_lot(LOT, bags=2)
    return world


def shown(answer: TestResponse) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def study_page(world: World) -> str:
    return f"/studies/{world.read(study.in_effect).sha256}"


def told(world: World) -> str:
    """Return the lot's expiry as pages write it."""
    return site_words(world.read(lambda session: lot_numbered(session, LOT)).expires_at, world.runtime.ground.site.zone)


def test_the_study_page_shows_the_stability_table_and_the_shelf_life_it_supports(world: World, person: Person) -> None:
    said = shown(person("shen.i").get(study_page(world)))
    assert "Stability Shelf life 24 months Supported by the table 24 months" in said
    assert "24 2 met STB-DEMO-03" in said
    assert "After the thaw 90 minutes After a wash 60 minutes" in said


def test_a_version_without_a_table_or_a_wash_shows_neither(world: World, person: Person) -> None:
    head = newer(('stability = "sponsor_to_set"\n', ""), ('washed_life_minutes = "sponsor_to_set"\n', ""))
    before, rest = head.split('"product.stability" = [\n')
    text = before + rest.partition("]\n")[2].replace('"product.washed_life_minutes" = 60\n', "")
    in_effect(world, text)
    said = shown(person("shen.i").get(study_page(world)))
    assert "Stability" not in said
    assert "After a wash not washed" in said
    world.journey.lot(LOT)
    assert "24 months, as the study says" in shown(person("shen.i").get(f"/lots/{LOT}"))


def test_the_lot_says_where_its_expiry_comes_from(released: World, person: Person) -> None:
    auditor = person("shen.i")
    assert f"Expires {told(released)} 24 months; the stability table supports 24" in shown(auditor.get(f"/lots/{LOT}"))
    decided(released, 180)
    said = shown(auditor.get(f"/lots/{LOT}"))
    assert f"Expires {told(released)} by the decision below" in said
    assert "later than the stability table supports" in said
    assert f"Stability evidence: {EVIDENCE['evidence']} · Report {REPORT}" in said
    assert "Changes of expiry" in shown(auditor.get(f"/lots/{LOT}/release"))


def test_qa_changes_the_expiry_on_its_page(released: World, person: Person) -> None:
    qa = person("qian.m")
    assert PAGE in qa.get(f"/lots/{LOT}").get_data(as_text=True)
    assert f"Supported by the stability table until {told(released)}" in shown(qa.get(PAGE))
    asked = {"last_day": str(last_day_of(released) - timedelta(days=30)), **EVIDENCE}
    answer = qa.sign(PAGE, **asked)
    assert answer.headers["Location"].endswith(f"/lots/{LOT}")
    said = shown(qa.get(f"/lots/{LOT}"))
    assert f"Expires {told(released)} by the decision below" in said
    assert "earlier" in said


def test_what_was_typed_is_kept_where_the_report_is_missing(released: World, person: Person) -> None:
    asked = {"last_day": str(last_day_of(released) + timedelta(days=1)), **EVIDENCE}
    answer = person("qian.m").post(PAGE, form=asked)
    assert answer.status_code == 409
    assert "name the report that it stands on" in shown(answer)
    assert EVIDENCE["evidence"] in answer.get_data(as_text=True)


def test_whoever_reviewed_results_of_the_lot_finds_the_button_disabled_and_why(world: World, person: Person) -> None:
    world.journey.finished_lot(LOT)
    world.journey.results(results_of(world, LOT))
    world.journey.review(LOT, by="qian.m")
    mine, theirs = (person(name).get(f"/lots/{LOT}") for name in ("qian.m", "tang.w"))
    assert PAGE not in mine.get_data(as_text=True)
    assert "Change expiry You reviewed results of this lot" in shown(mine)
    assert PAGE in theirs.get_data(as_text=True)


def test_the_technician_finds_the_bags_to_label_anew_and_prints_there(released: World, person: Person) -> None:
    technician = person("zhao.l")
    assert "Labels to print anew" not in shown(technician.get(f"/lots/{LOT}"))
    decided(released, 180)
    page = technician.get(f"/lots/{LOT}")
    assert "Labels to print anew" in shown(page)
    assert page.get_data(as_text=True).count(f"/units/{LOT}-001/label") == 1
    assert "New expiry: print the labels of bags anew" in shown(technician.get("/"))
    unit = shown(technician.get(f"/units/{LOT}-001"))
    assert f"{LOT}-001: its lot's expiry was changed. Print this label anew" in unit
    assert f"/units/{LOT}-001/label" not in person("qian.m").get(f"/lots/{LOT}").get_data(as_text=True)


def test_the_expiry_is_changed_over_the_api(released: World, person: Person) -> None:
    asked = {
        "last_day": str(last_day_of(released) + timedelta(days=1)),
        **EVIDENCE,
        "signature": {"password": PASSWORD, "meaning": "approved"},
    }
    refusal = person("qian.m").post(ROUTE, asked)
    assert (refusal.status_code, codes(refusal)) == (409, ["reference_missing"])
    answer = person("qian.m").post(ROUTE, {**asked, "reference": REPORT})
    assert answer.status_code == 201
    made = answer.get_json()
    assert (made["is_beyond_table"], made["reference"]) == (True, REPORT)
    assert made["signature"]["meaning"] == "approved"
    shown_lot = person("qian.m").get(f"/api/v1/lots/{LOT}").get_json()
    assert shown_lot["expires_at"] == made["new_expires_at"]


@pytest.mark.parametrize(
    ("field", "value"), [("last_day", "2027-02-30"), ("last_day", "30.06.2027"), ("evidence", "  "), ("reason", "")]
)
def test_what_is_no_decision_is_refused_at_its_field(released: World, person: Person, field: str, value: str) -> None:
    asked = {"last_day": str(last_day_of(released) - timedelta(days=1)), **EVIDENCE, field: value}
    answer = person("qian.m").post(ROUTE, {**asked, "signature": {"password": PASSWORD, "meaning": "approved"}})
    assert answer.status_code in {400, 422}
    assert field in answer.get_data(as_text=True)


def test_an_expired_lot_says_so_where_qa_asks_for_more(world: World, person: Person) -> None:
    older_lot(world)
    made = over(world)
    until = made.previous_expires_at.astimezone(world.runtime.ground.site.zone).date() + timedelta(days=1)
    answer = person("tang.w").post(PAGE, form={"last_day": str(until), "reference": REPORT, **EVIDENCE})
    assert "what is over gets no new date" in shown(answer)


def test_who_thaws_records_a_wash_on_the_bags_page_once(world: World, person: Person) -> None:
    bedside, nurse = at_the_bedside(world), person("wu.n")
    page = f"/units/{bedside.bag}/wash"
    assert page in nurse.get(f"/units/{bedside.bag}").get_data(as_text=True)
    ends = site_words(world.clock.now + timedelta(minutes=60), world.runtime.ground.site.zone)
    asked = shown(nurse.get(page))
    assert "Keeps after a wash 60 min" in asked
    assert f"End of life if it is washed now {ends}" in asked
    assert nurse.post(page).status_code == 303
    after = nurse.get(f"/units/{bedside.bag}")
    assert page not in after.get_data(as_text=True)
    said = shown(after)
    zone = world.runtime.ground.site.zone
    assert f"Washed {site_words(world.clock.now, zone)}" in said
    assert "Record wash This bag was washed at" in said
    until = (world.clock.now + timedelta(minutes=60)).isoformat()
    assert f'data-until="{until}"' in after.get_data(as_text=True)
    assert person("wu.n").post(f"/api/v1/units/{bedside.bag}/wash", {}).status_code == 409

"""Pages and API of investigations: every step by who may, and what is wrong said at its field."""

import io
from collections.abc import Callable

import pytest
from support.clients import Client
from support.laboratory import COLUMNS, example_rows, file_of, lots_in_quarantine
from support.late import GROWTH
from support.oos import REPORT, in_phase_2, investigation, retested
from support.refusals import codes
from support.stages import LOT
from support.worlds import World

from cotrack.demonstration.players import PASSWORD

Person = Callable[[str], Client]
NUMBER = f"OOS-{LOT}-1"
PLAN = {"hypothesis": "the medium", "retests": "1", "sample": f"{LOT}-S14", "not_by": "liu.m"}
SIGNED = {"signature": {"password": PASSWORD, "meaning": "approved"}}


@pytest.fixture
def grown(world: World) -> World:
    lots_in_quarantine(world, LOT)
    rows = [{**row, **({"Result": GROWTH} if row["Test"] == "Sterility" else {})} for row in example_rows(LOT)]
    world.journey.results(file_of(rows))
    world.journey.review(LOT)
    return world


def said(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_both_phases_on_their_pages_each_step_offered_to_who_may_do_it(grown: World, person: Person) -> None:
    page, analyst, qa = f"/investigations/{NUMBER}", person("he.p"), person("qian.m")
    assert f"{page}/report" in said(analyst, page)
    assert "another analyst writes this" in said(person("wang.l"), page)
    assert "Report the laboratory investigation" in said(analyst, "/")
    assert "Report the laboratory investigation" not in said(person("wang.l"), "/")
    assert analyst.post(f"{page}/report", form={**REPORT, "outcome": "none_found"}).status_code == 303
    assert "Sign the laboratory investigation" in said(qa, "/")
    assert f"{page}/find-error" not in said(qa, page)
    assert qa.sign(f"{page}/go-on").status_code == 303
    assert 'value="liu.m"' in said(analyst, f"{page}/plan")
    wrong = analyst.post(f"{page}/plan", form={**PLAN, "sample": "MSC26-0032-S14"})
    assert (wrong.status_code, "This sample is not of this lot" in wrong.get_data(as_text=True)) == (422, True)
    assert analyst.post(f"{page}/plan", form=PLAN).status_code == 303
    assert qa.sign(f"{page}/approve-plan").status_code == 303
    assert f"{page}/approve-plan" not in said(qa, page)
    assert qa.sign(f"{page}/confirm", conclusion="it stands").status_code == 303
    assert investigation(grown).status == "oos_confirmed"
    release = said(qa, f"/lots/{LOT}/release")
    assert f'href="{page}"' in release
    assert "confirmed the result out of specification. No retest undoes it." in release
    assert page in said(person("shen.i"), f"/lots/{LOT}")


def test_a_retest_without_a_plan_is_named_by_line_and_column_at_the_preview(grown: World, person: Person) -> None:
    (row,) = [row for row in example_rows(LOT) if row["Test"] == "Sterility"]
    again = file_of([{**row, "Replicate": "2", "Retest of": "1"}], columns=(*COLUMNS, "Retest of"))
    answer = person("wang.l").post("/results/import", form={"file": (io.BytesIO(again), "retest.csv")})
    shown = answer.get_data(as_text=True)
    assert f"Line 2, column Retest of: investigation {NUMBER} has no approved retest plan." in shown


def test_the_api_takes_an_investigation_to_its_conclusion(grown: World, person: Person) -> None:
    number = in_phase_2(grown)
    route, analyst, qa = f"/api/v1/investigations/{number}", person("he.p"), person("qian.m")
    assert analyst.post(f"{route}/plan", {**PLAN, "retests": 0}).status_code == 422
    assert analyst.post(f"{route}/plan", {**PLAN, "retests": 1}).status_code == 200
    refused = qa.post(f"{route}/refute", {"conclusion": "clean", "cause": "the medium", **SIGNED})
    assert (refused.status_code, codes(refused)) == (409, ["plan_not_approved"])
    assert qa.post(f"{route}/approve-plan", SIGNED).status_code == 200
    retested(grown)
    ended = qa.post(f"{route}/refute", {"conclusion": "clean", "cause": "the medium", **SIGNED})
    assert (ended.status_code, ended.get_json()["status"]) == (200, "oos_not_confirmed")
    assert person("shen.i").get(route).get_json()["conclusion_signature"]["printed_name"] == "钱梅 QIAN Mei"
    (listed,) = person("shen.i").get(f"/api/v1/lots/{LOT}/investigations").get_json()
    assert (listed["number"], listed["cause"]) == (number, "the medium")
    opened = analyst.post(f"/api/v1/lots/{LOT}/investigations", {"test": "sterility"})
    assert (opened.status_code, codes(opened)) == (409, ["nothing_to_investigate"])


def test_investigations_are_listed_searched_filtered_and_linked_for_analysts_and_qa(
    grown: World, person: Person
) -> None:
    for by in ("he.p", "qian.m"):
        assert 'href="/investigations"' in said(person(by), "/")
    assert 'href="/investigations"' not in said(person("zhou.n"), "/")
    listed = said(person("he.p"), "/investigations?sort=test")
    for words in (f'href="/investigations/{NUMBER}"', "Sterility, day 14", f'href="/lots/{LOT}"'):
        assert words in listed
    assert NUMBER in said(person("shen.i"), "/investigations?q=steril&status=phase_1")
    assert NUMBER not in said(person("shen.i"), "/investigations?status=oos_confirmed")
    assert NUMBER in person("he.p").get("/investigations?format=csv").get_data(as_text=True)

"""A deviation on its pages: opened at its lot, assessed, closed by signature; and the same for programs."""

import pytest
from support.clients import SignIn
from support.refusals import codes
from support.stages import LOT
from support.worlds import World

NUMBER = f"DEV-{LOT}-1"
FOUND = {"classification": "critical", "cause": "sensor drift", "impact": "bag 2 discarded"}


@pytest.fixture(autouse=True)
def _lot(world: World) -> None:
    world.journey.lot(LOT)


def test_a_deviation_is_opened_assessed_and_closed_on_pages(person: SignIn) -> None:
    opened = person("zhao.l").send("POST", f"/lots/{LOT}/deviation", form={"description": "bath at 41 °C"})
    assert (opened.status_code, opened.headers["Location"]) == (303, f"/lots/{LOT}")
    assert NUMBER in person("zhao.l").get(f"/lots/{LOT}").get_data(as_text=True)
    page = person("qian.m").get(f"/deviations/{NUMBER}").get_data(as_text=True)
    assert "The cause of the deviation is not written down." in page
    assessed = person("qian.m").send("POST", f"/deviations/{NUMBER}/assess", form=FOUND)
    assert (assessed.status_code, assessed.headers["Location"]) == (303, f"/deviations/{NUMBER}")
    again = person("qian.m").get(f"/deviations/{NUMBER}/assess").get_data(as_text=True)
    assert "sensor drift</textarea>" in again
    assert '<option value="critical" selected>critical</option>' in again
    assert person("qian.m").sign(f"/deviations/{NUMBER}/close").status_code == 303
    closed = person("shen.i").get(f"/deviations/{NUMBER}").get_data(as_text=True)
    for words in ("钱梅 QIAN Mei", "bath at 41 °C", "bag 2 discarded"):
        assert words in closed, words


def test_what_was_not_filled_in_is_asked_for_at_its_field_and_what_was_typed_stays(person: SignIn) -> None:
    person("zhao.l").send("POST", f"/lots/{LOT}/deviation", form={"description": "bath at 41 °C"})
    answer = person("qian.m").send("POST", f"/deviations/{NUMBER}/assess", form={"cause": "sensor drift"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="fault-impact"' in page
    assert "sensor drift</textarea>" in page


def test_deviations_are_listed_and_searched(person: SignIn) -> None:
    for description in ("bath at 41 °C", "label torn"):
        person("zhao.l").send("POST", f"/lots/{LOT}/deviation", form={"description": description})
    page = person("wang.l").get("/deviations?q=torn").get_data(as_text=True)
    assert "label torn" in page
    assert "bath at 41" not in page


def test_a_deviation_that_is_not_there_is_not_found(person: SignIn) -> None:
    assert person("qian.m").get("/deviations/DEV-X-1").status_code == 404
    assert person("qian.m").get("/api/v1/deviations/DEV-X-1").status_code == 404


def test_an_assessment_that_says_nothing_of_lots_and_bags_keeps_them_and_an_emptied_field_names_none(
    person: SignIn, world: World
) -> None:
    qa = person("qian.m")
    person("zhao.l").post(f"/lots/{LOT}/deviation", form={"description": "the alarm rang"})
    path = f"/api/v1/deviations/{NUMBER}/assess"
    assert qa.post(path, {**FOUND, "affected": LOT}).get_json()["affected"] == [f"lot:{LOT}"]
    assert qa.post(path, FOUND).get_json()["affected"] == [f"lot:{LOT}"]
    assert qa.send("POST", f"/deviations/{NUMBER}/assess", form={**FOUND, "affected": " "}).status_code == 303
    assert qa.get(f"/api/v1/deviations/{NUMBER}").get_json()["affected"] == []
    assert qa.post(path, {**FOUND, "affected": LOT}).get_json()["affected"] == [f"lot:{LOT}"]
    assert qa.post(path, {**FOUND, "affected": ""}).get_json()["affected"] == []


def test_a_program_opens_assesses_and_closes_a_deviation(person: SignIn, world: World) -> None:
    opened = person("wang.l").post(f"/api/v1/lots/{LOT}/deviations", {"description": "bath at 41 °C"})
    assert (opened.status_code, opened.get_json()["number"]) == (201, NUMBER)
    signature = {"signature": {"password": "only for training", "meaning": "approved"}}
    early = person("qian.m").post(f"/api/v1/deviations/{NUMBER}/close", signature)
    assert (early.status_code, codes(early)) == (409, ["classification_missing", "cause_missing", "impact_missing"])
    assert person("qian.m").post(f"/api/v1/deviations/{NUMBER}/assess", FOUND).status_code == 200
    closed = person("qian.m").post(f"/api/v1/deviations/{NUMBER}/close", signature).get_json()
    assert (closed["status"], closed["closure_signature"]["meaning"]) == ("closed", "approved")
    (listed,) = person("shen.i").get("/api/v1/deviations").get_json()
    assert listed["number"] == NUMBER

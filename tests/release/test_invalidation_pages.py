"""Pages and API of results that QA makes invalid: struck through, with the word, wherever a lot is judged."""

import html
import re
from collections.abc import Callable

import pypdfium2
import pytest
from support.clients import Client
from support.invalid import CAUSE, REASON, assessed, invalidated, opened, stored
from support.laboratory import example_rows, file_of, lots_in_quarantine
from support.late import GROWTH
from support.oos import error_found
from support.refusals import codes
from support.stages import LOT
from support.worlds import World
from werkzeug.test import TestResponse

from cotrack.demonstration.players import PASSWORD
from cotrack.release.service import dispositions

ROWS = example_rows(LOT)
Person = Callable[[str], Client]


@pytest.fixture
def grown(world: World) -> World:
    """A lot in quarantine whose sterility failed; everything is reviewed."""
    lots_in_quarantine(world, LOT)
    world.journey.results(
        file_of({**row, **({"Result": GROWTH} if row["Test"] == "Sterility" else {})} for row in ROWS)
    )
    world.journey.review(LOT)
    return world


def shown(answer: TestResponse) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def test_qa_makes_a_result_invalid_on_its_page_and_the_release_page_says_so(grown: World, person: Person) -> None:
    number, qa = assessed(grown), person("qian.m")
    error_found(grown)
    (wrong,) = stored(grown, "sterility")
    page = f"/results/{wrong.id}/invalidate"
    assert page in qa.get(f"/lots/{LOT}/release").get_data(as_text=True)
    assert f"{number} · {CAUSE}" in shown(qa.get(page))
    answer = qa.sign(page, deviation=number, reason=REASON)
    assert answer.headers["Location"].endswith(f"/lots/{LOT}/release")
    after = qa.get(f"/lots/{LOT}/release")
    assert f"<s>{GROWTH}</s> <small>invalid</small>" in after.get_data(as_text=True)
    said = shown(after)
    assert "1 result made invalid" in said
    assert f"Reason : {REASON}" in said or f"Reason: {REASON}" in said
    assert "钱梅 QIAN Mei (QA reviewer) · signed as made invalid" in said.replace(" )", ")")
    assert page not in after.get_data(as_text=True)


def test_the_page_offers_no_deviation_that_names_no_cause_and_signs_none(grown: World, person: Person) -> None:
    number, qa = opened(grown), person("qian.m")
    (wrong,) = stored(grown, "sterility")
    page = f"/results/{wrong.id}/invalidate"
    assert f"{number} · " not in shown(qa.get(page))
    refused = qa.post(page, form={"deviation": number, "reason": REASON})
    assert refused.status_code == 409
    assert f"Deviation {number} names no cause yet" in shown(refused)


def test_nobody_is_offered_a_result_that_they_reviewed(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(ROWS))
    world.journey.review(LOT, by="qian.m")
    assert "/invalidate" not in person("qian.m").get(f"/lots/{LOT}/release").get_data(as_text=True)
    assert "/invalidate" in person("tang.w").get(f"/lots/{LOT}/release").get_data(as_text=True)
    assert "/invalidate" not in person("he.p").get(f"/lots/{LOT}/release").get_data(as_text=True)


def test_there_is_no_page_of_a_result_that_is_not_there(grown: World, person: Person) -> None:
    assert person("qian.m").get(f"/results/{10**9}/invalidate").status_code == 404


def test_the_certificate_shows_an_invalid_result_with_the_word_and_why(grown: World, person: Person) -> None:
    number = assessed(grown)
    invalidated(grown, "sterility", number)
    grown.sign("tang.w", lambda work: dispositions.reject(work, LOT, reason="growth"))
    document = person("shen.i").get(f"/lots/{LOT}/certificate.pdf").get_data()
    pages = pypdfium2.PdfDocument(document)
    said = " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in pages)
    for words in ("判定无效的结果 Results made invalid", "(无效 invalid)", number, "钱梅 QIAN Mei"):
        assert words in said
    assert REASON in said
    assert "签名含义 signed as 判定无效 made invalid" in said


def test_the_api_makes_a_result_invalid_and_lists_it_so(grown: World, person: Person) -> None:
    number, qa = assessed(grown), person("qian.m")
    error_found(grown)
    (wrong,) = stored(grown, "sterility")
    route, body = f"/api/v1/results/{wrong.id}/invalidate", {"deviation": number, "reason": REASON}
    signature = {"password": PASSWORD, "meaning": "invalidated"}
    assert qa.post(route, {**body, "signature": {**signature, "meaning": "reviewed"}}).status_code in {401, 403, 409}
    answer = qa.post(route, {**body, "signature": signature})
    assert answer.status_code == 200
    assert (answer.get_json()["result"]["status"], answer.get_json()["holds"]) == ("invalidated", [])
    (listed,) = [each for each in qa.get(f"/api/v1/lots/{LOT}/results").get_json() if each["id"] == wrong.id]
    assert listed["invalidation"]["deviation"] == number
    assert listed["invalidation"]["reason"] == REASON
    assert listed["invalidation"]["signature"]["printed_name"] == "钱梅 QIAN Mei"
    again = qa.post(route, {**body, "signature": signature})
    assert again.status_code == 409


def test_the_api_says_every_reason_against_an_invalidation(grown: World, person: Person) -> None:
    (wrong,) = stored(grown, "sterility")
    signature = {"password": PASSWORD, "meaning": "invalidated"}
    body = {"deviation": "DEV-0", "reason": REASON, "signature": signature}
    answer = person("tang.w").post(f"/api/v1/results/{wrong.id}/invalidate", body)
    assert (answer.status_code, codes(answer)) == (409, ["deviation_unknown", "investigation_open"])


def test_an_invalid_result_is_no_point_of_a_trend(grown: World, person: Person) -> None:
    before = person("qian.m").get("/api/v1/trends/viability").get_json()
    invalidated(grown, "viability", assessed(grown))
    after = person("qian.m").get("/api/v1/trends/viability").get_json()
    assert (len(before["points"]), len(after["points"])) == (1, 0)
    assert "A result that was made invalid is left out." in shown(person("qian.m").get("/trends/viability"))

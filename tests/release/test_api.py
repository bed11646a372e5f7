"""Results and release over the JSON API."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.clients import Client
from support.laboratory import example_rows, file_of, lots_in_quarantine, with_cells
from support.refusals import codes, records
from support.worlds import World
from werkzeug.test import TestResponse

from cotrack.demonstration.players import PASSWORD

NEAR, FAILING = "MSC26-0032", "MSC26-0033"
LOT = "MSC26-0031"
ROWS = example_rows(LOT)
Person = Callable[[str], Client]


def text(rows: Any) -> str:
    return file_of(rows).decode()


def sent(client: Client, content: str, **options: Any) -> TestResponse:
    return client.post("/api/v1/result-imports", {"file_name": "qc.csv", "content": content}, **options)


def review(client: Client, lot: str) -> TestResponse:
    ids = [each["id"] for each in client.get(f"/api/v1/lots/{lot}/results").get_json()]
    signature = {"password": PASSWORD, "meaning": "reviewed"}
    return client.post(f"/api/v1/lots/{lot}/reviews", {"result_ids": ids, "signature": signature})


def trail_review(client: Client, lot: str) -> TestResponse:
    return client.post(
        f"/api/v1/lots/{lot}/trail-reviews", {"signature": {"password": PASSWORD, "meaning": "reviewed"}}
    )


def decide(client: Client, lot: str, decision: str, meaning: str, **more: Any) -> TestResponse:
    body = {"signature": {"password": PASSWORD, "meaning": meaning}, **more}
    return client.post(f"/api/v1/lots/{lot}/{decision}", body)


def test_from_the_laboratorys_file_to_the_release(world: World, person: Person, examples: Path) -> None:
    lots_in_quarantine(world)
    answer = sent(person("wang.l"), (examples / "qc-results.csv").read_text(encoding="utf-8-sig"))
    assert answer.status_code == 201
    assert (answer.get_json()["stored"], answer.get_json()["already_there"]) == (60, 0)
    for lot in (LOT, NEAR, FAILING):
        assert review(person("he.p"), lot).status_code == 200
        assert trail_review(person("tang.w"), lot).status_code == 201
    case = person("qian.m").get(f"/api/v1/lots/{NEAR}/release").get_json()
    assert (case["status"], case["blockers"]) == ("quarantine", [])
    near = {name for name, standing in case["standings"].items() if standing == "near_limit"}
    assert near == {"viability", "cd105", "endotoxin"}
    for lot in (LOT, NEAR):
        released = decide(person("qian.m"), lot, "release", "released")
        assert released.status_code == 201
        assert released.get_json()["signature"]["printed_name"] == "钱梅 QIAN Mei"
    failing = decide(person("qian.m"), FAILING, "release", "released")
    assert failing.status_code == 409
    assert [(each["code"], each["detail"]) for each in failing.get_json()["blockers"]] == [
        ("out_of_specification", "CD105+: out of specification."),
        ("out_of_specification", "Sterility, day 14: out of specification."),
        ("investigation_open", f"Sterility, day 14: investigation OOS-{FAILING}-2 is not concluded."),
        ("investigation_open", f"CD105+: investigation OOS-{FAILING}-1 is not concluded."),
    ]


def test_the_answer_to_an_import_names_the_lots_that_it_put_on_hold(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    assert sent(person("wang.l"), text(ROWS)).get_json()["holds"] == []
    world.journey.review(LOT)
    world.journey.release(LOT)
    (late,) = [{**each, "Replicate": "2", "Result": "93.0"} for each in ROWS if each["Test"] == "CD105+"]
    (hold,) = sent(person("wang.l"), text([late])).get_json()["holds"]
    assert hold == {"lot": LOT, "reason": "CD105+: 93.0 % (out of specification) / CD105+: 93.0 % (超标)"}


def test_each_result_is_listed_as_it_was_reported(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    sent(person("wang.l"), text(ROWS))
    found = person("shen.i").get(f"/api/v1/lots/{LOT}/results").get_json()
    assert [each["reported"] for each in found] == [row["Result"] for row in ROWS]
    assert (
        found[11].items() >= {"test": "endotoxin", "reported": "<0.25", "unit": "EU/mL", "status": "recorded"}.items()
    )
    assert found[0]["tested_at"] == "2026-10-05T01:12:00+00:00"
    assert found[0]["review_signature"] is None
    (first, *_) = review(person("he.p"), LOT).get_json()
    assert (first["status"], first["review_signature"]["meaning"]) == ("reviewed", "reviewed")


def test_a_file_at_fault_is_answered_by_line_and_column(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    answer = sent(person("wang.l"), text(with_cells(with_cells(ROWS, 4, Result="NaN"), 5, Unit="g")))
    assert answer.status_code == 422
    assert [each["detail"] for each in answer.get_json()["blockers"]] == [
        "Line 4, column Result: “NaN” is no result of this test.",
        "Line 5, column Unit: “g” where % belongs.",
    ]
    assert person("wang.l").get(f"/api/v1/lots/{LOT}/results").get_json() == []


@pytest.mark.parametrize("content", ["\ud800", "Sample ID\udcff", 7, None, ["a"]])
def test_what_is_no_text_of_a_file_is_refused(person: Person, content: object) -> None:
    answer = person("wang.l").post("/api/v1/result-imports", {"file_name": "qc.csv", "content": content})
    assert answer.status_code == 422
    assert "content" in answer.get_json()["errors"]


def test_a_file_sent_twice_is_stored_once_and_answered_alike(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    first, again = (sent(person("wang.l"), text(ROWS), key="file") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert len(records(world, event="result.import")) == 1
    anew = sent(person("wang.l"), text(ROWS))
    assert anew.status_code == 422
    assert anew.get_json()["detail"] == "Every row of this file is stored already."


def test_a_giant_body_is_refused_before_it_is_read(person: Person) -> None:
    answer = sent(person("wang.l"), "x" * (21 * 1024 * 1024))
    assert answer.status_code == 413
    assert answer.get_json()["title"] == "The file is too large"


def test_the_case_of_a_lot_lists_what_stands_against_this_readers_release(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    sent(person("wang.l"), text(with_cells(ROWS, 4, Result="84")))
    review(person("qian.m"), LOT)
    for_reviewer = person("qian.m").get(f"/api/v1/lots/{LOT}/release").get_json()["blockers"]
    failed = ["out_of_specification", "investigation_open"]
    assert [each["code"] for each in for_reviewer] == [*failed, "same_person", "trail_unreviewed"]
    for_other = person("tang.w").get(f"/api/v1/lots/{LOT}/release").get_json()["blockers"]
    assert [each["code"] for each in for_other] == [*failed, "trail_unreviewed"]


def test_nobody_reviews_or_releases_their_own_results(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    sent(person("wang.l"), text(ROWS))
    for author in ("wang.l", "chen.y"):
        assert codes(review(person(author), LOT)) == ["same_person"]
    assert review(person("qian.m"), LOT).status_code == 200
    assert codes(trail_review(person("qian.m"), LOT)) == ["same_person"]
    assert trail_review(person("tang.w"), LOT).status_code == 201
    assert codes(decide(person("qian.m"), LOT, "release", "released")) == ["same_person"]
    assert decide(person("tang.w"), LOT, "release", "released").status_code == 201


@pytest.mark.parametrize("ids", [[], [10**9], [2**70], ["x"], [1.5], None])
def test_only_results_of_the_lot_can_be_reviewed(world: World, person: Person, ids: object) -> None:
    lots_in_quarantine(world, LOT)
    sent(person("wang.l"), text(ROWS))
    body = {"result_ids": ids, "signature": {"password": PASSWORD}}
    answer = person("he.p").post(f"/api/v1/lots/{LOT}/reviews", body)
    assert answer.status_code == 422
    assert "result_ids" in answer.get_json()["errors"]


def test_a_conditional_release_and_a_rejection_say_why(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    qa = person("qian.m")
    sent(person("wang.l"), text([row for row in ROWS if row["Test"] not in {"Sterility", "RCL"}]))
    review(person("he.p"), LOT)
    trail_review(person("tang.w"), LOT)
    silent = decide(qa, LOT, "release-conditionally", "conditionally released")
    assert silent.get_json()["errors"] == {"reason": ["Enter a value."]}
    answer = decide(qa, LOT, "release-conditionally", "conditionally released", reason="a participant waits")
    assert answer.status_code == 201
    assert answer.get_json()["outstanding_tests"] == "sterility rcl"
    rejected = decide(qa, LOT, "reject", "rejected", reason="leaks")
    assert rejected.status_code == 201
    again = decide(qa, LOT, "reject", "rejected", reason="leaks")
    assert (again.status_code, again.get_json()["type"]) == (409, "urn:cotrack:problem:transition-not-allowed")


@pytest.mark.parametrize(
    "given", [{"password": "wrong"}, {"password": PASSWORD, "meaning": "rejected"}, {"meaning": "released"}]
)
def test_without_the_right_signature_nothing_is_released(world: World, person: Person, given: dict[str, str]) -> None:
    world.journey.finished_lot(LOT)
    sent(person("wang.l"), text(ROWS))
    review(person("he.p"), LOT)
    trail_review(person("tang.w"), LOT)
    answer = person("qian.m").post(f"/api/v1/lots/{LOT}/release", {"signature": given})
    assert answer.status_code in {403, 422}
    assert person("qian.m").get(f"/api/v1/lots/{LOT}").get_json()["status"] == "quarantine"

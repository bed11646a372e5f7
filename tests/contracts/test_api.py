"""Every answer of the API has the shapes of surface.md §3, whoever asks for whatever in whichever way."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from support.clients import Client
from support.refusals import codes, records
from support.stages import LOT
from support.worlds import World

from cotrack.demonstration.players import PASSWORD

Person = Callable[[str], Client]
PROBLEM = "application/problem+json"
RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})")
ENGLISH = {"Accept-Language": "en"}
NEW_LOT = {"number": LOT, "made_on": "2026-11-20"}


def sent(client: Client, method: str, path: str, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {client.token}", "Accept-Language": "en", **options.pop("headers", {})}
    return client.app.test_client().open(path, method=method, headers=headers, **options)


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/api/v1/nothing", {}, 404),
        ("GET", "/api/v1/lots/MSC26-9999", {}, 404),
        ("DELETE", "/api/v1/lots", {}, 405),
        ("POST", "/api/v1/lots", {"json": {"number": LOT}}, 422),
        ("POST", "/api/v1/lots", {"json": [NEW_LOT]}, 422),
        ("POST", "/api/v1/lots", {"json": {**NEW_LOT, "colour": "red"}}, 422),
        ("POST", "/api/v1/lots", {"data": "{", "content_type": "application/json"}, 400),
        ("POST", "/api/v1/lots", {"data": b"\xff\xfe", "content_type": "application/json"}, 400),
        ("POST", "/api/v1/lots", {"data": "number=MSC26-0031", "content_type": "text/plain"}, 415),
        ("POST", "/api/v1/lots", {"json": {**NEW_LOT, "made_on": "2099-01-01"}}, 409),
        ("POST", "/api/v1/lots/MSC26-9999/hold", {"json": {"reason": "x"}}, 403),
        ("GET", "/api/v1/lots?limit=0", {}, 422),
        ("GET", "/api/v1/lots", {"headers": {"Authorization": "Bearer nobody"}}, 401),
        ("GET", "/api/v1/lots", {"headers": {"Authorization": "Basic enhhby5sOng="}}, 401),
    ],
)
def test_whatever_is_refused_is_a_problem_document(
    person: Person, method: str, path: str, options: dict[str, Any], *, status: int
) -> None:
    answer = sent(person("zhao.l"), method, path, **options)
    assert answer.status_code == status
    assert answer.mimetype == PROBLEM
    problem = answer.get_json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:cotrack:problem:")
    assert problem["title"]
    assert re.fullmatch("[0-9a-f]{16}", problem["request"])


JSON = {"content_type": "application/json"}
DEEP = b"[" * 100_000
LONG = b"9" * 5_000


@pytest.mark.parametrize(
    "body", [DEEP, b"[" * 12 + b"]" * 12, b'{"username":' + LONG + b"}", b'{"a":' * 900 + b"1" + b"}" * 900]
)
def test_a_body_that_no_person_sends_is_refused_before_anything_reads_it(person: Person, body: bytes) -> None:
    answer = person("zhao.l").app.test_client().post("/api/v1/tokens", data=body, headers=ENGLISH, **JSON)
    assert (answer.status_code, answer.mimetype) == (400, PROBLEM)
    words = "The body is nested too deep, or holds a number with too many digits."
    assert answer.get_json()["errors"] == {"_body": [words]}


def test_what_a_route_takes_of_a_body_is_not_asked_of_who_may_not_use_it(person: Person) -> None:
    assert person("zhao.l").app.test_client().post("/api/v1/infusions", data=DEEP, **JSON).status_code == 401
    assert sent(person("zhao.l"), "POST", "/api/v1/infusions", data=DEEP, **JSON).status_code == 403
    check = b'{"first_check":' + LONG + b',"second_check":1}'
    assert sent(person("zhou.n"), "POST", "/api/v1/infusions", data=check, **JSON).status_code == 400


@pytest.mark.parametrize("made_on", ["0001-01-01", "9999-12-31"])
def test_a_day_that_nobody_can_mean_is_refused_by_field(person: Person, made_on: str) -> None:
    answer = sent(person("zhao.l"), "POST", "/api/v1/lots", json={**NEW_LOT, "made_on": made_on})
    assert answer.get_json()["errors"] == {"made_on": ["Enter a date, such as 2026-11-22."]}


def test_a_reason_cannot_add_a_line_to_what_is_signed(world: World, person: Person) -> None:
    world.journey.finished_lot(LOT)
    body = {"reason": "x\nThe lot was released", "signature": {"password": PASSWORD}}
    answer = sent(person("qian.m"), "POST", f"/api/v1/lots/{LOT}/reject", json=body)
    assert answer.get_json()["errors"] == {"reason": ["This holds characters that cannot be kept."]}


def test_a_refused_method_says_which_there_are(person: Person) -> None:
    answer = sent(person("zhao.l"), "DELETE", "/api/v1/lots")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_what_is_wrong_is_told_by_field_in_plain_words(person: Person) -> None:
    answer = sent(person("zhao.l"), "POST", "/api/v1/lots", json={"made_on": "20.11.2026", "colour": "red"})
    assert answer.get_json()["errors"] == {
        "number": ["Enter a value."],
        "made_on": ["Enter a date, such as 2026-11-22."],
        "colour": ["This field is not known here."],
    }


def test_a_refusal_by_rules_lists_every_reason_by_code_and_sentence(world: World, person: Person) -> None:
    world.journey.finished_lot(LOT)
    answer = person("qian.m").post(f"/api/v1/lots/{LOT}/release", {"signature": {"password": PASSWORD}})
    assert answer.status_code == 409
    blockers = answer.get_json()["blockers"]
    assert len(blockers) == 20
    assert all(each.keys() == {"code", "detail"} for each in blockers)
    assert {each["code"] for each in blockers} == {"result_missing", "trail_unreviewed"}


def test_a_page_that_is_not_there_is_a_page_for_people(person: Person) -> None:
    answer = person("zhao.l").get("/nothing")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "There is nothing at this address" in answer.get_data(as_text=True)


def test_an_address_with_a_doubled_stroke_leads_to_the_right_one(person: Person) -> None:
    answer = person("zhao.l").browser.get("/lots//new")
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith("/lots/new")


def test_a_repeated_request_gets_the_first_answer_and_has_one_effect(world: World, person: Person) -> None:
    technician = person("zhao.l")
    first = technician.post("/api/v1/lots", NEW_LOT, key="once")
    again = technician.post("/api/v1/lots", NEW_LOT, key="once")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(records(world, event="lot.make")) == 1


def test_the_same_key_under_another_body_is_refused(world: World, person: Person) -> None:
    technician = person("zhao.l")
    technician.post("/api/v1/lots", NEW_LOT, key="once")
    answer = technician.post("/api/v1/lots", {**NEW_LOT, "number": "MSC26-0032"}, key="once")
    assert answer.status_code == 422
    assert answer.get_json()["type"] == "urn:cotrack:problem:idempotency-key-reused"
    assert len(records(world, event="lot.make", outcome="done")) == 1


def test_a_key_belongs_to_one_person_and_one_route(world: World, person: Person) -> None:
    assert person("zhao.l").post("/api/v1/lots", NEW_LOT, key="k").status_code == 201
    other = person("feng.t").post("/api/v1/lots", {**NEW_LOT, "number": "MSC26-0032"}, key="k")
    assert other.status_code == 201
    body = {"volume_ml": "30.0", "viable_million_per_ml": "5.360", "viability_percent": "93.0"}
    world.journey.line_cleared(LOT)
    assert person("zhao.l").post(f"/api/v1/lots/{LOT}/units", body, key="k").status_code == 201


def test_a_refused_request_may_be_sent_again_under_its_key(world: World, person: Person) -> None:
    technician, tomorrow = person("zhao.l"), {**NEW_LOT, "made_on": "2026-11-24"}
    assert codes(technician.post("/api/v1/lots", tomorrow, key="k")) == ["date_in_future"]
    world.clock.pass_by(days=1)
    assert Client(technician.app, "zhao.l").post("/api/v1/lots", tomorrow, key="k").status_code == 201


def test_a_repeated_signed_request_is_not_decided_again(world: World, person: Person) -> None:
    world.journey.finished_lot(LOT)
    body = {"reason": "leaking", "signature": {"password": PASSWORD, "meaning": "rejected"}}
    answers = [person("qian.m").post(f"/api/v1/lots/{LOT}/reject", body, key="k") for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    assert len(records(world, event="lot.reject")) == 1


@pytest.mark.parametrize("key", ["k" * 201, "ключ".encode().decode("latin-1"), "a\tb"])
def test_a_key_that_is_none_is_refused_before_anything_is_done(world: World, person: Person, key: str) -> None:
    answer = sent(person("zhao.l"), "POST", "/api/v1/lots", json=NEW_LOT, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.mimetype == PROBLEM
    assert records(world, event="lot.make") == []


def test_lists_are_paged_by_key(world: World, person: Person) -> None:
    numbers = [f"MSC26-{each:04d}" for each in range(1, 8)]
    for number in numbers:
        world.journey.lot(number)
    technician, found, path, pages = person("zhao.l"), [], "/api/v1/lots?limit=3", 0
    while path:
        answer = technician.get(path)
        found += [each["number"] for each in answer.get_json()]
        link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        path, pages = link[1] if link else "", pages + 1
    assert found == numbers
    assert pages == 3


@pytest.mark.parametrize("path", ["/lots", "/units", "/study-definitions", f"/lots/{LOT}/results", "/people"])
def test_every_list_takes_a_key_and_a_limit(world: World, person: Person, path: str) -> None:
    world.journey.released_lot(LOT, bags=2)
    world.journey.lot("MSC26-0040")
    world.journey.unit("MSC26-0040")
    reader = person("qian.m")
    (first,) = reader.get(f"/api/v1{path}?limit=1").get_json()
    following = reader.get(f"/api/v1{path}?limit=1&after=1")
    everything = reader.get(f"/api/v1{path}").get_json()
    assert everything[0] == first
    assert following.get_json() == everything[1:2]
    for wrong in ("limit=0", "limit=501", "limit=x", "after=-1", "after=x", f"after={2**64}"):
        assert reader.get(f"/api/v1{path}?{wrong}").status_code == 422, wrong


def instants(value: Any, name: str = "") -> list[str]:
    if isinstance(value, dict):
        return [each for key, inside in value.items() for each in instants(inside, key)]
    if isinstance(value, list):
        return [each for inside in value for each in instants(inside, name)]
    return [value] if name.endswith("_at") and value is not None else []


def test_every_instant_is_rfc_3339_with_its_offset(world: World, person: Person) -> None:
    world.journey.released_lot(LOT)
    reader = person("qian.m")
    answers = [reader.get(f"/api/v1{path}").get_json() for path in ("/lots", "/units", f"/lots/{LOT}/results")]
    answers.append(reader.get("/api/v1/study-definitions").get_json())
    found = [each for answer in answers for each in instants(answer)]
    assert len(found) > 20
    for each in found:
        assert RFC_3339.fullmatch(each), each
        assert datetime.fromisoformat(each).utcoffset() is not None

"""Study definitions over the JSON API: load, list, sign."""

from collections.abc import Callable
from datetime import datetime

import pytest
from support.clients import Client
from support.refusals import codes, records
from support.studies import DEMONSTRATION, loaded, newer
from support.worlds import World
from werkzeug.test import TestResponse

from cotrack.demonstration.players import PASSWORD

ROUTE = "/api/v1/study-definitions"
Person = Callable[[str], Client]


def signed(client: Client, sha256: str, kind: str, **signature: str) -> TestResponse:
    given = {"password": PASSWORD, "meaning": "approved", **signature}
    return client.post(f"{ROUTE}/{sha256}/approve-{kind}", {"signature": given})


def test_a_study_is_loaded_and_signed_by_two(person: Person) -> None:
    answer = person("qian.m").post(ROUTE, {"text": newer()})
    assert answer.status_code == 201
    draft = answer.get_json()
    assert (draft["code"], draft["study_version"], draft["status"]) == ("MSC-IFNA", "2-demonstration", "draft")
    assert draft["is_demonstration"]
    assert (draft["effective_at"], draft["quality_signature"]) == (None, None)
    assert datetime.fromisoformat(draft["loaded_at"]).utcoffset() is not None
    sha256 = draft["sha256"]
    first = signed(person("qian.m"), sha256, "quality", text_sha256=sha256).get_json()
    assert first["status"] == "draft"
    assert first["quality_signature"].keys() == {
        *("printed_name", "role", "meaning", "signed_at", "zone", "text_sha256"),
    }
    assert first["quality_signature"]["text_sha256"] == sha256
    second = signed(person("prof.han"), sha256, "investigator").get_json()
    assert second["status"] == "in_effect"
    assert second["investigator_signature"]["role"] == "principal_investigator"
    assert [each["status"] for each in person("shen.i").get(ROUTE).get_json()] == ["superseded", "in_effect"]


def test_every_fault_of_a_text_comes_back_with_its_key(person: Person) -> None:
    text = newer(("planned_participants = 40", "planned_participants = 0"), ("infusions_least = 1", "colour = 1"))
    answer = person("qian.m").post(ROUTE, {"text": text})
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert [each["detail"].partition(":")[0] for each in answer.get_json()["blockers"]] == [
        "study.planned_participants",
        "schedule.infusions_least",
        "schedule.colour",
    ]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"password": "wrong"}, 403),
        ({"meaning": "released"}, 403),
        ({"text_sha256": "0" * 64}, 403),
        ({"password": ""}, 403),
    ],
    ids=["password", "meaning", "text", "nothing"],
)
def test_a_signature_that_is_not_this_one_is_refused_and_recorded(
    world: World, person: Person, given: dict[str, str], status: int
) -> None:
    sha256 = loaded(world, newer())
    answer = signed(person("qian.m"), sha256, "quality", **given)
    assert answer.status_code == status
    assert answer.get_json()["type"] == "urn:cotrack:problem:signature-refused"
    assert records(world)[-1]["outcome"] == "refused"
    assert [each["status"] for each in person("qian.m").get(ROUTE).get_json()] == ["in_effect", "draft"]


def test_an_approval_without_a_signature_is_no_approval(world: World, person: Person) -> None:
    sha256 = loaded(world, newer())
    answer = person("qian.m").post(f"{ROUTE}/{sha256}/approve-quality", {})
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {"signature": ["Enter a value."]}


def test_a_version_that_is_not_there_is_not_found_by_those_who_may_sign(person: Person) -> None:
    assert signed(person("qian.m"), "0" * 64, "quality").status_code == 404
    assert signed(person("dr.gao"), "0" * 64, "quality").status_code == 403


def test_a_version_is_loaded_once(person: Person) -> None:
    answer = person("qian.m").post(ROUTE, {"text": DEMONSTRATION})
    assert answer.status_code == 409
    assert codes(answer) == ["version_taken"]


def test_the_same_text_is_the_same_version_however_its_lines_end(person: Person) -> None:
    text = newer()
    first = person("qian.m").post(ROUTE, {"text": text}).get_json()
    again = person("qian.m").post(ROUTE, {"text": text.replace("\n", "\r\n")})
    assert codes(again) == ["version_taken"]
    assert "is loaded already" in again.get_json()["blockers"][0]["detail"]
    assert first["status"] == "draft"

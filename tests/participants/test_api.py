"""Participants over the JSON API: what programs send, what they are answered, and why not."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.clients import SignIn
from support.clinic import BORN, candidate, file_of, newest_record, records
from support.stages import HER, enrolled
from support.worlds import World

from cotrack.demonstration.acts import NOT_SCREENED
from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.access.models import IdempotencyKey
from cotrack.participants.models import Participant

IDENTITY = {"name": "王小明", "hospital_number": "H-1", "birth_date": "1970-01-01"}
SIGNED = {"signature": {"password": PASSWORD}}


def sent(content: bytes) -> dict[str, str]:
    return {"file_name": "screening.csv", "content": content.decode()}


def ready_to_enrol(world: World) -> None:
    world.journey.screened(file_of(candidate(world)))
    world.journey.identified(HER, "测试", "H-1", BORN)
    world.journey.answered(HER)


def test_the_example_file_is_stored_whole_and_each_person_is_shown(
    world: World, person: SignIn, examples: Path
) -> None:
    client = person("li.c")
    answer = client.post("/api/v1/screenings", sent((examples / "screening.csv").read_bytes()))
    assert answer.status_code == 201
    assert [each["subject_number"] for each in answer.get_json()] == [f"IFN-00{n}" for n in range(1, 7)]
    shown = client.get(f"/api/v1/participants/{HER}").get_json()
    assert shown == {
        "subject_number": HER,
        "status": "screening",
        "arm": None,
        "screened_on": "2026-09-01",
        "enrolled_on": None,
        "enrolment_signature": None,
    }


def test_a_file_with_faults_is_answered_with_each_of_them_and_stores_nothing(world: World, person: SignIn) -> None:
    content = file_of(candidate(world, ecog="x"), candidate(world, "IFN-002", hiv="x"))
    answer = person("li.c").post("/api/v1/screenings", sent(content))
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    told = [each["detail"].split(":")[0] for each in answer.get_json()["blockers"]]
    assert told == ["Line 2, column ecog", "Line 3, column hiv"]
    assert world.read(lambda session: session.scalar(select(func.count()).select_from(Participant))) == 0


def test_a_file_sent_twice_under_one_key_is_stored_once_and_answered_twice(world: World, person: SignIn) -> None:
    client, body = person("li.c"), sent(file_of(candidate(world)))
    first = client.post("/api/v1/screenings", body, key="a")
    second = client.post("/api/v1/screenings", body, key="a")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert second.headers["Idempotency-Replayed"] == "true"
    other = client.post("/api/v1/screenings", sent(file_of(candidate(world, "IFN-002"))), key="a")
    assert (other.status_code, other.get_json()["type"]) == (422, "urn:cotrack:problem:idempotency-key-reused")


def test_an_unknown_participant_is_not_found(person: SignIn) -> None:
    answer = person("li.c").get("/api/v1/participants/IFN-999")
    assert (answer.status_code, answer.get_json()["type"]) == (404, "urn:cotrack:problem:not-found")


FAULTS: list[tuple[str, dict[str, object], str]] = [
    ("identity", {**IDENTITY, "birth_date": "14 March"}, "birth_date"),
    ("identity", {**IDENTITY, "name": "  "}, "name"),
    ("identity", {**IDENTITY, "name": "A\u0000B"}, "name"),
    ("identity", {**IDENTITY, "nickname": "x"}, "nickname"),
    ("looks", {"purpose": ""}, "purpose"),
    ("measurements", {"measured_on": "2026-11-23", "values": {"weight_kg": "0"}}, "weight_kg"),
    ("measurements", {"measured_on": "2026-11-24", "values": {"weight_kg": "60"}}, "measured_on"),
    ("measurements", {"values": {"weight_kg": "60"}}, "measured_on"),
    *(
        ("measurements", {"measured_on": "2026-11-23", "values": {"histology": value}}, "values")
        for value in ("x\u0000y", "\ud800", "x\ny", "x" * 100_000, None, 1)
    ),
    ("identity", {**IDENTITY, "name": "LI\tMin"}, "name"),
    ("identity", {**IDENTITY, "name": "LI Min" + "\u0336" * 9}, "name"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{path}-{field}-{at}" for at, (path, _, field) in enumerate(FAULTS)])
def test_a_fault_is_told_at_its_field(world: World, person: SignIn, fault: tuple[str, dict[str, object], str]) -> None:
    path, body, field = fault
    world.journey.screened(file_of(candidate(world)))
    answer = person("li.c").post(f"/api/v1/participants/{HER}/{path}", body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert list(answer.get_json()["errors"]) == [field]
    assert answer.get_json()["type"] == "urn:cotrack:problem:invalid-input"


def test_measurements_without_a_value_are_refused(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world)))
    body = {"measured_on": "2026-11-23", "values": {}}
    answer = person("li.c").post(f"/api/v1/participants/{HER}/measurements", body)
    assert (answer.status_code, answer.get_json()["detail"]) == (422, "Fill in at least one value.")


def test_each_look_is_recorded_anew_and_its_answer_kept_nowhere(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world)))
    client = person("li.c")
    assert client.post(f"/api/v1/participants/{HER}/identity", IDENTITY).status_code == 200
    before = records(world)
    for _ in range(2):
        shown = client.post(f"/api/v1/participants/{HER}/looks", {"purpose": "phone call"}, key="same")
        assert shown.get_json() == IDENTITY
    assert records(world) == before + 2
    kept = world.read(lambda session: session.scalars(select(IdempotencyKey.answer)).all())
    assert IDENTITY["name"] not in "".join(kept)


def test_enrolment_is_refused_with_every_reason_then_signed(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world)))
    physician, path = person("dr.gao"), f"/api/v1/participants/{HER}"
    refused = physician.post(f"{path}/enrol", {"arm": "monotherapy", **SIGNED})
    assert refused.status_code == 409
    words = [each["code"] for each in refused.get_json()["blockers"]]
    assert words == ["criterion_unanswered"] * 7 + ["identity_missing"]
    person("li.c").post(f"{path}/identity", IDENTITY)
    assert physician.post(f"{path}/answers", {"values": NOT_SCREENED}).status_code == 200
    enrolled_now = physician.post(f"{path}/enrol", {"arm": "monotherapy", **SIGNED})
    assert enrolled_now.status_code == 200
    shown = enrolled_now.get_json()
    assert (shown["status"], shown["enrolled_on"], shown["arm"]) == ("enrolled", "2026-11-23", "monotherapy")
    assert shown["enrolment_signature"]["printed_name"] == "高医生 GAO Jun"


WRONG_SIGNATURES = {
    "password": {"password": "wrong password"},
    "meaning": {"password": PASSWORD, "meaning": "witnessed"},
    "text": {"password": PASSWORD, "text_sha256": "0" * 64},
}


@pytest.mark.parametrize("wrong", WRONG_SIGNATURES)
def test_a_signature_that_is_not_the_right_one_enrols_nobody_and_is_recorded(
    world: World, person: SignIn, wrong: str
) -> None:
    ready_to_enrol(world)
    client = person("dr.gao")
    body = {"arm": "monotherapy", "signature": WRONG_SIGNATURES[wrong]}
    answer = client.post(f"/api/v1/participants/{HER}/enrol", body)
    assert (answer.status_code, answer.get_json()["type"]) == (403, "urn:cotrack:problem:signature-refused")
    assert client.get(f"/api/v1/participants/{HER}").get_json()["status"] == "screening"
    record = json.loads(newest_record(world))
    assert (record["event"], record["outcome"]) == ("participant.enrol", "refused")
    assert "wrong password" not in newest_record(world)


def test_nobody_is_enrolled_without_a_signature(world: World, person: SignIn) -> None:
    ready_to_enrol(world)
    answer = person("dr.gao").post(f"/api/v1/participants/{HER}/enrol", {"arm": "monotherapy"})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["signature"])


def test_a_band_is_put_on_and_confirmed_by_two_and_removed_with_a_reason(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    path, nurse, other = f"/api/v1/participants/{HER}/band", person("zhou.n"), person("wu.n")
    assert nurse.post(f"{path}/remove", {"reason": "wet"}).status_code == 200
    asked = person("li.c").post(f"/api/v1/participants/{HER}/bands", {})
    assert asked.status_code == 201
    assert "王" not in asked.get_data(as_text=True)
    handed = person("li.c").send("POST", f"/bands/{asked.get_json()['id']}/hand-out")
    assert (handed.status_code, handed.data[:5]) == (200, b"%PDF-")
    body = {"band_code": world.journey.code(asked.get_json()["id"]), "is_identity_confirmed": True}
    assert nurse.post(f"{path}/put-on", body).get_json()["status"] == "put_on"
    by_herself = nurse.post(f"{path}/confirm", body)
    assert (by_herself.status_code, by_herself.get_json()["blockers"][0]["code"]) == (409, "same_person")
    assert other.post(f"{path}/confirm", body).get_json()["status"] == "confirmed"
    assert nurse.post(f"{path}/remove", {}).status_code == 422


def test_somebody_withdrawn_is_told_so_at_the_next_step(world: World, person: SignIn) -> None:
    ready_to_enrol(world)
    client = person("dr.gao")
    done = client.post(f"/api/v1/participants/{HER}/withdraw", {"reason": "moved away"})
    assert done.get_json()["status"] == "withdrawn"
    answer = client.post(f"/api/v1/participants/{HER}/enrol", {"arm": "monotherapy", **SIGNED})
    assert (answer.status_code, answer.get_json()["type"]) == (409, "urn:cotrack:problem:transition-not-allowed")

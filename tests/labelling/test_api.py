"""Labels over the JSON API: asked for, handed out once, scanned back, made void; no answer holds a code."""

from collections.abc import Callable

import pytest
from support.clients import Client
from support.printers import PaperPrinter, ground_with
from support.refusals import codes
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.app import create_app
from cotrack.labelling.gateways.read_back import codes_in_picture, picture_of_pdf
from cotrack.labelling.gateways.zpl import picture_of_zpl
from cotrack.labelling.service.instances import live_label

Person = Callable[[str], Client]


@pytest.fixture
def unit(world: World) -> str:
    """A bag without a label."""
    world.journey.lot(LOT)
    return world.journey.unit(LOT)


def ask(client: Client, unit: str, **body: str) -> dict[str, object]:
    answer = client.post(f"/api/v1/units/{unit}/labels", {"kind": "bag", **body})
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def test_a_label_goes_from_the_request_to_its_bag(person: Person, unit: str) -> None:
    technician = person("zhao.l")
    asked = ask(technician, unit)
    assert asked.keys() == {
        *("id", "kind", "subject", "instance", "status", "station", "printer"),
        *("requested_at", "printed_at", "applied_at", "paper"),
    }
    assert (asked["subject"], asked["status"], asked["printed_at"]) == (f"unit:{unit}", "intended", None)
    handed = technician.post(f"/api/v1/labels/{asked['id']}/hand-out")
    assert (handed.status_code, handed.mimetype) == (200, "application/pdf")
    (code,) = codes_in_picture(picture_of_pdf(handed.data))
    applied = technician.post(f"/api/v1/units/{unit}/scan-back", {"code": code})
    assert (applied.status_code, applied.get_json()["status"]) == (200, "applied")
    assert code not in applied.get_data(as_text=True)


def test_the_pdf_is_handed_out_once(person: Person, unit: str) -> None:
    technician = person("zhao.l")
    path = f"/api/v1/labels/{ask(technician, unit)['id']}/hand-out"
    assert technician.post(path).status_code == 200
    for client in (technician, person("feng.t")):
        again = client.post(path)
        assert again.status_code == 409
        assert again.get_json()["type"] == "urn:cotrack:problem:transition-not-allowed"
        assert again.mimetype == "application/problem+json"


def test_a_request_sent_twice_asks_for_one_label(person: Person, unit: str) -> None:
    technician = person("zhao.l")
    first, again = (technician.post(f"/api/v1/units/{unit}/labels", {"kind": "bag"}, key="k") for _ in range(2))
    assert first.get_json() == again.get_json()
    assert first.get_json()["instance"] == 1
    anew = technician.post(f"/api/v1/units/{unit}/labels", {"kind": "bag"})
    assert codes(anew) == ["reason_missing"]


def test_a_station_with_a_printer_answers_without_a_body(world: World, unit: str) -> None:
    paper = PaperPrinter()
    try:
        runtime = world.runtime.__class__(world.settings, ground_with(world, paper.port), world.runtime.passwords)
        technician = Client(create_app(runtime), "zhao.l")
        asked = ask(technician, unit)
        handed = technician.post(f"/api/v1/labels/{asked['id']}/hand-out")
        assert (handed.status_code, handed.data) == (204, b"")
        (document,) = paper.wait_for(1)
    finally:
        paper.close()
    (code,) = codes_in_picture(picture_of_zpl(document))
    assert technician.post(f"/api/v1/units/{unit}/scan-back", {"code": code}).status_code == 200


def test_a_printer_that_does_not_answer_is_a_problem_that_says_which_and_the_label_waits(
    world: World, unit: str
) -> None:
    runtime = world.runtime.__class__(world.settings, ground_with(world, 1), world.runtime.passwords)
    technician = Client(create_app(runtime), "zhao.l")
    path = f"/api/v1/labels/{ask(technician, unit)['id']}/hand-out"
    for _ in range(2):
        handed = technician.post(path)
        assert handed.status_code == 503
        problem = handed.get_json()
        assert problem["type"] == "urn:cotrack:problem:printer-not-ready"
        assert "127.0.0.1:1" in problem["detail"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("4006381333931", "unknown_code"),
        ("CT1BT", "damaged_code"),
        ("\ud800", "unknown_code"),
        ("\x00", "not_scanned"),
        ("", "not_scanned"),
        ("']=DROP", "unknown_code"),
    ],
    ids=["a shop's", "cut", "half a character", "NUL", "nothing", "marks"],
)
def test_whatever_is_scanned_back_is_answered_by_a_code_word(person: Person, unit: str, code: str, reason: str) -> None:
    answer = person("zhao.l").post(f"/api/v1/units/{unit}/scan-back", {"code": code})
    assert answer.status_code == 409
    assert codes(answer) == [reason]


def test_the_label_of_another_bag_is_not_scanned_back(world: World, person: Person, unit: str) -> None:
    other = world.journey.unit(LOT)
    code = world.journey.code(world.journey.unit_label(unit, "bag"))
    answer = person("zhao.l").post(f"/api/v1/units/{other}/scan-back", {"code": code})
    assert codes(answer) == ["wrong_label"]


def test_a_band_is_not_handed_out_here(world: World, person: Person) -> None:
    enrolled(world, HER)
    band = world.read(lambda session: live_label(session, f"participant:{HER}", "wristband"))
    nurse = person("zhou.n")
    asked = nurse.post(f"/api/v1/participants/{HER}/bands", {"reason": "wet"})
    assert asked.status_code == 201
    handed = nurse.post(f"/api/v1/labels/{asked.get_json()['id']}/hand-out")
    assert codes(handed) == ["identity_missing"]
    assert person("zhao.l").post(f"/api/v1/labels/{band.id}/void", {"reason": "x"}).status_code == 403


def test_a_label_is_made_void_with_a_reason(person: Person, unit: str) -> None:
    technician = person("zhao.l")
    path = f"/api/v1/labels/{ask(technician, unit)['id']}/void"
    assert technician.post(path, {}).get_json()["errors"] == {"reason": ["Enter a value."]}
    assert technician.post(path, {"reason": "torn"}).get_json()["status"] == "void"
    assert technician.post(path, {"reason": "torn"}).status_code == 409
    assert technician.post("/api/v1/labels/999/void", {"reason": "torn"}).status_code == 404
    assert technician.post(f"/api/v1/labels/{2**64}/void", {"reason": "torn"}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"kind": "wristband"}, {"kind": "badge"}, {"kind": "bag", "colour": "red"}])
def test_only_a_label_that_a_bag_has_is_asked_for(person: Person, unit: str, body: dict[str, str]) -> None:
    assert person("zhao.l").post(f"/api/v1/units/{unit}/labels", body).status_code == 422

"""The check station as people and programs use it: page, photo, API, command line; never a code on a screen."""

import base64
import io
import re
from pathlib import Path
from typing import Any

import pytest
from support.clients import Client, SignIn
from support.forged import altered
from support.pictures import data_matrix, page, qr, sent
from support.programs import Program
from support.stages import HER, LOT, enrolled
from support.worlds import World
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from cotrack.app import MOST_UPLOAD_BYTES
from cotrack.demonstration.players import PASSWORD
from cotrack.manufacture.service import filling

FULL_CODE = re.compile(r"CT1[A-Z][PT][A-Z0-9]{20,}")


@pytest.fixture
def bag(world: World) -> str:
    """A bag with both its labels on."""
    world.journey.lot(LOT)
    return str(world.journey.labelled_unit(LOT))


@pytest.fixture
def program(world: World) -> Program:
    """The command line of the site."""
    return Program(world.home, world.settings.database_url, more={"COTRACK_PASSWORD": PASSWORD})


def checked(client: Client, code: str) -> str:
    answer = client.send("POST", "/labels/check", form={"code": code})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def photographed(client: Client, picture: bytes, path: str = "/labels/check") -> TestResponse:
    """Send a photo as a browser does; the body is made here, because the test client leaves large ones open."""
    form = {"form_token": client.form_token, "picture": FileStorage(io.BytesIO(picture), "photo.jpg")}
    boundary, body = encode_multipart(form)
    headers = {"Accept-Language": "en", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    return client.browser.post(path, headers=headers, data=body, buffered=True)


def test_the_station_says_what_a_label_is_and_what_to_do_with_it(world: World, person: SignIn, bag: str) -> None:
    old = world.journey.live_code(f"unit:{bag}", "bag")
    technician = person("zhao.l")
    said = checked(technician, old)
    for words in ("Genuine and current", f'href="/units/{bag}"', "It is on its thing and counts."):
        assert words in said
    world.do("zhao.l", lambda work: filling.request_label(work, bag, kind="bag", reason="smudged"))
    said = checked(technician, old)
    for words in (
        "Genuine, and worthless",
        "This label was replaced by a newer print and is worthless.",
        "Replaced by instance 2",
        "Use nothing by this label.",
        "smudged",
    ):
        assert words in said
    said = checked(technician, altered(old))
    for words in ("Not genuine", "its signature is wrong", "apart from everything else, and call QA"):
        assert words in said
    assert bag not in said


def test_the_station_speaks_chinese(world: World, person: SignIn, bag: str) -> None:
    technician = person("zhao.l")
    technician.browser.set_cookie("cotrack_language", "zh")
    said = checked(technician, world.journey.live_code(f"unit:{bag}", "bag"))
    assert "真实且有效" in said
    said = photographed(technician, b"nothing").get_data(as_text=True)
    assert "这不是图片（PNG、JPEG、TIFF、BMP、GIF、WEBP）。" in said


def test_whose_a_band_is_stays_with_those_who_see_participants(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    technician, nurse = checked(person("zhao.l"), band), checked(person("zhou.n"), band)
    assert "Your role does not see whose it is." in technician
    assert HER not in technician
    assert f'href="/participants/{HER}"' in nurse


def test_a_page_of_labels_is_checked_from_one_picture_with_a_print_hint(world: World, person: SignIn, bag: str) -> None:
    label, tag = (world.journey.live_code(f"unit:{bag}", kind) for kind in ("bag", "tag"))
    answer = photographed(person("zhao.l"), sent(page(qr(label), data_matrix(tag)), dpi=(300, 300)))
    said = answer.get_data(as_text=True)
    assert (answer.status_code, said.count("Genuine and current</span>")) == (200, 2)
    for words in ("a hint, never a grade", "QR Code", "Data Matrix", "0.508 mm", "100 %"):
        assert words in said


def test_no_answer_of_the_station_shows_a_code(world: World, person: SignIn, bag: str) -> None:
    code = world.journey.live_code(f"unit:{bag}", "bag")
    technician = person("zhao.l")
    answers = [
        technician.get("/labels/check"),
        technician.send("POST", "/labels/check", form={"code": code}),
        technician.send("POST", "/labels/check", form={"code": code[:100]}),
        photographed(technician, sent(qr(code))),
        technician.post("/api/v1/labels/check", {"code": code}),
    ]
    records = [person("qian.m").get(f"/trail/{number}") for number in range(1, 90)]
    shown = "".join(each.get_data(as_text=True) for each in [*answers, *records])
    assert "Label checked" in shown
    assert FULL_CODE.search(shown) is None


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        pytest.param(b"nothing", 422, "This is no picture", id="no_picture"),
        pytest.param(sent(qr(LOT))[:300], 422, "This picture is damaged", id="damaged"),
        pytest.param(sent(page()), 422, "No code was found in this picture.", id="no_code"),
        pytest.param(bytes(16 * 1024 * 1024), 422, "This is too large a picture", id="16_megabytes"),
        pytest.param(bytes(MOST_UPLOAD_BYTES + 1), 413, "The file is too large", id="beyond_any_upload"),
    ],
)
def test_a_bad_picture_is_a_sentence_and_the_service_goes_on(
    person: SignIn, content: bytes, status: int, words: str
) -> None:
    technician = person("zhao.l")
    answer = photographed(technician, content)
    assert answer.status_code == status
    assert words in answer.get_data(as_text=True)
    assert technician.get("/labels/check").status_code == 200


def test_a_form_without_a_picture_says_so(person: SignIn) -> None:
    answer = person("zhao.l").send("POST", "/labels/check", form={"picture": (io.BytesIO(b""), "")})
    assert answer.status_code == 422
    assert "Choose a file." in answer.get_data(as_text=True)


def test_a_photo_for_a_scan_field_gives_the_code_to_the_field_alone(world: World, person: SignIn, bag: str) -> None:
    label, tag = (world.journey.live_code(f"unit:{bag}", kind) for kind in ("bag", "tag"))
    technician = person("zhao.l")
    one = photographed(technician, sent(qr(label)), "/labels/read")
    assert (one.status_code, one.get_json()) == (200, {"code": f"]Q1{label}"})
    assert one.headers["Cache-Control"] == "no-store"
    both = photographed(technician, sent(page(qr(label), qr(tag))), "/labels/read")
    assert both.status_code == 422
    assert both.get_json() == {"fault": "There are several codes in this picture: take one of them alone."}
    nothing = photographed(technician, b"", "/labels/read")
    assert nothing.get_json() == {"fault": "This is no picture (PNG, JPEG, TIFF, BMP, GIF, WEBP)."}


def asked(client: Client, **body: Any) -> TestResponse:
    return client.post("/api/v1/labels/check", body)


def test_a_program_checks_a_code_or_a_picture(world: World, person: SignIn, bag: str) -> None:
    code = world.journey.live_code(f"unit:{bag}", "bag")
    technician = person("zhao.l")
    by_code = asked(technician, code=code).get_json()
    picture = base64.b64encode(sent(qr(code), dpi=(300, 300))).decode()
    by_picture = asked(technician, picture_base64=picture).get_json()
    (label,), (seen,) = by_code["labels"], by_picture["labels"]
    assert (by_code["counts"], by_picture["counts"], by_picture["unread"]) == (True, True, 0)
    assert label["hint"] is None
    assert seen["hint"]["contrast"] == 100
    assert {**seen, "hint": None} == label
    assert (label["kind"], label["subject"], label["instance"], label["status"]) == ("bag", f"unit:{bag}", 1, "applied")
    forged = asked(technician, code=altered(code)).get_json()["labels"][0]
    assert (forged["is_genuine"], forged["subject"], "kind" in forged) == (False, "", False)
    assert forged["blockers"][0]["code"] == "bad_signature"


def test_a_program_that_sends_nonsense_learns_what_was_wrong(person: SignIn) -> None:
    technician = person("zhao.l")
    for body in ({}, {"code": "A", "picture_base64": ""}, {"picture_base64": "%"}, {"code": "A" * 500}):
        assert asked(technician, **body).status_code == 422
    refused = asked(technician, picture_base64=base64.b64encode(b"nothing").decode())
    assert (refused.status_code, refused.get_json()["type"]) == (422, "urn:cotrack:problem:picture-not-read")


def test_the_command_says_the_same_and_ends_with_one_where_a_label_does_not_count(
    world: World, program: Program, bag: str
) -> None:
    label, tag = (world.journey.live_code(f"unit:{bag}", kind) for kind in ("bag", "tag"))
    path = program.home / "labels.png"
    path.write_bytes(sent(page(qr(label), data_matrix(tag)), dpi=(300, 300)))
    good = program.call("labels", "check", str(path), "--as", "zhao.l")
    assert (good.status, good.err) == (0, "")
    assert f"bag of {bag}, instance 1, applied: genuine and current\n" in good.out
    assert f"tag of {bag}, instance 1, applied: genuine and current\n" in good.out
    assert "print hint, no grade: contrast 100 %, module 6.0 px (0.508 mm), empty margin 4 modules" in good.out
    world.do("zhao.l", lambda work: filling.request_label(work, bag, kind="bag", reason="smudged"))
    bad = program.call("labels", "check", str(path), "--as", "zhao.l")
    assert (bad.status, bad.out) == (1, "")
    assert "label_superseded: This label was replaced by a newer print and is worthless." in bad.err
    assert program.call("labels", "check", str(path), "--as", "shen.i").refusal.startswith("Your role does not")


def test_a_page_with_a_scan_field_may_use_the_camera_and_no_other(world: World, person: SignIn, bag: str) -> None:
    technician = person("zhao.l")
    for path, is_there in (("/labels/check", True), (f"/units/{bag}/scan-back", True), ("/", False), ("/lots", False)):
        answer = technician.get(path)
        assert answer.status_code == 200
        assert ("'wasm-unsafe-eval'" in answer.headers["Content-Security-Policy"]) is is_there
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
        assert ("camera=(self)" in answer.headers["Permissions-Policy"]) is is_there
        assert ("data-open-camera" in answer.get_data(as_text=True)) is is_there


def test_at_the_bedside_there_is_a_camera_and_no_photo(person: SignIn) -> None:
    bedside = person("zhou.n").get("/bedside").get_data(as_text=True)
    station = person("zhou.n").get("/labels/check").get_data(as_text=True)
    assert ("data-open-camera" in bedside, "data-photo" in bedside) == (True, False)
    assert ("data-open-camera" in station, "data-photo" in station) == (True, True)


def test_the_picture_stays_on_no_disk(world: World, person: SignIn, bag: str) -> None:
    code = world.journey.live_code(f"unit:{bag}", "bag")
    content = sent(qr(code))
    photographed(person("zhao.l"), content)
    kept = [each for each in Path(world.home).rglob("*") if each.is_file() and content[50:150] in each.read_bytes()]
    assert kept == []

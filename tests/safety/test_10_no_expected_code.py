"""What must never happen, 10: a screen tells the nurse the code that she is about to scan."""

import re

import pytest
from flask import Flask
from support.clients import Client
from support.stages import HER, at_the_bedside, at_the_ward
from support.worlds import World

from cotrack.app import create_app
from cotrack.labelling.rules.check_character import printed_check

FULL_CODE = re.compile(r"CT1[BTP][PT][A-Z0-9]{20,}")


@pytest.fixture
def app(world: World) -> Flask:
    return create_app(world.runtime)


def all_pages(app: Flask, username: str, *paths: str) -> str:
    client = Client(app, username)
    return "\n".join(client.get(path).get_data(as_text=True) for path in paths)


def test_no_page_of_any_kind_holds_a_full_code(world: World, app: Flask) -> None:
    bedside = at_the_bedside(world)
    bedside.check("zhou.n")
    quality = Client(app, "qian.m")
    records = [f"/trail/{number}" for number in range(1, 90)]
    shown = all_pages(
        app, "zhou.n", "/", "/bedside", f"/units/{bedside.bag}", f"/orders/{bedside.order}", "/bedside/checks/3"
    ) + "".join(quality.get(path).get_data(as_text=True) for path in ["/trail", "/trail?q=identity_check", *records])
    assert "identity" in shown
    assert FULL_CODE.search(shown) is None


def test_the_api_answers_no_full_code(world: World, app: Flask) -> None:
    bedside = at_the_bedside(world)
    technician = Client(app, "zhao.l")
    asked = technician.post(f"/api/v1/units/{bedside.bag}/labels", {"kind": "bag", "reason": "smudged"})
    assert asked.status_code == 201
    assert FULL_CODE.search(asked.get_data(as_text=True)) is None


def test_the_bedside_question_names_neither_the_bag_nor_its_check_character(world: World, app: Flask) -> None:
    bedside = at_the_bedside(world)
    nurse = Client(app, "zhou.n")
    assert bedside.bag not in nurse.get("/bedside").get_data(as_text=True)
    band = world.journey.live_code(f"participant:{HER}", "wristband")

    def answer(path: str, **form: str) -> None:
        hidden = re.findall(r'name="(form_key|asked)" value="([^"]*)"', nurse.get("/bedside").get_data(as_text=True))
        nurse.send("POST", path, form={**dict(hidden), **form})

    answer("/bedside/scan", code=band)
    asked = nurse.get("/bedside").get_data(as_text=True)
    assert "测试 IFN-001" in asked
    assert bedside.bag not in asked
    answer("/bedside/identity", answer="confirmed")
    asked = nurse.get("/bedside").get_data(as_text=True)
    assert bedside.bag not in asked
    assert band not in asked


def test_the_page_before_the_thaw_names_no_bag(world: World, app: Flask) -> None:
    bedside = at_the_ward(world)
    shown = all_pages(app, "zhou.n", f"/orders/{bedside.order}/thaw-check")
    assert bedside.order in shown
    assert bedside.bag not in shown


def test_no_page_shows_the_boxed_check_character_of_a_bag(world: World, app: Flask) -> None:
    bedside = at_the_ward(world)
    boxed = printed_check(bedside.bag, 1)
    shown = all_pages(app, "zhou.n", f"/units/{bedside.bag}", f"/orders/{bedside.order}")
    assert f"{bedside.bag} {boxed}" not in shown
    assert f"{bedside.bag}{boxed}" not in shown


def test_name_and_birth_date_are_shown_only_after_the_band_was_scanned(world: World, app: Flask) -> None:
    at_the_bedside(world)
    assert "测试 IFN-001" not in all_pages(app, "zhou.n", "/bedside")

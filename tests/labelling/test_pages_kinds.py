"""Pages and routes by which each kind of label is printed: a button on its thing for whoever may, and nobody else."""

import html
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.clients import Client
from support.labelled import NEW, Thing
from support.sources import MASTER
from support.worlds import World

from cotrack.app import create_app
from cotrack.foundation.resources import resource
from cotrack.labelling.gateways.read_back import codes_in_picture, picture_of_pdf
from cotrack.labelling.service import instances, site_labels

Person = Callable[[str], Client]

PAGES = {
    "tube": ("/units/{key}", "/units/{key}/label", {"kind": "tube"}),
    "vial": (f"/cell-banks/{MASTER}", f"/cell-banks/{MASTER}/vial-label", {"vial": "2"}),
    "batch_sheet": ("/lots/{key}", "/lots/{key}/batch-sheet", {}),
    "order_sheet": ("/orders/{key}", "/orders/{key}/sheet", {}),
    "badge": ("/people/{key}/badge", "/people/{key}/badge/label", {}),
    "location": ("/locations/{key}", "/locations/{key}/label", {"kind": "location"}),
    "box": ("/locations/{key}", "/locations/{key}/label", {"kind": "box"}),
    "shipper": ("/locations/{key}", "/locations/{key}/label", {"kind": "shipper"}),
}
"""The page of each kind's thing, where its label is asked for, and what is chosen there."""

API = {
    "tube": "/api/v1/units/{key}/labels",
    "vial": f"/api/v1/cell-banks/{MASTER}/vial-labels",
    "batch_sheet": "/api/v1/lots/{key}/batch-sheets",
    "order_sheet": "/api/v1/orders/{key}/sheets",
    "badge": "/api/v1/labels/badges/{key}",
    **dict.fromkeys(("location", "box", "shipper"), "/api/v1/labels/locations/{key}"),
}


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return html.unescape(answer.get_data(as_text=True))


def paths_of(thing: Thing) -> tuple[str, str, dict[str, str]]:
    page, ask, chosen = PAGES[thing.kind]
    return page.format(key=thing.key), ask.format(key=thing.key), chosen


@pytest.mark.parametrize("kind", NEW)
def test_a_label_is_asked_for_on_the_page_of_its_thing_handed_out_and_scanned_back(
    world: World, person: Person, kind: str
) -> None:
    thing = NEW[kind](world)
    page, ask, chosen = paths_of(thing)
    printer = person(thing.by)
    assert f'href="{ask}"' in text_of(printer, page)
    assert printer.get(ask).status_code == 200
    asked = printer.post(ask, form=chosen)
    assert asked.status_code == 303, asked.get_data(as_text=True)
    label = str(asked.headers["Location"])
    assert "Get the label" in text_of(printer, label)
    (code,) = set(codes_in_picture(picture_of_pdf(printer.post(f"{label}/hand-out").data)))
    assert f'href="{label}/scan-back"' in text_of(printer, label)
    wrong = printer.post(f"{label}/scan-back", form={"code": "4006381333931"})
    assert wrong.status_code == 409
    back = printer.post(f"{label}/scan-back", form={"code": code})
    assert back.status_code == 303
    shown = text_of(printer, back.headers["Location"])
    assert f'href="{label}"' in shown or kind == "badge"
    found = printer.post("/scan", form={"code": code})
    assert (found.status_code, found.headers["Location"]) == (303, back.headers["Location"])


@pytest.mark.parametrize("kind", NEW)
def test_who_may_not_print_a_kind_finds_no_button_and_no_way(world: World, person: Person, kind: str) -> None:
    thing = NEW[kind](world)
    page, ask, chosen = paths_of(thing)
    stranger = person(thing.stranger)
    assert f'href="{ask}"' not in text_of(stranger, page)
    assert stranger.post(ask, form=chosen).status_code == 403
    assert stranger.post(API[kind].format(key=thing.key), chosen).status_code == 403


@pytest.mark.parametrize("kind", NEW)
def test_a_program_asks_for_a_label_hands_it_out_and_scans_it_back(world: World, person: Person, kind: str) -> None:
    thing = NEW[kind](world)
    printer = person(thing.by)
    asked = printer.post(API[kind].format(key=thing.key), paths_of(thing)[2])
    assert asked.status_code == 201, asked.get_data(as_text=True)
    path = f"/api/v1/labels/{asked.get_json()['id']}"
    (code,) = set(codes_in_picture(picture_of_pdf(printer.post(f"{path}/hand-out").data)))
    back = printer.post(f"{path}/scan-back", {"code": code})
    assert (back.status_code, back.get_json()["status"]) == (200, "applied")
    assert back.get_json()["subject"] == thing.subject


def test_the_places_of_the_site_are_listed_each_with_its_page(person: Person) -> None:
    shown = text_of(person("ma.k"), "/locations")
    for code in ("LN2-A", "BOX-0001", "DRY-01", "3A-BED-12", "FILL-1", "3A"):
        assert f'href="/locations/{code}"' in shown
    assert 'href="/locations/LN2-A"' in text_of(person("ma.k"), "/locations/BOX-0001")
    assert person("ma.k").get("/locations/NOWHERE").status_code == 404
    assert person("zhao.l").get("/vials/NOWHERE-V001").status_code == 404


def test_the_page_asks_for_a_template_only_where_the_site_has_several(world: World, tmp_path: Path) -> None:
    own = (resource("labels") / "box.typ").read_text(encoding="utf-8").replace("box-1", "box-large-1")
    (tmp_path / "large-box.typ").write_text(own, encoding="utf-8")
    there = replace(world.runtime, ground=replace(world.runtime.ground, labels_folder=tmp_path))
    asks, silent = Client(create_app(there), "ma.k"), Client(create_app(world.runtime), "ma.k")
    path = "/locations/BOX-0001/label"
    assert 'name="template"' not in text_of(silent, path)
    assert 'value="large-box"' in text_of(asks, path)
    asked = asks.post(path, form={"kind": "box", "template": "large-box"})
    label_id = int(asked.headers["Location"].rpartition("/")[2])
    label = world.read(lambda session: instances.label_numbered(session, label_id))
    assert label.template_version == "box-large-1"


def test_the_label_of_what_a_role_does_not_see_leads_it_nowhere(world: World, person: Person) -> None:
    thing = NEW["badge"](world)
    label = world.do("root.a", lambda work: site_labels.request_badge(work, thing.key))
    code = world.journey.code(label.id)
    assert person("zhou.n").post("/scan", form={"code": code}).status_code == 404
    assert person("zhou.n").get(f"/labels/{label.id}").status_code == 403
    assert person("shen.i").post("/scan", form={"code": code}).status_code == 303

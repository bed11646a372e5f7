"""A station's scanner must have read the self-test sheet true, and not too long ago, before a scan counts there."""

import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import zxingcpp
from pyzbar.pyzbar import decode
from support.clients import Client
from support.refusals import records, refused
from support.stages import LOT
from support.worlds import World

from cotrack.app import create_app
from cotrack.foundation.acting import Ground
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.labelling.gateways.read_back import picture_of_pdf
from cotrack.labelling.rules.self_test import Arrived
from cotrack.labelling.rules.sheet import SYMBOLS
from cotrack.labelling.service import instances, self_test_page, self_tests

Person = Callable[..., Client]
TRUE = {each.name: each.text for each in SYMBOLS}
INVERTED = {each.name: Arrived(each.text.swapcase()) for each in SYMBOLS}
PAGE = "/stations/FILL-1/self-test"


def told(answer: object) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))  # type: ignore[attr-defined]  # a response
    return html.unescape(re.sub(r"\s+", " ", text))


def test_the_sheet_is_read_by_decoders_that_did_not_make_it(world: World) -> None:
    picture = picture_of_pdf(self_test_page.sheet_pdf(world.runtime.ground))
    found = {each.text: each for each in zxingcpp.read_barcodes(picture, text_mode=zxingcpp.TextMode.Plain)}
    assert set(found) == set(TRUE.values())
    assert found[TRUE["square"]].format == zxingcpp.BarcodeFormat.DataMatrix
    seen = {each.data.decode() for each in decode(picture)}
    assert {TRUE["qr"], TRUE["signs"]} <= seen


def test_a_failed_self_test_stops_scanning_back_until_the_next_one_is_passed(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    code = world.journey.code(world.journey.unit_label(unit, "bag"))
    assert world.do("feng.t", lambda work: self_tests.take(work, "FILL-1", INVERTED)).outcome == "failed"
    record = records(world, event="station.test")[-1]
    assert (record["outcome"], record["subject"]) == ("mismatch", "station:FILL-1")
    assert {each["code"] for each in record["blockers"]} == {"case_inverted"}
    with refused("station_not_tested"):
        world.journey.scan_back(unit, code)
    world.cast.test_scanners(["FILL-1"])
    world.journey.scan_back(unit, code)


def test_a_test_in_which_nothing_came_is_refused_and_closes_no_station(world: World) -> None:
    before = world.read(lambda session: self_tests.newest_test(session, "FILL-1"))
    with refused("not_scanned"):
        world.do("zhao.l", lambda work: self_tests.take(work, "FILL-1", {each.name: Arrived("") for each in SYMBOLS}))
    after = world.read(lambda session: self_tests.newest_test(session, "FILL-1"))
    assert (before and before.id) == (after and after.id)


def test_a_passed_self_test_stands_as_long_as_the_site_says(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    code = world.journey.code(world.journey.unit_label(unit, "bag"))
    world.clock.pass_by(days=world.runtime.ground.site.self_test_days, seconds=1)
    with refused("station_not_tested"):
        world.journey.scan_back(unit, code)


def test_nothing_is_scanned_back_where_there_is_no_station(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    code = world.journey.code(world.journey.unit_label(unit, "bag"))
    with refused("station_unknown"):
        world.do("zhao.l", lambda work: instances.scan_back(work, f"unit:{unit}", code), station="")


def test_a_site_that_asks_for_no_self_test_goes_on_as_before(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    code = world.journey.code(world.journey.unit_label(unit, "bag"))
    world.do("feng.t", lambda work: self_tests.take(work, "FILL-1", INVERTED))
    ground = asking_for_none(world)
    with unit_of_work(ground, world.cast.actor("zhao.l")) as work:
        assert instances.scan_back(work, f"unit:{unit}", code).status == "applied"


def asking_for_none(world: World) -> Ground:
    ground = world.runtime.ground
    return replace(ground, site=replace(ground.site, self_test_required=False))


def test_a_label_or_a_card_that_is_scanned_at_the_self_test_stands_on_no_page(world: World, person: Person) -> None:
    world.journey.lot(LOT)
    code = world.journey.code(world.journey.unit_label(world.journey.unit(LOT), "bag"))
    card = "110101199003074514"
    technician = person("feng.t", station="FILL-1")
    page = technician.send("POST", PAGE, form={"qr": code, "square": card, "signs": TRUE["signs"] + code})
    shown = page.get_data(as_text=True)
    assert (page.status_code, code[:8] in shown) == (422, True)
    assert [each for each in (code[8:], card[8:], code[:12]) if each in shown] == []


def test_only_what_the_stations_own_keyboard_types_says_anything_of_it(world: World) -> None:
    true = {each.name: Arrived(each.text) for each in SYMBOLS}
    with refused("other_station"):
        world.do("zhao.l", lambda work: self_tests.take(work, "FREEZER-1", true))


def test_what_arrived_stands_nowhere_for_it_may_be_a_patients_card(world: World) -> None:
    card = {each.name: Arrived("6222020200012345678") for each in SYMBOLS}
    row = world.do("zhao.l", lambda work: self_tests.take(work, "FILL-1", card))
    kept = " ".join(str(getattr(row, each.key)) for each in type(row).__table__.columns)
    assert "2020001" not in kept + str(records(world, event="station.test")[-1])
    assert row.arrived_hmac.startswith("hmac:")


def test_the_page_says_at_each_symbol_what_is_wrong_and_beside_it_what_came(world: World, person: Person) -> None:
    client = person("zhao.l")
    wrong = {**TRUE, "square": TRUE["square"].replace("Y", "#").replace("Z", "Y").replace("#", "Z"), "signs": ""}
    answer = client.post(PAGE, form={**wrong, "typed": "1200 fast enter"})
    assert answer.status_code == 422
    page = told(answer)
    assert "2 · square Data Matrix, letters and digits: The keyboard layout of this station is German (QWERTZ)" in page
    assert "3 · QR, small letters and signs: Nothing arrived." in page
    assert "did not read the self-test sheet true" in page
    assert page.count("Should have come") == 1


def test_a_true_scan_of_all_three_opens_the_station_and_the_page_says_until_when(world: World, person: Person) -> None:
    client = person("zhao.l")
    client.post(PAGE, form={})
    typed = ["1310 fast enter", "1290 fast enter", "900 fast tab"]
    answer = client.post(PAGE, form={**TRUE, "qr": f"]Q1{TRUE['qr']}", "typed": typed})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    page = told(client.get(PAGE))
    assert "read true" in page
    assert "stands until 2027-05-22 12:00 +08:00" in page
    row = world.read(lambda session: self_tests.newest_test(session, "FILL-1"))
    assert (row.outcome, row.symbologies, row.slowest_milliseconds) == ("passed", "]Q1", 1310)


def test_who_signed_in_elsewhere_is_told_to_sign_in_there(world: World, person: Person) -> None:
    client = person("zhao.l")
    assert "Sign in at this station to test its scanner" in told(client.get("/stations/FREEZER-1/self-test"))
    answer = client.post("/stations/FREEZER-1/self-test", form=TRUE)
    assert answer.status_code == 409
    assert client.get("/stations/NOWHERE/self-test").status_code == 404
    assert client.get("/self-test").headers["Location"] == PAGE


def test_who_looks_after_the_stations_sees_each_that_is_out_of_use(world: World, person: Person) -> None:
    world.do("feng.t", lambda work: self_tests.take(work, "FILL-1", INVERTED))
    administrator = person("root.a")
    home = told(administrator.get("/"))
    assert home.count("No scan counts at this station") == 1
    assert "FILL-1" in home
    stations = told(administrator.get("/stations"))
    assert stations.count("did not read true") == 1
    assert "Test the scanner" in told(person("zhao.l").get("/"))
    assert "Test the scanner" not in told(person("ma.k").get("/"))


def test_a_paste_is_written_down_with_its_page_and_not_for_ever(world: World, person: Person) -> None:
    client = person("zhou.n")
    for page in ["/bedside", "/bedside?code=1", "//elsewhere", *["/bedside"] * 4]:
        assert client.post("/scans/pasted", form={"page": page}).status_code == 204
    found = records(world, event="scan.paste")
    assert [each["details"]["page"] for each in found] == ["/bedside", "", "//elsewhere", "/bedside", "/bedside"]
    assert {(each["actor"], each["subject"]) for each in found} == {("zhou.n", "person:zhou.n")}
    world.clock.pass_by(minutes=11)
    client.post("/scans/pasted", form={"page": "/bedside"})
    assert len(records(world, event="scan.paste")) == 6


def test_how_a_scan_was_typed_goes_into_its_record_as_far_as_a_page_of_ours_tells_it(
    world: World, person: Person
) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    client = person("zhao.l")
    for label, typed in (("bag", ["93000 slow enter"]), ("tag", ["<b>", "1 fast enter; drop"])):
        code = world.journey.code(world.journey.unit_label(unit, label))
        answer = client.post(f"/units/{unit}/scan-back", form={"code": code, "typed": typed})
        assert answer.status_code == 303, told(answer)
    by_hand, nothing = records(world, event="label_instance.apply")[-2:]
    assert by_hand["details"]["typed"] == ["93000 slow enter"]
    assert "typed" not in nothing["details"]


@pytest.mark.parametrize("station", ["WARD-3A-1"])
def test_the_bedside_page_asks_for_the_test_before_anything_is_scanned(
    world: World, person: Person, station: str
) -> None:
    world.do("zhou.n", lambda work: self_tests.take(work, station, INVERTED))
    page = told(person("zhou.n").get("/bedside"))
    assert "The scanner here must be tested first" in page
    assert "Scan the band on the wrist" not in page


def test_a_site_definition_without_the_switch_asks_for_nothing(world: World) -> None:
    app = create_app(replace(world.runtime, ground=asking_for_none(world)))
    world.do("zhou.n", lambda work: self_tests.take(work, "WARD-3A-1", INVERTED))
    page = told(Client(app, "zhou.n").get("/bedside"))
    assert "Scan the band on the wrist" in page
    assert "This site asks for no self-test" in told(Client(app, "zhou.n").get("/stations/WARD-3A-1/self-test"))

"""The technician's page for filling: one step at a time, and each thing that goes wrong has its way on."""

import re
from typing import Any

import pytest
from support.clients import Client, SignIn
from support.refusals import records
from support.stages import HER, LOT, OTHER_LOT, enrolled
from support.worlds import World

from cotrack.labelling.gateways.read_back import codes_in_picture, picture_of_pdf
from cotrack.labelling.service.instances import labels_of
from cotrack.manufacture.service import lots
from cotrack.manufacture.service.clearances import clearances_of
from cotrack.manufacture.service.filling_page import stand_of

PAGE = f"/lots/{LOT}/filling"
BAG = f"{LOT}-001"
LOOKED = ["labels", "bags", "documents"]
CONTENT = {"volume_ml": "30.0", "viable_million_per_ml": "5.360", "viability_percent": "93.0"}


@pytest.fixture(autouse=True)
def lot(world: World) -> str:
    return world.journey.lot(LOT)


def step(world: World, by: str = "zhao.l") -> str:
    return str(world.read(lambda session: stand_of(session, world.cast.actor(by), LOT)).step)


def post(client: Client, path: str, **form: Any) -> int:
    return client.send("POST", f"{PAGE}/{path}", form=form).status_code


def cleared(world: World, person: SignIn) -> int:
    assert post(person("zhao.l"), "clear", looked_at=LOOKED, roll="R-1", labels="100") == 303
    clearance = world.read(lambda session: stand_of(session, world.cast.actor("zhao.l"), LOT)).clearance.id
    assert post(person("feng.t"), f"check/{clearance}", looked_at=LOOKED) == 303
    return int(clearance)


def printed(client: Client, kind: str, unit: str = BAG) -> str:
    answer = client.send("POST", f"{PAGE}/print/{unit}/{kind}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    (code,) = codes_in_picture(picture_of_pdf(answer.data))
    return code


def test_the_page_leads_from_a_line_that_is_not_clear_to_one_that_is_clear_again(world: World, person: SignIn) -> None:
    technician = person("zhao.l")
    assert step(world) == "clear"
    begun = technician.get(PAGE).get_data(as_text=True)
    assert "Clear the line for lot" in begun
    assert "Is every bag of this lot filled?" not in begun
    clearance = cleared(world, person)
    assert step(world) == "fill"
    assert post(technician, "fill", **CONTENT) == 303
    for kind in ("bag", "tag"):
        assert step(world) == "print"
        code = printed(technician, kind)
        assert step(world) == "apply"
        assert post(technician, f"scan/{BAG}/{kind}", code=code) == 303
    said = technician.get(PAGE).get_data(as_text=True)
    assert re.search(r"Bags labelled</dt><dd><strong>1<", said)
    assert post(technician, "sample", kind="retention", **CONTENT) == 303
    assert post(technician, f"broken/{LOT}-S01", reason="broke at filling") == 303
    assert post(technician, f"leave/{clearance}", looked_at=LOOKED, labels="98") == 303
    assert step(world) == "check_after"
    assert post(technician, f"end/{clearance}", looked_at=LOOKED) == 409
    assert post(person("feng.t"), f"end/{clearance}", looked_at=LOOKED) == 303
    assert "Is every bag of this lot filled?" in technician.get(PAGE).get_data(as_text=True)
    world.do("zhao.l", lambda work: lots.finish_lot(work, LOT))
    assert step(world) == "over"


def test_a_wrong_scan_stops_the_whole_page_says_what_to_do_and_is_recorded(world: World, person: SignIn) -> None:
    first = world.journey.labelled_unit(LOT)
    second = world.journey.unit(LOT)
    world.journey.unit_label(second, "bag")
    answer = person("zhao.l").send(
        "POST", f"{PAGE}/scan/{second}/bag", form={"code": world.journey.live_code(f"unit:{first}", "bag")}
    )
    said = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert 'class="verdict stop"' in said
    assert "Stop: take it off and ask QA." in said
    assert "Take the label off the bag if it is not its own" in said
    (kept,) = records(world, event="label_instance.apply", outcome="refused")
    assert [each["code"] for each in kept["blockers"]] == ["wrong_label"]
    assert step(world) == "apply"


def test_a_jam_a_change_of_roll_and_a_broken_bag_are_one_press_each(world: World, person: SignIn) -> None:
    technician = person("zhao.l")
    clearance = cleared(world, person)
    assert post(technician, "fill", **CONTENT) == 303
    printed(technician, "bag")
    label = world.read(lambda session: stand_of(session, world.cast.actor("zhao.l"), LOT)).label.id
    said = technician.get(PAGE).get_data(as_text=True)
    for words in ("Spoiled: it is still in hand", "Change the roll", f"Broken: destroy {BAG}"):
        assert words in said
    assert post(technician, f"spoiled/{label}", reason="jam or spoiled print", paper="in_hand") == 303
    assert post(technician, f"roll/{clearance}", labels_left="0", roll="R-2", labels="500") == 303
    assert step(world) == "print"
    printed(technician, "bag")
    assert world.read(lambda session: stand_of(session, world.cast.actor("zhao.l"), LOT)).in_hand == 2
    assert f'action="{PAGE}/broken/{BAG}"' not in technician.get(PAGE).get_data(as_text=True)
    asked = technician.get(f"{PAGE}?way=broken").get_data(as_text=True)
    for words in ("Destroy this bag?", f'action="{PAGE}/broken/{BAG}"', 'name="reason"'):
        assert words in asked
    assert post(technician, f"broken/{BAG}", reason=" ") == 422
    assert post(technician, f"broken/{BAG}", reason="broke at filling") == 303
    stand = world.read(lambda session: stand_of(session, world.cast.actor("zhao.l"), LOT))
    assert (stand.step, stand.bags.filled, stand.bags.destroyed, stand.in_hand) == ("fill", 1, 1, 1)


def test_the_page_says_where_another_lot_stands_or_no_station_is(world: World, person: SignIn) -> None:
    world.journey.lot(OTHER_LOT)
    world.journey.line_cleared(OTHER_LOT)
    assert "Another lot stands at this station" in person("zhao.l").get(PAGE).get_data(as_text=True)
    assert "This is no filling station" in person("zhao.l", station="").get(PAGE).get_data(as_text=True)


def test_what_was_typed_is_kept_and_a_value_outside_the_studys_limits_asks_why(world: World, person: SignIn) -> None:
    cleared(world, person)
    odd = {**CONTENT, "viability_percent": "62.5", "viable_million_per_ml": "9.000"}
    answer = person("zhao.l").send("POST", f"{PAGE}/fill", form=odd)
    said = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert said.count("is outside the limits of this study") == 2
    assert 'value="62.5"' in said
    assert post(person("zhao.l"), "fill", **odd, reason="counted twice") == 303
    assert post(person("zhao.l"), "fill", **{**CONTENT, "viability_percent": "100.5"}) == 422


@pytest.mark.parametrize("way", ["", "?way=roll", "?way=sample", "?way=leave", "?way=broken"])
def test_each_field_of_the_page_has_its_own_name_for_its_label(world: World, person: SignIn, way: str) -> None:
    cleared(world, person)
    said = person("zhao.l").get(f"{PAGE}{way}").get_data(as_text=True)
    ids, told = re.findall(r' id="([^"]+)"', said), re.findall(r' for="([^"]+)"', said)
    assert sorted(ids) == sorted(set(ids))
    assert set(told) <= set(ids)


def test_a_label_that_is_not_next_is_not_printed_from_an_old_page(world: World, person: SignIn) -> None:
    world.journey.unit(LOT)
    second = world.journey.unit(LOT)
    answer = person("zhao.l").send("POST", f"{PAGE}/print/{second}/bag")
    assert answer.status_code == 409
    assert "scan its labels back on it, or destroy it" in answer.get_data(as_text=True)


def test_a_label_of_a_kind_that_there_is_not_is_not_found(world: World, person: SignIn) -> None:
    cleared(world, person)
    assert post(person("zhao.l"), "fill", **CONTENT) == 303
    assert [post(person("zhao.l"), f"print/{BAG}/{kind}") for kind in ("crate", "袋")] == [404, 404]


def test_a_bag_is_offered_no_laboratory_and_a_sample_no_store(world: World, person: SignIn) -> None:
    bag = world.journey.labelled_unit(LOT)
    sample = world.journey.sample(LOT, "retention")
    shown = {each: person("zhao.l").get(f"/units/{each}").get_data(as_text=True) for each in (bag, sample)}
    assert f"/units/{bag}/store" in shown[bag]
    assert "/send" not in shown[bag]
    assert "/archive" not in shown[bag]
    assert f"/units/{sample}/send" in shown[sample]
    assert f"/units/{sample}/archive" in shown[sample]
    assert "/store" not in shown[sample]
    assert "never given to anybody" in shown[sample]
    assert person("zhao.l").post(f"/units/{sample}/archive", form={}).status_code == 303


def test_a_label_that_was_not_scanned_back_is_named_as_people_call_it(world: World, person: SignIn) -> None:
    bag = world.journey.unit(LOT)
    said = person("zhao.l").get(f"/lots/{LOT}").get_data(as_text=True)
    for label in ("bag label", "bag tag"):
        assert f"{bag}: not scanned back on it: {label}." in said


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("check/{clearance}", {"looked_at": LOOKED}),
        ("withdraw/{clearance}", {"reason": "a bag was left"}),
        ("roll/{clearance}", {"labels_left": "0", "roll": "R-2", "labels": "500"}),
        ("leave/{clearance}", {"looked_at": LOOKED, "labels": "98"}),
        ("resume/{clearance}", {"reason": "more is filled"}),
        ("end/{clearance}", {"looked_at": LOOKED}),
        ("print/{unit}/bag", {}),
        ("scan/{unit}/bag", {"code": "anything"}),
        ("broken/{unit}", {"reason": "broke at filling"}),
        ("spoiled/{label}", {"reason": "jam or spoiled print", "paper": "spoiled"}),
    ],
    ids=["check", "withdraw", "roll", "leave", "resume", "end", "print", "scan", "broken", "spoiled"],
)
def test_nothing_of_another_lot_is_acted_on_under_the_address_of_this_one(
    world: World, person: SignIn, path: str, form: dict[str, Any]
) -> None:
    other = world.journey.unit(world.journey.lot(OTHER_LOT))
    label = world.journey.unit_label(other, "bag")
    (clearance,) = world.read(lambda session: clearances_of(session, lots.lot_numbered(session, OTHER_LOT).id))
    before = records(world, subject=f"unit:{other}"), records(world, subject=f"lot:{OTHER_LOT}")
    assert post(person("zhao.l"), path.format(clearance=clearance.id, unit=other, label=label), **form) == 404
    assert (records(world, subject=f"unit:{other}"), records(world, subject=f"lot:{OTHER_LOT}")) == before


def test_the_label_of_a_band_is_nothing_of_a_lot(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    band, *_ = world.read(lambda session: labels_of(session, f"participant:{HER}"))
    assert post(person("zhao.l"), f"spoiled/{band.id}", reason="jam", paper="spoiled") == 404

"""Donors, cell banks and materials on their pages, and the same for programs."""

import pytest
from support.clients import SignIn
from support.refusals import codes
from support.sources import DONOR, MASTER, MEDIUM, VECTOR, WORKING, approved_sources, hold, reject, use, with_sources
from support.stages import HER, LOT, enrolled
from support.worlds import World

LAST_DAY = "2028-01-31"
SIGNED = {"signature": {"password": "only for training", "meaning": "approved"}}
MATERIAL = {
    "number": "MAT-26-0200",
    "kind": "reagent",
    "name": "trypsin",
    "supplier": "Lonza",
    "supplier_lot": "L-77",
    "expires_on": LAST_DAY,
}


def page(person: SignIn, path: str, by: str = "qian.m") -> str:
    answer = person(by).get(path)
    assert answer.status_code == 200, path
    text: str = answer.get_data(as_text=True)
    return text


def test_a_donor_and_its_banks_are_registered_and_approved_on_pages(person: SignIn) -> None:
    made = person("zhao.l").send("POST", "/donors/new", form={"number": DONOR})
    assert (made.status_code, made.headers["Location"]) == (303, f"/donors/{DONOR}")
    bank = {"number": MASTER, "name": "UC-MSC P1", "origin": DONOR, "vials_total": "40", "expires_on": LAST_DAY}
    made = person("zhao.l").send("POST", "/cell-banks/new", form=bank)
    assert (made.status_code, made.headers["Location"]) == (303, f"/cell-banks/{MASTER}")
    assert "it is not decided yet whether the donor is eligible" in page(person, f"/cell-banks/{MASTER}")
    found = person("qian.m").sign(f"/sources/donor/{DONOR}/approve", markers="HIV negative")
    assert (found.status_code, found.headers["Location"]) == (303, f"/donors/{DONOR}")
    assert person("qian.m").sign(f"/sources/cell_bank/{MASTER}/approve").status_code == 303
    shown = page(person, f"/donors/{DONOR}")
    for words in ("HIV negative", "eligible", MASTER, "钱梅 QIAN Mei"):
        assert words in shown, words


def test_a_material_is_registered_rejected_and_says_why_on_pages(person: SignIn) -> None:
    assert person("zhao.l").send("POST", "/materials/new", form=MATERIAL).status_code == 303
    path = f"/sources/material/{MATERIAL['number']}/reject"
    assert person("qian.m").sign(path, reason="torn bag").status_code == 303
    assert "is rejected." in page(person, f"/materials/{MATERIAL['number']}")


def test_something_is_used_in_a_lot_on_its_page_by_the_number_that_was_scanned(world: World, person: SignIn) -> None:
    approved_sources(world)
    lot = world.journey.lot(LOT)
    assert f"/lots/{lot}/use" in page(person, f"/lots/{lot}", "zhao.l")
    for source, amount in ((WORKING.lower(), "2"), (MEDIUM, "500 mL")):
        sent = person("zhao.l").send("POST", f"/lots/{lot}/use", form={"source": source, "amount": amount})
        assert (sent.status_code, sent.headers["Location"]) == (303, f"/lots/{lot}")
    shown = page(person, f"/lots/{lot}", "zhao.l")
    for words in (WORKING, MASTER, DONOR, MEDIUM, "2 vials", "500 mL", "Gibco 2718"):
        assert words in shown, words
    assert LOT in page(person, f"/materials/{MEDIUM}")
    assert "8 / 10" in page(person, f"/cell-banks/{WORKING}")


def test_the_pages_of_lot_release_and_lists_say_that_a_source_is_held(world: World, person: SignIn) -> None:
    with_sources(world, lot=world.journey.lot(LOT))
    assert person("qian.m").send("POST", f"/sources/donor/{DONOR}/hold", form={"reason": "inquiry"}).status_code == 303
    told = f"{DONOR}, from which this lot was made, is on hold: QA knows why."
    for path in (f"/lots/{LOT}", f"/lots/{LOT}/release"):
        assert told in page(person, path), path
        assert "inquiry" in page(person, path), path
    for path in ("/lots", "/cell-banks", "/donors"):
        assert "on hold" in page(person, path), path
    assert "on hold" not in page(person, "/materials")


def test_sources_are_listed_searched_and_found_by_their_number(world: World, person: SignIn) -> None:
    approved_sources(world)
    assert VECTOR in page(person, "/materials?kind=vector")
    assert MEDIUM not in page(person, "/materials?kind=vector")
    assert WORKING in page(person, "/cell-banks?q=wcb&sort=-expires")
    assert MASTER not in page(person, "/cell-banks?q=wcb&status=approved").split("<tbody>")[1].split(WORKING)[0]
    for number, path in ((DONOR, "/donors/"), (WORKING, "/cell-banks/"), (MEDIUM, "/materials/")):
        sent = person("zhao.l").send("POST", "/scan", form={"code": number.lower()})
        assert sent.headers["Location"] == path + number
    assert person("zhou.n").send("POST", "/scan", form={"code": DONOR}).status_code == 404


def test_qa_is_told_what_waits_for_its_decision(person: SignIn) -> None:
    person("zhao.l").send("POST", "/materials/new", form=MATERIAL)
    assert f"/materials/{MATERIAL['number']}" in page(person, "/")


def test_a_kind_of_source_that_does_not_exist_is_not_found(person: SignIn) -> None:
    for path in ("/sources/lot/X/approve", "/sources/lot/X/reject"):
        assert person("qian.m").get(path).status_code == 404
    assert person("qian.m").post("/api/v1/sources/lot/X/hold", {"reason": "x"}).status_code == 404
    assert person("qian.m").get("/materials/X").status_code == 404


def test_a_program_registers_approves_uses_and_holds(world: World, person: SignIn) -> None:
    technician, qa = person("zhao.l"), person("qian.m")
    lot = world.journey.lot(LOT)
    made = technician.post("/api/v1/materials", MATERIAL)
    assert (made.status_code, made.get_json()["status"]) == (201, "quarantine")
    used = {"source": MATERIAL["number"], "amount": "20 mL"}
    assert codes(technician.post(f"/api/v1/lots/{lot}/inputs", used)) == ["source_not_approved"]
    approved = qa.post(f"/api/v1/sources/material/{MATERIAL['number']}/approve", SIGNED)
    assert (approved.status_code, approved.get_json()["status"]) == (200, "approved")
    assert technician.post(f"/api/v1/lots/{lot}/inputs", used).status_code == 201
    (listed,) = technician.get(f"/api/v1/lots/{lot}/inputs").get_json()
    assert (listed["material"], listed["bank"], listed["amount"]) == (MATERIAL["number"], None, "20 mL")
    held = qa.post(f"/api/v1/sources/material/{MATERIAL['number']}/hold", {"reason": "inquiry"})
    assert (held.status_code, held.get_json()["subject"]) == (201, f"material:{MATERIAL['number']}")
    assert codes(technician.post(f"/api/v1/lots/{lot}/inputs", used)) == ["source_on_hold"]
    rejected = {"reason": "growth", "signature": {**SIGNED["signature"], "meaning": "rejected"}}
    answer = qa.post(f"/api/v1/sources/material/{MATERIAL['number']}/reject", rejected)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "rejected")


@pytest.mark.parametrize(("path", "number"), [("donors", DONOR), ("cell-banks", WORKING), ("materials", MEDIUM)])
def test_a_program_lists_and_reads_sources(world: World, person: SignIn, path: str, number: str) -> None:
    approved_sources(world)
    use(world, world.journey.lot(LOT), WORKING)
    hold(world, "donor")
    analyst = person("wang.l")
    assert number in [each["number"] for each in analyst.get(f"/api/v1/{path}").get_json()]
    shown = analyst.get(f"/api/v1/{path}/{number}").get_json()
    assert (shown["number"], shown["decision_signature"]["meaning"]) == (number, "approved")


def test_a_program_registers_a_donor_and_its_banks(person: SignIn) -> None:
    technician = person("zhao.l")
    assert technician.post("/api/v1/donors", {"number": DONOR, "markers": "HIV negative"}).status_code == 201
    bank = {"name": "UC-MSC", "vials_total": 40, "expires_on": LAST_DAY}
    for number, origin, tier in ((MASTER, DONOR, "master"), (WORKING, MASTER, "working")):
        made = technician.post("/api/v1/cell-banks", {**bank, "number": number, "origin": origin})
        told = made.get_json()
        assert (made.status_code, told["tier"], told["donor"]) == (201, tier, DONOR)


def test_who_does_not_read_sources_sees_neither_them_nor_why_a_donor_is_stopped(world: World, person: SignIn) -> None:
    with_sources(world, lot=world.journey.lot(LOT))
    assert (
        person("qian.m").send("POST", f"/sources/donor/{DONOR}/hold", form={"reason": "HIV positive"}).status_code
        == 303
    )
    seen = {name: person(name).get(f"/lots/{LOT}").get_data(as_text=True) for name in ("qian.m", "zhou.n")}
    assert [words in seen["qian.m"] for words in ("HIV positive", "UC-MSC P2")] == [True, True]
    assert [words in seen["zhou.n"] for words in ("HIV positive", "UC-MSC P2", "QA knows why.")] == [False, False, True]


def test_the_page_of_an_order_says_that_a_bag_of_it_is_of_a_held_source(world: World, person: SignIn) -> None:
    approved_sources(world)
    world.journey.recipe = {MEDIUM: "500 mL"}
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    world.journey.allocated(order)
    assert "is on hold" not in page(person, f"/orders/{order}")
    hold(world, "material")
    assert f"{MEDIUM}, from which this lot was made, is on hold: under inquiry" in page(person, f"/orders/{order}")


def test_who_may_not_read_sources_learns_from_a_lot_neither_that_its_donor_is_not_eligible_nor_which_source_is_refused(
    world: World, person: SignIn
) -> None:
    with_sources(world, lot=world.journey.lot(LOT))
    reject(world, "donor", DONOR)
    paths = (f"/lots/{LOT}", f"/lots/{LOT}/release", f"/api/v1/lots/{LOT}/release")
    told = {
        by: "".join(person(by).get(each).get_data(as_text=True) for each in paths)
        for by in ("dr.gao", "zhou.n", "shen.i")
    }
    assert "is not eligible" in told["shen.i"]
    for by in ("dr.gao", "zhou.n"):
        assert "Something that this lot was made from is not approved: QA knows what." in told[by]
        assert "eligible" not in told[by]

"""Orders over the JSON API: signed, shown with their bags, cancelled, and each refusal with all its reasons."""

import pytest
from support.clients import SignIn
from support.clinic import measured_today
from support.refusals import codes
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.demonstration.players import PASSWORD

SIGNED = {"signature": {"password": PASSWORD}}
TODAY = {"cells_per_kg": 2_000_000, "planned_on": "2026-11-23"}
PATH = f"/api/v1/participants/{HER}/orders"


def test_an_order_is_made_allocated_shown_and_cancelled(world: World, person: SignIn) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    made = person("dr.gao").post(PATH, {**TODAY, **SIGNED})
    assert made.status_code == 201
    order = made.get_json()
    assert (order["number"], order["status"]) == (f"{HER}-01", "ordered")
    assert (order["target_million_cells"], order["weight_kg"]) == ("123.000", "61.5")
    path = f"/api/v1/orders/{order['number']}"
    assert person("li.c").post(f"{path}/allocate").get_json()["status"] == "allocated"
    shown = person("zhou.n").get(path).get_json()
    assert [(each["unit"], each["volume_to_give_ml"]) for each in shown["allocations"]] == [(f"{LOT}-001", "25.5")]
    assert (shown["signature"]["meaning"], shown["signature"]["printed_name"]) == ("ordered", "高医生 GAO Jun")
    assert person("dr.gao").post(f"{path}/cancel", {}).status_code == 422
    assert person("dr.gao").post(f"{path}/cancel", {"reason": "fever"}).get_json()["status"] == "cancelled"
    assert person("dr.gao").post(f"{path}/cancel", {"reason": "fever"}).status_code == 409


def test_a_refused_order_is_answered_with_every_reason(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    world.clock.pass_by(days=20)
    answer = person("dr.gao").post(PATH, {"cells_per_kg": 1, "planned_on": "2026-12-13", **SIGNED})
    assert answer.status_code == 409
    assert codes(answer) == ["dose_out_of_range", "weight_stale", "criterion_not_met"]


def test_an_order_sent_twice_under_one_key_is_one_order(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    first = person("dr.gao").post(PATH, {**TODAY, **SIGNED}, key="order-1")
    second = person("dr.gao").post(PATH, {**TODAY, **SIGNED}, key="order-1")
    assert (first.status_code, second.status_code, second.data) == (201, 201, first.data)
    assert codes(person("dr.gao").post(PATH, {**TODAY, **SIGNED}, key="order-2")) == ["order_open"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"cells_per_kg": 0}, "cells_per_kg"),
        ({"cells_per_kg": 10**30}, "cells_per_kg"),
        ({"cells_per_kg": "many"}, "cells_per_kg"),
        ({"planned_on": "23.11.2026"}, "planned_on"),
        ({"planned_on": None}, "planned_on"),
        ({"dose": 1}, "dose"),
        ({"signature": {"password": ""}}, "signature"),
    ],
    ids=["zero", "huge", "words", "day", "null", "unknown", "empty password"],
)
def test_a_fault_of_shape_is_told_at_its_field(
    world: World, person: SignIn, changed: dict[str, object], field: str
) -> None:
    enrolled(world, HER)
    answer = person("dr.gao").post(PATH, {**TODAY, **SIGNED, **changed})
    if field == "signature":
        assert (answer.status_code, answer.get_json()["type"]) == (403, "urn:cotrack:problem:signature-refused")
    else:
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


def test_an_unknown_order_is_not_found(person: SignIn) -> None:
    assert person("li.c").get("/api/v1/orders/IFN-001-99").status_code == 404
    assert person("li.c").post("/api/v1/orders/IFN-001-99/allocate").status_code == 404


def test_new_measurements_over_the_api_put_a_stale_order_right(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    world.clock.pass_by(days=20)
    day = world.journey.today().isoformat()
    body = {"cells_per_kg": 2_000_000, "planned_on": day, **SIGNED}
    assert codes(person("dr.gao").post(PATH, body)) == ["weight_stale", "criterion_not_met"]
    measured_today(world)
    assert person("dr.gao").post(PATH, body).status_code == 201


def test_an_order_without_bags_in_store_is_told_so(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    number = world.journey.ordered(HER)
    answer = person("li.c").post(f"/api/v1/orders/{number}/allocate")
    assert (answer.status_code, codes(answer)) == (409, ["no_bags"])

"""Supplies out of specification over the JSON API: each step, its refusals, and what a check answers."""

from support.clients import SignIn
from support.refusals import codes
from support.stages import HER, LOT
from support.supply import ALTERNATIVES, EVALUATION, HAZARD, out_of_specification, supplied_at_the_bedside
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.orders.schemas import EvaluationIn

SIGNED = {"signature": {"password": PASSWORD}}


def test_a_supply_is_requested_evaluated_accepted_told_of_and_shown(world: World, person: SignIn) -> None:
    order = out_of_specification(world)
    said = {"lot": LOT, "hazard": HAZARD, "alternatives": ALTERNATIVES}
    made = person("dr.gao").post(f"/api/v1/orders/{order}/supplies", {**said, **SIGNED})
    assert made.status_code == 201
    path = f"/api/v1/supplies/{made.get_json()['number']}"
    evaluation = {"evaluation": EVALUATION, "bags": f"{LOT}-001"}
    refused = person("qian.m").post(f"{path}/evaluate", {**evaluation, **SIGNED})
    assert (refused.status_code, codes(refused)) == (409, ["trail_unreviewed"])
    world.journey.trail_reviewed(LOT)
    assert person("qian.m").post(f"{path}/evaluate", {**evaluation, **SIGNED}).get_json()["failed_tests"] == ["cd105"]
    assert person("dr.gao").post(f"{path}/accept").status_code == 422
    accepted = person("dr.gao").post(f"{path}/accept", SIGNED).get_json()
    assert (accepted["status"], accepted["bags"]) == ("accepted", [f"{LOT}-001"])
    at = f"{world.journey.site_time():%Y-%m-%d %H:%M}"
    notice = {"addressee": "sponsor", "sent_at": at, "sent_by": "QIAN Min", "how": "telephone"}
    assert person("qian.m").post(f"{path}/notices", {**notice, "addressee": "press"}).status_code == 422
    assert person("qian.m").post(f"{path}/notices", notice).status_code == 201
    shown = person("zhou.n").get(path).get_json()
    assert [each["addressee"] for each in shown["notices"]] == ["sponsor"]
    assert [each["number"] for each in person("zhou.n").get(f"/api/v1/orders/{order}/supplies").get_json()] == [
        shown["number"]
    ]
    ended = person("dr.gao").post(f"{path}/withdraw", {"reason": "better"}).get_json()
    assert (ended["status"], ended["end_reason"]) == ("withdrawn", "better")
    assert person("qian.m").post(f"{path}/void", {"reason": "late"}).status_code == 409
    assert person("zhou.n").get("/api/v1/supplies/SUP-9").status_code == 404


def test_qa_may_name_every_bag_of_a_large_lot() -> None:
    every = ", ".join(f"{LOT}-{number:03d}" for number in range(1, 201))
    assert EvaluationIn().load({"evaluation": EVALUATION, "bags": every})["bags"] == every


def test_a_declined_supply_gives_nothing(world: World, person: SignIn) -> None:
    order = out_of_specification(world)
    said = {"lot": LOT, "hazard": HAZARD, "alternatives": ALTERNATIVES}
    number = person("dr.gao").post(f"/api/v1/orders/{order}/supplies", {**said, **SIGNED}).get_json()["number"]
    declined = person("qian.m").post(f"/api/v1/supplies/{number}/decline", {"reason": "too risky"})
    assert declined.get_json()["status"] == "declined"


def test_a_check_of_a_supplied_bag_answers_with_the_failed_tests(world: World, person: SignIn) -> None:
    bag, _, _ = supplied_at_the_bedside(world)
    band, label = (
        world.journey.live_code(f"participant:{HER}", "wristband"),
        world.journey.live_code(f"unit:{bag}", "bag"),
    )
    codes_of = {"participant_code": band, "unit_code": label}
    check = person("zhou.n").post("/api/v1/identity-checks", {**codes_of, "station": "WARD-3A-1"}).get_json()
    assert (check["result"], check["supplied_out_of_specification"]) == ("match", ["CD105+"])

"""From the freezer to the closed infusion over the JSON API: each step once, each refusal with all its reasons."""

from decimal import Decimal
from typing import Any

import pytest
from support.clients import SignIn
from support.refusals import codes, records, refused
from support.stages import HER, HIM, LOT, Bedside, at_the_bedside, at_the_ward, enrolled
from support.worlds import World

from cotrack.bedside.rules.volumes import missing_volume
from cotrack.bedside.service import infusions
from cotrack.demonstration.players import PASSWORD, Player
from cotrack.manufacture.service import lots, units

SIGNED = {"signature": {"password": PASSWORD}}
READY = {"line_ready": True, "vital_signs_ready": True}
DOSE = {"volume_given_ml": "25.5", "volume_left_ml": "4.5"}


def bag_code(bedside: Bedside, kind: str = "bag") -> str:
    return bedside.world.journey.live_code(f"unit:{bedside.bag}", kind)


def thaw_body(bedside: Bedside, **changed: Any) -> dict[str, Any]:
    return {
        "order_number": bedside.order,
        "unit_code": bag_code(bedside),
        "attached_code": bag_code(bedside, "tag"),
        "station": "WARD-3A-1",
        "confirmed": READY,
        **changed,
    }


def thaw_check(bedside: Bedside, person: SignIn, by: str, **changed: Any) -> Any:
    answer = person(by).post("/api/v1/thaw-checks", thaw_body(bedside, **changed))
    assert answer.status_code == 201
    return answer.get_json()


def identity_check(bedside: Bedside, person: SignIn, by: str, *, participant: str = HER) -> int:
    band = bedside.world.journey.live_code(f"participant:{participant}", "wristband")
    body = {"participant_code": band, "unit_code": bag_code(bedside), "station": "WARD-3A-1"}
    answer = person(by).post("/api/v1/identity-checks", body)
    assert answer.status_code == 201
    return int(answer.get_json()["id"])


def start(person: SignIn, first: int, second: int, *, by: str = "wu.n", key: str = "") -> Any:
    return person(by).post("/api/v1/infusions", {"first_check": first, "second_check": second}, key=key)


def started(bedside: Bedside, person: SignIn) -> int:
    first, second = identity_check(bedside, person, "zhou.n"), identity_check(bedside, person, "wu.n")
    return int(start(person, first, second).get_json()["id"])


def third_nurse(world: World) -> str:
    """Let one more nurse work here; return the user name."""
    world.cast.add(Player("third.n", "第三人 THIRD", ("nurse",)))
    return "third.n"


def test_a_bag_goes_from_the_freezer_to_the_end_of_its_infusion(world: World, person: SignIn) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    (bag,) = world.journey.allocated(order)
    bedside, path = Bedside(world, bag, order), f"/api/v1/units/{bag}"
    issue = {"bag_code": bag_code(bedside), "ward": "3A", "taken_by": "zhou.n"}
    assert person("ma.k").post(f"{path}/issue", issue).get_json()["status"] == "issued"
    received = person("zhou.n").post(f"{path}/receive", {"bag_code": bag_code(bedside)})
    assert received.get_json()["status"] == "received"
    first, second = (thaw_check(bedside, person, by)["id"] for by in ("zhou.n", "wu.n"))
    thaw = person("wu.n").post("/api/v1/thaws", {"first_check": first, "second_check": second})
    assert (thaw.status_code, thaw.get_json()["status"]) == (201, "thawing")
    assert person("wu.n").post(f"{path}/finish-thaw").get_json()["status"] == "thawed"
    infusion = f"/api/v1/infusions/{started(bedside, person)}"
    assert person("wu.n").post(f"{infusion}/pause", {"reason": "cough"}).status_code == 200
    assert person("wu.n").post(f"{infusion}/complete", {**DOSE, **SIGNED}).status_code == 409, (
        "a paused one goes on first"
    )
    assert person("wu.n").post(f"{infusion}/resume").status_code == 200
    ended = person("wu.n").post(f"{infusion}/complete", {**DOSE, **SIGNED})
    assert ended.status_code == 200
    shown = person("dr.gao").get(infusion).get_json()
    assert (shown["unit"], shown["participant"]) == (bag, HER)
    assert (shown["volume_given_ml"], shown["volume_left_ml"]) == ("25.5", "4.5")
    assert shown["closing_signature"]["meaning"] == "performed"
    assert person("li.c").get(f"/api/v1/orders/{order}").get_json()["status"] == "completed"
    told = [(each["event"], each["outcome"]) for each in records(world, subject=f"unit:{bag}")]
    assert told[-5:] == [
        ("unit.start", "done"),
        ("unit.pause", "done"),
        ("unit.complete", "refused"),
        ("unit.resume", "done"),
        ("unit.complete", "done"),
    ]


def test_a_start_is_refused_with_every_reason_at_once(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    first, second = identity_check(bedside, person, "zhou.n"), identity_check(bedside, person, "zhou.n")
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    world.do("qian.m", lambda work: units.hold_unit(work, bedside.bag, reason="dropped"))
    world.clock.pass_by(minutes=20)
    answer = start(person, second, first)
    assert answer.status_code == 409
    assert answer.mimetype == "application/problem+json"
    assert codes(answer) == [
        "same_person",
        "check_too_old",
        "second_scan_missing",
        "second_scan_missing",
        "lot_on_hold",
        "unit_on_hold",
    ]
    assert all(each["detail"] for each in answer.get_json()["blockers"])


def test_a_start_is_by_one_of_the_two_who_checked(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    first, second = identity_check(bedside, person, "zhou.n"), identity_check(bedside, person, "wu.n")
    third = third_nurse(world)
    with refused("second_scan_missing"):
        world.do(third, lambda work: infusions.start(work, first_check=first, second_check=second), station="WARD-3A-2")


def test_a_start_repeated_under_its_key_is_one_infusion_and_one_answer(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    first, second = identity_check(bedside, person, "zhou.n"), identity_check(bedside, person, "wu.n")
    answers = [start(person, first, second, key="start-1") for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 201, 201]
    assert len({each.data for each in answers}) == 1
    assert codes(start(person, first, second, key="start-2")) == ["already_used"]
    assert len(records(world, event="unit.start", outcome="done")) == 1


def test_a_mismatch_voids_the_earlier_matches_of_both_nurses(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    first = identity_check(bedside, person, "zhou.n")
    identity_check(bedside, person, "wu.n", participant=HIM)
    second = identity_check(bedside, person, "wu.n")
    assert codes(start(person, first, second)) == ["check_too_old"]
    again = identity_check(bedside, person, "zhou.n")
    assert codes(start(person, second, first)) != []
    assert start(person, second, again, by="zhou.n").status_code == 201


def test_a_mismatch_of_another_participant_and_bag_at_another_bed_voids_nothing(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    first, second = identity_check(bedside, person, "zhou.n"), identity_check(bedside, person, "wu.n")
    other = bedside.bag.replace("-001", "-002")
    strange = world.journey.check(HIM, other, third_nurse(world), station="WARD-3A-2")
    assert strange.result == "mismatch"
    assert start(person, first, second).status_code == 201


@pytest.mark.parametrize(("subject", "station"), [(HER, "WARD-3A-2"), (HIM, "WARD-3A-1")])
def test_a_strangers_mismatch_of_the_participant_or_at_the_bed_voids_both_matches(
    world: World, person: SignIn, subject: str, station: str
) -> None:
    bedside = at_the_bedside(world)
    first, second = identity_check(bedside, person, "zhou.n"), identity_check(bedside, person, "wu.n")
    other = bedside.bag.replace("-001", "-002")
    strange = world.journey.check(subject, other, third_nurse(world), station=station)
    assert strange.result == "mismatch"
    assert set(codes(start(person, first, second))) == {"check_too_old"}


def test_checks_before_the_thaw_start_no_infusion_and_those_at_the_bed_no_thaw(world: World, person: SignIn) -> None:
    bedside = at_the_ward(world)
    thaw_pair = [thaw_check(bedside, person, by)["id"] for by in ("zhou.n", "wu.n")]
    assert set(codes(start(person, *thaw_pair))) == {"second_scan_missing", "step_out_of_order"}
    world.journey.thawed(bedside.bag)
    pair = [identity_check(bedside, person, by) for by in ("zhou.n", "wu.n")]
    body = {"first_check": pair[0], "second_check": pair[1]}
    assert set(codes(person("wu.n").post("/api/v1/thaws", body))) == {"second_scan_missing", "step_out_of_order"}


@pytest.mark.parametrize("pair", [(999_998, 999_999), (1, 1)], ids=["unknown", "doubled"])
def test_checks_that_are_no_pair_start_nothing(world: World, person: SignIn, pair: tuple[int, int]) -> None:
    at_the_bedside(world)
    answer = start(person, *pair)
    assert answer.status_code == 409
    assert "second_scan_missing" in codes(answer)


def test_before_the_thaw_every_precondition_of_the_study_is_confirmed(world: World, person: SignIn) -> None:
    bedside = at_the_ward(world)
    for confirmed in ({}, {"line_ready": True}, {"line_ready": True, "vital_signs_ready": False}, {"other": True}):
        check = thaw_check(bedside, person, "zhou.n", confirmed=confirmed)
        missing = 2 - confirmed.get("line_ready", False)
        assert [each["code"] for each in check["blockers"]] == ["precondition_missing"] * missing
    assert thaw_check(bedside, person, "zhou.n")["result"] == "match"


def test_a_bag_of_another_order_is_not_thawed_for_this_one(world: World, person: SignIn) -> None:
    bedside = at_the_ward(world)
    his = world.journey.ordered(HIM)
    check = thaw_check(bedside, person, "zhou.n", order_number=his)
    assert [each["code"] for each in check["blockers"]] == ["not_allocated"]


@pytest.mark.parametrize(
    ("volumes", "words"),
    [
        ("25.5 4.5", []),
        ("23.0 7.0", []),
        ("22.9 7.1", ["dose_out_of_range"]),
        ("28.0 0.0", []),
        ("28.1 0.0", ["dose_out_of_range"]),
        ("25.5 4.6", ["volume_impossible"]),
        ("31.0 0.0", ["volume_impossible", "dose_out_of_range"]),
        ("25.5 1.5", []),
        ("25.5 1.4", ["volume_to_explain"]),
        ("25.5 0.0", ["volume_to_explain"]),
    ],
)
def test_the_volumes_at_the_end_can_be_true_and_fit_the_order(
    world: World, person: SignIn, volumes: str, words: list[str]
) -> None:
    given, left = volumes.split()
    bedside = at_the_bedside(world)
    path = f"/api/v1/infusions/{started(bedside, person)}/complete"
    answer = person("wu.n").post(path, {"volume_given_ml": given, "volume_left_ml": left, **SIGNED})
    assert answer.status_code == (409 if words else 200)
    assert (codes(answer) if words else []) == words


def test_a_part_given_is_stopped_early_with_a_reason_and_counts(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    path = f"/api/v1/infusions/{started(bedside, person)}/stop-early"
    body = {"volume_given_ml": "3.0", "volume_left_ml": "27.0", **SIGNED}
    assert person("dr.gao").post(path, body).status_code == 422
    stopped = person("dr.gao").post(path, {**body, "reason": "rash"})
    assert (stopped.status_code, stopped.get_json()["volume_given_ml"]) == (200, "3.0")
    order = person("li.c").get(f"/api/v1/orders/{bedside.order}").get_json()
    assert (order["status"], order["ended_as"]) == ("completed", "stopped_early")
    assert person("dr.gao").post(path, {**body, "reason": "rash"}).status_code == 409


def test_a_volume_that_is_neither_given_nor_left_is_signed_for_with_its_reason(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    path = f"/api/v1/infusions/{started(bedside, person)}/complete"
    body = {"volume_given_ml": "25.5", "volume_left_ml": "0.5", **SIGNED}
    assert codes(person("wu.n").post(path, body)) == ["volume_to_explain"]
    assert person("wu.n").post(path, {**body, "missing_reason": "stays in the line"}).status_code == 200
    signed = world.read(lambda session: infusions.infusion_of(session, 1)).closing_signature.text
    assert "Neither given nor left / 去向 4.0 mL: stays in the line" in signed
    assert "4.0 mL: stays in the line" in person("dr.gao").get("/infusions/1").get_data(as_text=True)


def test_a_reason_that_nobody_asked_for_stands_in_what_is_signed_all_the_same(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    path = f"/api/v1/infusions/{started(bedside, person)}/complete"
    body = {"volume_given_ml": "25.5", "volume_left_ml": "4.4", "missing_reason": "spilled on the floor", **SIGNED}
    assert person("wu.n").post(path, body).status_code == 200
    signed = world.read(lambda session: infusions.infusion_of(session, 1)).closing_signature.text
    assert "Neither given nor left / 去向 0.1 mL: spilled on the floor" in signed


def test_of_what_a_thaw_check_confirms_only_what_the_study_asks_is_kept(world: World, person: SignIn) -> None:
    bedside = at_the_ward(world)
    for more in ({f"key {number}": True for number in range(101)}, {"k" * 101: True}):
        body = thaw_body(bedside, confirmed={**READY, **more})
        assert person("zhou.n").post("/api/v1/thaw-checks", body).status_code == 422
    thaw_check(bedside, person, "zhou.n", confirmed={**READY, "x": True})
    assert records(world, event="identity_check.make")[-1]["details"]["confirmed"] == sorted(READY)


def test_more_than_was_in_the_bag_is_refused_whatever_the_reason(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    path = f"/api/v1/infusions/{started(bedside, person)}/stop-early"
    body = {"volume_given_ml": "25.5", "volume_left_ml": "4.6", "reason": "rash", "missing_reason": "foam", **SIGNED}
    assert codes(person("wu.n").post(path, body)) == ["volume_impossible"]


def test_a_study_without_a_tolerance_lets_no_volume_go_missing_unsaid() -> None:
    assert missing_volume(Decimal(30), Decimal("25.5"), Decimal("4.4"), None) == Decimal("0.1")
    assert missing_volume(Decimal(30), Decimal("25.5"), Decimal("4.5"), None) == 0


@pytest.mark.parametrize("value", ["-1", "1e2", "NaN", "25.55", "1001", "", None])
def test_a_volume_that_is_none_is_told_at_its_field(world: World, person: SignIn, value: str | None) -> None:
    bedside = at_the_bedside(world)
    path = f"/api/v1/infusions/{started(bedside, person)}/complete"
    answer = person("wu.n").post(path, {**DOSE, "volume_given_ml": value, **SIGNED})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["volume_given_ml"])


def test_a_wrong_password_ends_no_infusion(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    path = f"/api/v1/infusions/{started(bedside, person)}"
    answer = person("wu.n").post(f"{path}/complete", {**DOSE, "signature": {"password": "wrong"}})
    assert (answer.status_code, answer.get_json()["type"]) == (403, "urn:cotrack:problem:signature-refused")
    assert person("wu.n").get(path).get_json()["ended_at"] is None
    assert records(world, event="unit.complete")[-1]["outcome"] == "refused"


def test_an_unknown_infusion_or_unit_is_not_found(world: World, person: SignIn) -> None:
    assert person("wu.n").get("/api/v1/infusions/4711").status_code == 404
    assert person("wu.n").post("/api/v1/infusions/4711/pause", {"reason": "x"}).status_code == 404
    assert person("wu.n").post("/api/v1/units/MSC26-9999-001/receive", {"bag_code": "x"}).status_code == 404

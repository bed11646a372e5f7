"""`POST /api/v1/identity-checks` answers 201 whatever is scanned, and names every reason against the bag."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from support.clients import SignIn
from support.forged import altered
from support.refusals import records
from support.stages import HER, HIM, LOT, OTHER_LOT, at_the_bedside, at_the_ward, results_of
from support.worlds import World

from cotrack.bedside.service import ward
from cotrack.custody.service import store_unit
from cotrack.labelling.rules.codes import make_code
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.rules.self_test import Arrived
from cotrack.labelling.rules.sheet import SYMBOLS
from cotrack.labelling.service import papers, self_tests
from cotrack.labelling.service.scanning import key_id
from cotrack.manufacture.service import filling, lots, units
from cotrack.orders.service.dosing import make_order
from cotrack.participants.service import bands, enrolment
from cotrack.release.service import dispositions

PATH = "/api/v1/identity-checks"


def scans(world: World, bag: str, *, subject: str = HER, **changed: str) -> dict[str, str]:
    """Return what a nurse scans at a bedside, with something changed."""
    return {
        "participant_code": world.journey.live_code(f"participant:{subject}", "wristband"),
        "unit_code": world.journey.live_code(f"unit:{bag}", "bag"),
        "station": "WARD-3A-1",
        **changed,
    }


def asked(person: SignIn, body: Mapping[str, str], *, by: str = "zhou.n", key: str = "") -> Any:
    answer = person(by, body["station"]).post(PATH, dict(body), key=key)
    assert answer.status_code == 201
    return answer.get_json()


def words(person: SignIn, body: Mapping[str, str], *, by: str = "zhou.n") -> list[str]:
    """Return the code words of a check; a mismatch stands for no time at all."""
    check = asked(person, body, by=by)
    assert check["result"] == ("mismatch" if check["blockers"] else "match")
    if check["blockers"]:
        assert check["valid_until"] == check["decided_at"]
    return [each["code"] for each in check["blockers"]]


def test_a_match_says_until_when_it_stands(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    check = asked(person, scans(world, bedside.bag))
    assert (check["result"], check["blockers"]) == ("match", [])
    assert check["decided_at"] == "2026-11-23T04:00:00+00:00"
    assert check["valid_until"] == "2026-11-23T04:10:00+00:00"


def test_every_scan_that_is_no_live_label_of_the_right_kind_has_its_word(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    key, whole = world.runtime.ground.keys.label, scans(world, bedside.bag)
    bag, band = whole["unit_code"], whole["participant_code"]
    production = make_code(KINDS["bag"], "P", bag[5:15], 1, key_id=key_id(key), sign=key.sign)
    unknown = make_code(KINDS["bag"], "T", "A" * 10, 1, key_id=key_id(key), sign=key.sign)
    tried = {
        "": "not_scanned",
        "4006381333931": "unknown_code",
        "\ud800": "unknown_code",
        unknown: "unknown_code",
        bag[:60]: "damaged_code",
        bag + bag: "damaged_code",
        altered(bag): "bad_signature",
        production: "wrong_environment",
        band: "wrong_kind",
    }
    assert {code: words(person, {**whole, "unit_code": code}) for code in tried} == {
        code: [word] for code, word in tried.items()
    }
    assert words(person, {**whole, "participant_code": bag}) == ["wrong_kind"]


def test_a_dead_label_has_its_word(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    old = scans(world, bedside.bag)
    new = world.do("zhao.l", lambda work: filling.request_label(work, bedside.bag, kind="bag", reason="smudged")).id
    assert words(person, old) == ["label_superseded"]
    assert words(person, {**old, "unit_code": world.journey.code(new)}) == ["label_incomplete"]
    world.do("zhao.l", lambda work: papers.make_void(work, new, reason="torn"))
    assert words(person, {**old, "unit_code": world.journey.code(new)}) == ["label_void"]


def test_a_band_that_two_people_did_not_put_on_has_its_word(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="wet"))
    code = world.journey.printed_band(HER)
    world.do("zhou.n", lambda work: bands.put_on(work, HER, band_code=code, is_identity_confirmed=True))
    assert words(person, scans(world, bedside.bag)) == ["band_not_current"]


def test_another_patient_has_one_word_alone(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    assert words(person, scans(world, bedside.bag, subject=HIM)) == ["wrong_patient"]
    assert words(person, {**scans(world, bedside.bag), "identity_answer": "denied"}) == ["wrong_patient"]


def test_a_bag_of_nobody_that_never_left_the_freezer_has_every_word_of_it(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    other = bedside.bag.replace("-001", "-002")
    assert words(person, scans(world, other)) == ["not_issued_here", "step_out_of_order", "not_allocated"]


def test_a_bag_of_a_lot_without_a_release_has_its_word(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    (other,) = world.journey.finished_lot(OTHER_LOT)
    always = ["not_issued_here", "step_out_of_order", "not_allocated"]

    def told() -> set[str]:
        return set(words(person, scans(world, other))) - set(always)

    assert told() == {"lot_not_released"}
    lines = results_of(world, OTHER_LOT).decode().splitlines()
    world.journey.results("\n".join(line for line in lines if ",RCL," not in line).encode())
    world.journey.review(OTHER_LOT)
    world.journey.release_conditionally(OTHER_LOT, reason="urgent")
    assert told() == {"lot_conditional"}
    world.sign("qian.m", lambda work: dispositions.reject(work, OTHER_LOT, reason="growth"))
    assert told() == {"lot_rejected"}
    assert words(person, scans(world, bedside.bag)) == []


def test_each_hold_and_recall_has_its_word(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    world.do("qian.m", lambda work: units.hold_unit(work, bedside.bag, reason="dropped"))
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="recall", reason="growth"))
    assert words(person, scans(world, bedside.bag)) == ["unit_on_hold", "lot_on_hold", "lot_recalled"]


@pytest.mark.parametrize(
    ("station", "word"),
    [("WARD-5B-1", "not_issued_here"), ("FILL-1", "station_unknown"), ("HOME", "station_unknown")],
)
def test_the_place_is_a_registered_bedside_of_the_ward_that_the_bag_went_to(
    world: World, person: SignIn, station: str, word: str
) -> None:
    bedside = at_the_bedside(world)
    assert words(person, scans(world, bedside.bag, station=station)) == [word]


def test_a_nurse_checks_at_the_station_that_she_signed_in_at(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    elsewhere = person("zhou.n", "WARD-5B-1").post(PATH, scans(world, bedside.bag))
    assert [each["code"] for each in elsewhere.get_json()["blockers"]] == ["station_unknown"]


def test_no_check_matches_where_the_scanner_did_not_read_the_sheet_true(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    garbled = {each.name: Arrived(each.text.swapcase()) for each in SYMBOLS}
    world.do("zhou.n", lambda work: self_tests.take(work, "WARD-3A-1", garbled))
    assert words(person, scans(world, bedside.bag)) == ["station_not_tested"]
    assert words(person, scans(world, bedside.bag, unit_code="CT1")) == ["station_not_tested", "damaged_code"]
    (blocker,) = asked(person, scans(world, bedside.bag))["blockers"]
    assert "did not read the self-test sheet true" in blocker["detail"]
    made = world.journey.thaw_check(bedside.bag, "zhou.n")
    assert made.blockers[0].code == "station_not_tested"
    world.cast.test_scanners(["WARD-3A-1"])
    assert words(person, scans(world, bedside.bag)) == []


def test_a_used_bag_has_its_word_and_its_order_is_over(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    assert words(person, scans(world, bedside.bag)) == ["already_used"]
    world.journey.completed(infusion, "25.5", "4.5")
    assert words(person, scans(world, bedside.bag)) == ["already_used", "order_not_valid"]


def test_somebody_withdrawn_gets_nothing(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    world.do("dr.gao", lambda work: enrolment.withdraw(work, HER, reason="withdrew consent"))
    assert words(person, scans(world, bedside.bag)) == ["participant_not_eligible"]


def test_a_weight_that_went_stale_since_the_order_has_its_word(world: World, person: SignIn) -> None:
    bedside = at_the_ward(world)
    world.clock.pass_by(days=7)
    assert words(person, scans(world, bedside.bag)) == ["step_out_of_order"]
    world.clock.pass_by(days=1)
    assert words(person, scans(world, bedside.bag), by="wu.n") == ["step_out_of_order", "weight_stale"]


def test_a_dose_ordered_for_later_is_not_given_before_its_interval_is_over(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    world.journey.completed(world.journey.started(HER, bedside.bag), "25.5", "4.5")
    world.clock.pass_by(days=27)
    world.journey.measured(HER, {"weight_kg": "61.5", "organ_function_on": world.journey.today().isoformat()})
    tomorrow = world.journey.today() + timedelta(days=1)
    made = world.sign("dr.gao", lambda work: make_order(work, HER, cells_per_kg=2_000_000, planned_on=tomorrow))
    (bag,) = world.journey.allocated(made.number)
    assert "interval_too_short" in words(person, scans(world, bag))
    world.clock.pass_by(days=1)
    assert "interval_too_short" not in words(person, scans(world, bag), by="wu.n")


def test_a_mismatch_is_recorded_with_its_reasons_and_what_was_scanned(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    asked(person, scans(world, bedside.bag, subject=HIM))
    record = records(world, event="identity_check.make")[-1]
    assert (record["outcome"], record["actor"], record["subject"]) == ("mismatch", "zhou.n", f"unit:{bedside.bag}")
    assert [each["code"] for each in record["blockers"]] == ["wrong_patient"]
    assert set(record["details"]["scans"]) == {"participant", "unit"}


def test_a_foreign_code_is_kept_by_length_and_hmac_only(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    asked(person, {**scans(world, bedside.bag), "participant_code": "110101199003074514"})
    record = str(records(world, event="identity_check.make")[-1])
    assert "110101199003074514" not in record
    assert "'misread': 'unknown_code'" in record


def test_a_repeated_check_answers_with_its_first_time_and_stands_no_longer(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    body = scans(world, bedside.bag)
    first = asked(person, body, key="check-1")
    world.clock.pass_by(minutes=9)
    assert asked(person, body, key="check-1") == first
    assert len(records(world, event="identity_check.make")) == 3, "two before the thaw, and one"
    world.clock.pass_by(minutes=2)
    second = asked(person, body, by="wu.n")
    again = asked(person, body, key="check-1")
    pair = {"first_check": again["id"], "second_check": second["id"]}
    answer = person("wu.n").post("/api/v1/infusions", pair)
    assert answer.status_code == 409
    assert [each["code"] for each in answer.get_json()["blockers"]] == ["check_too_old"]


def test_a_key_that_comes_with_another_scan_is_refused(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    asked(person, scans(world, bedside.bag), key="check-1")
    other = {**scans(world, bedside.bag), "unit_code": "x"}
    answer = person("zhou.n").post(PATH, other, key="check-1")
    assert (answer.status_code, answer.get_json()["type"]) == (422, "urn:cotrack:problem:idempotency-key-reused")


def test_what_one_nurse_asked_under_a_key_is_nothing_to_another(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    body = scans(world, bedside.bag)
    assert asked(person, body, key="same")["id"] != asked(person, body, by="wu.n", key="same")["id"]


@pytest.mark.parametrize("username", ["li.c", "dr.gao", "ma.k", "qian.m", "shen.i"])
def test_only_nurses_check(world: World, person: SignIn, username: str) -> None:
    answer = person(username).post(PATH, {"participant_code": "x", "unit_code": "x", "station": "WARD-3A-1"})
    assert (answer.status_code, answer.get_json()["type"]) == (403, "urn:cotrack:problem:permission-denied")


def test_a_returned_bag_stored_again_is_no_longer_hers(world: World, person: SignIn) -> None:
    bedside = at_the_ward(world)
    world.do("zhou.n", lambda work: ward.return_unit(work, bedside.bag, reason="patient absent"))
    world.do("ma.k", lambda work: store_unit(work, bedside.bag, place="LN2-A"))
    assert words(person, scans(world, bedside.bag)) == ["step_out_of_order", "not_allocated"]

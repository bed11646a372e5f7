"""What stops a bag at the bedside, reason by reason (reference/domain.md §5.3), and what a nurse is told to do."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cotrack.bedside.rules.advice import ADVICE, CALL_PHYSICIAN, CALL_QA, DEFAULT_ADVICE, advice
from cotrack.bedside.rules.checks import (
    USED_STATES,
    against_answer,
    against_bag,
    against_band,
    against_other_bag,
    against_other_order,
    against_pair,
    against_patient,
    against_preconditions,
    against_scans,
    against_wash,
    unique,
)
from cotrack.bedside.rules.facts import BagFacts, CheckFacts, OrderFacts, Place
from cotrack.bedside.rules.volumes import against_completion, against_volumes
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.resources import resource
from cotrack.foundation.words import Words
from cotrack.labelling.rules.codes import Code, Misread
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.rules.standing import LabelFacts, Scan
from cotrack.lifecycles import LOT, ORDER, PARTICIPANT, UNIT
from cotrack.orders.rules import History, Weighed, against_newer_weight
from cotrack.quality.rules import HoldFacts
from cotrack.release.rules.entries import Unsettled, UnsettledEntry, against_unsettled
from cotrack.study.rules.reading import SEPARATOR, read_definition

FOLDER = resource("study/definitions")
STUDY, _ = read_definition(
    SEPARATOR.join(
        (FOLDER / name).read_text(encoding="utf-8") for name in ("msc-ifna.toml", "msc-ifna.demonstration.toml")
    )
)
assert STUDY is not None
NOW = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
TODAY = date(2026, 11, 22)
WARD = Place("3A", NOW, TODAY)
BAG = "MSC26-0031-001"
NURSES = (11, 12)
ORDER_FACTS = OrderFacts(
    order_id=5,
    number="IFN-001-02",
    status="allocated",
    participant_id=1,
    subject_number="IFN-001",
    participant_status="enrolled",
    weight_kg=Decimal("61.5"),
    weighed_on=TODAY,
    newest_weight=Weighed(Decimal("61.5"), TODAY),
    is_started=False,
    history=History(1, TODAY - timedelta(days=28)),
    volume_to_give_ml=Decimal("25.5"),
)
FACTS = BagFacts(
    unit_id=7,
    number=BAG,
    status="thawed",
    lot_number="MSC26-0031",
    lot_status="released",
    has_acceptance=False,
    expires_at=NOW + timedelta(minutes=30),
    issued_to_ward="3A",
    thaw_started_at=None,
    definition=STUDY,
    holds=(),
    is_band_confirmed=True,
    order=ORDER_FACTS,
)


def codes(reasons: list[Blocker]) -> list[str]:
    return [each.code for each in reasons]


def against(*, state: str = "thawed", place: Place = WARD, **changed: object) -> list[str]:
    return codes(against_bag(replace(FACTS, **changed), place, state=state))


def against_order(**changed: object) -> list[str]:
    return against(order=replace(ORDER_FACTS, **changed))


def scan(kind: str, subject: str, status: str = "applied", *, instance: int = 1) -> Scan:
    label = LabelFacts(instance, subject, kind, instance, status)
    return Scan(Code(KINDS[kind], "A" * 10, instance, "CT1"), label)


BAG_SCAN, TAG_SCAN = scan("bag", f"unit:{BAG}"), scan("tag", f"unit:{BAG}")
BAND_SCAN = scan("wristband", "participant:IFN-001")


def test_a_bag_in_order_has_nothing_against_it() -> None:
    assert against() == []


@pytest.mark.parametrize("status", sorted(UNIT.states))
def test_a_label_with_another_expiry_stops_a_frozen_bag_and_never_a_thawed_one(status: str) -> None:
    found = against(status=status, state=status, old_labels=("bag", "tag"))
    is_frozen = status in {"filled", "stored", "allocated", "issued", "received", "returned"}
    assert found == (["label_outdated"] * 2 if is_frozen else [])


def test_a_bag_is_washed_once_and_only_where_the_study_says_how_long_it_keeps() -> None:
    product = replace(STUDY.product, washed_life_minutes=None)
    washes_none = replace(FACTS, definition=replace(STUDY, product=product))
    is_open = replace(
        FACTS, definition=replace(STUDY, product=product, unset=frozenset({"product.washed_life_minutes"}))
    )
    assert codes(against_wash(FACTS)) == []
    assert codes(against_wash(replace(FACTS, washed_at=NOW))) == ["already_washed"]
    assert codes(against_wash(washes_none)) == ["not_washed_here"]
    assert codes(against_wash(is_open)) == ["sponsor_to_set"]
    assert codes(against_bag(replace(washes_none, washed_at=NOW), WARD, state="thawed")) == ["sponsor_to_set"]


@pytest.mark.parametrize(
    ("bag", "tag", "expected"),
    [
        (BAG_SCAN, None, []),
        (BAG_SCAN, TAG_SCAN, []),
        (TAG_SCAN, None, ["wrong_kind"]),
        (BAND_SCAN, TAG_SCAN, ["wrong_kind"]),
        (BAG_SCAN, BAG_SCAN, ["wrong_kind"]),
        (BAG_SCAN, scan("tag", "unit:MSC26-0031-002"), ["label_incomplete"]),
        (BAG_SCAN, scan("tag", f"unit:{BAG}", "void"), ["label_void"]),
        (
            scan("bag", f"unit:{BAG}", "superseded"),
            scan("tag", f"unit:{BAG}", "printed"),
            ["label_superseded", "label_incomplete"],
        ),
        (Scan(Misread("bad_signature"), None), None, ["bad_signature"]),
        (Scan(Misread("not_scanned"), None), Scan(Misread("damaged_code"), None), ["not_scanned", "damaged_code"]),
    ],
)
def test_e14_to_e18_bag_and_tag_are_each_current_and_belong_together(
    bag: Scan, tag: Scan | None, expected: list[str]
) -> None:
    assert codes(against_scans(bag, tag)) == expected


@pytest.mark.parametrize(
    ("band", "is_current", "expected"),
    [
        (BAND_SCAN, True, []),
        (BAND_SCAN, False, ["band_not_current"]),
        (BAG_SCAN, True, ["wrong_kind"]),
        (scan("wristband", "participant:IFN-001", "superseded"), False, ["label_superseded"]),
    ],
)
def test_e15_only_a_confirmed_current_band_says_who_somebody_is(
    band: Scan, is_current: bool, expected: list[str]
) -> None:
    assert codes(against_band(band, is_band_current=is_current)) == expected


@pytest.mark.parametrize(
    ("place", "ward", "expected"),
    [
        (WARD, "3A", []),
        (WARD, "5B", ["not_issued_here"]),
        (WARD, "", ["not_issued_here"]),
        (replace(WARD, ward=None), "3A", ["station_unknown"]),
        (replace(WARD, ward=None), "", ["station_unknown"]),
    ],
)
def test_a_bag_goes_on_only_on_the_ward_that_it_was_issued_to(place: Place, ward: str, expected: list[str]) -> None:
    assert against(place=place, issued_to_ward=ward) == expected


@pytest.mark.parametrize("state", ["allocated", "received", "thawed", "paused"])
def test_e11_a_bag_goes_on_from_its_own_step_and_never_twice(state: str) -> None:
    found = {status: against(status=status, state=state) for status in UNIT.states}
    assert found.pop(state) == []
    assert {status for status, reasons in found.items() if reasons == ["already_used"]} == USED_STATES - {state}
    assert {tuple(reasons) for reasons in found.values()} == {("already_used",), ("step_out_of_order",)}


def test_whatever_was_infused_wasted_or_destroyed_is_used() -> None:
    ended = {"completed", "stopped_early", "wasted", "destroyed"}
    assert {"started", "paused", *ended} == USED_STATES
    assert set(UNIT.states) >= USED_STATES


def test_e05_to_e07_only_a_bag_of_a_released_lot_goes_on() -> None:
    assert [status for status in LOT.states if against(lot_status=status) == []] == ["released"]


def test_e06_a_conditional_lot_is_given_once_it_is_accepted_for_the_bags_order() -> None:
    assert against(lot_status="conditionally_released") == ["lot_conditional"]
    accepted = [status for status in LOT.states if against(lot_status=status, has_acceptance=True) == []]
    assert sorted(accepted) == ["conditionally_released", "released"]


def test_every_hold_over_bag_or_lot_stops_it() -> None:
    holds = (HoldFacts("lot:MSC26-0031", "recalled", "growth", NOW), HoldFacts(f"unit:{BAG}", "standing", "leak", NOW))
    assert against(holds=holds) == ["lot_recalled", "unit_on_hold"]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(30, []), (29.99, ["expires_before_end"]), (0.01, ["expires_before_end"]), (0, ["expired"]), (-1, ["expired"])],
)
def test_e08_e09_a_bag_lives_to_the_end_of_the_planned_infusion(minutes: float, expected: list[str]) -> None:
    assert against(expires_at=NOW + timedelta(minutes=minutes)) == expected


def test_e03_a_bag_that_is_nobodys_is_given_to_nobody() -> None:
    assert against(order=None) == ["not_allocated"]


def test_e24_only_an_order_in_force_counts() -> None:
    found = {status: against_order(status=status) for status in ORDER.states}
    assert found.pop("allocated") == []
    assert all(reasons == ["order_not_valid"] for reasons in found.values())


def test_e23_only_somebody_in_the_study_is_given_anything() -> None:
    found = {status: against_order(participant_status=status) for status in PARTICIPANT.states}
    assert found.pop("enrolled") == []
    assert all(reasons == ["participant_not_eligible"] for reasons in found.values())


@pytest.mark.parametrize(
    ("history", "is_started", "expected"),
    [
        (History(1, TODAY - timedelta(days=27)), False, ["interval_too_short"]),
        (History(4, TODAY - timedelta(days=90)), False, ["too_many_infusions"]),
        (History(4, TODAY), False, ["too_many_infusions", "interval_too_short"]),
        (History(0, None), False, []),
        (History(4, TODAY), True, []),
    ],
)
def test_e22_number_and_interval_count_until_the_first_bag_of_the_order_has_started(
    history: History, is_started: bool, expected: list[str]
) -> None:
    assert against_order(history=history, is_started=is_started) == expected


@pytest.mark.parametrize(("days", "expected"), [(7, []), (8, ["weight_stale"]), (-1, ["weight_stale"])])
def test_e21_the_weight_of_the_order_is_still_of_the_last_days(days: int, expected: list[str]) -> None:
    assert against_order(weighed_on=TODAY - timedelta(days=days)) == expected


@pytest.mark.parametrize(
    ("newest", "expected"),
    [("61.5", []), ("68.3", []), ("68.4", ["weight_stale"]), ("56.0", []), ("55.9", ["weight_stale"])],
)
def test_e21_the_ordered_dose_is_that_of_the_newest_weight_within_the_studys_tolerance(
    newest: str, expected: list[str]
) -> None:
    assert against_order(newest_weight=Weighed(Decimal(newest), TODAY)) == expected


def test_a_dose_of_another_weight_is_not_judged_by_a_tolerance_that_nobody_set() -> None:
    assert codes(against_newer_weight(Decimal(60), Weighed(Decimal(61), TODAY), None)) == ["sponsor_to_set"]
    assert against_newer_weight(Decimal(60), Weighed(Decimal("60.0"), TODAY), None) == []
    assert against_newer_weight(Decimal(60), None, None) == []


def test_every_reason_against_a_bag_is_told_and_not_only_the_first() -> None:
    reasons = against_bag(
        replace(
            FACTS,
            status="started",
            lot_status="quarantine",
            expires_at=NOW,
            issued_to_ward="5B",
            holds=(HoldFacts("lot:MSC26-0031", "standing", "alarm", NOW),),
            order=replace(ORDER_FACTS, status="cancelled", participant_status="withdrawn", weighed_on=date(2026, 1, 1)),
        ),
        WARD,
        state="thawed",
    )
    assert codes(reasons) == [
        "not_issued_here",
        "already_used",
        "lot_not_released",
        "lot_on_hold",
        "expired",
        "order_not_valid",
        "participant_not_eligible",
        "weight_stale",
    ]


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("dose", "planned_minutes"),
        ("dose", "weight_valid_days"),
        ("schedule", "infusions_most"),
        ("schedule", "interval_least_days"),
        ("product", "thawed_life_minutes"),
    ],
)
def test_what_the_sponsor_has_not_set_stops_a_bag_and_is_never_taken_as_nothing(part: str, name: str) -> None:
    study = replace(STUDY, **{part: replace(getattr(STUDY, part), **{name: None})})
    (reason,) = against_bag(replace(FACTS, definition=study), WARD, state="thawed")
    assert (reason.code, reason.sentence) == ("sponsor_to_set", f"The sponsor has not set {part}.{name}.")


@pytest.mark.parametrize(
    ("facts", "subject_number", "expected"),
    [
        (FACTS, "IFN-001", []),
        (FACTS, "IFN-002", ["wrong_patient"]),
        (FACTS, "", ["wrong_patient"]),
        (replace(FACTS, order=None), "IFN-002", []),
    ],
)
def test_e01_a_bag_is_for_the_patient_whose_band_was_scanned(
    facts: BagFacts, subject_number: str, expected: list[str]
) -> None:
    assert codes(against_patient(facts, subject_number)) == expected


@pytest.mark.parametrize(("answer", "expected"), [("denied", ["wrong_patient"]), ("confirmed", []), ("", [])])
def test_a_person_who_denies_the_name_is_not_that_patient(answer: str, expected: list[str]) -> None:
    assert codes(against_answer(answer)) == expected


@pytest.mark.parametrize(
    ("facts", "number", "expected"),
    [
        (FACTS, "IFN-001-02", []),
        (FACTS, "IFN-001-01", ["not_allocated"]),
        (replace(FACTS, order=None), "IFN-001-01", []),
    ],
)
def test_e04_a_bag_is_for_the_order_at_hand(facts: BagFacts, number: str, expected: list[str]) -> None:
    assert codes(against_other_order(facts, number)) == expected


@pytest.mark.parametrize(
    ("confirmed", "missing"),
    [
        ({"line_ready": True, "vital_signs_ready": True}, 0),
        ({"line_ready": True, "vital_signs_ready": False}, 1),
        ({"line_ready": True}, 1),
        ({"something_else": True}, 2),
        ({}, 2),
    ],
)
def test_e25_e35_everything_the_study_asks_is_confirmed_before_a_thaw(
    confirmed: Mapping[str, bool], missing: int
) -> None:
    assert codes(against_preconditions(FACTS, confirmed)) == ["precondition_missing"] * missing


def test_nobody_confirms_a_question_that_the_sponsor_has_not_worded() -> None:
    unset = replace(STUDY, unset=frozenset({"before_thaw.line_ready.ask_zh"}))
    both = {"line_ready": True, "vital_signs_ready": True}
    assert codes(against_preconditions(replace(FACTS, definition=unset), both)) == ["sponsor_to_set"]


def check(number: int, **changed: object) -> CheckFacts:
    facts = CheckFacts(
        check_id=number,
        kind="bedside",
        result="match",
        person_id=NURSES[number - 1],
        is_person_entitled=True,
        session_id=100 + number,
        unit_id=7,
        order_id=5,
        decided_at=NOW,
        valid_until=NOW,
        has_later_mismatch=False,
        label_statuses=("applied", "applied"),
    )
    return replace(facts, **changed)


FIRST, SECOND = check(1), check(2)


def test_two_checks_by_two_people_in_two_sittings_of_one_bag_are_a_pair() -> None:
    assert against_pair(FIRST, SECOND, "bedside", WARD) == []
    unknown_sittings = (replace(each, session_id=None) for each in (FIRST, SECOND))
    assert against_pair(*unknown_sittings, "bedside", WARD) == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (None, SECOND, ["second_scan_missing"]),
        (FIRST, None, ["second_scan_missing"]),
        (None, None, ["second_scan_missing"]),
        (FIRST, FIRST, ["same_person", "second_scan_missing"]),
        (SECOND, FIRST, ["second_scan_missing"]),
        (FIRST, check(2, person_id=NURSES[0]), ["same_person"]),
        (FIRST, check(2, session_id=101), ["same_person"]),
        (FIRST, check(2, unit_id=8), ["second_scan_missing"]),
        (FIRST, check(2, order_id=6), ["second_scan_missing"]),
        (FIRST, check(2, kind="thaw"), ["second_scan_missing"]),
        (check(1, result="mismatch"), SECOND, ["second_scan_missing"]),
        (check(1, is_person_entitled=False), SECOND, ["second_scan_missing"]),
        (FIRST, check(2, is_person_entitled=False), ["second_scan_missing"]),
        (check(1, has_later_mismatch=True), SECOND, ["check_too_old"]),
        (check(1, valid_until=NOW - timedelta(microseconds=1)), SECOND, ["check_too_old"]),
        (check(1, label_statuses=("superseded", "applied")), SECOND, ["label_superseded"]),
        (FIRST, check(2, label_statuses=("applied", "void")), ["label_void"]),
    ],
)
def test_e26_to_e28_any_other_two_checks_are_none(
    first: CheckFacts | None, second: CheckFacts | None, expected: list[str]
) -> None:
    assert codes(against_pair(first, second, "bedside", WARD)) == expected


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ((FIRST, SECOND), ""),
        ((check(1, unit_id=8), SECOND), "The two checks are of different bags."),
        ((check(1, unit_id=8, order_id=6), check(2, unit_id=8, order_id=6)), "The two checks are of different bags."),
        (
            (check(1, order_id=6), check(2, order_id=6)),
            "The bag was set aside for another order meanwhile: both scan again.",
        ),
    ],
)
def test_checks_count_for_the_bag_and_the_order_that_they_were_made_for(
    pair: tuple[CheckFacts, CheckFacts], sentence: str
) -> None:
    assert [each.sentence for each in against_other_bag(pair, FACTS)] == ([sentence] if sentence else [])
    assert [each.sentence for each in against_other_bag(pair, replace(FACTS, order=None))] != []


def test_a_reason_that_several_rules_give_is_told_once_in_its_place() -> None:
    one, same, other = (Blocker("expired", "This bag expired at {at}.", {"at": at}) for at in (1, 1, 2))
    third = Blocker("lot_rejected", "Lot {lot} is rejected.", {"lot": "x"})
    assert unique([one, third, same, other]) == [one, third, other]


@pytest.mark.parametrize(
    ("given", "left", "expected"),
    [
        ("25.5", "4.5", []),
        ("30", "0", []),
        ("25.6", "4.5", ["volume_impossible"]),
        ("0", "30.1", ["volume_impossible"]),
    ],
)
def test_no_more_comes_out_of_a_bag_than_was_in_it(given: str, left: str, expected: list[str]) -> None:
    assert codes(against_volumes(Decimal(30), Decimal(given), Decimal(left))) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [("22.5", []), ("27.5", []), ("25", []), ("22.4", ["dose_out_of_range"]), ("27.6", ["dose_out_of_range"])],
)
def test_e21_an_infusion_as_planned_gave_the_ordered_volume_within_the_tolerance(
    given: str, expected: list[str]
) -> None:
    assert codes(against_completion(Decimal(25), Decimal(given), Decimal(10))) == expected


def test_without_a_tolerance_that_the_sponsor_set_no_volume_is_as_planned() -> None:
    (reason,) = against_completion(Decimal(25), Decimal(25), None)
    assert (reason.code, reason.sentence) == ("sponsor_to_set", "The sponsor has not set dose.tolerance_percent.")


def test_every_reason_at_the_bedside_comes_with_what_to_do_and_an_unforeseen_one_with_the_safest() -> None:
    assert advice("wrong_patient") == ADVICE["wrong_patient"]
    assert advice("a word of next year") == DEFAULT_ADVICE
    assert advice("sponsor_to_set")[1] == CALL_PHYSICIAN


@pytest.mark.parametrize("why", Unsettled, ids=lambda why: why.value)
def test_who_is_stopped_by_what_one_person_typed_calls_qa_who_settles_it(why: Unsettled) -> None:
    (stop,) = against_unsettled(FACTS.lot_number, [UnsettledEntry(Words(en="Sterility", zh="无菌"), 1, why)])
    assert advice(stop.code)[1] == CALL_QA

"""When a lot leaves filling, when it is closed, and when the product is at its end of life."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from cotrack.foundation.resources import resource
from cotrack.lifecycles import UNIT
from cotrack.manufacture.rules import (
    END_STATES,
    UnitFacts,
    against_close,
    against_filled_volume,
    against_finish,
    labels_needed,
)
from cotrack.manufacture.rules.filling import against_label_kind
from cotrack.study import service as study
from cotrack.study.rules.definition import Definition

SHANGHAI = ZoneInfo("Asia/Shanghai")
BOTH = {"bag": "applied", "tag": "applied"}
IN_HAND = ["label_instance:7", "label_instance:8", "label_instance:9"]
EXPIRES = datetime(2028, 10, 4, 15, 59, tzinfo=UTC)
THAW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def unit(number: str = "MSC26-0031-001", status: str = "filled", **labels: str) -> UnitFacts:
    return UnitFacts(number, status, labels or BOTH)


@cache
def demonstration() -> Definition:
    """The study whose bag holds 30 mL within 10 %."""
    path = resource("study/definitions/msc-ifna.demonstration.toml")
    found, _ = study.check_study(study.read_study_file(path))
    assert found is not None
    return found


def test_a_lot_whose_units_all_carry_both_labels_leaves_filling() -> None:
    assert against_finish([unit(), unit("MSC26-0031-002")]) == []


def test_a_lot_without_a_unit_does_not_leave_filling() -> None:
    assert [each.code for each in against_finish([])] == ["no_units"]


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        ({"bag": "applied"}, ["tag"]),
        ({"tag": "applied"}, ["bag"]),
        ({"bag": "printed", "tag": "applied"}, ["bag"]),
        ({"bag": "intended", "tag": "sending"}, ["bag", "tag"]),
        ({"bag": "void", "tag": "superseded"}, ["bag", "tag"]),
        ({"wristband": "applied"}, ["bag", "tag"]),
    ],
)
def test_every_label_that_was_not_scanned_back_is_named(labels: dict[str, str], missing: list[str]) -> None:
    reasons = against_finish([unit(), unit("MSC26-0031-002", **labels)])
    assert [each.sentence for each in reasons] == [
        f"MSC26-0031-002: not scanned back on it: {label}." for label in missing
    ]
    assert {each.code for each in reasons} == {"label_incomplete"}
    assert {each.solve for each in reasons} == {"unit:MSC26-0031-002"}


@pytest.mark.parametrize("status", UNIT.states)
def test_a_lot_closes_only_when_every_unit_has_come_to_its_end(status: str) -> None:
    reasons = against_close([unit(status="completed"), unit("MSC26-0031-002", status)], [])
    is_ended = status in {"completed", "stopped_early", "wasted", "destroyed", "sent", "archived", "used_up"}
    assert [each.code for each in reasons] == ([] if is_ended else ["unit_open"])
    assert [each.solve for each in reasons] == ([] if is_ended else ["unit:MSC26-0031-002"])


@pytest.mark.parametrize(
    ("volume", "reason", "codes"),
    [
        ("30.0", "", []),
        ("27.0", "", []),
        ("33.0", "", []),
        ("33.1", "", ["volume_impossible"]),
        ("300.0", "a large bag", ["volume_impossible"]),
        ("26.9", "", ["volume_to_explain"]),
        ("26.9", "  ", ["volume_to_explain"]),
        ("12.5", "the last bag of the lot", []),
    ],
)
def test_a_bag_holds_what_the_study_says_within_its_tolerance_and_less_only_with_a_reason(
    volume: str, reason: str, codes: list[str]
) -> None:
    found = against_filled_volume(demonstration(), Decimal(volume), reason)
    assert [each.code for each in found] == codes


def test_a_study_signed_before_there_was_a_tolerance_allows_none() -> None:
    silent = replace(demonstration(), product=replace(demonstration().product, bag_volume_tolerance_percent=None))
    assert against_filled_volume(silent, Decimal("30.0"), "") == []
    assert [each.code for each in against_filled_volume(silent, Decimal("30.1"), "")] == ["volume_impossible"]


def test_only_destruction_follows_an_end_of_a_unit() -> None:
    after = {action.name for action in UNIT.actions.values() if action.from_states & END_STATES}
    assert after == {"destroy"}


@pytest.mark.parametrize(
    ("units", "unaccounted", "expected"),
    [
        ([], [], []),
        ([], IN_HAND[:1], ["labels_unaccounted"]),
        ([unit(status="completed")], IN_HAND, ["labels_unaccounted"]),
        ([unit(status="stored"), unit(status="thawed")], IN_HAND[:2], ["unit_open", "unit_open", "labels_unaccounted"]),
    ],
)
def test_a_label_that_nobody_accounted_for_keeps_a_lot_open(
    units: Sequence[UnitFacts], unaccounted: Sequence[str], expected: list[str]
) -> None:
    assert [each.code for each in against_close(units, unaccounted)] == expected


def test_the_number_of_labels_not_accounted_for_is_said_and_the_reason_leads_to_the_first() -> None:
    (reason,) = against_close([], IN_HAND)
    assert reason.sentence == "3 printed labels are not accounted for."
    assert reason.solve == "label_instance:7"


def test_a_bag_gets_bag_label_and_tag_and_a_sample_its_own_label_alone() -> None:
    bag, sample = UnitFacts("MSC26-0031-001", "filled", {}), UnitFacts("MSC26-0031-S01", "filled", {}, "sterility")
    offered = {
        (unit.kind, label): against_label_kind(unit, label) == []
        for unit in (bag, sample)
        for label in ("bag", "tag", "sample", "tube")
    }
    assert {each for each, is_offered in offered.items() if is_offered} == {
        ("bag", "bag"),
        ("bag", "tag"),
        ("sterility", "sample"),
        ("sterility", "tube"),
    }


@pytest.mark.parametrize(("worn", "other"), [("sample", "tube"), ("tube", "sample")])
def test_a_sample_needs_the_label_that_it_wears_and_gets_no_second_one(worn: str, other: str) -> None:
    sample = UnitFacts("MSC26-0031-S01", "filled", {worn: "printed"}, "sterility")
    assert [each.code for each in against_label_kind(sample, other)] == ["label_of_other_kind"]
    assert against_label_kind(sample, worn) == []
    assert labels_needed(sample) == (worn,)
    reasons = against_finish([unit("MSC26-0031-001"), sample])
    assert [each.parameters["label"] for each in reasons] == [worn]
    assert against_finish([unit("MSC26-0031-001"), replace(sample, labels={worn: "applied"})]) == []

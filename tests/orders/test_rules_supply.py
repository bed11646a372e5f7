"""A supply out of specification, decided on plain facts: what it needs, when it counts, whom somebody tells when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cotrack.foundation.words import Words
from cotrack.orders import models
from cotrack.orders.rules import SupplyFacts, against_lot, against_supplied, does_count
from cotrack.orders.rules.supply import (
    ADDRESSEES,
    Evaluated,
    Needed,
    against_accepting,
    against_need,
    against_notice,
    against_same_person,
    is_time_of_notice,
    missing_notices,
)

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LOT, BAG = "MSC26-0031", "MSC26-0031-001"
SUPPLY = SupplyFacts("SUP-MSC26-0031-1", (Words("CD105", "CD105"),), "same", "same", frozenset({BAG}))
NEEDED = Needed("IFN-001-01", is_open=True, lot=LOT, is_of_its_study=True, is_served=False, bags_of=frozenset())


def codes(found: object) -> list[str]:
    return [each.code for each in found]  # type: ignore[attr-defined]  # reasons


def test_a_supply_counts_for_its_bags_alone_while_nothing_changed() -> None:
    assert against_supplied(LOT, SUPPLY, BAG) == []
    assert against_supplied(LOT, SUPPLY) == []
    assert codes(against_supplied(LOT, SUPPLY, f"{LOT}-002")) == ["lot_not_released"]
    changed = replace(SUPPLY, now="other")
    assert codes(against_supplied(LOT, changed, BAG)) == ["lot_not_released"]
    assert does_count(SUPPLY)
    assert not does_count(changed)
    assert not does_count(None)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("in_process", "lot_not_released"),
        ("conditionally_released", "lot_conditional"),
        ("rejected", "lot_rejected"),
        ("closed", "lot_not_released"),
    ],
)
def test_only_a_lot_in_quarantine_is_given_by_a_supply(status: str, code: str) -> None:
    assert against_lot(LOT, "quarantine", supplied=[]) == []
    assert codes(against_lot(LOT, status, supplied=[])) == [code]
    assert codes(against_lot(LOT, "quarantine")) == ["lot_not_released"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"is_open": False}, "order_not_valid"),
        ({"is_of_its_study": False}, "other_study_version"),
        ({"is_served": True}, "released_lot_serves"),
        ({"bags_of": frozenset({"MSC26-0032"})}, "bags_set_aside"),
        ({"open_supply": "SUP-MSC26-0032-1"}, "supply_open"),
    ],
)
def test_a_lot_out_of_specification_is_the_exception_where_nothing_else_serves(
    changed: dict[str, object], code: str
) -> None:
    assert codes(against_need(replace(NEEDED, **changed))) == [code]  # type: ignore[arg-type]  # fields of the facts


def test_a_supply_whose_own_bags_are_set_aside_is_needed_still() -> None:
    assert against_need(replace(NEEDED, bags_of=frozenset({LOT}))) == []


def test_every_reason_against_the_need_is_told() -> None:
    none = replace(NEEDED, is_open=False, is_of_its_study=False, is_served=True, bags_of={"X"}, open_supply="SUP-1")
    assert len(against_need(none)) == 5


def test_one_person_does_not_sign_two_steps_that_follow_each_other() -> None:
    assert codes(against_same_person(7, 7)) == ["same_person"]
    assert against_same_person(7, 8) == []
    assert against_same_person(None, None) == []


def test_an_evaluation_of_other_findings_or_of_a_lot_that_expired_is_not_accepted() -> None:
    facts = Evaluated("SUP-1", LOT, "same", "same", NOW + timedelta(seconds=1))
    assert against_accepting(facts, NOW) == []
    assert codes(against_accepting(replace(facts, now="other", expires_at=NOW), NOW)) == ["list_changed", "expired"]


def test_nobody_is_told_of_what_was_not_accepted() -> None:
    assert codes(against_notice("SUP-1", None)) == ["not_accepted"]
    assert against_notice("SUP-1", NOW) == []


@pytest.mark.parametrize(
    ("sent", "is_possible"),
    [
        (timedelta(minutes=-1), False),
        (timedelta(seconds=-59), True),
        (timedelta(0), True),
        (timedelta(hours=1), True),
        (timedelta(hours=1, seconds=1), False),
    ],
)
def test_a_notice_is_sent_after_the_acceptance_and_not_in_the_future(sent: timedelta, *, is_possible: bool) -> None:
    assert is_time_of_notice(NOW + sent, NOW, NOW + timedelta(hours=1)) is is_possible


def test_who_was_not_told_yet_is_named_in_order() -> None:
    assert missing_notices(()) == ["sponsor", "authority", "ethics_committee"]
    assert missing_notices(["authority"]) == ["sponsor", "ethics_committee"]


def test_rule_and_database_know_the_same_addressees() -> None:
    assert models.ADDRESSEES == ADDRESSEES

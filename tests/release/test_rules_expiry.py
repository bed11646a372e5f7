"""When QA may give a lot another expiry: pure rules, every reason at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cotrack.quality.rules import HoldFacts
from cotrack.release.rules.expiry import NewExpiry, against_new_expiry
from cotrack.release.rules.lots import Decider, LotFacts, TrailStanding

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MADE, EXPIRES = NOW - timedelta(days=100), NOW + timedelta(days=600)
SUPPORTED = EXPIRES + timedelta(days=30)
QA = Decider(7, "qian.m")
LOT = LotFacts("MSC26-0031", EXPIRES, (), (), (), frozenset({1}), TrailStanding(0, 0, None))
HELD = HoldFacts("lot:MSC26-0031", "standing", "alarm", NOW)


def new(days: float, **changed: object) -> NewExpiry:
    """Return an expiry so many days from the lot's own."""
    asked = NewExpiry(EXPIRES + timedelta(days=days), EXPIRES, MADE, SUPPORTED, (), 3, "")
    return replace(asked, **changed)  # type: ignore[arg-type]  # a test names what it changes


def codes(asked: NewExpiry, lot: LotFacts = LOT, who: Decider = QA, now: datetime = NOW) -> list[str]:
    return [each.code for each in against_new_expiry(lot, asked, who, now)]


@pytest.mark.parametrize("days", [-600, -1, 1, 30])
def test_a_lot_gets_more_or_less_time_within_the_table(days: int) -> None:
    assert codes(new(days)) == []


def test_the_same_expiry_again_is_no_decision() -> None:
    assert codes(new(0)) == ["expiry_unchanged"]


def test_no_lot_expires_before_it_was_made() -> None:
    assert codes(new(0, at=MADE - timedelta(days=1))) == ["date_impossible"]
    assert codes(new(0, at=MADE)) == []


@pytest.mark.parametrize("supported", [SUPPORTED, None], ids=["beyond the table", "no table"])
def test_more_time_than_the_table_supports_is_said_openly_by_a_report(supported: datetime | None) -> None:
    asked = new(31, supported_until=supported)
    assert asked.is_beyond_table
    assert codes(asked) == ["reference_missing"]
    assert codes(replace(asked, reference="  ")) == ["reference_missing"]
    assert codes(replace(asked, reference="STB-4")) == []


@pytest.mark.parametrize("supported", [MADE, None], ids=["beyond the table", "no table"])
def test_less_time_waits_for_no_report(supported: datetime | None) -> None:
    assert codes(new(-1, supported_until=supported)) == []


@pytest.mark.parametrize("status", ["standing", "recalled"])
def test_a_held_lot_gets_no_more_time_and_always_less(status: str) -> None:
    lot = replace(LOT, holds=(replace(HELD, status=status),))
    assert codes(new(1), lot) == ["lot_recalled" if status == "recalled" else "lot_on_hold"]
    assert codes(new(-1), lot) == []


def test_an_expired_lot_gets_no_new_date() -> None:
    over = EXPIRES + timedelta(days=2)
    assert codes(new(1), now=over) == ["date_in_past", "expired"]
    assert codes(new(10), now=over) == ["expired"]
    assert codes(new(10), now=EXPIRES) == ["expired"]
    assert codes(new(10), now=EXPIRES - timedelta(microseconds=1)) == []


def test_what_a_decision_took_from_a_lot_is_given_back_and_no_more() -> None:
    over = EXPIRES + timedelta(days=2)
    earlier = (EXPIRES + timedelta(days=20),)
    assert codes(new(20, earlier=earlier), now=over) == []
    assert codes(new(21, earlier=earlier), now=over) == ["expired"]


def test_an_expired_lot_may_be_given_less_time_still() -> None:
    assert codes(new(-5), now=EXPIRES + timedelta(days=2)) == []


def test_whoever_made_the_lot_does_not_decide_about_its_expiry() -> None:
    for days in (1, -1):
        assert codes(new(days), who=Decider(1, "zhao.l")) == ["same_person"]


def test_whoever_typed_a_result_of_the_lot_does_not_decide_about_its_expiry() -> None:
    lot = replace(LOT, typist_ids=frozenset({7}))
    assert codes(new(1), lot) == ["same_person"]


def test_a_lot_of_which_no_bag_is_left_gets_no_other_expiry() -> None:
    assert codes(new(1, bags_left=0)) == ["no_bag_left"]
    assert codes(new(-1, bags_left=0)) == ["no_bag_left"]


def test_every_reason_is_told_at_once() -> None:
    lot = replace(LOT, holds=(HELD,), producer_ids=frozenset({7}))
    asked = new(31, bags_left=0)
    assert codes(asked, lot) == ["same_person", "no_bag_left", "lot_on_hold", "reference_missing"]

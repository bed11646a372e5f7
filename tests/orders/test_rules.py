"""The arithmetic of a dose and its order in time (product.md, arithmetic)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotrack.foundation.resources import resource
from cotrack.lifecycles import LOT
from cotrack.orders.rules import (
    VOLUME_STEP,
    Bag,
    History,
    Portion,
    against_acceptance,
    against_bag,
    against_dose_step,
    against_lot,
    against_lots_mixed,
    against_portions,
    against_schedule,
    against_weight,
    first_to_expire,
    is_accepted,
    portions,
    target_million,
    viable_million,
)
from cotrack.quality.rules import HoldFacts
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
RECOVERY = Decimal("0.90")
TEN_PERCENT = Decimal(10)


def bag(number: str = "MSC26-0031-001", *, volume: str = "30", viable: str = "5.36", expires_in_days: int = 700) -> Bag:
    return Bag(number, number[:10], Decimal(volume), Decimal(viable), NOW + timedelta(days=expires_in_days))


def chosen(*million_cells: str, lots: Sequence[str] = ("MSC26-0031",)) -> list[Portion]:
    bags = [bag(f"{lots[n % len(lots)]}-{n:03d}") for n in range(len(million_cells))]
    return [Portion(each, Decimal(1), Decimal(cells)) for each, cells in zip(bags, million_cells, strict=True)]


@pytest.mark.parametrize(
    ("cells_per_kg", "weight_kg", "million"),
    [
        (2_000_000, "61.5", "123.000"),
        (2_000_000, "61.55", "123.100"),
        (1_000_000, "0.0004", "0.000"),
        (1_000_000, "0.0005", "0.001"),
        (2_000_001, "60", "120.000"),
        (2_000_010, "60", "120.001"),
    ],
)
def test_a_dose_is_cells_per_kilogram_times_kilograms_to_a_thousand_cells(
    cells_per_kg: int, weight_kg: str, million: str
) -> None:
    assert str(target_million(cells_per_kg, Decimal(weight_kg))) == million


@pytest.mark.parametrize(
    ("volume", "viable", "recovery", "million"),
    [
        ("30", "5.36", "0.90", "144.72"),
        ("25.5", "5.36", "1", "136.68"),
        ("0", "5.36", "0.9", "0"),
        ("10", "4", "0.5", "20"),
    ],
)
def test_viable_cells_after_the_thaw_are_volume_times_viable_per_ml_times_recovery(
    volume: str, viable: str, recovery: str, million: str
) -> None:
    assert viable_million(Decimal(volume), Decimal(viable), Decimal(recovery)) == Decimal(million)


def test_the_first_bag_to_expire_is_used_first_and_of_equals_the_first_by_number() -> None:
    late, soon, twin = bag("MSC26-0031-001"), bag("MSC26-0031-009", expires_in_days=1), bag("MSC26-0031-003")
    assert first_to_expire([twin, late, soon]) == [soon, late, twin]


def test_a_dose_from_one_bag_takes_the_volume_that_holds_it() -> None:
    (portion,) = portions(Decimal("123.000"), [bag()], RECOVERY)
    assert portion.volume_ml == Decimal("25.5")
    assert portion.million_cells == Decimal("25.5") * Decimal("5.36") * RECOVERY
    assert against_portions(Decimal(123), [portion], TEN_PERCENT) == []


def test_a_whole_bag_is_given_before_the_next_is_opened() -> None:
    first, second = bag("MSC26-0031-001", expires_in_days=9), bag("MSC26-0031-002", expires_in_days=8)
    found = portions(Decimal(200), [first, second], RECOVERY)
    assert [(each.bag.number, each.volume_ml) for each in found] == [
        ("MSC26-0031-002", Decimal(30)),
        ("MSC26-0031-001", Decimal("11.5")),
    ]


def test_a_bag_is_never_given_beyond_what_it_holds() -> None:
    found = portions(Decimal(1000), [bag(), bag("MSC26-0031-002", volume="12.3")], RECOVERY)
    assert [each.volume_ml for each in found] == [Decimal(30), Decimal("12.3")]
    (reason,) = against_portions(Decimal(1000), found, TEN_PERCENT)
    assert reason.code == "dose_out_of_range"
    assert reason.sentence == ("The bags bring 204.1 million viable cells; the dose is 1000.0 million, within 10 %.")


def test_a_dose_that_is_reached_opens_no_further_bag() -> None:
    bags = [bag("MSC26-0031-001"), bag("MSC26-0031-002"), bag("MSC26-0031-003")]
    assert len(portions(Decimal("144.72"), bags, RECOVERY)) == 1
    assert len(portions(Decimal("144.80"), bags, RECOVERY)) == 1
    assert len(portions(Decimal("145.00"), bags, RECOVERY)) == 2


@pytest.mark.parametrize("target", ["0", "0.001"])
def test_a_dose_below_the_smallest_volume_opens_no_bag(target: str) -> None:
    assert portions(Decimal(target), [bag()], RECOVERY) == []


def test_without_a_bag_there_is_no_portion_and_a_dose_is_missing() -> None:
    assert portions(Decimal(123), [], RECOVERY) == []
    assert [each.code for each in against_portions(Decimal(123), [], TEN_PERCENT)] == ["dose_out_of_range"]


def test_a_bag_without_a_viable_cell_gives_nothing_and_stops_nothing() -> None:
    empty, full = bag("MSC26-0031-001", viable="0", expires_in_days=1), bag("MSC26-0031-002")
    assert [each.bag for each in portions(Decimal(123), [empty, full], RECOVERY)] == [full]


def test_what_rounding_left_over_opens_no_further_bag_however_weak_it_is() -> None:
    strong, weak = bag("MSC26-0031-001", viable="20", expires_in_days=1), bag("MSC26-0032-001", viable="0.5")
    found = portions(Decimal("100.8"), [strong, weak], Decimal(1))
    assert [(each.bag, each.volume_ml) for each in found] == [(strong, Decimal("5.0"))]


@given(
    target=st.decimals("1", "900", places=3),
    viable=st.decimals("0.5", "20", places=2),
    volumes=st.lists(st.decimals("1", "50", places=1), max_size=4),
    recovery=st.decimals("0.3", "1", places=2),
)
@settings(max_examples=30, deadline=None)
def test_portions_of_a_lot_are_tenths_of_a_millilitre_in_order_and_all_but_the_last_whole(
    *, target: Decimal, viable: Decimal, volumes: list[Decimal], recovery: Decimal
) -> None:
    bags = [bag(f"MSC26-0031-{n:03d}", volume=str(volume), viable=str(viable)) for n, volume in enumerate(volumes)]
    found = portions(target, bags, recovery)
    assert [each.bag for each in found] == bags[: len(found)]
    for each in found:
        assert 0 < each.volume_ml <= each.bag.volume_ml
        assert each.volume_ml % VOLUME_STEP == 0
        assert each.million_cells == each.volume_ml * viable * recovery
    assert all(each.volume_ml == each.bag.volume_ml for each in found[:-1])
    if len(found) < len(bags):
        assert abs(sum(each.million_cells for each in found) - target) <= VOLUME_STEP / 2 * viable * recovery


@pytest.mark.parametrize(
    ("cells", "is_refused"),
    [("110", False), ("110.001", True), ("90", False), ("89.999", True), ("100", False), ("0", True)],
)
def test_the_portions_meet_the_dose_within_the_tolerance_of_the_study(cells: str, is_refused: bool) -> None:
    reasons = against_portions(Decimal(100), chosen(cells), TEN_PERCENT)
    assert [each.code for each in reasons] == (["dose_out_of_range"] if is_refused else [])


def test_the_cells_of_all_portions_count_together() -> None:
    assert against_portions(Decimal(100), chosen("60", "40"), Decimal(0)) == []
    assert against_portions(Decimal(100), chosen("60", "40.1"), Decimal(0))


def test_without_a_tolerance_only_the_very_dose_passes() -> None:
    assert against_portions(Decimal(100), chosen("100"), Decimal(0)) == []
    assert against_portions(Decimal(100), chosen("99.999"), Decimal(0))


def test_without_a_tolerance_that_the_sponsor_set_no_portions_pass() -> None:
    (reason,) = against_portions(Decimal(100), chosen("100"), None)
    assert (reason.code, reason.sentence) == ("sponsor_to_set", "The sponsor has not set dose.tolerance_percent.")


def test_e36_one_dose_never_comes_from_two_lots() -> None:
    (reason,) = against_lots_mixed(chosen("60", "40", "1", lots=("MSC26-0032", "MSC26-0031")))
    assert (reason.code, reason.sentence) == ("lots_mixed", "The bags are of two lots: MSC26-0031, MSC26-0032.")
    assert against_lots_mixed(chosen("60", "40")) == []
    assert against_lots_mixed([]) == []


@pytest.mark.parametrize(
    ("infusions", "last", "expected"),
    [
        (0, None, []),
        (3, TODAY - timedelta(days=28), []),
        (3, TODAY - timedelta(days=27), ["interval_too_short"]),
        (1, TODAY, ["interval_too_short"]),
        (1, TODAY + timedelta(days=1), ["interval_too_short"]),
        (4, TODAY - timedelta(days=400), ["too_many_infusions"]),
        (5, TODAY - timedelta(days=1), ["too_many_infusions", "interval_too_short"]),
    ],
)
def test_e22_number_and_interval_of_infusions_are_those_of_the_study(
    infusions: int, last: date | None, expected: list[str]
) -> None:
    reasons = against_schedule(STUDY.schedule, History(infusions, last), TODAY)
    assert [each.code for each in reasons] == expected


@pytest.mark.parametrize(
    ("name", "history", "expected"),
    [
        ("infusions_most", History(0, None), ["schedule.infusions_most"]),
        ("infusions_most", History(1, TODAY - timedelta(days=400)), ["schedule.infusions_most"]),
        ("interval_least_days", History(1, TODAY - timedelta(days=400)), ["schedule.interval_least_days"]),
        ("interval_least_days", History(0, None), []),
    ],
)
def test_a_schedule_that_the_sponsor_has_not_set_allows_no_infusion_that_it_would_decide_on(
    name: str, history: History, expected: list[str]
) -> None:
    reasons = against_schedule(replace(STUDY.schedule, **{name: None}), history, TODAY)
    assert [each.sentence for each in reasons] == [f"The sponsor has not set {key}." for key in expected]
    assert {each.code for each in reasons} <= {"sponsor_to_set"}


def test_an_interval_counts_calendar_days_and_not_hours() -> None:
    started = date(2026, 10, 25)
    assert against_schedule(STUDY.schedule, History(1, started), date(2026, 11, 22)) == []
    (reason,) = against_schedule(STUDY.schedule, History(1, started), date(2026, 11, 21))
    assert reason.sentence == ("The last infusion started 27 days before (2026-10-25); at least 28 days are needed.")


def test_a_history_counts_stopped_infusions_because_it_counts_starts() -> None:
    stopped_four_times = History(infusions=4, last_started_on=TODAY - timedelta(days=40))
    (reason,) = against_schedule(STUDY.schedule, stopped_four_times, TODAY)
    assert reason.sentence == "4 infusions were given; the study allows 4."


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [(0, []), (7, []), (8, ["weight_stale"]), (-1, ["weight_stale"]), (None, ["weight_stale"])],
)
def test_e21_a_weight_is_of_the_last_days_and_never_of_the_future(days_ago: int | None, expected: list[str]) -> None:
    weighed_on = None if days_ago is None else TODAY - timedelta(days=days_ago)
    assert [each.code for each in against_weight(weighed_on, TODAY, 7)] == expected


def test_a_weight_counts_for_its_own_day_alone_where_no_more_days_are_allowed() -> None:
    assert against_weight(TODAY, TODAY, 0) == []
    assert against_weight(TODAY - timedelta(days=1), TODAY, 0)


@pytest.mark.parametrize("weighed_on", [TODAY, None])
def test_no_weight_counts_where_the_sponsor_has_not_set_for_how_long(weighed_on: date | None) -> None:
    (reason,) = against_weight(weighed_on, TODAY, None)
    assert (reason.code, reason.sentence) == ("sponsor_to_set", "The sponsor has not set dose.weight_valid_days.")


@pytest.mark.parametrize(
    ("steps", "dose", "words"),
    [
        ((2_000_000,), 2_000_000, None),
        ((1_000_000, 2_000_000), 2_000_000, None),
        (
            (1_000_000, 2_000_000),
            1_500_000,
            "1,500,000 cells per kg is no dose step of the study (1,000,000, 2,000,000).",
        ),
        ((), 2_000_000, "2,000,000 cells per kg is no dose step of the study (–)."),
        (None, 2_000_000, "2,000,000 cells per kg is no dose step of the study (–)."),
    ],
)
def test_only_a_dose_step_of_the_study_may_be_ordered(
    steps: tuple[int, ...] | None, dose: int, words: str | None
) -> None:
    study = replace(STUDY, dose=replace(STUDY.dose, steps_cells_per_kg=steps))
    reasons = against_dose_step(study, dose)
    assert [each.sentence for each in reasons] == ([words] if words else [])
    assert {each.code for each in reasons} <= {"dose_out_of_range"}


@pytest.mark.parametrize(
    ("status", "has_acceptance", "expected"),
    [
        ("in_process", False, ["lot_not_released"]),
        ("in_process", True, ["lot_not_released"]),
        ("quarantine", False, ["lot_not_released"]),
        ("quarantine", True, ["lot_not_released"]),
        ("conditionally_released", False, ["lot_conditional"]),
        ("conditionally_released", True, []),
        ("released", False, []),
        ("released", True, []),
        ("rejected", False, ["lot_rejected"]),
        ("rejected", True, ["lot_rejected"]),
        ("closed", False, ["lot_not_released"]),
        ("closed", True, ["lot_not_released"]),
        ("", False, ["lot_not_released"]),
    ],
)
def test_e05_to_e07_only_a_released_lot_is_given_or_a_conditional_one_that_was_accepted(
    status: str, has_acceptance: bool, expected: list[str]
) -> None:
    reasons = against_lot("MSC26-0031", status, has_acceptance=has_acceptance)
    assert [each.code for each in reasons] == expected
    assert {each.solve for each in reasons} <= {"lot:MSC26-0031"}


@pytest.mark.parametrize(
    ("accepted", "outstanding", "expected"),
    [
        ("sterility rcl", ["sterility", "rcl"], True),
        ("sterility rcl", ["rcl"], False),
        ("rcl", ["sterility", "rcl"], False),
        ("rcl", ["sterility"], False),
        ("sterility", [], False),
        ("", [], False),
        ("", ["rcl"], False),
    ],
)
def test_an_acceptance_counts_for_the_very_list_that_was_signed(
    accepted: str, outstanding: list[str], expected: bool
) -> None:
    assert is_accepted(accepted, outstanding) is expected


@pytest.mark.parametrize("status", sorted(set(LOT.states) - {"conditionally_released"}))
def test_only_a_conditional_lot_is_accepted(status: str) -> None:
    assert [each.code for each in against_acceptance("MSC26-0031", status, ["rcl"], [])] == ["lot_not_conditional"]


def test_an_acceptance_needs_something_outstanding_and_no_hold() -> None:
    conditional = "conditionally_released"
    held = HoldFacts("lot:MSC26-0031", "standing", "alarm", NOW)
    assert against_acceptance("MSC26-0031", conditional, ["rcl"], []) == []
    assert [each.code for each in against_acceptance("MSC26-0031", conditional, [], [])] == ["nothing_outstanding"]
    assert [each.code for each in against_acceptance("MSC26-0031", conditional, ["rcl"], [held])] == ["lot_on_hold"]


def test_nothing_is_given_from_a_lot_in_a_state_that_nobody_named() -> None:
    usable = [status for status in LOT.states if not against_lot("MSC26-0031", status)]
    assert usable == ["released"]


def test_every_reason_against_setting_a_bag_aside_is_told() -> None:
    hold = HoldFacts("unit:MSC26-0031-001", "standing", "leak", NOW)
    reasons = against_bag(bag(expires_in_days=0), "quarantine", [hold], NOW)
    assert [each.code for each in reasons] == ["lot_not_released", "unit_on_hold", "expired"]


@pytest.mark.parametrize(("left", "expected"), [(1, []), (0, ["expired"]), (-1, ["expired"])])
def test_e08_a_bag_is_expired_from_the_very_instant(left: int, expected: list[str]) -> None:
    expiring = replace(bag(), expires_at=NOW + timedelta(microseconds=left))
    assert [each.code for each in against_bag(expiring, "released", [], NOW)] == expected

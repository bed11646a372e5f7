"""The chart of individuals of a release test: its points, its limits, and the eight rules of Nelson, rule by rule."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cotrack.lifecycles import RESULT
from cotrack.release.rules.trends import (
    BASIS_WORDS,
    LEAST_LOTS,
    RULE_WORDS,
    SOUND_LOTS,
    VALID_STATES,
    Basis,
    Chart,
    Measured,
    broken_rules,
    chart_of,
    lots_in_another_unit,
    plain,
    points_of,
    sigma_of,
    written,
)

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CENTRE, SIGMA = Decimal(50), Decimal(10)


def measured(lot: str, reported: str, *, hour: int = 0, unit: str = "%", is_reviewed: bool = True) -> Measured:
    qualifier = reported[0] if reported[0] in "<>" else ""
    number, at = Decimal(reported.removeprefix(qualifier)), NOON + timedelta(hours=hour)
    return Measured(lot, reported, qualifier, number, unit, at, is_reviewed)


def chart(*reported: str) -> Chart:
    """Return the chart of one lot after the other."""
    return chart_of(points_of((measured(f"L{n:02}", text, hour=n) for n, text in enumerate(reported)), "%"))


def decimals(zones: Sequence[float | str]) -> list[Decimal]:
    """Return values that lie so many sigma from the centre."""
    return [CENTRE + SIGMA * Decimal(str(each)) for each in zones]


def where_broken(rule: int, zones: Sequence[float | str]) -> list[int]:
    """Return at which values, counted from one, a rule is broken."""
    found = broken_rules(decimals(zones), CENTRE, SIGMA)
    return [place for place, rules in enumerate(found, start=1) if rule in rules]


def breaks(rule: int, zones: Sequence[float | str]) -> bool:
    """Whether the rule is broken at the last of these values and at none before it, upwards as downwards."""
    mirrored = [-Decimal(str(each)) for each in zones]
    found = [where_broken(rule, each) for each in (zones, [str(each) for each in mirrored])]
    assert found[0] == found[1]
    assert found[0] in ([], [len(zones)])
    return bool(found[0])


def test_rule_1_one_value_more_than_3_sigma_from_the_centre_line() -> None:
    assert breaks(1, ["0", "3.001"])
    assert not breaks(1, ["0", "3"])


def test_rule_2_nine_values_in_a_row_on_the_same_side_of_the_centre_line() -> None:
    nine = ["0.1", "2.9", "0.1", "0.4", "0.2", "0.3", "0.1", "0.5", "0.2"]
    assert breaks(2, nine)
    assert not breaks(2, nine[1:])
    assert not breaks(2, [*nine[:4], "0", *nine[5:]])
    assert not breaks(2, [*nine[:8], "-0.1"])
    assert where_broken(2, [*nine, "0.1", "-0.1"]) == [9, 10]


def test_rule_3_six_values_in_a_row_that_steadily_rise_or_steadily_fall() -> None:
    six = ["-2", "-1.5", "-1", "0.5", "0.6", "0.7"]
    assert breaks(3, six)
    assert not breaks(3, six[1:])
    assert not breaks(3, [*six[:5], "0.6"])
    assert not breaks(3, ["-2", "-1.5", "-1.5", "0.5", "0.6", "0.7"])
    assert where_broken(3, [*six, "0.8", "0.7"]) == [6, 7]


def test_rule_4_fourteen_values_in_a_row_that_go_up_and_down_by_turns() -> None:
    fourteen = ["1", "2"] * 7
    assert breaks(4, fourteen)
    assert not breaks(4, fourteen[1:])
    assert not breaks(4, [*fourteen[:6], "2", *fourteen[7:]])
    assert not breaks(4, [*fourteen[:12], "0.5", "0.4"])


@pytest.mark.parametrize("zones", [["2.1", "0", "2.1"], ["2.1", "-2.5", "2.1"], ["2.1", "2.1"]])
def test_rule_5_two_of_three_values_in_a_row_more_than_2_sigma_from_the_centre_line_on_the_same_side(
    zones: list[str],
) -> None:
    assert breaks(5, zones)
    assert not breaks(5, zones[1:] if len(zones) == 2 else ["0", *zones[1:]])


@pytest.mark.parametrize("zones", [["2", "2.1"], ["2.1", "2"], ["2.1", "-2.1"], ["2.1", "0", "0", "2.1"]])
def test_rule_5_asks_for_two_beyond_the_line_on_one_side_among_three(zones: list[str]) -> None:
    assert not breaks(5, zones)


def test_rule_5_stands_at_the_value_that_completes_the_pattern_and_not_at_one_that_came_back() -> None:
    assert where_broken(5, ["2.1", "2.1", "0.5", "0.5"]) == [2]
    assert where_broken(5, ["2.1", "2.1", "2"]) == [2]


@pytest.mark.parametrize("zones", [["1.1", "1.1", "0", "1.1", "1.1"], ["1.1", "-3", "2", "1.1", "1.1"], ["1.1"] * 4])
def test_rule_6_four_of_five_values_in_a_row_more_than_1_sigma_from_the_centre_line_on_the_same_side(
    zones: list[str],
) -> None:
    assert breaks(6, zones)
    assert not breaks(6, ["0", *zones[1:]])


@pytest.mark.parametrize(
    "zones", [["1", "1.1", "1.1", "1.1"], ["1.1", "-1.1", "1.1", "1.1"], ["1.1", "0", "0", "1.1", "1.1", "1.1"]]
)
def test_rule_6_asks_for_four_beyond_the_line_on_one_side_among_five(zones: list[str]) -> None:
    assert not breaks(6, zones)


def test_rule_7_fifteen_values_in_a_row_within_1_sigma_of_the_centre_line() -> None:
    fifteen = ["0.9", "-0.2", "1", "-1", "0"] * 3
    assert breaks(7, fifteen)
    assert not breaks(7, fifteen[1:])
    assert not breaks(7, [*fifteen[:7], "1.01", *fifteen[8:]])


def test_rule_8_eight_values_in_a_row_more_than_1_sigma_from_the_centre_line_on_both_sides() -> None:
    eight = ["1.1", "-1.1", "2", "-2", "1.5", "1.1", "-1.1", "1.1"]
    assert breaks(8, eight)
    assert not breaks(8, eight[1:])
    assert not breaks(8, [*eight[:3], "-1", *eight[4:]])
    assert not breaks(8, ["1.1"] * 8)


def test_each_of_the_eight_rules_is_said_in_words() -> None:
    assert list(RULE_WORDS) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_sigma_is_the_mean_moving_range_over_1_128() -> None:
    values = [Decimal(each) for each in ("10", "12", "11", "14", "14", "9", "10", "12")]
    assert sigma_of(values) == Decimal(14) / 7 / Decimal("1.128")


def test_the_centre_line_is_the_mean_and_the_outer_lines_lie_three_sigma_from_it() -> None:
    found = chart("10", "12", "11", "14", "14", "9", "10", "12")
    assert found.centre == Decimal("11.5")
    assert found.outer is not None
    low, high = (round(each, 6) for each in found.outer)
    assert (low, high) == (Decimal("6.180851"), Decimal("16.819149"))


def test_of_too_few_lots_there_is_no_sigma_and_no_rule_is_judged() -> None:
    seven = ["10", "11"] * 3 + ["900"]
    assert len(seven) == LEAST_LOTS - 1
    few = chart(*seven)
    assert (few.basis, few.sigma, few.outer, set(few.broken)) == (Basis.TOO_FEW, None, None, {()})
    assert few.centre is not None
    assert chart(*seven, "10").sigma is not None


def test_of_values_that_are_all_the_same_there_is_no_sigma_and_no_rule_is_judged() -> None:
    same = chart(*["10"] * 16)
    assert (same.basis, same.sigma, set(same.broken)) == (Basis.NO_SPREAD, None, {()})


@pytest.mark.parametrize(("lots", "basis"), [(LEAST_LOTS, Basis.PROVISIONAL), (SOUND_LOTS - 1, Basis.PROVISIONAL)])
def test_limits_of_fewer_than_twenty_lots_are_provisional(lots: int, basis: Basis) -> None:
    assert chart(*(str(n % 3) for n in range(lots))).basis is basis
    assert chart(*(str(n % 3) for n in range(SOUND_LOTS))).basis is Basis.SOUND
    assert set(BASIS_WORDS) == set(Basis)


def test_a_result_in_every_state_but_made_invalid_is_a_value_of_its_lot() -> None:
    """Whoever adds a state decides here whether such a result still counts."""
    assert set(RESULT.states) - set(VALID_STATES) == {"invalidated"}


def test_of_no_result_there_is_neither_a_point_nor_a_centre() -> None:
    nothing = chart()
    assert (nothing.points, nothing.centre, nothing.basis) == ((), None, Basis.TOO_FEW)


def test_a_lot_is_one_point_the_mean_of_its_replicates_placed_where_it_was_first_tested() -> None:
    results = [
        measured("B", "20", hour=2),
        measured("A", "182.5", hour=1),
        measured("A", "188", hour=5, is_reviewed=False),
        measured("C", "7", hour=0),
    ]
    found = points_of(results, "%")
    assert [(each.lot, each.value) for each in found] == [("C", 7), ("A", Decimal("185.25")), ("B", 20)]
    assert (found[1].reported, found[1].tested_at) == (("182.5", "188"), NOON + timedelta(hours=1))
    assert [each.is_reviewed for each in found] == [True, False, True]


def test_lots_that_were_tested_together_stand_as_they_were_given() -> None:
    assert [each.lot for each in points_of([measured("B", "1"), measured("A", "2")], "%")] == ["B", "A"]


@pytest.mark.parametrize(
    ("replicates", "value", "qualifier"),
    [(["<0.25"], "0.25", "<"), ([">9"], "9", ">"), (["<1", "3"], "2", "<"), (["<1", ">3"], "2", "<>")],
)
def test_a_bounded_result_is_a_point_at_its_bound(replicates: list[str], value: str, qualifier: str) -> None:
    (point,) = points_of([measured("A", each) for each in replicates], "%")
    assert (point.value, point.qualifier, point.is_counted) == (Decimal(value), qualifier, False)


def test_a_bounded_result_is_left_out_of_mean_and_sigma_and_breaks_no_rule() -> None:
    numbers = ["10", "12", "11", "14", "14", "9", "10", "12"]
    with_bounds = chart("<99", *numbers[:4], ">1", *numbers[4:])
    without = chart(*numbers)
    assert (with_bounds.centre, with_bounds.sigma, with_bounds.counted) == (without.centre, without.sigma, 8)
    assert (with_bounds.broken[0], with_bounds.broken[5]) == ((), ())


def test_values_beside_a_bounded_result_are_judged_without_it() -> None:
    found = chart("5", "1", "2", "3", "<9", "4", "5", "6", "1")
    assert [place for place, rules in enumerate(found.broken) if 3 in rules] == [7]


def test_a_result_in_another_unit_stands_on_no_common_scale() -> None:
    results = [measured("A", "1"), measured("B", "1000", unit="‰"), measured("B", "1", hour=1)]
    assert [(each.lot, each.value) for each in points_of(results, "%")] == [("A", 1), ("B", 1)]
    assert lots_in_another_unit(results, "%") == ["B"]


@pytest.mark.parametrize(("reported", "places"), [((), 1), (("5",), 1), (("5", "<0.25"), 3), (("0.123456", "1"), 6)])
def test_means_are_written_with_one_place_more_than_the_most_exact_result(
    reported: tuple[str, ...], places: int
) -> None:
    assert chart(*reported).places == places


def test_a_number_is_written_in_plain_digits() -> None:
    assert written(Decimal("184.66666"), 1) == "184.7"
    assert written(Decimal(2), 2) == "2.00"
    assert [plain(Decimal(each)) for each in ("100.000000", "0.250000", "0.000000")] == ["100", "0.25", "0"]

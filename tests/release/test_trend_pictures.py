"""The picture of a trend: where lines, labels and points lie, and by which form each is told."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from cotrack.foundation.words import Words
from cotrack.release.gateways import BOTTOM, LEFT, RIGHT, SPARK_LOTS, TOP, Picture, picture_of, spark_of, svg_of
from cotrack.release.rules.trends import Chart, Point, chart_of, is_trended
from cotrack.study.rules.definition import ReleaseTest

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
NUMBERS = ("10", "12", "11", "14", "14", "9", "10", "30")


def specified(**limits: str) -> ReleaseTest:
    given = dict.fromkeys(("least", "most", "below", "alert_least", "alert_most")) | {
        name: Decimal(each) for name, each in limits.items()
    }
    return ReleaseTest(
        key="viability",
        name=Words("Viability", "细胞活率"),
        reported_as="Viability",
        kind="number",
        unit="%",
        accepts=(),
        rejects=(),
        replicates=None,
        is_required=True,
        may_be_outstanding=False,
        is_critical=True,
        unset=(),
        **given,
    )


def points(*reported: str) -> list[Point]:
    found = []
    for place, text in enumerate(reported):
        qualifier = text[0] if text[0] in "<>" else ""
        value, at = Decimal(text.removeprefix(qualifier)), NOON + timedelta(hours=place)
        found.append(Point(f"L{place:02}", value, qualifier, (text,), at, is_reviewed=True))
    return found


def chart(*reported: str) -> Chart:
    return chart_of(points(*reported))


def picture(*reported: str, asked: str = "", **limits: str) -> Picture:
    return picture_of(chart(*reported), specified(**limits), asked)


def heights(drawn: Picture) -> dict[str, float]:
    return {each.words: each.y for each in drawn.lines}


def test_a_test_in_numbers_has_a_trend_and_one_in_words_has_none() -> None:
    assert is_trended(specified())
    assert not is_trended(replace(specified(), kind="words"))


def test_every_limit_that_the_test_has_is_a_line_with_its_own_words() -> None:
    drawn = picture("5", least="4", most="6", below="7", alert_least="4.5", alert_most="5.5")
    kinds = {each.words: each.kind for each in drawn.lines}
    assert kinds == {
        "≥ 4": "limit",
        "≤ 6": "limit",
        "< 7": "limit",
        "< 4.5": "alert",
        "> 5.5": "alert",
        "5.0": "centre",
    }


def test_a_higher_value_lies_higher_and_all_lies_within_the_picture() -> None:
    drawn = picture(*NUMBERS, least="5", most="50")
    ordered = sorted(drawn.marks, key=lambda each: each.point.value)
    assert [each.y for each in ordered] == sorted((each.y for each in drawn.marks), reverse=True)
    assert heights(drawn)["≤ 50"] == TOP
    drawn_heights = [each.y for each in (*drawn.marks, *drawn.lines)]
    assert (min(drawn_heights), max(drawn_heights)) == (TOP, BOTTOM)


def test_the_centre_and_three_sigma_lines_lie_on_the_scale_of_the_points() -> None:
    drawn = picture(*NUMBERS)
    found = heights(drawn)
    low, centre, high = (next(y for words, y in found.items() if sign in words) for sign in ("−3σ", "13.8", "+3σ"))
    assert low - centre == pytest.approx(centre - high, abs=0.2)
    assert {each.kind for each in drawn.lines} == {"centre", "outer"}


def test_without_a_sigma_no_three_sigma_line_is_drawn() -> None:
    assert [each.kind for each in picture("10", "12").lines] == ["centre"]


def test_lots_stand_from_left_to_right_and_one_alone_in_the_middle() -> None:
    drawn = picture(*NUMBERS)
    across = [each.x for each in drawn.marks]
    assert across == sorted(set(across))
    assert LEFT < across[0] < across[-1] < RIGHT
    assert [each.x for each in picture("5").marks] == [(LEFT + RIGHT) / 2]


@pytest.mark.parametrize(("reported", "form"), [("<9", "at_most"), (">9", "at_least"), ("9", "number")])
def test_a_bound_has_a_form_of_its_own_and_the_course_goes_past_it(reported: str, form: str) -> None:
    drawn = picture("10", reported, "12")
    assert drawn.marks[1].form == form
    assert len(drawn.course.split()) == (3 if form == "number" else 2)


def test_a_point_that_breaks_a_rule_has_a_form_of_its_own_and_carries_the_number() -> None:
    drawn = picture(*["10", "11"] * 4, "90")
    assert [(each.form, each.rules) for each in drawn.marks[-2:]] == [("number", ()), ("broken", (1,))]
    paths = {re.sub(r"^M[\d.]+ [\d.]+", "", each.path) for each in drawn.marks}
    assert len(paths) == 2


def test_only_the_lot_that_is_asked_for_is_marked() -> None:
    drawn = picture("10", "11", "12", asked="L01")
    assert [each.is_asked for each in drawn.marks] == [False, True, False]
    assert drawn.asked is not None
    assert (drawn.asked.words, drawn.asked.at) == ("L01", drawn.marks[1].x)
    assert picture("10", asked="L07").asked is None


def test_labels_of_lines_that_lie_close_are_put_apart_and_stay_in_the_picture() -> None:
    drawn = picture("50", least="10", alert_least="10.1", most="10.2", alert_most="10.3", below="100")
    labels = [each.label_y for each in drawn.lines]
    assert all(later - earlier >= 19 for earlier, later in pairwise(labels))
    assert max(labels) <= BOTTOM
    assert [each.y for each in drawn.lines] == sorted(each.y for each in drawn.lines)


def test_labels_that_lie_close_at_the_top_go_down_and_never_out_of_the_picture() -> None:
    labels = [each.label_y for each in picture("50", least="10", alert_most="99.9", most="100", below="100.1").lines]
    assert min(labels) == TOP
    assert all(later - earlier >= 19 for earlier, later in pairwise(labels))


@pytest.mark.parametrize(("lots", "named"), [(1, 1), (7, 7), (60, 8)])
def test_as_many_lots_are_named_as_there_is_room_for_and_the_newest_always(lots: int, named: int) -> None:
    drawn = picture(*(str(each) for each in range(lots)))
    assert len(drawn.ticks) <= named
    assert drawn.ticks[-1].words == drawn.marks[-1].point.lot
    places = [each.at for each in drawn.ticks]
    assert all(later - earlier >= 90 for earlier, later in pairwise(places))


def test_of_no_point_there_are_only_the_limits() -> None:
    drawn = picture(least="85")
    assert (drawn.marks, drawn.ticks, drawn.course, heights(drawn)) == ((), (), "", {"≥ 85": (TOP + BOTTOM) / 2})
    assert picture().lines == ()


def spark_places(course: str) -> Sequence[tuple[float, ...]]:
    return [tuple(map(float, each.split(","))) for each in course.split()]


def test_a_spark_line_ends_at_its_lot_and_goes_back_no_further_than_twenty() -> None:
    drawn = spark_of(points(*(str(each) for each in range(30))), "L24")
    assert drawn is not None
    places = spark_places(drawn.course)
    assert len(places) == SPARK_LOTS
    assert places[-1] == (drawn.x, drawn.y)
    assert places[0][1] > places[-1][1]


def test_a_lot_without_a_value_has_no_spark_line() -> None:
    assert spark_of(points("1", "2"), "L07") is None
    assert spark_of([], "") is None


def test_the_picture_of_a_document_shows_every_line_and_point_of_the_page_in_both_languages() -> None:
    drawn = picture(*NUMBERS, "<8", asked="L07", least="8", alert_most="20")
    svg = svg_of(drawn)
    root = ET.fromstring(svg)  # noqa: S314 (our own picture)
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"限度 Limit ≥ 8", "警戒限 Alert > 20", "L07"} <= set(texts)
    shapes = [each.get("d") for each in root.iter("{http://www.w3.org/2000/svg}path")]
    assert {each.path for each in drawn.marks} <= set(shapes)
    assert all("H944" in str(shape) for shape in shapes[: 2 * len(drawn.lines) : 2])
    assert svg.count("<circle") == 1

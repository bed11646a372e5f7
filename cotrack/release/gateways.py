"""Draws a trend: where each line, point and word of its picture lies, in the units of an SVG view box."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Final

from cotrack.release.rules.trends import Chart, Point, plain, written
from cotrack.study.rules.definition import ReleaseTest

WIDTH: Final = 960
HEIGHT: Final = 380
LEFT, RIGHT, TOP, BOTTOM = 176, 944, 48, 336
_INSET: Final = 22
_LABEL_HEIGHT: Final = 19
_TICK_WIDTH: Final = 104
SPARK_WIDTH: Final = 110
SPARK_HEIGHT: Final = 30
SPARK_LOTS: Final = 20

Scale = Callable[[Decimal], float]


@dataclass(frozen=True)
class Line:
    """A line across the picture, its label beside it and shifted where two lines lie close."""

    kind: str
    words: str
    y: float
    label_y: float


@dataclass(frozen=True)
class Mark:
    """A point of the picture: its form says number, bound or broken rule."""

    point: Point
    form: str
    rules: tuple[int, ...]
    x: float
    y: float
    path: str
    is_asked: bool


@dataclass(frozen=True)
class Tick:
    """A lot's number under the picture, or over it for the lot that is asked for, and where its point lies."""

    words: str
    at: float
    x: float
    anchor: str


@dataclass(frozen=True)
class Picture:
    """A whole picture of a trend; `asked` stands over the point in question."""

    lines: tuple[Line, ...]
    course: str
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    asked: Tick | None


@dataclass(frozen=True)
class Spark:
    """A small line without words, with one point on it."""

    course: str
    x: float
    y: float


def picture_of(chart: Chart, test: ReleaseTest, asked: str = "") -> Picture:
    """Draw a chart with the limits of its test; `asked` is the lot whose point is marked."""
    lines = _lines(chart, test)
    height = _scale([*(value for *_, value in lines), *(each.value for each in chart.points)], BOTTOM, TOP)
    across = _places(len(chart.points), LEFT + _INSET, RIGHT - _INSET)
    marks = [
        _mark(point, rules, (x, height(point.value)), is_asked=point.lot == asked)
        for point, rules, x in zip(chart.points, chart.broken, across, strict=True)
    ]
    return Picture(
        lines=_labelled([(kind, words, height(value)) for kind, words, value in lines]),
        course=_course([(each.x, each.y) for each in marks if each.point.is_counted]),
        marks=tuple(marks),
        ticks=_ticks(marks),
        asked=next((_tick(each) for each in marks if each.is_asked), None),
    )


def spark_of(points: Sequence[Point], asked: str) -> Spark | None:
    """Draw the newest lots up to the one that is asked for, in small; None where it has no point."""
    place = next((place for place, each in enumerate(points) if each.lot == asked), None)
    if place is None:
        return None
    shown = points[max(0, place + 1 - SPARK_LOTS) : place + 1]
    height = _scale([each.value for each in shown], SPARK_HEIGHT - 6, 6)
    drawn = [(x, height(each.value)) for x, each in zip(_places(len(shown), 6, SPARK_WIDTH - 6), shown, strict=True)]
    return Spark(_course(drawn), *drawn[-1])


def _lines(chart: Chart, test: ReleaseTest) -> list[tuple[str, str, Decimal]]:
    limits = (
        ("limit", "≥", test.least),
        ("limit", "≤", test.most),
        ("limit", "<", test.below),
        ("alert", "<", test.alert_least),
        ("alert", ">", test.alert_most),
    )
    lines = [(kind, f"{sign} {plain(value)}", value) for kind, sign, value in limits if value is not None]
    if chart.centre is not None:
        lines.append(("centre", written(chart.centre, chart.places), chart.centre))
    for sign, value in zip("−+", chart.outer or (), strict=False):
        lines.append(("outer", f"{sign}3σ {written(value, chart.places)}", value))
    return lines


def _scale(values: Sequence[Decimal], bottom: float, top: float) -> Scale:
    """Return how high a value lies: the least at the bottom, the most at the top; all in the middle if they are one."""
    low, high = (min(values), max(values)) if values else (Decimal(0), Decimal(0))
    if low == high:
        return lambda _: (bottom + top) / 2
    per_step = (bottom - top) / float(high - low)
    return lambda value: round(bottom - float(value - low) * per_step, 1)


def _places(count: int, left: float, right: float) -> list[float]:
    if count < 2:
        return [(left + right) / 2] * count
    return [round(left + (right - left) * place / (count - 1), 1) for place in range(count)]


def _course(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)


_FORMS: Final = {"": "number", "<": "at_most", ">": "at_least", "<>": "bounded"}
_PATHS: Final = {
    "number": "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
    "broken": "m-6.5-6.5h13v13h-13z",
    "at_most": "m-6.5-5h13l-6.5 11z",
    "at_least": "m-6.5 5h13l-6.5-11z",
    "bounded": "m0-7l7 7l-7 7l-7-7z",
}


def _mark(point: Point, rules: tuple[int, ...], at: tuple[float, float], *, is_asked: bool) -> Mark:
    form, (x, y) = "broken" if rules else _FORMS[point.qualifier], at
    return Mark(point, form, rules, x, y, f"M{x} {y}{_PATHS[form]}", is_asked)


def _labelled(lines: Sequence[tuple[str, str, float]]) -> tuple[Line, ...]:
    """Put each label at its line, and close ones apart, none below the foot of the picture."""
    ordered = sorted(lines, key=lambda each: each[2])
    heights: list[float] = []
    for _, _, y in ordered:
        heights.append(max(y, heights[-1] + _LABEL_HEIGHT) if heights else y)
    lowest = BOTTOM + 0.0
    for place in reversed(range(len(heights))):
        heights[place] = min(heights[place], lowest)
        lowest = heights[place] - _LABEL_HEIGHT
    return tuple(Line(*line, label_y=label_y) for line, label_y in zip(ordered, heights, strict=True))


def _ticks(marks: Sequence[Mark]) -> tuple[Tick, ...]:
    """Name as many lots as there is room for, the newest always."""
    if not marks:
        return ()
    every = ceil(_TICK_WIDTH * len(marks) / (RIGHT - LEFT))
    return tuple(_tick(each) for each in reversed(marks[::-1][::every]))


def _tick(mark: Mark) -> Tick:
    anchor = "end" if mark.x > RIGHT - 60 else "middle"
    return Tick(mark.point.lot, mark.x, RIGHT if anchor == "end" else mark.x, anchor)

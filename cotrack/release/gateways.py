"""Draws a trend: where each line, point and word of its picture lies, in the units of an SVG view box."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
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


_STYLE: Final = (
    "text{font-family:'Noto Sans CJK SC';font-size:14px;fill:#17212b}path{stroke:#4a5560;stroke-width:1.5}"
    ".limit path{stroke:#a3121b;stroke-width:2.5}.limit text{fill:#a3121b;font-weight:700}"
    ".alert path{stroke:#7a4b00;stroke-width:2;stroke-dasharray:9 5}.alert text{fill:#7a4b00;font-weight:700}"
    ".centre path{stroke:#0b3c49}.outer path{stroke-dasharray:2 4;stroke-width:2}"
    "path.lead{stroke-width:1;stroke-dasharray:none}.course{stroke:#0b5c73;stroke-width:1.5}"
    "path.point{fill:#0b5c73;stroke:#fff;stroke-width:1}path.bound{fill:#fff;stroke:#4a5560;stroke-width:2}"
    "path.broken{fill:#17212b}.rule{font-weight:700}.asked path{stroke:#17212b;stroke-width:1;stroke-dasharray:4 3}"
    "circle{stroke:#17212b;stroke-width:2.5}.asked text{font-weight:700}.tick{font-size:13px;fill:#55626e}"
)
"""What the page's style sheet says of a trend, for paper: forms and labels tell all of it without colour."""

_LINE_WORDS: Final = {"limit": "限度 Limit", "alert": "警戒限 Alert", "centre": "均值 Mean", "outer": ""}


def svg_of(drawn: Picture) -> str:
    """Return a picture as an SVG that stands by itself, in both languages, for a document."""
    parts = [*(_line_svg(each) for each in drawn.lines), *([_asked_svg(drawn.asked)] if drawn.asked else [])]
    parts.append(f'<polyline class="course" points="{drawn.course}" fill="none"/>')
    parts += [_mark_svg(each) for each in drawn.marks]
    parts += [_text(each.x, 364, each.words, f'class="tick" text-anchor="{each.anchor}"') for each in drawn.ticks]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"><style>{_STYLE}</style>'
    return head + "".join(parts) + "</svg>"


def _text(x: float, y: float, words: str, attributes: str) -> str:
    return f'<text x="{x}" y="{y}" {attributes}>{escape(words)}</text>'


def _line_svg(line: Line) -> str:
    words = f"{_LINE_WORDS[line.kind]} {line.words}".strip()
    return (
        f'<g class="{line.kind}"><path d="M184 {line.y}H944" fill="none"/>'
        f'<path class="lead" d="M172 {line.label_y}L184 {line.y}" fill="none"/>'
        + _text(168, line.label_y + 5, words, 'text-anchor="end"')
        + "</g>"
    )


def _asked_svg(asked: Tick) -> str:
    words = _text(asked.x, 15, asked.words, f'text-anchor="{asked.anchor}"')
    return f'<g class="asked"><path d="M{asked.at} 22V336"/>{words}</g>'


def _mark_svg(mark: Mark) -> str:
    kind = mark.form if mark.form in {"number", "broken"} else "bound"
    ring = f'<circle cx="{mark.x}" cy="{mark.y}" r="11" fill="none"/>' if mark.is_asked else ""
    rules = ", ".join(map(str, mark.rules))
    number = _text(mark.x, mark.y - 14, rules, 'class="rule" text-anchor="middle"') if rules else ""
    return f'{ring}<path class="point {kind}" d="{mark.path}"/>{number}'

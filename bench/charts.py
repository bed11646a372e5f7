"""Draws curves of rates as one SVG picture: a panel for each thing that is varied, a line for each decoder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 400, 250
LEFT, TOP, RIGHT, BOTTOM = 48, 34, 14, 44
KEY_HEIGHT = 34
GRID = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class Series:
    """One line: its name, its place in the key, and percent by amount."""

    name: str
    colour: str
    dashes: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """One curve's panel; `limit` is up to where the measure goes."""

    title: str
    axis: str
    limit: float
    series: Sequence[Series]


def picture(panels: Sequence[Panel]) -> str:
    """Return the panels, two in a row, with one key above them."""
    rows = -(-len(panels) // 2)
    width, height = 2 * WIDTH, KEY_HEIGHT + rows * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        "<style>svg { font: 12px sans-serif }</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_key(panels),
    ]
    for place, panel in enumerate(panels):
        across, down = place % 2 * WIDTH, KEY_HEIGHT + place // 2 * HEIGHT
        parts += [f'<g transform="translate({across},{down})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _key(panels: Sequence[Panel]) -> Iterator[str]:
    known = {each.name: each for panel in panels for each in panel.series}
    for place, series in enumerate(known.values()):
        left = LEFT + place * 185
        yield f'<line x1="{left}" y1="18" x2="{left + 28}" y2="18" {_stroke(series)}/>'
        yield f'<text x="{left + 34}" y="22">{escape(series.name)}</text>'


def _stroke(series: Series) -> str:
    return f'stroke="{series.colour}" stroke-width="2" stroke-dasharray="{series.dashes}" fill="none"'


def _panel(panel: Panel) -> Iterator[str]:
    amounts = sorted({amount for series in panel.series for amount, _ in series.points})
    first, last = amounts[0], amounts[-1]

    def across(amount: float) -> float:
        return round(LEFT + (amount - first) / (last - first) * (WIDTH - LEFT - RIGHT), 1)

    def down(percent: float) -> float:
        return round(TOP + (100 - percent) / 100 * (HEIGHT - TOP - BOTTOM), 1)

    yield f'<text x="{LEFT}" y="16" font-weight="bold">{escape(panel.title)}</text>'
    for percent in GRID:
        yield f'<path d="M{LEFT} {down(percent)}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{down(percent) + 4}" text-anchor="end" fill="#555">{percent} %</text>'
    for amount in amounts:
        yield f'<text x="{across(amount)}" y="{down(0) + 16}" text-anchor="middle" fill="#555">{amount:g}</text>'
    yield f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(panel.axis)}</text>'
    yield f'<path d="M{across(panel.limit)} {down(0)}V{down(100)}" stroke="#555" stroke-dasharray="2 3"/>'
    for series in panel.series:
        path = "L".join(f"{across(amount)} {down(percent)}" for amount, percent in series.points)
        yield f'<path d="M{path}" {_stroke(series)}/>'
        for amount, percent in series.points:
            yield f'<circle cx="{across(amount)}" cy="{down(percent)}" r="2.6" fill="{series.colour}"/>'

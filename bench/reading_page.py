"""Writes how labels are read as a page: `docs/label-reading.md` and its picture."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.charts import Panel, Series, picture
from bench.rates import Rate

PAGE, PICTURE = "label-reading.md", "label-reading.svg"
LOOKS = {
    ("QRCode", "zxing-cpp"): ("QR, zxing-cpp", "#1f5fa8", ""),
    ("QRCode", "pyzbar"): ("QR, pyzbar", "#1f5fa8", "5 4"),
    ("DataMatrix", "zxing-cpp"): ("Data Matrix, zxing-cpp", "#c2571a", ""),
    ("DataMatrix", "libdmtx"): ("Data Matrix, libdmtx", "#c2571a", "5 4"),
}
LIMITS = {
    "pixels a module": ("Size in the picture", 4.0),
    "blur in modules": ("Out of focus", 0.3),
    "perspective in percent": ("Seen from the side", 10.0),
    "degrees round the thing": ("Turned away round its thing", 0.0),
}
SYMBOLS = {"QRCode": "QR", "DataMatrix": "Data Matrix"}

HEAD = """# How well labels are read

Every kind of label is printed dot by dot at 203 and at 600 dpi, with the longest Chinese and English texts that its
template takes, put on the thing that it is made for, and photographed worse than any scanner does. Decoders that did
not draw it read the photographs. Of {shots} readings {wrong} gave another text than the label's own.

`python -m bench.readings` wrote this page and `make soak` writes it anew. The figures are rates: they come from the
seeds of the photographs and depend on no machine. `tests/labelling/test_label_reading.py` holds them in every run.

## Within the measure

The measure is 4 pixels a module, any rotation, blur up to 0.3 module, perspective up to 10 % (the far end that much
shorter), 30 % of the light with noise of 6 shades of 256, JPEG quality 40, and the thing's own roundness: all at once.
What has a range is drawn from it, everything else stays at its limit. Wanted: zxing-cpp 98 %, pyzbar 95 %.

A decoder that sees nothing gets a second look: zxing-cpp at the picture turned by 45°, because it misses some Data
Matrix as it lies and finds it turned; pyzbar at the picture smoothed (Gaussian of one pixel), because noise in the dark
makes it lose the corners. With each fault alone, both read what is wanted at first look.

| label | symbol | on | decoder | photographs | first look | with the second | wrong |
|---|---|---|---|---|---|---|---|
"""
AFTER_TABLE = """
Modules of 0.25 mm are what printers of 203, 300 and 600 dpi all have (2, 3, 6 dots). The smaller the symbol, the less
of it turns away round a vial: 36 modules of 0.34 mm reach 56° to each side, of 0.25 mm 41°. Those of 0.34 mm miss what
is wanted: no label has them on a vial. libdmtx lays a straight grid: it reads what is flat or on a wide
tube, and nothing round a vial as a camera sees it. Laid flat, which undoes the curve by the vial's diameter and the
way it lies (both known here, where the photograph is made) and nothing else, it reads the same photographs. It gets a
tenth of them, and one look at what is not laid flat.

## Beyond the measure

One amount is varied, everything else stays within the measure. Flat, but for the last: there a wristband's QR is on a
wrist of 50 mm, and the Data Matrix, with modules of 0.25 mm, on a vial of 12.5 mm. Shown is what was read by the second
look; the dotted line is the measure's limit.

![Rates by size, blur, perspective and turn](label-reading.svg)
"""


def write(folder: Path, rates: Sequence[Rate]) -> None:
    """Write the page and its picture into a folder."""
    folder.joinpath(PAGE).write_text(page(rates), encoding="utf-8")
    folder.joinpath(PICTURE).write_text(picture(list(panels(rates))), encoding="utf-8")


def page(rates: Sequence[Rate]) -> str:
    """Return the page."""
    head = HEAD.format(shots=sum(each.shots for each in rates), wrong=sum(each.wrong for each in rates))
    rows = [_row(each) for each in rates if not each.varied]
    tables = [line for varied in LIMITS for line in _table(varied, [each for each in rates if each.varied == varied])]
    return head + "\n".join(rows) + "\n" + AFTER_TABLE + "\n".join([*tables, ""])


def _row(rate: Rate) -> str:
    shares = f"{rate.percent_at_first:.1f} % | {rate.percent:.1f} %"
    symbol = SYMBOLS[rate.symbol]
    return f"| {rate.label} | {symbol} | {rate.thing} | {rate.decoder} | {rate.shots} | {shares} | {rate.wrong} |"


def _table(varied: str, rates: Sequence[Rate]) -> Iterator[str]:
    """Yield one curve in figures: an amount a column, a decoder a line."""
    amounts = sorted({each.amount for each in rates})
    yield ""
    yield f"| {varied} | " + " | ".join(f"{each:g}" for each in amounts) + " |"
    yield "|---" * (len(amounts) + 1) + "|"
    for series in _series(rates):
        shares = dict(series.points)
        yield f"| {series.name} | " + " | ".join(f"{shares[each]:.0f} %" for each in amounts) + " |"


def panels(rates: Sequence[Rate]) -> Iterator[Panel]:
    """Yield a panel for each amount that was varied."""
    for varied, (title, limit) in LIMITS.items():
        series = list(_series([each for each in rates if each.varied == varied]))
        yield Panel(title, varied, limit, series)


def _series(rates: Sequence[Rate]) -> Iterator[Series]:
    for look, (name, colour, dashes) in LOOKS.items():
        points = sorted((each.amount, each.percent) for each in rates if (each.symbol, each.decoder) == look)
        if points:
            yield Series(name, colour, dashes, points)

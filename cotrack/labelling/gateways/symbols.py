"""Draws a code as QR or as square Data Matrix, a module being a whole number of a printer's dots.

What draws a symbol never reads it back: QR is drawn by `qrcode` and read by libzbar, Data Matrix is drawn by pyStrich
and read by zxing-cpp.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import qrcode
from PIL import Image, ImageOps
from pystrich.datamatrix import DataMatrixData, DataMatrixEncoder
from pystrich.exceptions import PyStrichError
from qrcode.constants import ERROR_CORRECT_Q

from cotrack.labelling.gateways.typesetting import MM_PER_INCH, PDF_DOTS_PER_INCH, LabelNotPrintable
from cotrack.labelling.rules.headers import Symbology

QUIET_MODULES: Final = {"qr": 4, "datamatrix": 2}
"""What stays white around a symbol: QR asks for four modules, Data Matrix for one and gets two."""
DRAWING_VERSION: Final = "2"
"""Another number once the same modules are drawn by other strokes: a document's bytes are other ones then."""
_BLACK, _WHITE = 0, 255

Modules = Sequence[Sequence[int | None]]


def drawn_symbol(symbology: Symbology, text: str, box_mm: float, dots_per_inch: int) -> tuple[str, float]:
    """Return a symbol as SVG and its side in mm with quiet zone, at most as large as the box."""
    draw = qr_symbol if symbology == "qr" else datamatrix_symbol
    return draw(text, box_mm, dots_per_inch)


def qr_symbol(text: str, box_mm: float, dots_per_inch: int = PDF_DOTS_PER_INCH) -> tuple[str, float]:
    """Return the symbol as SVG and its side with quiet zone, a module being a whole number of dots.

    Level Q: up to a quarter of the symbol may be lost to frost or a fold.
    """
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_Q)
    drawing.add_data(text)
    drawing.make(fit=True)
    return _drawn(drawing.modules, QUIET_MODULES["qr"], box_mm, dots_per_inch)


def datamatrix_symbol(text: str, box_mm: float, dots_per_inch: int = PDF_DOTS_PER_INCH) -> tuple[str, float]:
    """Return a square Data Matrix as SVG and its side with quiet zone; raises LabelNotPrintable where it is no square.

    A text of capital letters and digits is written in C40, three characters in two codewords.
    """
    return _drawn(datamatrix_modules(text), QUIET_MODULES["datamatrix"], box_mm, dots_per_inch)


def datamatrix_modules(text: str | DataMatrixData) -> Modules:
    """Return the modules of a text as square Data Matrix, row by row, without its quiet zone.

    Raises LabelNotPrintable where there is no square for it.
    """
    try:
        data = DataMatrixData(text, encoding="ascii") if isinstance(text, str) else text
        modules = DataMatrixEncoder(data, quiet_zone=0, symbol_shape="square").init_renderer().matrix
    except PyStrichError as fault:
        raise LabelNotPrintable("The code cannot be drawn as a square Data Matrix.") from fault
    if any(len(row) != len(modules) for row in modules):
        raise LabelNotPrintable("The code cannot be drawn as a square Data Matrix.")
    return modules


def datamatrix_picture(modules: Modules, dots_a_module: int) -> Image.Image:
    """Return modules as a picture with their quiet zone, black on white."""
    symbol = Image.new("L", (len(modules), len(modules)), _WHITE)
    symbol.putdata([_BLACK if each else _WHITE for row in modules for each in row])
    whole = ImageOps.expand(symbol, QUIET_MODULES["datamatrix"], _WHITE)
    return whole.resize((whole.width * dots_a_module, whole.height * dots_a_module), Image.Resampling.NEAREST)


def _drawn(modules: Modules, quiet: int, box_mm: float, dots_per_inch: int) -> tuple[str, float]:
    """Draw dark modules as one path of strips, so that neighbours never show a seam; return the side that it takes."""
    side = len(modules) + 2 * quiet
    path = "".join(f"M{left} {top}h{width}v1h-{width}z" for top, left, width in _strips(modules))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-quiet} {-quiet} {side} {side}">'
        f'<rect x="{-quiet}" y="{-quiet}" width="{side}" height="{side}" fill="#fff"/><path d="{path}"/></svg>'
    )
    dots = int(box_mm / MM_PER_INCH * dots_per_inch / side)
    return svg, dots * side * MM_PER_INCH / dots_per_inch


def _strips(modules: Modules) -> Iterator[tuple[int, int, int]]:
    """Yield the dark strips of each row: row, first module, and how many."""
    for top, row in enumerate(modules):
        left = 0
        for is_dark, strip in groupby(row, bool):
            width = sum(1 for _ in strip)
            if is_dark:
                yield top, left, width
            left += width

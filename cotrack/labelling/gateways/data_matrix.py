"""Draws a square Data Matrix as vectors."""

from typing import Any, Final

import zxingcpp

from cotrack.labelling.gateways.typesetting import MM_PER_INCH, PDF_DOTS_PER_INCH

QUIET_MODULES: Final = 1
"""ISO/IEC 16022: one module on every side."""


def square_symbol(text: str, box_mm: float, dots_per_inch: int = PDF_DOTS_PER_INCH) -> tuple[str, float]:
    """Return the symbol as SVG and its side with quiet zone, a module being a whole number of dots.

    The library leaves out an option that it does not know, silently: a symbol that is not square is refused here.
    """
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, forceSquare=True)
    image: Any = made.to_image(scale=1, add_quiet_zones=False)
    picture = memoryview(image)
    side, height = picture.shape or (0, 1)
    if side != height:
        raise ValueError("the Data Matrix is not square")
    modules = side + 2 * QUIET_MODULES
    cells = [
        f"M{column + QUIET_MODULES} {row + QUIET_MODULES}h1v1h-1z"
        for row in range(side)
        for column in range(side)
        if not picture[row, column]
    ]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {modules} {modules}"><path d="{"".join(cells)}"/></svg>'
    )
    dots = int(box_mm / MM_PER_INCH * dots_per_inch / modules)
    return svg, dots * modules * MM_PER_INCH / dots_per_inch

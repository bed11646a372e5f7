"""Draws a code as QR or as square Data Matrix, a module being a whole number of a printer's dots."""

import io
import re

import qrcode
import zxingcpp
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.image.svg import SvgPathFillImage

from cotrack.labelling.gateways.typesetting import MM_PER_INCH, PDF_DOTS_PER_INCH, LabelNotPrintable
from cotrack.labelling.rules.headers import Symbology

QUIET_MODULES = {"qr": 4, "datamatrix": 2}
"""What stays white around a symbol: QR asks for four modules, Data Matrix for one and gets two."""
_DRAWN = re.compile(r'<svg width="(?P<width>\d+)" height="(?P<height>\d+)".*<path d="(?P<path>[^"]+)"', re.DOTALL)


def drawn_symbol(symbology: Symbology, text: str, box_mm: float, dots_per_inch: int) -> tuple[str, float]:
    """Return a symbol as SVG and its side in mm with quiet zone, at most as large as the box."""
    draw = qr_symbol if symbology == "qr" else datamatrix_symbol
    return draw(text, box_mm, dots_per_inch)


def qr_symbol(text: str, box_mm: float, dots_per_inch: int = PDF_DOTS_PER_INCH) -> tuple[str, float]:
    """Return the symbol as SVG and its side with quiet zone, a module being a whole number of dots.

    Level Q: up to a quarter of the symbol may be lost to frost or a fold.
    """
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=QUIET_MODULES["qr"])
    drawing.add_data(text)
    drawing.make(fit=True)
    svg = io.BytesIO()
    drawing.make_image(image_factory=SvgPathFillImage).save(svg)
    return svg.getvalue().decode(), _side_mm(drawing.modules_count + 2 * QUIET_MODULES["qr"], box_mm, dots_per_inch)


def datamatrix_symbol(text: str, box_mm: float, dots_per_inch: int = PDF_DOTS_PER_INCH) -> tuple[str, float]:
    """Return a square Data Matrix as SVG and its side with quiet zone.

    zxing-cpp passes over options that it does not know: what came out is looked at before it is drawn.
    """
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, forceSquare=True)
    drawn = _DRAWN.search(made.to_svg(add_quiet_zones=False))
    if drawn is None or drawn["height"] != drawn["width"] or made.text != text:
        raise LabelNotPrintable("The code cannot be drawn as a square Data Matrix.")
    quiet = QUIET_MODULES["datamatrix"]
    side = int(drawn["width"]) + 2 * quiet
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-quiet} {-quiet} {side} {side}">'
        f'<rect x="{-quiet}" y="{-quiet}" width="{side}" height="{side}" fill="#fff"/><path d="{drawn["path"]}"/></svg>'
    )
    return svg, _side_mm(side, box_mm, dots_per_inch)


def _side_mm(modules: int, box_mm: float, dots_per_inch: int) -> float:
    dots = int(box_mm / MM_PER_INCH * dots_per_inch / modules)
    return dots * modules * MM_PER_INCH / dots_per_inch

"""GS1 outside: element strings divided by biip's dictionary, and drawn as a square Data Matrix by zxing-cpp."""

from collections.abc import Sequence
from typing import Any

import zxingcpp
from biip import ParseError
from biip.gs1_messages import GS1Message
from PIL import Image

from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.rules.gs1 import GS, Element, as_written


def split(text: str) -> Sequence[Element] | None:
    """Divide an element string by GS1's dictionary of application identifiers; None where it is none.

    What biip lets pass (a wrong check digit, one element twice, no item, a lost GS) is judged by the rules.
    """
    if text.startswith(GS) or text.endswith(GS) or GS * 2 in text or text != text.strip():
        return None
    try:
        found = GS1Message.parse(text).element_strings
    except (ParseError, ValueError):
        return None
    return [Element(each.ai.ai, each.value) for each in found]


def gs1_matrix(text: str, *, dots_a_module: int) -> Image.Image:
    """Return an element string as a square GS1 Data Matrix, each module a whole number of dots, read back as equal.

    zxing-cpp passes over an option that it does not know: what came out is asked, whatever was asked for. Raises
    LabelNotPrintable where it is not what was asked for.
    """
    elements = split(text)
    if elements is None:
        raise LabelNotPrintable("This is no GS1 element string: nothing was drawn.")
    written = as_written(elements)
    symbol = zxingcpp.create_barcode(written, zxingcpp.BarcodeFormat.DataMatrix, gs1=True, forceSquare=True)
    picture = _picture(zxingcpp.write_barcode_to_image(symbol, scale=dots_a_module, add_quiet_zones=True))
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix))
    is_right = len(found) == 1 and _is_gs1(found[0]) and found[0].bytes == text.encode("ascii")
    if not is_right or picture.width != picture.height:
        raise LabelNotPrintable("The drawn symbol does not read back as its own element string: it was not printed.")
    return picture


def _picture(drawn: Any) -> Image.Image:
    """Return what zxing-cpp drew; it gives its grey dots through Python's buffers, and says so to no type checker."""
    dots = memoryview(drawn)
    height, width = dots.shape or (0, 0)
    return Image.frombytes("L", (width, height), dots.tobytes())


def _is_gs1(symbol: zxingcpp.Barcode) -> bool:
    return symbol.content_type == zxingcpp.ContentType.GS1 and symbol.symbology_identifier == "]d2"

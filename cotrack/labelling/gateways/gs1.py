"""GS1 outside: element strings divided by biip's dictionary, drawn as a square Data Matrix, read back by zxing-cpp."""

from collections.abc import Sequence

import zxingcpp
from biip import ParseError
from biip.gs1_messages import GS1Message
from PIL import Image
from pystrich.datamatrix import FNC1, DataMatrixCodeword, DataMatrixData

from cotrack.labelling.gateways.symbols import datamatrix_modules, datamatrix_picture
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.rules.gs1 import GS, Element


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

    What was drawn is asked, whatever was asked for. Raises LabelNotPrintable where it is not what was asked for.
    """
    if split(text) is None:
        raise LabelNotPrintable("This is no GS1 element string: nothing was drawn.")
    # FNC1 says at the head that this is GS1, and stands where a scanner sends GS.
    parts: list[str | DataMatrixCodeword] = []
    for part in text.split(GS):
        parts += (FNC1, part)
    picture = datamatrix_picture(datamatrix_modules(DataMatrixData(*parts, encoding="ascii")), dots_a_module)
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix))
    if len(found) != 1 or not _is_gs1(found[0]) or found[0].bytes != text.encode("ascii"):
        raise LabelNotPrintable("The drawn symbol does not read back as its own element string: it was not printed.")
    return picture


def _is_gs1(symbol: zxingcpp.Barcode) -> bool:
    return symbol.content_type == zxingcpp.ContentType.GS1 and symbol.symbology_identifier == "]d2"

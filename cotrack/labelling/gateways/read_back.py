"""Reads a drawn label back with a decoder that did not draw it, from the very bytes that go out."""

import threading
from collections.abc import Iterable

import pypdfium2
import zxingcpp
from PIL import Image

from cotrack.labelling.gateways.needs import check_system
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.rules.headers import Symbology

DOTS_PER_INCH = 300
POINTS_PER_INCH = 72
DATA_MATRIX = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)

pdfium = threading.Lock()
"""pdfium must not be used by two threads at once."""


def codes_in_picture(picture: Image.Image) -> list[str]:
    """Return the texts of all QR and Data Matrix symbols in a picture.

    Raises SystemNeedMissing without the library that reads QR.
    """
    return [*qr_codes(picture), *datamatrix_codes(picture)]


def qr_codes(picture: Image.Image) -> list[str]:
    """Return the texts of all QR symbols; raises SystemNeedMissing without the library that reads them."""
    try:
        # Importing it loads libzbar0: at the head of this file it would stop `cotrack init` too, which asks for it.
        from pyzbar.pyzbar import ZBarSymbol, decode  # noqa: PLC0415
    except ImportError:
        check_system()
        raise
    return [found.data.decode("ascii", "replace") for found in decode(picture, symbols=[ZBarSymbol.QRCODE])]


def datamatrix_codes(picture: Image.Image) -> list[str]:
    """Return the texts of all Data Matrix symbols.

    A drawn label is black and white: one threshold for all of it reads the one code in a thousand that a threshold by
    neighbourhood loses.
    """
    for binarizer in (zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram):
        found = zxingcpp.read_barcodes(picture, formats=DATA_MATRIX, binarizer=binarizer)
        if found:
            return [each.text for each in found]
    return []


_READERS = {"qr": qr_codes, "datamatrix": datamatrix_codes}


def picture_of_pdf(document: bytes) -> Image.Image:
    """Return the first page of a PDF as a printer would see it."""
    return pages_of_pdf(document, most=1)[0]


def pages_of_pdf(document: bytes, *, most: int | None = None) -> list[Image.Image]:
    """Return the pages of a PDF, at most so many, as a printer would see them."""
    with pdfium:
        pdf = pypdfium2.PdfDocument(document)
        try:
            pages = range(len(pdf) if most is None else min(most, len(pdf)))
            return [pdf[each].render(scale=DOTS_PER_INCH / POINTS_PER_INCH, grayscale=True).to_pil() for each in pages]
        finally:
            pdf.close()


def require_code(picture: Image.Image, code: str, symbols: Iterable[Symbology] = ("qr",)) -> None:
    """Raise LabelNotPrintable unless the picture holds exactly this code, once in each of these symbols."""
    if any(_READERS[each](picture) != [code] for each in symbols):
        raise LabelNotPrintable("The drawn label does not read back as its own code: it was not printed.")

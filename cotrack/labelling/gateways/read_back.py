"""Reads a drawn label back with a decoder that did not draw it, from the very bytes that go out."""

import threading

import pypdfium2
from PIL import Image

from cotrack.labelling.gateways.needs import check_system
from cotrack.labelling.gateways.typesetting import LabelNotPrintable

DOTS_PER_INCH = 300
POINTS_PER_INCH = 72

_pdfium = threading.Lock()
"""pdfium must not be used by two threads at once."""


def codes_in_picture(picture: Image.Image) -> list[str]:
    """Return the texts of all QR symbols in a picture; raises SystemNeedMissing without the library that reads them."""
    try:
        # Importing it loads libzbar0: at the head of this file it would stop `cotrack init` too, which asks for it.
        from pyzbar.pyzbar import ZBarSymbol, decode  # noqa: PLC0415
    except ImportError:
        check_system()
        raise
    return [found.data.decode("ascii", "replace") for found in decode(picture, symbols=[ZBarSymbol.QRCODE])]


def picture_of_pdf(document: bytes) -> Image.Image:
    """Return the first page of a PDF as a printer would see it."""
    with _pdfium:
        pdf = pypdfium2.PdfDocument(document)
        try:
            picture: Image.Image = pdf[0].render(scale=DOTS_PER_INCH / POINTS_PER_INCH, grayscale=True).to_pil()
            return picture
        finally:
            pdf.close()


def require_code(picture: Image.Image, code: str) -> None:
    """Raise LabelNotPrintable unless the picture holds exactly this code."""
    found = codes_in_picture(picture)
    if found != [code]:
        raise LabelNotPrintable("The drawn label does not read back as its own code: it was not printed.")

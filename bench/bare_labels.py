"""The floor of a label: bare `qrcode`, bare typst, and for reading back bare pdfium and pyzbar."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pypdfium2
import qrcode
import typst
from pyzbar.pyzbar import ZBarSymbol, decode
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.image.svg import SvgPathFillImage

from cotrack.foundation.resources import resource

QR_MM = 30.0
READ_BACK_DOTS_PER_INCH = 300


@dataclass(frozen=True)
class BareLabel:
    """What is printed on one label: the same fields and a code of the same length as the program's."""

    fields: Mapping[str, str]
    code: str


class Press:
    """Draws labels by hand: no database, no glyph check, no record. Its compiler is kept, as the program's is."""

    def __init__(self) -> None:
        """Read the template once."""
        folder = resource("labels")
        self._template = (folder / "bag.typ").read_bytes()
        self._compiler = typst.Compiler(root=str(folder))

    def draw(self, label: BareLabel) -> bytes:
        """Return one label as PDF."""
        drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=4)
        drawing.add_data(label.code)
        svg = io.BytesIO()
        drawing.make_image(image_factory=SvgPathFillImage).save(svg)
        data = json.dumps({**label.fields, "qr": svg.getvalue().decode(), "qr_mm": QR_MM})
        document = self._compiler.compile(self._template, format="pdf", sys_inputs={"data": data})
        if not isinstance(document, bytes):
            raise TypeError("a label has one page")
        return document

    def draw_and_read(self, label: BareLabel) -> bytes:
        """Return one label as PDF after its code was read from it."""
        document = self.draw(label)
        pdf = pypdfium2.PdfDocument(document)
        picture = pdf[0].render(scale=READ_BACK_DOTS_PER_INCH / 72, grayscale=True).to_pil()
        pdf.close()
        (found,) = decode(picture, symbols=[ZBarSymbol.QRCODE])
        if found.data.decode() != label.code:
            raise ValueError("the floor's label does not read back")
        return document

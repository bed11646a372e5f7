"""The decoders that look at a drawn label: none of them drew it. Each answers with every text that it sees."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import zxingcpp
from PIL import Image, ImageFilter
from pyzbar.pyzbar import ZBarSymbol
from pyzbar.pyzbar import decode as decode_by_zbar

with warnings.catch_warnings():
    # What its Python package says of its own tools at import is not ours.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pylibdmtx.pylibdmtx import decode as decode_by_libdmtx

QR, DATA_MATRIX = "QRCode", "DataMatrix"


@dataclass(frozen=True)
class Decoder:
    """A decoder: what it sees at first look, and how a picture is changed for a second one where it saw nothing."""

    name: str
    symbols: tuple[str, ...]
    look: Callable[[Image.Image], list[str]]
    changed: Callable[[Image.Image], Image.Image] | None = None

    def look_again(self, picture: Image.Image) -> list[str]:
        """Return what is seen at the second look."""
        return self.look(self.changed(picture)) if self.changed else []

    def read(self, picture: Image.Image) -> list[str]:
        """Return what is seen at the first look, or where that is nothing at the second."""
        return self.look(picture) or self.look_again(picture)


def _by_zxing(picture: Image.Image) -> list[str]:
    formats = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix)
    return [each.text for each in zxingcpp.read_barcodes(picture, formats=formats)]


def _by_zbar(picture: Image.Image) -> list[str]:
    found = decode_by_zbar(picture, symbols=[ZBarSymbol.QRCODE])
    return [each.data.decode("utf-8", "replace") for each in found]


def _by_libdmtx(picture: Image.Image) -> list[str]:
    """Return the text of the Data Matrix in a picture; it looks for one only, because it looks long."""
    return [each.data.decode("utf-8", "replace") for each in decode_by_libdmtx(picture, max_count=1)]


def _turned(picture: Image.Image) -> Image.Image:
    """Turn by half a right angle: a Data Matrix that was missed as it lay is found then, hardly one is missed twice."""
    return picture.rotate(45, Image.Resampling.BICUBIC, expand=True)


def _smoothed(picture: Image.Image) -> Image.Image:
    """Smooth away the noise of a dark picture, over which libzbar stumbles."""
    return picture.filter(ImageFilter.GaussianBlur(1))


ZXING: Final = Decoder("zxing-cpp", (QR, DATA_MATRIX), _by_zxing, _turned)
ZBAR: Final = Decoder("pyzbar", (QR,), _by_zbar, _smoothed)
LIBDMTX: Final = Decoder("libdmtx", (DATA_MATRIX,), _by_libdmtx, _turned)
FLATTENED: Final = Decoder("libdmtx, laid flat", (DATA_MATRIX,), _by_libdmtx, _smoothed)
"""The same decoder, for photographs that are laid flat first: round a vial it reads none as it is seen."""
DECODERS: Final = (ZXING, ZBAR, LIBDMTX)

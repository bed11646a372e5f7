"""The process that reads the codes in one picture: started by `decoding`, picture on stdin, JSON on stdout.

It stands on the standard library, Pillow and the two decoders alone, and is run by its path, so that it starts in a
twentieth of a second. Whoever wrote the picture may make it crash, hang or swell: it holds no key and no database, can
open no file and no connection once the picture is read, and the system stops it at its limits.
"""

import base64
import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from math import hypot
from typing import Any, Final

from PIL import Image, ImageFilter, MpoImagePlugin, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin

LOADED: Final = (MpoImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Formats that Pillow would load when it meets one: by then no file can be opened. `preinit` loads the others."""
PICTURES: Final = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
"""What a scanner or a camera writes; nothing that another program would have to run to read, such as PostScript."""
MOST_DOTS: Final = 60_000_000
"""The largest picture that is opened: what the best telephones take, and less than a memory limit's worth of bytes."""
DECODED_DOTS: Final = 13_000_000
"""A larger picture is made smaller first: a label page in 12 million dots has three and more to a module."""
SECOND_LOOK_TAKES: Final = 4
"""How many times as long as a first look that takes long a second one does: a turned picture has twice the dots."""
MOST_CODES: Final = 40
LONGEST_TEXT: Final = 4_000
CELL: Final = 4
"""Dots to a module where a symbol is looked at for a print hint."""
QUIET_LOOKED_AT: Final = 4
QUIET_FAULTS: Final = 0.03
"""How much of a ring around a symbol may be dark, and the ring still be quiet."""
LEAST_RESOLUTION: Final = 100
"""A picture that says less says what a screen has, and nothing of paper."""
EXPOSURE_TIME: Final = 33434
EXIF_PART: Final = 0x8769

Corners = Sequence[tuple[float, float]]
"""Top left, top right, bottom right, bottom left, as the symbol itself stands."""
Code = dict[str, Any]
Reader = Callable[[Image.Image], tuple[list[Code], int]]
"""Returns the codes of a picture, and how many more were seen and could not be read."""
Change = Callable[[Image.Image], Image.Image]
Seen = tuple[Image.Image, list[Code], int]


def main() -> None:
    """Read the picture on stdin by the decoder that is asked for, within its limits, and say what was found."""
    decoder, memory, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    load, changed = READERS[decoder]
    reader = load()
    Image.preinit()
    content = sys.stdin.buffer.read()
    _shut_in(memory, seconds)
    try:
        said = _read(content, lambda picture: _looked(picture, reader, changed, seconds))
    except MemoryError:
        said = {"fault": "too_large"}
    json.dump(said, sys.stdout)


def _shut_in(memory: int, seconds: int) -> None:
    """Give up for good what a decoder does not need: memory, time, files, connections, processes, core dumps."""
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_FSIZE, 1024 * 1024),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        # Where the machine allows less already, that stands.
        _, allowed = resource.getrlimit(limit)
        lower = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(limit, (lower, lower))


def _read(content: bytes, look: Callable[[Image.Image], Seen]) -> Mapping[str, Any]:
    try:
        picture, dots_per_mm = _picture(content)
    except UnidentifiedImageError:
        return {"fault": "no_picture"}
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return {"fault": "too_large"}
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 (what a decoder raises over damaged bytes is anybody's guess)
        return {"fault": "damaged"}
    seen, codes, unread = look(picture)
    for each in codes[:MOST_CODES]:
        corners, modules = each.pop("corners"), each["modules"]
        each.update(_measured(seen, corners, modules, dots_per_mm) if modules else {})
    return {"codes": codes[:MOST_CODES], "unread": unread}


def _looked(picture: Image.Image, reader: Reader, changed: Change, seconds: float) -> Seen:
    """Return what a decoder reads, and the picture it stands in: a changed one where it read nothing at first look.

    The second look is left out where the first one took so long that both might not end in time.
    """
    begun = time.monotonic()
    codes, unread = reader(picture)
    first_look = time.monotonic() - begun
    if codes or first_look * (1 + SECOND_LOOK_TAKES) > seconds:
        return picture, codes, unread
    with suppress(MemoryError):
        other = changed(picture)
        codes, _ = reader(other)
        return other, codes, max(0, unread - len(codes))
    return picture, [], unread


def _turned(picture: Image.Image) -> Image.Image:
    """Turn by half a right angle: a Data Matrix that zxing-cpp missed as it lay is hardly ever missed twice."""
    return picture.rotate(45, Image.Resampling.BICUBIC, expand=True)


def _smoothed(picture: Image.Image) -> Image.Image:
    """Smooth away the noise of a dark picture, over which libzbar loses a symbol's corners."""
    return picture.filter(ImageFilter.GaussianBlur(1))


def _picture(content: bytes) -> tuple[Image.Image, float | None]:
    """Return the picture in grey, and its dots per mm of paper where it came from a flat scan.

    It is not turned as its camera was held (EXIF): both decoders read a symbol whichever way it stands.
    """
    Image.MAX_IMAGE_PIXELS = MOST_DOTS
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(BytesIO(content), formats=PICTURES) as opened:
            width, height = opened.size
            dots_per_mm = _dots_per_mm(opened)
            shrink = 1 if width * height <= DECODED_DOTS else 2 if width * height <= 4 * DECODED_DOTS else 3
            # A JPEG is made smaller while it is read, which costs a quarter of the time and memory.
            opened.draft("L", (width // shrink, height // shrink))
            grey = _grey(opened)
            if shrink > 1 and grey.width == width:
                grey = grey.reduce(shrink)
    shrunk = dots_per_mm and dots_per_mm * grey.width / width
    return grey, shrunk


def _grey(picture: Image.Image) -> Image.Image:
    """Return the picture in grey; what is transparent is white, as on paper."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        light = picture.convert("LA")
        paper = Image.new("L", light.size, 255)
        paper.paste(light.getchannel("L"), mask=light.getchannel("A"))
        return paper
    return picture.convert("L")


def _dots_per_mm(picture: Image.Image) -> float | None:
    """Return the dots per mm that a scanner or our own drawing states; a camera's say nothing of the paper."""
    stated = picture.info.get("dpi", (0, 0))
    is_camera = EXPOSURE_TIME in picture.getexif().get_ifd(EXIF_PART)
    resolution = float(stated[0])
    return None if is_camera or resolution < LEAST_RESOLUTION else resolution / 25.4


def _zxing() -> Reader:
    """Return the reader by zxing-cpp: QR, Data Matrix, Code 128."""
    # The process that asks for the other decoder does not load this one.
    import zxingcpp  # noqa: PLC0415

    names = zxingcpp.BarcodeFormat
    formats = zxingcpp.BarcodeFormats((names.QRCode, names.DataMatrix, names.Code128))

    def read(picture: Image.Image) -> tuple[list[Code], int]:
        found = zxingcpp.read_barcodes(picture, formats=formats, text_mode=zxingcpp.TextMode.Plain, return_errors=True)
        return [_of_zxing(each) for each in found if each.valid], sum(not each.valid for each in found)

    return read


def _of_zxing(found: Any) -> Code:
    place = found.position
    corners = [(each.x, each.y) for each in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)]
    unused = found.extra.get("UEC")
    return {
        "text": _sent(found.bytes),
        "identifier": found.symbology_identifier,
        "symbology": str(found.format),
        "corners": corners,
        "modules": _modules(str(found.format), str(found.extra.get("Version", ""))),
        "corrected": None if unused is None else round(100 * (1 - float(unused))),
    }


def _modules(symbology: str, version: str) -> int | None:
    """Return how many modules a side of a square symbol has; None for any other."""
    if symbology == "QR Code" and version.isdigit():
        return 17 + 4 * int(version)
    rows, _, columns = version.partition("x")
    return int(rows) if symbology == "Data Matrix" and rows == columns and rows.isdigit() else None


def _zbar() -> Reader:
    """Return the reader by libzbar, for what the first one could not read; it knows QR alone."""
    # Loading it asks the system for a library, which the process of the other decoder need not.
    from pyzbar.pyzbar import ZBarSymbol, decode  # noqa: PLC0415

    def read(picture: Image.Image) -> tuple[list[Code], int]:
        found = decode(picture, symbols=[ZBarSymbol.QRCODE])
        return [
            {
                "text": _sent(each.data),
                "identifier": "]Q1",
                "symbology": "QR Code",
                "corners": [],
                "modules": None,
                "corrected": None,
            }
            for each in found
        ], 0

    return read


READERS: Final[Mapping[str, tuple[Callable[[], Reader], Change]]] = {
    "zxing": (_zxing, _turned),
    "zbar": (_zbar, _smoothed),
}
"""How each decoder is loaded, and what is done to a picture in which it read nothing."""


def _sent(content: bytes) -> str:
    """Return a code's bytes in base64: what is no text is for nobody here to guess at."""
    return base64.b64encode(content[:LONGEST_TEXT]).decode()


def _measured(picture: Image.Image, corners: Corners, modules: int, dots_per_mm: float | None) -> Mapping[str, Any]:
    """Measure what a print hint tells: dots and mm a module, contrast in %, quiet modules around the symbol."""
    module_px = (_distance(corners[0], corners[1]) + _distance(corners[0], corners[3])) / 2 / modules
    cells = _cells(picture, _wider(corners, QUIET_LOOKED_AT / modules), modules + 2 * QUIET_LOOKED_AT)
    edge, end = QUIET_LOOKED_AT, QUIET_LOOKED_AT + modules
    inner = sorted(cells.crop((edge, edge, end, end)).tobytes())
    dark, light = inner[len(inner) // 20], inner[-1 - len(inner) // 20]
    return {
        "module_px": round(module_px, 2),
        "module_mm": dots_per_mm and round(module_px / dots_per_mm, 3),
        "contrast": round(100 * (light - dark) / 255),
        "quiet": _quiet(cells, modules, (light + dark) / 2),
    }


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _wider(corners: Corners, share: float) -> list[tuple[float, float]]:
    """Return the corners of the same square, wider on each side by a share of it."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    return [
        (ax - (bx - ax) * share - (dx - ax) * share, ay - (by - ay) * share - (dy - ay) * share),
        (bx - (ax - bx) * share - (cx - bx) * share, by - (ay - by) * share - (cy - by) * share),
        (cx - (dx - cx) * share - (bx - cx) * share, cy - (dy - cy) * share - (by - cy) * share),
        (dx - (cx - dx) * share - (ax - dx) * share, dy - (cy - dy) * share - (ay - dy) * share),
    ]


def _cells(picture: Image.Image, corners: Corners, side: int) -> Image.Image:
    """Return the square between the corners, a dot a module; what lies outside of the picture is black."""
    top_left, top_right, bottom_right, bottom_left = corners
    quad = (*top_left, *bottom_left, *bottom_right, *top_right)
    size = (side * CELL, side * CELL)
    flat = picture.transform(size, Image.Transform.QUAD, quad, Image.Resampling.BILINEAR)
    return flat.reduce(CELL)


def _quiet(cells: Image.Image, modules: int, middle: float) -> int:
    """Return how many rings of light modules lie around the symbol before the first dark one, at most four."""
    for ring in range(1, QUIET_LOOKED_AT + 1):
        shades = list(_ring(cells, QUIET_LOOKED_AT - ring, modules + 2 * ring))
        if sum(shade < middle for shade in shades) > QUIET_FAULTS * len(shades):
            return ring - 1
    return QUIET_LOOKED_AT


def _ring(cells: Image.Image, start: int, side: int) -> Iterator[int]:
    rows = cells.tobytes()
    end = start + side - 1
    for each in range(start, end + 1):
        for x, y in ((each, start), (each, end), (start, each), (end, each)):
            yield rows[y * cells.width + x]


if __name__ == "__main__":
    main()
    # What a broken library would do while it is taken down is nobody's business any more.
    sys.stdout.flush()
    os._exit(0)

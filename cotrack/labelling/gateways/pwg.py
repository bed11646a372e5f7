"""Writes and reads PWG Raster (PWG 5102.4), the picture that every IPP Everywhere printer takes dot by dot."""

import re
import struct
from typing import Final

from PIL import Image

SYNC: Final = b"RaS2"
HEADER: Final = 1796
GREY_BITS: Final = 8
SGRAY: Final = 18
MOST_REPEATS: Final = 256
POINTS_PER_INCH: Final = 72
_RUN: Final = re.compile(rb"(.)\1{0,127}", re.DOTALL)


def pwg_of_picture(picture: Image.Image, dots_per_inch: int) -> bytes:
    """Return one page of 8-bit grey, a dot a pixel, its lines run-length coded."""
    grey = picture.convert("L")
    width, height = grey.size
    rows = grey.tobytes()
    lines = [rows[start : start + width] for start in range(0, width * height, width)]
    return SYNC + _header(width, height, dots_per_inch) + b"".join(_coded(lines))


def _header(width: int, height: int, dots_per_inch: int) -> bytes:
    """Return the page header; every number that is not named here is nought, as the standard asks."""
    head = bytearray(HEADER)
    head[0:10] = b"PwgRaster\0"
    points = (width * POINTS_PER_INCH // dots_per_inch, height * POINTS_PER_INCH // dots_per_inch)
    _put(head, 276, dots_per_inch, dots_per_inch)
    _put(head, 340, 1)
    _put(head, 352, *points)
    _put(head, 372, width, height)
    _put(head, 384, GREY_BITS, GREY_BITS, width, 0, SGRAY)
    _put(head, 420, 1)
    _put(head, 452, 1, 1, 1, 0, 0, width, height)
    return bytes(head)


def _put(head: bytearray, at: int, *numbers: int) -> None:
    head[at : at + 4 * len(numbers)] = struct.pack(f">{len(numbers)}I", *numbers)


def _coded(lines: list[bytes]) -> list[bytes]:
    """Return the lines as the standard codes them: how often a line repeats, then its runs of equal dots."""
    parts, index = [], 0
    while index < len(lines):
        same = 1
        while same < MOST_REPEATS and index + same < len(lines) and lines[index + same] == lines[index]:
            same += 1
        runs = b"".join(bytes((len(run[0]) - 1, run[0][0])) for run in _RUN.finditer(lines[index]))
        parts += [bytes((same - 1,)), runs]
        index += same
    return parts


def picture_of_pwg(document: bytes) -> Image.Image:
    """Return the first page as a printer would put it on paper; raises ValueError for bytes that are none."""
    if document[:4] != SYNC or len(document) < len(SYNC) + HEADER:
        raise ValueError("no PWG raster")
    head = document[4 : 4 + HEADER]
    width, height = struct.unpack(">2I", head[372:380])
    at, rows = 4 + HEADER, bytearray()
    while len(rows) < width * height:
        repeats = document[at] + 1
        line, at = _line(document, at + 1, width)
        rows += line * repeats
    return Image.frombytes("L", (width, height), bytes(rows))


def _line(document: bytes, at: int, width: int) -> tuple[bytes, int]:
    line = bytearray()
    while len(line) < width:
        count = document[at]
        if count < 128:
            line += document[at + 1 : at + 2] * (count + 1)
            at += 2
        else:
            literal = 257 - count
            line += document[at + 1 : at + 1 + literal]
            at += 1 + literal
    return bytes(line), at

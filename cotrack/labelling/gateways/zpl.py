"""Sends a label to a Zebra-compatible printer as one bitmap, so that Chinese prints on any of them."""

import fcntl
import io
import os
import re
import socket
import struct
import termios
import time

from PIL import Image

from cotrack.foundation.errors import CotrackError
from cotrack.foundation.words import N_

SEND_SECONDS = 10
LOOK_SECONDS = 0.02
_FIELD = re.compile(rb"\^GFA,(\d+),\d+,(\d+),([0-9A-F]+)\^FS")


class PrinterNotReached(CotrackError):
    """The printer did not take the label; it is doubtful whether anything was printed."""

    kind = "printer-not-reached"
    title = N_("The printer did not answer")
    status = 503


def zpl_of_png(png: bytes) -> bytes:
    """Return the label format: the whole label as one `^GFA` bitmap, a dot a pixel."""
    picture = Image.open(io.BytesIO(png)).convert("L").point(lambda shade: 255 if shade > 127 else 0).convert("1")
    width, height = picture.size
    row_bytes = (width + 7) // 8
    black = bytes(each ^ 0xFF for each in picture.tobytes())
    if width % 8:
        mask = (0xFF << (8 - width % 8)) & 0xFF
        black = bytes(each & mask if index % row_bytes == row_bytes - 1 else each for index, each in enumerate(black))
    total = row_bytes * height
    return b"^XA^PW%d^LL%d^FO0,0^GFA,%d,%d,%d,%s^FS^PQ1^XZ" % (
        width,
        height,
        total,
        total,
        row_bytes,
        black.hex().upper().encode(),
    )


def picture_of_zpl(document: bytes) -> Image.Image:
    """Return the bitmap that a printer would put on paper from these bytes."""
    found = _FIELD.search(document)
    if found is None:
        raise ValueError("no bitmap in this label format")
    row_bytes = int(found[2])
    height = int(found[1]) // row_bytes
    black = bytes.fromhex(found[3].decode())
    return Image.frombytes("1", (row_bytes * 8, height), bytes(each ^ 0xFF for each in black)).convert("L")


def send(document: bytes, host: str, port: int) -> None:
    """Send to the printer's raw port; raises PrinterNotReached."""
    try:
        with socket.create_connection((host, port), timeout=SEND_SECONDS) as connection:
            connection.sendall(document)
            _wait_until_taken(connection)
    except OSError as fault:
        raise PrinterNotReached(
            "The printer at {host}:{port} did not take the label: {fault}.", host=host, port=port, fault=fault
        ) from fault


def _wait_until_taken(connection: socket.socket) -> None:
    """Wait until the printer's side has every byte: what lies in our own buffer alone is not on paper."""
    end = time.monotonic() + SEND_SECONDS
    while struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]:
        if time.monotonic() > end:
            raise TimeoutError("it stopped taking data")
        time.sleep(LOOK_SECONDS)
    fault = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if fault:
        raise OSError(fault, os.strerror(fault))

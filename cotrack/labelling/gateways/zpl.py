"""Sends a label to a Zebra-compatible printer as one bitmap, so that Chinese prints on any of them."""

import fcntl
import io
import os
import re
import socket
import struct
import termios
import time
from dataclasses import dataclass

from PIL import Image, ImageChops

from cotrack.foundation.site import Printer
from cotrack.labelling.gateways.faults import PrinterNotReached, PrinterNotReady

ASK_SECONDS = 3
SEND_SECONDS = 10
PRINT_SECONDS = 30
LOOK_SECONDS = 0.02
ASK_EVERY_SECONDS = 0.2
_STATUS_LINES = 3
_BLACK = [255 if shade <= 127 else 0 for shade in range(256)]
"""A set bit is a black dot. What fills the last byte of a row stays white."""
_FIELD = re.compile(rb"\^GFA,(\d+),\d+,(\d+),([0-9A-F]+)\^FS")


@dataclass(frozen=True)
class HostStatus:
    """What a printer answers to `~HS`: why it takes nothing, and how much of what it was sent is not on paper yet."""

    reasons: tuple[str, ...]
    waiting: int


def zpl_of_png(png: bytes) -> bytes:
    """Return the label format: the whole label as one `^GFA` bitmap, a dot a pixel."""
    picture = Image.open(io.BytesIO(png)).convert("L").point(_BLACK, "1")
    width, height = picture.size
    row_bytes = (width + 7) // 8
    total = row_bytes * height
    return b"^XA^PW%d^LL%d^FO0,0^GFA,%d,%d,%d,%s^FS^PQ1^XZ" % (
        width,
        height,
        total,
        total,
        row_bytes,
        picture.tobytes().hex().upper().encode(),
    )


def picture_of_zpl(document: bytes) -> Image.Image:
    """Return the bitmap that a printer would put on paper from these bytes."""
    found = _FIELD.search(document)
    if found is None:
        raise ValueError("no bitmap in this label format")
    row_bytes = int(found[2])
    height = int(found[1]) // row_bytes
    black = bytes.fromhex(found[3].decode())
    return ImageChops.invert(Image.frombytes("1", (row_bytes * 8, height), black)).convert("L")


def send(document: bytes, printer: Printer) -> None:
    """Send to the printer's raw port, and wait for the paper where the printer tells of it.

    Raises PrinterNotReady where nothing reached it, PrinterNotReached where nobody knows what came out.
    """
    connection = _connected(printer)
    try:
        with connection:
            if printer.tells_status:
                _require_ready(connection, printer)
            connection.sendall(document)
            _wait_until_taken(connection)
            if printer.tells_status:
                _wait_until_printed(connection)
    except OSError as fault:
        raise PrinterNotReached(
            "The printer at {host}:{port} did not take the label: {fault}.",
            host=printer.host,
            port=printer.port,
            fault=fault,
        ) from fault


def ask(printer: Printer) -> HostStatus:
    """Ask the printer how it is; raises PrinterNotReady where it does not say."""
    try:
        with _connected(printer) as connection:
            return _host_status(connection)
    except OSError as fault:
        raise _not_ready(printer, str(fault)) from fault


def reach(printer: Printer) -> HostStatus:
    """Say of a printer that tells no status that it can be reached; raises PrinterNotReady where it cannot."""
    _connected(printer).close()
    return HostStatus((), 0)


def _connected(printer: Printer) -> socket.socket:
    """Connect; as long as nobody answers, it is certain that nothing reached the printer."""
    try:
        return socket.create_connection((printer.host, printer.port), timeout=SEND_SECONDS)
    except OSError as fault:
        raise _not_ready(printer, str(fault)) from fault


def _not_ready(printer: Printer, fault: str) -> PrinterNotReady:
    return PrinterNotReady(
        "The printer {code} ({host}:{port}) takes nothing now: {fault}. Nothing was printed: the label waits.",
        code=printer.code,
        host=printer.host,
        port=printer.port,
        fault=fault,
    )


def _require_ready(connection: socket.socket, printer: Printer) -> None:
    try:
        found = _host_status(connection)
    except OSError as fault:
        raise _not_ready(printer, str(fault)) from fault
    if found.reasons:
        raise _not_ready(printer, ", ".join(found.reasons))


def _host_status(connection: socket.socket) -> HostStatus:
    """Ask for the host status (ZPL II guide, `~HS`): three lines, each between STX and ETX."""
    connection.settimeout(ASK_SECONDS)
    connection.sendall(b"~HS")
    found = b""
    while found.count(b"\x03") < _STATUS_LINES:
        part = connection.recv(1024)
        if not part:
            raise ConnectionError("it hung up")
        found += part
    lines = [each.partition(b"\x02")[2].split(b",") for each in found.split(b"\x03")]
    try:
        return _read_status(lines)
    except (IndexError, ValueError) as fault:
        raise ConnectionError("its status cannot be read") from fault


def _read_status(lines: list[list[bytes]]) -> HostStatus:
    """Read the lines: `aaa,b,c,dddd,eee,f,…` and `mmm,n,o,p,q,r,s,t,uuuuuuuu,v,www`."""
    first, second = lines[0], lines[1]
    flags = {
        "media-empty": first[1],
        "paused": first[2],
        "buffer-full": first[5],
        "cover-open": second[2],
        "ribbon-empty": second[3],
    }
    reasons = tuple(name for name, flag in flags.items() if int(flag))
    return HostStatus(reasons, waiting=int(first[4]) + int(second[8]))


def _wait_until_printed(connection: socket.socket) -> None:
    """Wait until the printer says that all it was sent is on paper."""
    end = time.monotonic() + PRINT_SECONDS
    while True:
        found = _host_status(connection)
        if found.reasons:
            raise ConnectionError(", ".join(found.reasons))
        if not found.waiting:
            return
        if time.monotonic() > end:
            raise TimeoutError("it did not finish the label")
        time.sleep(ASK_EVERY_SECONDS)


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

"""Prints a label by the Internet Printing Protocol (RFC 8011), on CUPS or on the printer itself, and asks how it is."""

import http.client
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cotrack.foundation.site import Printer
from cotrack.labelling.gateways import ipp_wire as wire
from cotrack.labelling.gateways.faults import PrinterNotReached, PrinterNotReady

ASK_SECONDS = 5
PRINT_SECONDS = 60
BUSY_SECONDS = 15
LOOK_SECONDS = 0.1
FORMATS: Final = ("image/pwg-raster", "application/pdf", "image/jpeg")
"""What we send, best first: dots as they are, then lines as they are, then a picture that was made smaller."""

_PRINT_JOB, _CANCEL_JOB, _JOB_ATTRIBUTES, _PRINTER_ATTRIBUTES = 0x0002, 0x0008, 0x0009, 0x000B
_FIRST_REFUSAL: Final = 0x0400
_BUSY: Final = 0x0507
_COMPLETED: Final = 9
_ENDED: Final = {7: "canceled", 8: "aborted", _COMPLETED: "completed"}
_STOPPED: Final = 5
_STOPPING: Final = {"media-empty", "media-needed", "media-jam", "cover-open", "door-open", "paused", "moving-to-paused"}
_SEVERITY: Final = re.compile("-(error|warning|report)$")
MM_HUNDREDTHS: Final = 100


@dataclass(frozen=True)
class Told:
    """What a printer says of itself: its formats, whether it takes jobs, and the reasons of its state."""

    formats: Sequence[str]
    is_stopped: bool
    accepts_jobs: bool
    reasons: tuple[str, ...]


def ask(printer: Printer) -> Told:
    """Ask the printer how it is and what it takes; raises PrinterNotReady where it does not say."""
    wanted = ["document-format-supported", "printer-state", "printer-state-reasons", "printer-is-accepting-jobs"]
    named = [(wire.KEYWORD, "requested-attributes", wanted)]
    try:
        status, found = _call(printer, _PRINTER_ATTRIBUTES, named, timeout=ASK_SECONDS)
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise _not_ready(printer, str(fault) or type(fault).__name__) from fault
    if status >= _FIRST_REFUSAL:
        raise _not_ready(printer, f"IPP {status:#06x}")
    reasons = [each for each in found.get("printer-state-reasons", ()) if each != "none"]
    is_stopped = found.get("printer-state", [0])[0] == _STOPPED
    return Told(
        formats=found.get("document-format-supported", ()),
        is_stopped=is_stopped or is_stopping(reasons),
        accepts_jobs=bool(found.get("printer-is-accepting-jobs", [True])[0]),
        reasons=tuple(_SEVERITY.sub("", each) for each in reasons),
    )


def is_stopping(reasons: Sequence[str]) -> bool:
    """Whether a printer with these reasons keeps a label until somebody comes; a warning or report stops nothing."""
    return any(each.removesuffix("-error") in _STOPPING for each in reasons)


def format_for(printer: Printer, told: Told) -> str:
    """Return the best of our formats that the printer takes; raises PrinterNotReady where it takes none or no jobs."""
    if told.is_stopped or not told.accepts_jobs:
        raise _not_ready(printer, ", ".join(told.reasons) or "stopped")
    found = next((each for each in FORMATS if each in told.formats), None)
    if found is None:
        raise _not_ready(printer, f"it takes none of {', '.join(FORMATS)}")
    return found


def send(printer: Printer, document: bytes, media_type: str, size_mm: tuple[float, float]) -> None:
    """Print one label at its exact size and wait until the printer has completed it.

    Raises PrinterNotReady where it refused the job, PrinterNotReached where nobody knows what came out.
    """
    job = _accepted(printer, document, media_type, size_mm)
    try:
        end = _end_of(printer, job)
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise _doubtful(printer, str(fault) or type(fault).__name__) from fault
    if end != "completed":
        raise _doubtful(printer, end)


def _accepted(printer: Printer, document: bytes, media_type: str, size_mm: tuple[float, float]) -> int:
    """Hand the job over and return the printer's number for it."""
    width, height = (round(each * MM_HUNDREDTHS) for each in size_mm)
    about = [(wire.NAME, "job-name", "cotrack"), (wire.MIME, "document-format", media_type)]
    margins = dict.fromkeys((f"media-{side}-margin" for side in ("bottom", "left", "right", "top")), 0)
    media = {"media-size": {"x-dimension": width, "y-dimension": height}, **margins}
    asked = [
        (wire.INTEGER, "copies", 1),
        (0, "media-col", media),
        (wire.KEYWORD, "print-scaling", "none"),
        (wire.KEYWORD, "print-color-mode", "monochrome"),
    ]
    request = _request(printer, _PRINT_JOB, about, asked) + document
    latest = time.monotonic() + BUSY_SECONDS
    status, found = _handed_over(printer, request)
    while status == _BUSY and time.monotonic() < latest:
        time.sleep(LOOK_SECONDS)
        status, found = _handed_over(printer, request)
    if status >= _FIRST_REFUSAL:
        raise _not_ready(printer, f"IPP {status:#06x}")
    if "job-id" not in found:
        raise _doubtful(printer, "it named no job")
    return int(found["job-id"][0])


def _handed_over(printer: Printer, request: bytes) -> tuple[int, wire.Attributes]:
    """Send a job once and return what the printer says of it."""
    connection = _connection(printer, PRINT_SECONDS)
    try:
        connection.connect()
    except OSError as fault:
        raise _not_ready(printer, str(fault)) from fault
    try:
        return _exchange(connection, printer.path, request)
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise _doubtful(printer, str(fault) or type(fault).__name__) from fault


def _end_of(printer: Printer, job: int) -> str:
    """Return how the job ended; one that does not end is cancelled, so that it does not come out later."""
    number = [(wire.INTEGER, "job-id", job)]
    wanted = [*number, (wire.KEYWORD, "requested-attributes", "job-state")]
    latest = time.monotonic() + PRINT_SECONDS
    while time.monotonic() < latest:
        _, found = _call(printer, _JOB_ATTRIBUTES, wanted, timeout=ASK_SECONDS)
        state = found.get("job-state", [0])[0]
        if state in _ENDED:
            return _ENDED[state]
        time.sleep(LOOK_SECONDS)
    _call(printer, _CANCEL_JOB, number, timeout=ASK_SECONDS)
    return "it did not finish the label, which was cancelled"


def _call(
    printer: Printer, operation: int, named: Sequence[wire.Attribute], *, timeout: float
) -> tuple[int, wire.Attributes]:
    return _exchange(_connection(printer, timeout), printer.path, _request(printer, operation, named))


def _connection(printer: Printer, timeout: float) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(printer.host, printer.port, timeout=timeout)


def _request(
    printer: Printer, operation: int, about: Sequence[wire.Attribute], asked: Sequence[wire.Attribute] = ()
) -> bytes:
    """Return a request; `job-id` stands right behind the printer's address (RFC 8011 §4.1.5)."""
    head = [
        (wire.CHARSET, "attributes-charset", "utf-8"),
        (wire.LANGUAGE, "attributes-natural-language", "en"),
        (wire.URI, "printer-uri", f"ipp://{printer.host}:{printer.port}{printer.path}"),
        *(each for each in about if each[1] == "job-id"),
        (wire.NAME, "requesting-user-name", "cotrack"),
        *(each for each in about if each[1] != "job-id"),
    ]
    return wire.message(operation, [(wire.OPERATION_GROUP, head), *([(wire.JOB_GROUP, asked)] if asked else [])])


def _exchange(connection: http.client.HTTPConnection, path: str, body: bytes) -> tuple[int, wire.Attributes]:
    """Send one request and read its answer; the connection is closed."""
    try:
        connection.request("POST", path, body, {"Content-Type": "application/ipp"})
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise ValueError(f"HTTP {response.status}")
    return wire.read_answer(answer)


def _not_ready(printer: Printer, fault: str) -> PrinterNotReady:
    return PrinterNotReady(
        "The printer {code} takes nothing now ({fault}). Nothing was printed: the label waits.",
        code=printer.code,
        fault=fault,
    )


def _doubtful(printer: Printer, fault: str) -> PrinterNotReached:
    return PrinterNotReached(
        "The printer {code} did not say that it printed the label: {fault}.", code=printer.code, fault=fault
    )

"""One label for one printer, whatever it speaks: the form in which it takes it, sending, and how the printer is."""

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image

from cotrack.foundation.site import Printer
from cotrack.labelling.gateways import ipp, pwg, read_back, zpl
from cotrack.labelling.gateways.faults import PrinterNotReady
from cotrack.labelling.gateways.typesetting import MM_PER_INCH

PDF: Final = "application/pdf"
ZPL: Final = "application/zpl"
PWG: Final = "image/pwg-raster"
JPEG: Final = "image/jpeg"
JPEG_QUALITY = 95
BLACK_BELOW = 128


@dataclass(frozen=True)
class Status:
    """What a printer says of itself: `ready`, `stopped`, `offline`, or `browser` where there is nobody to ask."""

    state: str
    reasons: tuple[str, ...] = ()
    fault: str = ""


def form_for(printer: Printer) -> str:
    """Return the media type in which this printer takes labels; raises PrinterNotReady where it takes none now."""
    if printer.protocol == "ipp":
        return ipp.format_for(printer, ipp.ask(printer))
    return ZPL if printer.protocol == "zpl" else PDF


def form_of(png: bytes, form: str, dots_per_inch: int) -> bytes:
    """Return a drawn label in the form that a printer takes, black or white, a dot a pixel."""
    if form == ZPL:
        return zpl.zpl_of_png(png)
    picture = Image.open(io.BytesIO(png)).convert("L").point(lambda shade: 0 if shade < BLACK_BELOW else 255)
    if form == PWG:
        return pwg.pwg_of_picture(picture, dots_per_inch)
    found = io.BytesIO()
    picture.save(found, "JPEG", quality=JPEG_QUALITY, dpi=(dots_per_inch, dots_per_inch))
    return found.getvalue()


def picture_of(document: bytes, form: str) -> Image.Image:
    """Return what a printer puts on paper from these very bytes."""
    if form == ZPL:
        return zpl.picture_of_zpl(document)
    if form == PWG:
        return pwg.picture_of_pwg(document)
    if form == PDF:
        return read_back.picture_of_pdf(document)
    return Image.open(io.BytesIO(document)).convert("L")


def send(printer: Printer, document: bytes, form: str) -> None:
    """Send one label; raises PrinterNotReady where nothing of it reached the printer, PrinterNotReached otherwise."""
    if printer.protocol == "zpl":
        zpl.send(document, printer)
    elif printer.protocol == "ipp":
        ipp.send(printer, document, form, _size_mm(document, form, printer.dots_per_inch))


def _size_mm(document: bytes, form: str, dots_per_inch: int) -> tuple[float, float]:
    """Return width and height of a label on paper."""
    dots = read_back.DOTS_PER_INCH if form == PDF else dots_per_inch
    width, height = picture_of(document, form).size
    return width / dots * MM_PER_INCH, height / dots * MM_PER_INCH


def status_of(printer: Printer) -> Status:
    """Ask a printer how it is; one that does not answer is offline."""
    if printer.protocol == "pdf":
        return Status("browser")
    try:
        if printer.protocol == "zpl":
            found = zpl.ask(printer) if printer.tells_status else zpl.reach(printer)
            return Status("stopped" if found.reasons else "ready", found.reasons)
        told = ipp.ask(printer)
    except PrinterNotReady as fault:
        return Status("offline", fault=str(fault.parameters.get("fault", "")))
    return Status("stopped" if told.is_stopped or not told.accepts_jobs else "ready", told.reasons)

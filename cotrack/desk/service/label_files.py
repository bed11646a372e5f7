"""Labels as files, for the command line: specimens whose code is refused, recorded prints, and what a picture says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from PIL import Image

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.site import Printer
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.work import Work
from cotrack.labelling.gateways import zpl
from cotrack.labelling.gateways.read_back import codes_in_picture
from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.typesetting import PDF_DOTS_PER_INCH
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.rules.standing import against_label
from cotrack.labelling.service import printing
from cotrack.labelling.service.scanning import understand
from cotrack.manufacture.service import filling, units
from cotrack.participants.service import bands

SPECIMEN_CODE = "CT1-SPECIMEN"
SPECIMEN_WORDS = "样张 SPECIMEN · 无效 NOT VALID"
DOTS_PER_INCH = 300
FILE_PRINTER = "FILE"

Output = Literal["pdf", "png", "zpl"]


def specimen(ground: Ground, actor: Actor, kind: str, key: str, *, output: Output) -> bytes:
    """Return a label with everything it would say and a code that is refused everywhere."""
    with unit_of_work(ground, actor) as work:
        work.record("label_instance.specimen", f"{KINDS[kind].noun}:{key}", permission="label:print")
        fields = {**_fields(work, kind, key), "check": "*", "small": SPECIMEN_WORDS, "training": SPECIMEN_WORDS}
    now = ground.sessions.clock()
    if output == "pdf":
        return draw(kind, fields, SPECIMEN_CODE, drawn_at=now, output="pdf", dots_per_inch=PDF_DOTS_PER_INCH)
    png = draw(kind, fields, SPECIMEN_CODE, drawn_at=now, output="png", dots_per_inch=DOTS_PER_INCH)
    return zpl.zpl_of_png(png) if output == "zpl" else png


def _fields(work: Work, kind: str, key: str) -> Mapping[str, str]:
    if kind == "wristband":
        return {**bands.band_fields(work, key), "name": "–", "born": "–"}
    return units.label_fields(work, units.unit_numbered(work.session, key), kind)


def printed(ground: Ground, actor: Actor, kind: str, key: str, *, output: Output, reason: str, station: str) -> bytes:
    """Return a recorded print: a new instance with a valid code, which supersedes the one before."""
    if output == "png":
        raise InvalidInput("A print is a PDF, or ZPL for a printer: a picture is a specimen only.")
    actor = replace(actor, station=station or actor.station)
    with unit_of_work(ground, actor) as work:
        if kind == "wristband":
            label = bands.request_band(work, key, reason=reason)
        else:
            label = filling.request_label(work, key, kind=kind, reason=reason)
    private = None
    if kind == "wristband":
        with unit_of_work(ground, actor) as work:
            private = bands.printed_identity(work, label.id)
    printer = Printer(FILE_PRINTER, output, "", 0, DOTS_PER_INCH)
    return printing.hand_to_file(ground, actor, label.id, printer, private=private)


def said_by(ground: Ground, picture: Image.Image) -> tuple[list[str], bool]:
    """Say of each code in a picture what it is, and whether all of them count."""
    found = codes_in_picture(picture)
    if not found:
        return ["no code was found in this picture"], False
    with ground.sessions.reading() as session:
        scans = understand(ground, session, found)
    lines, counts = [], True
    for scan in scans:
        blockers = against_label(scan, tuple(KINDS))
        counts = counts and not blockers
        about = (
            f"{scan.label.kind} of {scan.key}, instance {scan.label.instance}, {scan.label.status}"
            if scan.label
            else "unknown"
        )
        lines.append(
            f"{about}: {'genuine and current' if not blockers else '; '.join(each.sentence for each in blockers)}"
        )
    return lines, counts

"""Labels as files, for the command line: specimens whose code is refused, recorded prints, and what a picture says."""

from dataclasses import dataclass, replace
from typing import Literal

from cotrack.desk.service.label_kinds import OF_KIND
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.site import Printer
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.labelling.gateways import zpl
from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.templates import label_template
from cotrack.labelling.gateways.typesetting import PDF_DOTS_PER_INCH
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.rules.print_hint import POOR
from cotrack.labelling.service import printing
from cotrack.labelling.service.checking import Checked, Verdict
from cotrack.participants.service import bands

SPECIMEN_CODE = "CT1-SPECIMEN"
SPECIMEN_WORDS = "样张 SPECIMEN · 无效 NOT VALID"
DOTS_PER_INCH = 300
FILE_PRINTER = "FILE"

Output = Literal["pdf", "png", "zpl"]


@dataclass(frozen=True)
class Asked:
    """Which label is wanted: its kind, the key of its thing, and which template where it is not the usual one."""

    kind: str
    key: str
    template: str = ""


def specimen(ground: Ground, actor: Actor, asked: Asked, *, output: Output) -> bytes:
    """Return a label with everything it would say and a code that is refused everywhere."""
    kind = KINDS[asked.kind]
    with unit_of_work(ground, actor) as work:
        work.record("label_instance.specimen", f"{kind.noun}:{asked.key}", permission="label:print")
        work.require(kind.reader)
        said = OF_KIND[asked.kind].fields(work, asked.key)
    fields = {**said, "check": "*", "small": SPECIMEN_WORDS, "training": SPECIMEN_WORDS}
    now, chosen = ground.sessions.clock(), label_template(ground.labels_folder, asked.kind, name=asked.template)
    if output == "pdf":
        return draw(chosen, fields, SPECIMEN_CODE, drawn_at=now, output="pdf", dots_per_inch=PDF_DOTS_PER_INCH)
    png = draw(chosen, fields, SPECIMEN_CODE, drawn_at=now, output="png", dots_per_inch=DOTS_PER_INCH)
    return zpl.zpl_of_png(png) if output == "zpl" else png


def printed(ground: Ground, actor: Actor, asked: Asked, *, output: Output, reason: str, station: str) -> bytes:
    """Return a recorded print: a new instance with a valid code, which supersedes the one before."""
    if output == "png":
        raise InvalidInput("A print is a PDF, or ZPL for a printer: a picture is a specimen only.")
    actor = replace(actor, station=station or actor.station)
    with unit_of_work(ground, actor) as work:
        label = OF_KIND[asked.kind].ask(work, asked.key, reason=reason, template=asked.template)
    private = None
    if asked.kind == "wristband":
        with unit_of_work(ground, actor) as work:
            private = bands.printed_identity(work, label.id)
    printer = Printer(FILE_PRINTER, output, "", 0, DOTS_PER_INCH)
    return printing.hand_to_file(ground, actor, label.id, printer, private=private)


def said_of(checked: Checked) -> list[str]:
    """Say of each code of a picture what it is, what to do with it, and how easily it is read."""
    lines = [line for each in checked.verdicts for line in _said_of(each)]
    return lines + [f"{checked.unread} more codes were seen and could not be read"] * bool(checked.unread)


def _said_of(verdict: Verdict) -> list[str]:
    label = verdict.scan.label
    whose = verdict.subject.partition(":")[2] or "a thing that your role does not see"
    about = f"{label.kind} of {whose}, instance {label.instance}, {label.status}" if label else "unknown"
    against = "; ".join(f"{each.code}: {each.sentence}" for each in verdict.blockers)
    return [f"{about}: {against or 'genuine and current'}", f"  now: {verdict.advice}", *_hint(verdict)]


def _hint(verdict: Verdict) -> list[str]:
    """Say what the picture tells of the print: a hint, never a grade."""
    facts = verdict.facts
    if facts is None or facts.modules is None:
        return []
    paper = "" if facts.module_mm is None else f" ({facts.module_mm} mm)"
    measures = (
        f"contrast {facts.contrast} %",
        f"module {facts.module_px} px{paper}",
        f"empty margin {facts.quiet} modules",
        f"error correction used {facts.corrected} %",
    )
    return [f"  print hint, no grade: {', '.join(measures)}", *(f"  hint: {POOR[part]}" for part in verdict.poor)]

"""Sets pages by typst from a template and its own data, every character checked for a glyph first."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal

import typst
from fontTools.ttLib import TTFont

from cotrack.foundation.errors import CotrackError
from cotrack.foundation.resources import resource
from cotrack.foundation.words import N_
from cotrack.labelling.gateways.needs import FONTS, check_system, fonts
from cotrack.labelling.rules.headers import Symbology

MM_PER_INCH = 25.4
PDF_DOTS_PER_INCH = 600


class LabelNotPrintable(CotrackError):
    """A label or document could not be set or does not read back; the detail names template and field.

    Nothing was printed.
    """

    kind = "label-not-printable"
    title = N_("The label or document could not be printed")
    status = 409


@dataclass(frozen=True)
class Template:
    """A `.typ` file with its header: version and the fields it must be given.

    A label's template says its kind too, and the side in mm of each symbol that it draws.
    """

    name: str
    version: str
    fields: frozenset[str]
    text: bytes
    symbols: Mapping[Symbology, float] = field(default_factory=dict, hash=False)
    kind: str = ""


@cache
def template(name: str) -> Template:
    """Return a document's template; raises LabelNotPrintable where it or its header is incomplete."""
    try:
        text = (resource("labels") / f"{name}.typ").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise LabelNotPrintable("The template {name} cannot be read.", name=name) from None
    header = dict(re.findall(r"^// (version|fields): (.+)$", text, re.MULTILINE))
    if {"version", "fields"} - header.keys():
        raise LabelNotPrintable("The template {name} lacks its header.", name=name)
    return Template(name, header["version"], frozenset(header["fields"].split()), text.encode())


def typeset(
    chosen: Template,
    fields: Mapping[str, Any],
    drawings: Mapping[str, str | float],
    *,
    drawn_at: datetime,
    output: Literal["pdf", "png"] = "pdf",
    dots_per_inch: int = PDF_DOTS_PER_INCH,
    standard: Literal["a-2a"] | None = None,
) -> bytes:
    """Return a template set with its fields and the symbols that were drawn for it.

    Raises LabelNotPrintable naming template and field.
    """
    _refuse_wrong_fields(chosen, fields)
    for name, value in fields.items():
        for text in _texts(value):
            _refuse_missing_glyphs(chosen, name, text)
    data = json.dumps({**fields, **drawings})
    try:
        pages, warnings = _compiler().compile_with_warnings(
            chosen.text,
            format=output,
            ppi=dots_per_inch,
            sys_inputs={"data": data},
            pdf_standards=standard,
            timestamp=drawn_at.replace(microsecond=0),
        )
    except typst.TypstError as fault:
        raise LabelNotPrintable(
            "The template {name} failed: {fault}.", name=chosen.name, fault=fault.message
        ) from fault
    if warnings or not isinstance(pages, bytes):
        raise LabelNotPrintable("The template {name} gave a warning or more than one page.", name=chosen.name)
    return pages


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of a field: itself, or those of the rows of a table."""
    if isinstance(value, str):
        yield value
    else:
        for each in value:
            yield from _texts(each)


def _refuse_wrong_fields(chosen: Template, fields: Mapping[str, Any]) -> None:
    wrong = sorted(chosen.fields ^ fields.keys())
    if wrong:
        raise LabelNotPrintable(
            "The template {name} and the data differ in {fields}.", name=chosen.name, fields=", ".join(wrong)
        )


def _refuse_missing_glyphs(chosen: Template, name: str, value: str) -> None:
    missing = sorted({character for character in value if not _is_drawn(character)})
    if missing:
        raise LabelNotPrintable(
            "The fonts have no sign for {characters}, in field {field} of {name}.",
            characters=" ".join(missing),
            field=name,
            name=chosen.name,
        )


def spelled_out(value: Any) -> Any:
    """Return a text or table with each character that no font can draw as its number: `[U+1F9EC]`.

    For what people once wrote into a reason: a document must neither leave it out nor be refused for it.
    """
    if isinstance(value, str):
        known = (each if _is_drawn(each) else f"[U+{ord(each):04X}]" for each in value)
        return "".join(known)
    return [spelled_out(each) for each in value]


def _is_drawn(character: str) -> bool:
    """Whether typst draws a character: what ends a line it takes away itself, every other one needs a glyph."""
    return character in "\n\r\t" or ord(character) in _glyphs()


@cache
def _glyphs() -> frozenset[int]:
    """Return every character that one of the labels' fonts can draw; typst leaves the others out silently."""
    check_system()
    paths = {(font.path, font.index) for font in fonts().fonts() if font.family in FONTS and font.path}
    return frozenset(character for path, index in paths for character in _characters(path, index))


def _characters(path: str, index: int) -> set[int]:
    """Return the characters of one font, which may be one of several in its file."""
    with TTFont(path, fontNumber=index, lazy=True) as font:
        return set(font.getBestCmap())


_threads = threading.local()


def _compiler() -> typst.Compiler:
    """Return this thread's compiler: it keeps fonts and files, and serves one page at a time."""
    if not hasattr(_threads, "compiler"):
        _threads.compiler = typst.Compiler(root=str(resource("labels")), font_paths=fonts())
    compiler: typst.Compiler = _threads.compiler
    return compiler

"""Draws one label from its own data, with its code in the symbols that its template asks for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from cotrack.labelling.gateways.symbols import drawn_symbol
from cotrack.labelling.gateways.typesetting import PDF_DOTS_PER_INCH, Template, typeset


def draw(
    chosen: Template,
    fields: Mapping[str, str],
    code: str,
    *,
    drawn_at: datetime,
    output: Literal["pdf", "png"],
    dots_per_inch: int = PDF_DOTS_PER_INCH,
) -> bytes:
    """Return one label as PDF or PNG; raises LabelNotPrintable naming template and field."""
    drawings: dict[str, str | float] = {}
    for symbology, box_mm in chosen.symbols.items():
        svg, side_mm = drawn_symbol(symbology, code, box_mm, dots_per_inch)
        drawings |= {symbology: svg, f"{symbology}_mm": side_mm}
    return typeset(chosen, fields, drawings, drawn_at=drawn_at, output=output, dots_per_inch=dots_per_inch)

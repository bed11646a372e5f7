"""Draws one label from its own data, with its code as a QR symbol."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from cotrack.labelling.gateways.typesetting import PDF_DOTS_PER_INCH, qr_symbol, template, typeset

QR_BOX_MM = {"bag": 32.0, "tag": 32.0, "wristband": 24.0, "sample": 18.0}
"""The side of a label's symbol at most. 125 characters at level Q make version 7."""


def draw(
    kind: str,
    fields: Mapping[str, str],
    code: str,
    *,
    drawn_at: datetime,
    output: Literal["pdf", "png"],
    dots_per_inch: int = PDF_DOTS_PER_INCH,
) -> bytes:
    """Return one label as PDF or PNG; raises LabelNotPrintable naming template and field."""
    symbol = qr_symbol(code, QR_BOX_MM[kind], dots_per_inch)
    return typeset(template(kind), fields, symbol, drawn_at=drawn_at, output=output, dots_per_inch=dots_per_inch)

"""Says of a symbol in a picture how easily it is read. It is a hint, never a grade.

A grade (ISO/IEC 15415) needs a calibrated device; here light, lens and paper are as they came. The limits are those
below which scanners begin to fail, with a little to spare.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cotrack.foundation.words import N_

Part = Literal["contrast", "module_px", "module_mm", "quiet", "corrected"]

LEAST_CONTRAST_PERCENT: Final = 40
"""ISO/IEC 15415 begins its grade C at 40 % symbol contrast; the number here is of a picture, not of reflectance."""
LEAST_MODULE_PX: Final = 3.0
"""reference/peers.md §6.1: dots a module decide whether a picture is read."""
LEAST_MODULE_MM: Final = 0.25
"""The size that ISBT 128 and GS1 aim at (reference/domain.md §2.1.7)."""
QUIET_MODULES: Final = {"QR Code": 4, "Data Matrix": 1}
"""ISO/IEC 18004 and 16022."""
MOST_CORRECTED_PERCENT: Final = 50
"""Above this, the next scratch makes the symbol unreadable."""

POOR: Final[dict[Part, str]] = {
    "contrast": N_("Print and paper differ too little: look at ribbon, heat and light."),
    "module_px": N_("The picture is small: come nearer, or the hint says little."),
    "module_mm": N_("Its modules are printed small: a cheap scanner may not read it."),
    "quiet": N_("Something stands too near to the code: it needs its empty margin."),
    "corrected": N_("Much of the code is damaged: print a new label before it is not read at all."),
}
"""What is said where a measure is poor."""


@dataclass(frozen=True)
class PrintFacts:
    """What was measured on one symbol in a picture; None where the decoder or the picture does not tell it."""

    symbology: str
    modules: int | None = None
    module_px: float | None = None
    module_mm: float | None = None
    contrast: int | None = None
    quiet: int | None = None
    corrected: int | None = None
    """How much of the error correction was used, in percent."""


def poor_parts(facts: PrintFacts) -> Sequence[Part]:
    """Return every measure that is poor; a measure that is not known is not poor."""
    quiet = QUIET_MODULES.get(facts.symbology, 0)
    poor: dict[Part, bool] = {
        "contrast": facts.contrast is not None and facts.contrast < LEAST_CONTRAST_PERCENT,
        "module_px": facts.module_px is not None and facts.module_px < LEAST_MODULE_PX,
        "module_mm": facts.module_mm is not None and facts.module_mm < LEAST_MODULE_MM,
        "quiet": facts.quiet is not None and facts.quiet < quiet,
        "corrected": facts.corrected is not None and facts.corrected > MOST_CORRECTED_PERCENT,
    }
    return [part for part, is_poor in poor.items() if is_poor]

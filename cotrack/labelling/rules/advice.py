"""What somebody at the check station is told to do with the label in their hand, for each code word."""

from collections.abc import Sequence
from typing import Final

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_

COUNTS: Final = N_("It is on its thing and counts. Nothing is left to do with it.")
_NOT_OURS_TO_USE: Final = N_("Stop. Keep this label and what it is on, apart from everything else, and call QA.")
_DEAD: Final = N_(
    "Use nothing by this label. Where it is on a thing, set that thing aside and call QA; else account for it."
)

ADVICE: Final[dict[str, str]] = {
    "not_scanned": N_("Scan the label again."),
    "unknown_code": N_("Scan the square code that cotrack printed. If this is that code, keep it and call QA."),
    "damaged_code": N_("Scan again, slowly and from close by. If it fails twice, print a new label and say why."),
    "wrong_environment": _NOT_OURS_TO_USE,
    "bad_signature": _NOT_OURS_TO_USE,
    "label_superseded": _DEAD,
    "label_void": _DEAD,
    "copied_not_scanned": N_("Scan its code: a number that is typed without its boxed character tells nothing."),
    "label_incomplete": N_("Put it on its thing and scan it back there; if it is spoiled or not needed, make it void."),
}
"""What is said for each word of `rules.standing`; every other word is for QA."""


def advice(blockers: Sequence[Blocker]) -> str:
    """Return what to do with a label now, by what stands against it first."""
    return ADVICE.get(blockers[0].code, _NOT_OURS_TO_USE) if blockers else COUNTS

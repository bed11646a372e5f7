"""What the check station's page says of each label beside its verdict: how its thing stands now, and in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.words import N_
from cotrack.labelling.rules.print_hint import POOR, Part, PrintFacts
from cotrack.labelling.service.checking import Checked, Verdict
from cotrack.manufacture.models import Unit
from cotrack.participants.models import Participant

_STATUS: Final = {
    "unit": (Unit.number, Unit.status),
    "participant": (Participant.subject_number, Participant.status),
}
_MEASURES: Final[dict[Part, tuple[str, str]]] = {
    "contrast": (N_("Contrast"), "%"),
    "module_px": (N_("Module in this picture"), "px"),
    "module_mm": (N_("Module on paper"), "mm"),
    "quiet": (N_("Empty margin around it, of 4 looked at"), N_("modules")),
    "corrected": (N_("Error correction used"), "%"),
}


@dataclass(frozen=True)
class Measure:
    """One line of a print hint: its name, its value (None where nobody knows), and what is said where it is poor."""

    title: str
    value: float | int | None
    unit: str
    poor: str


@dataclass(frozen=True)
class Shown:
    """One label as the page shows it."""

    verdict: Verdict
    tone: str
    word: str
    thing_status: str
    measures: Sequence[Measure]


def shown(session: Session, checked: Checked) -> list[Shown]:
    """Return what the page shows of each code that was held up."""
    return [
        Shown(each, *_tone(each), _status(session, each.subject), _measures(each.facts, each.poor))
        for each in checked.verdicts
    ]


def _tone(verdict: Verdict) -> tuple[str, str]:
    if verdict.counts:
        return "go", N_("Genuine and current")
    if not verdict.is_genuine:
        return "stop", N_("Not genuine")
    if [each.code for each in verdict.blockers] == ["label_incomplete"]:
        return "careful", N_("Genuine, not on its thing yet")
    return "stop", N_("Genuine, and worthless")


def _status(session: Session, subject: str) -> str:
    """Return how the thing stands now; empty where the reader may not see it."""
    noun, _, key = subject.partition(":")
    if noun not in _STATUS:
        return ""
    number, status = _STATUS[noun]
    return session.scalar(select(status).where(number == key)) or ""


def _measures(facts: PrintFacts | None, poor: Sequence[Part]) -> list[Measure]:
    """Return the lines of the print hint; none where the code was scanned, or the decoder tells nothing of it."""
    if facts is None or facts.modules is None:
        return []
    return [
        Measure(title, getattr(facts, part), unit, POOR[part] if part in poor else "")
        for part, (title, unit) in _MEASURES.items()
    ]

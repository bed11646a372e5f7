"""Decides whether a scanned label counts: genuine, of a kind that the field asks for, current, and on its thing."""

from collections.abc import Sequence
from dataclasses import dataclass

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.labelling.rules.codes import Code, Misread


@dataclass(frozen=True)
class LabelFacts:
    """What the database knows of the label instance that a genuine code names."""

    label_id: int
    subject: str
    kind: str
    instance: int
    status: str


@dataclass(frozen=True)
class Scan:
    """One scanned string as far as it is understood: the code, or why it is none, and the label behind it."""

    read: Code | Misread
    label: LabelFacts | None

    @property
    def subject(self) -> str:
        """The thing that the label names, `noun:id`; empty where the scan names none."""
        return self.label.subject if self.label else ""

    @property
    def label_id(self) -> int | None:
        """The row of the label instance that was scanned."""
        return self.label.label_id if self.label else None

    @property
    def key(self) -> str:
        """The printed number of the thing."""
        return self.subject.partition(":")[2]


_MISREAD = {
    "not_scanned": N_("Nothing was scanned."),
    "unknown_code": N_("This is no code of cotrack."),
    "damaged_code": N_("The code is damaged or was read only in part."),
    "wrong_environment": N_("This label was printed by another kind of system (training or production)."),
    "bad_signature": N_("This label was not printed here: its signature is wrong."),
}


def against_label(scan: Scan, kinds: Sequence[str], *, needs_applied: bool = True) -> list[Blocker]:
    """Return every reason why this scan does not count in a field that asks for these kinds of label."""
    if isinstance(scan.read, Misread):
        return [Blocker(scan.read.code, _MISREAD[scan.read.code])]
    if scan.read.kind.name not in kinds:
        return [Blocker("wrong_kind", "This is another kind of label than asked for here.")]
    if scan.label is None:
        return [Blocker("unknown_code", "This label is not known here.")]
    return _against_status(scan.label.status, needs_applied=needs_applied)


def against_scanned_before(status: str) -> list[Blocker]:
    """Return the reason where a label that was scanned for a check no longer counts: it died meanwhile."""
    return _against_status(status, needs_applied=True)


def _against_status(status: str, *, needs_applied: bool) -> list[Blocker]:
    if status == "superseded":
        return [Blocker("label_superseded", "This label was replaced by a newer print and is worthless.")]
    if status == "void":
        return [Blocker("label_void", "This label was made void.")]
    if needs_applied and status != "applied":
        return [Blocker("label_incomplete", "This label was never scanned back on its thing.")]
    return []

"""Decides whether a scanned label counts: genuine, of a kind that the field asks for, current, and on its thing."""

from collections.abc import Sequence
from dataclasses import dataclass

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.labelling.rules.codes import Code, Misread
from cotrack.labelling.rules.keyed import Keyed
from cotrack.labelling.rules.schemes import Foreign, Read


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
    """One scanned or typed string as far as it is understood: what it says, or why nothing, and the label behind it."""

    read: Read
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

    @property
    def kind(self) -> str:
        """The kind of label that was scanned; of a typed number that of the label it stands for."""
        if isinstance(self.read, Code):
            return self.read.kind.name
        return self.label.kind if self.label else ""

    @property
    def entered(self) -> str:
        """How it was entered, as the trail keeps it: only a whole signed code counts as scanned, whatever sent it."""
        return "keyed" if self.is_keyed else "scanned"

    @property
    def is_keyed(self) -> bool:
        """Whether a number was typed from its label."""
        return isinstance(self.read, Keyed)


_MISREAD = {
    "not_scanned": N_("Nothing was scanned."),
    "unknown_code": N_("This is no code of cotrack."),
    "damaged_code": N_("The code is damaged or was read only in part."),
    "wrong_environment": N_("This label was printed by another kind of system (training or production)."),
    "bad_signature": N_("This label was not printed here: its signature is wrong."),
    "copied_not_scanned": N_(
        "This is a number without its boxed character: it may be from a screen. Scan the label, or read both from it."
    ),
}
_MISREAD_OF_SCHEME = {
    "gs1": N_("This is a GS1 code, damaged or not as GS1 writes it, and none of cotrack's. Scan cotrack's own code."),
    "keyed": N_("The boxed character does not fit the number: read both again from the label."),
}
_FOREIGN = {"gs1": N_("This is a GS1 code, and none of cotrack's. Scan cotrack's own code.")}
_SCAN_ONLY = N_("This was typed. Here a label counts only by a scan.")


def against_label(
    scan: Scan, kinds: Sequence[str], *, needs_applied: bool = True, may_be_keyed: bool = False
) -> list[Blocker]:
    """Return every reason why this scan does not count in a field that asks for these kinds of label.

    A typed number counts only where `may_be_keyed`, and then with a reason (`against_keying`).
    """
    if isinstance(scan.read, Misread):
        words = _MISREAD_OF_SCHEME.get(scan.read.scheme) or _MISREAD[scan.read.code]
        return [Blocker(scan.read.code, words)]
    if isinstance(scan.read, Foreign):
        return [Blocker("wrong_kind", _FOREIGN[scan.read.scheme])]
    if scan.is_keyed and not may_be_keyed:
        return [Blocker("not_scanned", _SCAN_ONLY)]
    if scan.kind not in kinds:
        return [Blocker("wrong_kind", "This is another kind of label than asked for here.")]
    if scan.label is None:
        return [Blocker("unknown_code", "This label is not known here.")]
    return _against_status(scan.label.status, needs_applied=needs_applied)


def against_keying(scans: Sequence[Scan], reason: str) -> list[Blocker]:
    """Return what speaks against typed numbers in one act: no reason, or nothing that was scanned beside them (E19).

    Whoever types the numbers of band and bag may be far from both.
    """
    keyed = [each for each in scans if each.is_keyed]
    found = []
    if keyed and not reason.strip():
        found.append(Blocker("not_scanned", "A number was typed: say why its label cannot be scanned."))
    if len(keyed) == len(scans) > 1:
        found.append(Blocker("not_scanned", "Everything was typed and nothing scanned: scan one of the labels."))
    return found


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

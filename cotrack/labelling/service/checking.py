"""The check station: what a label is, whether it is genuine and current, whose it is (by right), and its history."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Person
from cotrack.foundation.acting import Actor
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, Refused
from cotrack.foundation.tables import sha256_of
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.gateways.decoding import LIMITS, Limits, PictureNotRead, read_picture
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.advice import advice
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.rules.print_hint import Part, PrintFacts, poor_parts
from cotrack.labelling.rules.standing import Scan, against_label
from cotrack.labelling.service.foreign_scans import scan_record
from cotrack.labelling.service.instances import seen_by
from cotrack.labelling.service.scanning import understand
from cotrack.lifecycles import LABEL_INSTANCE

PERMISSION: Final = "label:check"
CHECK: Final = "label_instance.check"
READ: Final = "label_instance.read_picture"


@dataclass(frozen=True)
class Shown:
    """What somebody holds up: scanned text, or the codes of a picture; or why its picture gave none."""

    texts: Sequence[str] = ()
    facts: Sequence[PrintFacts | None] = ()
    unread: int = 0
    refusal: Refused | None = None
    picture: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Print:
    """One print of the label's own kind for its thing, with what became of it, and why."""

    id: int
    instance: int
    status: str
    reason: str
    requested_at: datetime
    requested_by: str
    printed_at: datetime | None
    applied_at: datetime | None
    applied_by: str
    superseded_by: int | None
    void_reason: str
    paper: str | None


@dataclass(frozen=True)
class Verdict:
    """What one code is. Thing and history are there for those who may read the thing."""

    scan: Scan
    blockers: Sequence[Blocker]
    subject: str
    prints: Sequence[Print]
    facts: PrintFacts | None

    @property
    def is_genuine(self) -> bool:
        """Whether cotrack printed it here, whatever became of it since."""
        return self.scan.label is not None

    @property
    def counts(self) -> bool:
        """Whether it is genuine, current, and on its thing."""
        return not self.blockers

    @property
    def advice(self) -> str:
        """What to do with it now."""
        return advice(self.blockers)

    @property
    def poor(self) -> Sequence[Part]:
        """Every measure of the picture that is poor."""
        return poor_parts(self.facts) if self.facts else ()


@dataclass(frozen=True)
class Checked:
    """What the check station says: of each code, and how many more were seen and could not be read."""

    verdicts: Sequence[Verdict]
    unread: int

    @property
    def counts(self) -> bool:
        """Whether every code that was seen counts."""
        return not self.unread and all(each.counts for each in self.verdicts)


def held_up(actor: Actor, turns: Path, text: str | None, picture: bytes | None) -> Shown:
    """Return what is held up to the check station: a picture where there is one, else the scanned text."""
    return Shown((text or "",), (None,)) if picture is None else photographed(actor, turns, picture)


def photographed(actor: Actor, turns: Path, content: bytes, limits: Limits = LIMITS) -> Shown:
    """Read the codes of a picture, outside of any transaction; `check` then refuses and records what went wrong.

    For whoever may not check labels nothing is decoded: `check` refuses them.
    """
    picture: dict[str, object] = {"sha256": sha256_of(content), "bytes": len(content)}
    if PERMISSION not in actor.permissions:
        return Shown(picture=picture)
    try:
        read = read_picture(content, turns, limits)
    except Refused as refusal:
        return Shown(refusal=refusal, picture=picture)
    if not read.codes:
        return Shown(refusal=PictureNotRead(_without_code(read.unread)), picture=picture)
    texts, facts = [each.text for each in read.codes], [each.facts for each in read.codes]
    return Shown(texts, facts, read.unread, picture=picture)


def _without_code(unread: int) -> str:
    if unread:
        return N_("A code was seen in this picture and could not be read: take it nearer, in better light.")
    return N_("No code was found in this picture.")


def check(work: Work, shown: Shown) -> Checked:
    """Say what each code is, and record it: our own codes as they came, of any other its length and HMAC.

    The check is a `mismatch` where any label does not count. Raises what was wrong with the picture.
    """
    scans = _begin(work, CHECK, shown)
    verdicts = [_verdict(work, scan, facts) for scan, facts in zip(scans, shown.facts, strict=True)]
    against = [blocker for each in verdicts for blocker in each.blockers]
    if against:
        work.mismatch(against)
    labels = {each.scan.label_id for each in verdicts}
    if len(labels) == 1 and None not in labels:
        work.narrow(f"label_instance:{labels.pop()}")
    return Checked(verdicts, shown.unread)


def read_for_field(work: Work, shown: Shown) -> str:
    """Return the one code of a photo that was taken for a scan field, as a scanner would send it; record the reading.

    What the code means is decided where the field is sent to. Raises what was wrong with the picture, and InvalidInput
    where it shows several codes: nobody knows which was meant (reference/domain.md §5.3, E20).
    """
    _begin(work, READ, shown)
    if len(shown.texts) != 1:
        raise InvalidInput("There are several codes in this picture: take one of them alone.")
    return shown.texts[0]


def _begin(work: Work, event: str, shown: Shown) -> Sequence[Scan]:
    about = f"picture:{shown.picture['sha256']}" if shown.picture else "label_instance:unknown"
    work.record(event, about, permission=PERMISSION)
    if shown.picture:
        work.details["picture"] = dict(shown.picture)
    scans = understand(work.ground, work.session, shown.texts)
    work.details["scans"] = [scan_record(work, text, scan) for text, scan in zip(shown.texts, scans, strict=True)]
    if shown.refusal is not None:
        raise shown.refusal
    return scans


def _verdict(work: Work, scan: Scan, facts: PrintFacts | None) -> Verdict:
    blockers = against_label(scan, tuple(KINDS))
    is_seen = scan.label is not None and seen_by(scan.label) in work.actor.permissions
    prints = _prints(work.session, scan.subject, scan.label.kind) if is_seen and scan.label else ()
    return Verdict(scan, blockers, scan.subject if is_seen else "", prints, facts)


def _prints(session: Session, subject: str, kind: str) -> Sequence[Print]:
    """Return every print of this kind of label for its thing, newest first."""
    ours = (LabelInstance.subject == subject, LabelInstance.kind == kind)
    rows = session.scalars(select(LabelInstance).where(*ours).order_by(LabelInstance.instance.desc())).all()
    people = {person for each in rows for person in (each.requested_by_id, each.applied_by_id) if person}
    named = select(Person.id, Person.printed_name).where(Person.id.in_(people))
    names = {found.id: found.printed_name for found in session.execute(named)}
    reasons = _void_reasons(session, subject)
    return [
        Print(
            id=each.id,
            instance=each.instance,
            status=each.status,
            reason=each.reason,
            requested_at=each.requested_at,
            requested_by=names[each.requested_by_id],
            printed_at=each.printed_at,
            applied_at=each.applied_at,
            applied_by=names.get(each.applied_by_id or 0, ""),
            superseded_by=each.instance + 1 if each.status == "superseded" else None,
            void_reason=reasons.get(f"label_instance:{each.id}", ""),
            paper=each.paper,
        )
        for each in rows
    ]


def _void_reasons(session: Session, subject: str) -> Mapping[str, str]:
    """Return why labels of a thing were made void, by row: the reason stands in the trail alone."""
    event = LABEL_INSTANCE.event("void")
    statement = select(AuditRecord.body).where(
        AuditRecord.subject == subject, AuditRecord.event == event, AuditRecord.outcome == "done"
    )
    said = [json.loads(body) for body in session.scalars(statement)]
    return {change["row"]: each["reason"] for each in said for change in each["changes"]}

"""Finds what somebody scanned or typed: a code of ours, or the number of a thing."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import Term
from cotrack.labelling.rules.codes import PREFIX, Misread, clean_scan
from cotrack.labelling.rules.keyed import Keyed
from cotrack.labelling.rules.kinds import KINDS as LABEL_KINDS
from cotrack.labelling.rules.schemes import Foreign, Read
from cotrack.labelling.rules.standing import against_label
from cotrack.labelling.service.scanning import read, understand
from cotrack.manufacture.models import CellBank, Donor, Equipment, Lot, Material, Unit
from cotrack.orders.models import OosSupply, Order
from cotrack.participants.models import Participant
from cotrack.release.models import Investigation

LONGEST = 40
MOST_FOUND = 20

KINDS = (
    ("lot", Lot.number, "lot:read"),
    ("unit", Unit.number, "unit:read"),
    ("donor", Donor.number, "source:read"),
    ("cell_bank", CellBank.number, "source:read"),
    ("material", Material.number, "source:read"),
    ("equipment", Equipment.number, "equipment:read"),
    ("investigation", Investigation.number, "lot:read"),
    ("participant", Participant.subject_number, "participant:read"),
    ("order", Order.number, "order:read"),
    ("oos_supply", OosSupply.number, "order:read"),
)


@dataclass(frozen=True)
class Found:
    """The things (`noun:id`) that were meant, and what speaks against the code: it leads nowhere, or it is dead."""

    subjects: Sequence[str]
    reasons: Sequence[Blocker] = ()


def find(ground: Ground, session: Session, actor: Actor, text: str) -> Found:
    """Return the things that a scan names or a text may mean, those this person may see."""
    if clean_scan(text).startswith(PREFIX) or _is_of_a_scheme(read(ground, text)):
        return _by_code(ground, session, actor, text)
    plain = "".join(each for each in unicodedata.normalize("NFC", text) if each.isprintable())
    wanted = plain.strip()[:LONGEST]
    if not wanted:
        return Found(())
    number = unicodedata.normalize("NFC", wanted.upper())
    exact = [
        f"{noun}:{number}"
        for noun, column, permission in KINDS
        if permission in actor.permissions and session.scalar(select(column).where(column == number)) is not None
    ]
    return Found(exact or _similar(session, actor, wanted))


def _is_of_a_scheme(said: Read) -> bool:
    """Whether a text is another scheme's code, or a number with its boxed character; a bare number is searched for."""
    if isinstance(said, Keyed):
        return bool(said.check)
    return isinstance(said, Foreign | Misread) and bool(said.scheme)


def _by_code(ground: Ground, session: Session, actor: Actor, text: str) -> Found:
    """A genuine label leads to its thing also when it is dead; then the reader is told so."""
    (scan,) = understand(ground, session, [text])
    reasons = against_label(scan, tuple(LABEL_KINDS), needs_applied=False, may_be_keyed=True)
    noun = scan.subject.partition(":")[0]
    if scan.label is not None and LABEL_KINDS[scan.label.kind].reader not in actor.permissions:
        told = Blocker("not_seen", "This is a label of a {noun}, which your role does not see.", {"noun": Term(noun)})
        return Found((), [told])
    return Found([scan.subject] if noun else (), reasons)


def _similar(session: Session, actor: Actor, wanted: str) -> list[str]:
    pattern = "%" + wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return [
        f"{noun}:{number}"
        for noun, column, permission in KINDS
        if permission in actor.permissions
        for number in session.scalars(
            select(column).where(column.ilike(pattern, escape="\\")).order_by(column).limit(MOST_FOUND)
        )
    ]

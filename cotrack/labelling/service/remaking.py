"""Makes a kept document again from its kept input, and compares: bytes, their hash, and the versions that made them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.models import KeptDocument, OwedDocument
from cotrack.labelling.service.documents import set_again
from cotrack.labelling.service.versions import versions_of

AT_ONCE = 20


@dataclass(frozen=True)
class Remade:
    """What making a kept document again showed. `other_versions` names each that differs: kept and today's."""

    document: str
    has_its_hash: bool
    is_equal: bool
    other_versions: tuple[str, ...] = ()
    fault: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the bytes are those that were kept and, made by the same versions, come out the same."""
        return self.has_its_hash and (self.is_equal or bool(self.other_versions))


def remade(session: Session) -> Iterator[Remade]:
    """Make every kept document again, oldest first; nothing is written."""
    statement = (
        select(OwedDocument, KeptDocument)
        .join(KeptDocument, KeptDocument.owed_id == OwedDocument.id)
        .options(undefer(KeptDocument.content))
        .order_by(OwedDocument.id)
    )
    for owed, kept in session.execute(statement, execution_options={"yield_per": AT_ONCE}):
        yield remake(owed, kept)


def remake(owed: OwedDocument, kept: KeptDocument) -> Remade:
    """Make one kept document again from its fields, note and time, and compare it with its bytes.

    Made by other versions it may differ: that is said, and is no fault.
    """
    told = f"{owed.name} {owed.subject.partition(':')[2]} ({owed.event}, {owed.owed_at:%Y-%m-%d %H:%M:%S} UTC)"
    has_its_hash = sha256(kept.content).hexdigest() == kept.content_sha256
    others: tuple[str, ...] = ()
    try:
        others = _other_versions(json.loads(kept.versions), versions_of(owed.name))
        fields = {**json.loads(owed.fields), **json.loads(kept.around)}
        again = set_again(owed.name, fields, note=kept.note, made_at=kept.made_at)
    except LabelNotPrintable as fault:
        return Remade(told, has_its_hash, is_equal=False, other_versions=others, fault=str(fault))
    return Remade(told, has_its_hash, again == kept.content, others)


def _other_versions(then: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    names = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    return tuple(f"{name} {then.get(name, '–')}, now {now.get(name, '–')}" for name in names)

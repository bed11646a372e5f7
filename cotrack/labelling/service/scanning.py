"""Says what a scanned or typed string is: genuine or not, of which label instance, of which thing."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import BindParameter, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Ground
from cotrack.foundation.db import Prepared
from cotrack.labelling.gateways.gs1 import split
from cotrack.labelling.models import LabelEntity, LabelInstance
from cotrack.labelling.rules.codes import Code, Environment, Misread, Verify
from cotrack.labelling.rules.keyed import NEVER_KEYED, Keyed, Printed, meant_by
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.rules.schemes import Read, Scheme, gs1_scheme, keyed_scheme, own_scheme, read_scan
from cotrack.labelling.rules.standing import LabelFacts, Scan

OTHER_SCHEMES: tuple[Scheme, ...] = (keyed_scheme(), gs1_scheme(split))
"""What a scan may be beside a code of this site; a further scheme is one more in this list."""


def environment(ground: Ground) -> Environment:
    """Return the letter that this installation's codes carry."""
    return "T" if ground.is_training else "P"


@lru_cache(maxsize=4)
def key_id(key: Ed25519PrivateKey) -> str:
    """Return the three letters that tell the site's label keys apart."""
    return key_id_of(key.public_key())


def key_id_of(key: Ed25519PublicKey) -> str:
    """Return the letters of a key of which only the public half is known."""
    public = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b32encode(hashlib.sha256(public).digest()).decode()[:3]


def verifier(key: Ed25519PublicKey) -> Verify:
    """Return what answers whether this key signed a code; the public half is enough."""
    name = key_id_of(key)

    def verify(named_key: str, message: bytes, signature: bytes) -> bool:
        if named_key != name:
            return False
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify


@lru_cache(maxsize=4)
def _schemes(key: Ed25519PrivateKey, environment: Environment) -> tuple[Scheme, ...]:
    return own_scheme(environment, verifier(key.public_key())), *OTHER_SCHEMES


def read(ground: Ground, text: str) -> Read:
    """Read a scanned string with the site's own key; no database."""
    return _read(ground.keys.label, environment(ground), text)


@lru_cache(maxsize=1024)
def _read(key: Ed25519PrivateKey, environment: Environment, text: str) -> Read:
    """Read a string and verify its signature once: the second person scans the same labels as the first."""
    return read_scan(text, _schemes(key, environment))


def understand(ground: Ground, session: Session, texts: Sequence[str]) -> list[Scan]:
    """Say of each scanned string what it is, with one statement for all of them; one more where a number was typed."""
    reads = [read(ground, text) for text in texts]
    wanted = [(each.entity, each.kind.name, each.instance) for each in reads if isinstance(each, Code)]
    asked = {f"{name}_{each}": part for each, key in enumerate(wanted) for name, part in zip(_KEY, key, strict=True)}
    rows = _labels(len(wanted)).rows(session.connection(), asked) if wanted else ()
    found = {tuple(row[:3]): LabelFacts(row.id, row.subject, row.kind, row.instance, row.status) for row in rows}
    return [_scan(session, each, found) for each in reads]


def _scan(session: Session, read: Read, found: dict[tuple[Any, ...], LabelFacts]) -> Scan:
    if isinstance(read, Keyed):
        return _typed(session, read)
    return Scan(read, found.get((read.entity, read.kind.name, read.instance)) if isinstance(read, Code) else None)


def _typed(session: Session, keyed: Keyed) -> Scan:
    """Say which label a typed number and its boxed character mean (domain.md §5.3 E19, E19b)."""
    rows = session.scalars(_OF_NUMBER, {"subjects": [f"{noun}:{keyed.number}" for noun in _NOUNS]}).all()
    if not rows:
        return Scan(Misread("unknown_code"), None)
    if not keyed.check:
        return Scan(Misread("copied_not_scanned"), None)
    meant = meant_by(keyed, (Printed(row.id, row.instance, row.status not in _DEAD) for row in rows))
    if meant is None:
        return Scan(Misread("damaged_code", "keyed"), None)
    row = next(each for each in rows if each.id == meant.label_id)
    return Scan(keyed, LabelFacts(row.id, row.subject, row.kind, row.instance, row.status))


_DEAD = frozenset({"superseded", "void"})
_NOUNS = sorted({kind.noun for kind in KINDS.values() if kind.name not in NEVER_KEYED})
_OF_NUMBER = select(LabelInstance).where(
    LabelInstance.subject.in_(bindparam("subjects", expanding=True)), LabelInstance.kind.not_in(NEVER_KEYED)
)


@cache
def _labels(count: int) -> Prepared:
    """Return the statement that finds this many labels: entity, kind and instance of each are its parameters."""
    wanted: list[tuple[BindParameter[Any], ...]] = [
        tuple(bindparam(f"{name}_{each}") for name in _KEY) for each in range(count)
    ]
    return Prepared(
        select(
            LabelEntity.entity,
            LabelInstance.kind,
            LabelInstance.instance,
            LabelInstance.id,
            LabelInstance.subject,
            LabelInstance.status,
        )
        .join(LabelEntity, LabelEntity.id == LabelInstance.entity_id)
        .where(
            LabelEntity.entity.in_([entity for entity, _, _ in wanted]),
            or_(
                *(
                    and_(LabelEntity.entity == entity, LabelInstance.kind == kind, LabelInstance.instance == instance)
                    for entity, kind, instance in wanted
                )
            ),
        )
    )


_KEY = ("entity", "kind", "instance")

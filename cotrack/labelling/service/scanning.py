"""Says what a scanned string is: genuine or not, of which label instance, of which thing."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import BindParameter, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Ground
from cotrack.foundation.db import Prepared
from cotrack.labelling.models import LabelEntity, LabelInstance
from cotrack.labelling.rules.codes import Code, Environment, Misread, read_code
from cotrack.labelling.rules.standing import LabelFacts, Scan


def environment(ground: Ground) -> Environment:
    """Return the letter that this installation's codes carry."""
    return "T" if ground.is_training else "P"


@lru_cache(maxsize=4)
def key_id(key: Ed25519PrivateKey) -> str:
    """Return the three letters that tell the site's label keys apart."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b32encode(hashlib.sha256(public).digest()).decode()[:3]


def read(ground: Ground, text: str) -> Code | Misread:
    """Read a scanned string with the site's own key; no database."""
    return _read(ground.keys.label, environment(ground), text)


@lru_cache(maxsize=1024)
def _read(key: Ed25519PrivateKey, environment: Environment, text: str) -> Code | Misread:
    """Read a string and verify its signature once: the second person scans the same labels as the first."""

    def verify(named_key: str, message: bytes, signature: bytes) -> bool:
        return named_key == key_id(key) and _is_signed(key, message, signature)

    return read_code(text, environment=environment, verify=verify)


def _is_signed(key: Ed25519PrivateKey, message: bytes, signature: bytes) -> bool:
    try:
        key.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True


def understand(ground: Ground, session: Session, texts: Sequence[str]) -> list[Scan]:
    """Say of each scanned string what it is, with one statement for all of them."""
    reads = [read(ground, text) for text in texts]
    wanted = [(each.entity, each.kind.name, each.instance) for each in reads if isinstance(each, Code)]
    asked = {f"{name}_{each}": part for each, key in enumerate(wanted) for name, part in zip(_KEY, key, strict=True)}
    rows = _labels(len(wanted)).rows(session.connection(), asked) if wanted else ()
    found = {tuple(row[:3]): LabelFacts(row.id, row.subject, row.kind, row.instance, row.status) for row in rows}
    return [
        Scan(each, found.get((each.entity, each.kind.name, each.instance)) if isinstance(each, Code) else None)
        for each in reads
    ]


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


def scan_record(ground: Ground, text: str, scan: Scan) -> dict[str, object]:
    """Return what the trail keeps of a scan: our own code as it came, of any other only its length and HMAC."""
    if isinstance(scan.read, Code):
        return {"code": text, "entered": "scanned"}
    return {
        "length": len(text),
        "hmac": ground.secrets.hidden(text),
        "misread": scan.read.code,
        "entered": "scanned",
    }

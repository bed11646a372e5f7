"""What a back-up says of itself: which site, which signed head its copy holds, the hash of each member. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cotrack.foundation.audit.checkpoint import NoCheckpoint, Sign, read_vkey

FORMAT: Final = 2
READ_FORMATS: Final = (1, 2)
"""A back-up of format 1 holds none of a site's own templates of labels; all else is the same."""
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
DATABASE: Final = "database"
SITE: Final = "site.toml"
CHECKPOINTS: Final = "checkpoints"
LABELS: Final = "labels/"
"""Before the name of each of the site's own templates of labels."""

_SIGNED_AS: Final = b"cotrack back-up manifest\n"
"""Begins what is signed, so that no signature under a manifest ever stands under anything else of this key."""

_TEMPLATE: Final = re.compile(re.escape(LABELS) + r"[^/]+\.typ")

Kind = Literal["sqlite", "postgresql"]


class Damaged(ValueError):
    """A back-up is not what was written; each fault names its place."""

    def __init__(self, *faults: str) -> None:
        """Keep every fault, a line each."""
        self.faults = faults
        super().__init__("; ".join(faults))


@dataclass(frozen=True)
class Member:
    """One file inside a back-up."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """A back-up's own account. `checkpoint` is the newest signed head of the copied database, `records` its leaves.

    `lost` lists, for each older back-up that was ever put back, its records and the largest head signed after it.
    """

    program: str
    schema: str
    environment: str
    database: Kind
    created_at: str
    trail: str
    vkey: str
    checkpoint: str
    records: int
    lost: Sequence[Sequence[int]]
    members: Mapping[str, Member]

    @property
    def templates(self) -> list[str]:
        """The members that are the site's own templates of labels."""
        return [each for each in self.members if each.startswith(LABELS)]


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as it stands in the file."""
    return (json.dumps({"format": FORMAT, **asdict(manifest)}, ensure_ascii=False, indent=2) + "\n").encode()


def signature_of(data: bytes, sign: Sign) -> bytes:
    """Sign a manifest, so that neither chance nor a hand without the site's key changes it unseen."""
    return sign(_SIGNED_AS + data)


def read_manifest(data: bytes, signature: bytes) -> Manifest:
    """Return what a manifest says; raises Damaged where it is of another format or its own key did not sign it."""
    try:
        said = json.loads(data)
        found = said["format"]
    except (ValueError, KeyError, TypeError):
        raise Damaged(f"{MANIFEST}: is damaged") from None
    if found not in READ_FORMATS:
        raise Damaged(
            f"{MANIFEST}: has the format {found!r}, and this program knows {' and '.join(map(str, READ_FORMATS))}: "
            "a newer cotrack made this back-up, or it is damaged"
        )
    try:
        key = Ed25519PublicKey.from_public_bytes(read_vkey(said["vkey"]).public)
        key.verify(signature, _SIGNED_AS + data)
        return _manifest(said)
    except (NoCheckpoint, InvalidSignature, ValueError, KeyError, TypeError, AttributeError):
        raise Damaged(f"{MANIFEST}: is damaged, or {SIGNATURE} is: the signature does not fit") from None


def _manifest(said: dict[str, Any]) -> Manifest:
    """Read the fields; whatever has another shape was written by no cotrack."""
    fields = {name: said[name] for name in Manifest.__dataclass_fields__}
    members = {name: Member(str(each["sha256"]), int(each["size"])) for name, each in said["members"].items()}
    others = members.keys() - {DATABASE, SITE, CHECKPOINTS}
    is_whole = {DATABASE, SITE, CHECKPOINTS} <= members.keys() and all(_TEMPLATE.fullmatch(each) for each in others)
    if said["database"] not in get_args(Kind) or not is_whole:
        raise ValueError("a manifest names one of two databases, its three members, and templates of labels")
    return Manifest(**{**fields, "members": members})

"""The installation's secret keys: files that only the service may read, made once by `cotrack init`."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cotrack.foundation.errors import SystemNeedMissing
from cotrack.foundation.words import N_

KEY_BYTES = 32
NAMES = {
    "label": "signs the codes on labels",
    "identity": "encrypts names, hospital numbers and birth dates",
    "trail-secret": "hides secret columns in the trail",
    "trail": "signs the checkpoints of the trail",
    "browser": "signs the notices that a page shows once",
}
"""Every key and what it is for. Each lies in a file of its own name under the keys folder."""


@dataclass(frozen=True)
class Keys:
    """The keys of one installation, read once at the start."""

    label: Ed25519PrivateKey
    identity: AESGCMSIV
    trail_secret: bytes
    trail: Ed25519PrivateKey
    browser: bytes
    foreign: AESGCMSIV
    """Encrypts scans of other people's codes; made from the identity's key, so that no older copy of keys lacks it."""


def make_missing_keys(folder: Path) -> list[str]:
    """Make the keys that are not there and return their names; one that exists is never touched."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = [name for name in NAMES if not key_path(folder, name).exists()]
    for name in made:
        descriptor = os.open(key_path(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
    return made


def read_keys(folder: Path) -> Keys:
    """Read all keys; raises SystemNeedMissing naming the first that is missing or damaged."""
    raw = {name: _read(folder, name) for name in NAMES}
    return Keys(
        label=Ed25519PrivateKey.from_private_bytes(raw["label"]),
        identity=AESGCMSIV(raw["identity"]),
        trail_secret=raw["trail-secret"],
        trail=Ed25519PrivateKey.from_private_bytes(raw["trail"]),
        browser=raw["browser"],
        foreign=AESGCMSIV(_made_from(raw["identity"], b"cotrack: scans of other people's codes")),
    )


def _made_from(key: bytes, purpose: bytes) -> bytes:
    """Return a further key (RFC 5869): neither it nor what it encrypts says anything of the first."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(key)


def key_path(folder: Path, name: str) -> Path:
    """Return the file of a key."""
    return folder / f"{name}.key"


def _read(folder: Path, name: str) -> bytes:
    path = key_path(folder, name)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        message = N_(
            "The key {path} is missing (it {purpose}). On a new installation `cotrack init` makes it; else restore it."
        )
        raise SystemNeedMissing(message, path=path, purpose=NAMES[name]) from None
    except (ValueError, OSError) as fault:
        words = getattr(fault, "strerror", None) or fault
        raise SystemNeedMissing("The key {path} cannot be read: {fault}.", path=path, fault=words) from None
    if len(key) != KEY_BYTES:
        raise SystemNeedMissing("The key {path} is damaged: restore it from the back-up of keys.", path=path)
    return key

"""Encrypts identities: what is written is bound to its subject number, and unreadable without the key."""

import base64
import json
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from cotrack.foundation.errors import SystemNeedMissing

NONCE_BYTES = 12


def seal(key: AESGCMSIV, subject_number: str, identity: Mapping[str, str]) -> str:
    """Return an identity encrypted for one subject number."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    data = json.dumps(dict(identity), ensure_ascii=False, sort_keys=True).encode()
    return base64.b64encode(nonce + key.encrypt(nonce, data, subject_number.encode())).decode()


def unseal(key: AESGCMSIV, subject_number: str, sealed: str) -> dict[str, str]:
    """Return a decrypted identity; raises SystemNeedMissing where this installation's key does not open it."""
    raw = base64.b64decode(sealed)
    try:
        data = key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], subject_number.encode())
    except InvalidTag:
        raise SystemNeedMissing(
            "The identity key of this installation does not open this record: restore the right one."
        ) from None
    identity: dict[str, str] = json.loads(data)
    return identity

"""Encrypts other people's codes: what is written is bound to its HMAC in the trail, and unreadable without the key."""

import base64
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from cotrack.foundation.errors import SystemNeedMissing

NONCE_BYTES: Final = 12


def seal(key: AESGCMSIV, hidden: str, text: str) -> str:
    """Return a scanned string encrypted, byte for byte, for one HMAC."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    data = text.encode("utf-8", "surrogatepass")
    return base64.b64encode(nonce + key.encrypt(nonce, data, hidden.encode())).decode()


def unseal(key: AESGCMSIV, hidden: str, sealed: str) -> str:
    """Return a decrypted string; raises SystemNeedMissing where this installation's key does not open it."""
    raw = base64.b64decode(sealed)
    try:
        data = key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], hidden.encode())
    except InvalidTag:
        raise SystemNeedMissing(
            "The identity key of this installation does not open this scan: restore the right one."
        ) from None
    return data.decode("utf-8", "surrogatepass")

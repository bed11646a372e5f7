"""Passwords by argon2id and random secrets: the only place that touches either."""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

SHORTEST_PASSWORD = 12


class Passwords:
    """Hashes and verifies passwords at this installation's cost."""

    def __init__(self, *, time_cost: int, memory_kib: int) -> None:
        """Take the cost from the settings; production refuses to start below the recommended one."""
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._stranger = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """Return the argon2id hash with a salt of its own."""
        return self._hasher.hash(password)

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password fits; takes as long for a person who does not exist (None)."""
        try:
            password.encode()
            return self._hasher.verify(password_hash or self._stranger, password) and password_hash is not None
        except (VerifyMismatchError, VerificationError, InvalidHashError, UnicodeEncodeError):
            return False


def new_secret() -> str:
    """Return a secret of 256 bits for a cookie, a token or a form."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """Return the hash under which a secret of 256 bits is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()

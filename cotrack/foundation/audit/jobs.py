"""The background work of the trail: sealing all the time, a signed head once a minute where something is new."""

from pathlib import Path
from time import monotonic

from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.sealing import Sealer, sign_checkpoint

SEAL_EVERY_SECONDS = 0.2
SIGN_EVERY_SECONDS = 60


class SealingWork:
    """One turn after another, called by the worker process."""

    def __init__(self, ground: Ground, witness: Path) -> None:
        """Sign into the database and append to the file outside of it."""
        self._ground = ground
        self._witness = witness
        self._sealer = Sealer(ground.sessions)
        self._signed_at = float("-inf")

    def turn(self) -> None:
        """Seal what is new, and sign the head when a minute is over."""
        while self._sealer.seal():
            pass
        if monotonic() - self._signed_at >= SIGN_EVERY_SECONDS:
            sign_checkpoint(self._ground, self._witness)
            self._signed_at = monotonic()

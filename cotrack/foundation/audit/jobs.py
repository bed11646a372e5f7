"""The background work of the trail: sealing all the time, a signed head as soon as there is a record without one.

Besides, a whole verification at the start and each day.
"""

from collections.abc import Sequence
from pathlib import Path

from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.gateways import send_checkpoint
from cotrack.foundation.audit.sealing import Sealer, TrailBroken, sign_checkpoint
from cotrack.foundation.audit.verification.live import Question, verify_live
from cotrack.foundation.background import Work
from cotrack.foundation.errors import WitnessNotReached
from cotrack.foundation.findings.service import keep_findings

SEAL_EVERY_SECONDS = 0.2
SIGN_EVERY_SECONDS = 1
VERIFY_EVERY_SECONDS = 24 * 3600


def works(ground: Ground, witness: Path) -> Sequence[Work]:
    """Return what a process beside the service does for the trail; heads are appended to the file `witness`."""
    sealer = Sealer(ground.sessions)
    signing = _Signing(ground, witness, sealer)
    return (
        Work("sealing", sealer.seal_all, SEAL_EVERY_SECONDS),
        Work("signing", signing.turn, SIGN_EVERY_SECONDS),
        Work("verifying", lambda: verify_and_keep(ground, witness), VERIFY_EVERY_SECONDS),
    )


def verify_and_keep(ground: Ground, witness: Path) -> list[str]:
    """Verify the whole trail, and keep what is found where every page shows it."""
    found = list(verify_live(Question(ground, witness)))
    keep_findings(ground, found)
    return found


class _Signing:
    """Signs what is new and tells each address outside of it; what was not taken is sent again."""

    def __init__(self, ground: Ground, witness: Path, sealer: Sealer) -> None:
        self._ground = ground
        self._witness = witness
        self._sealer = sealer
        self._taken: dict[str, str] = {}

    def turn(self) -> None:
        try:
            note = sign_checkpoint(self._ground, self._witness, self._sealer)
        except TrailBroken as fault:
            keep_findings(self._ground, [str(fault)])
            raise
        missed = [each for url in self._ground.site.witnesses if (each := self._told(url, note))]
        if missed:
            raise missed[0]

    def _told(self, url: str, note: str) -> WitnessNotReached | None:
        """Tell one address; that it cannot be reached keeps nothing from the others."""
        if self._taken.get(url) == note:
            return None
        try:
            send_checkpoint(url, note)
        except WitnessNotReached as fault:
            return fault
        self._taken[url] = note
        return None

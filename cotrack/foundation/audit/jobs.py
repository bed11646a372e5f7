"""The background work of the trail: sealing all the time, a signed head each minute, a whole verification each day."""

from collections.abc import Sequence
from pathlib import Path

from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.gateways import send_checkpoint
from cotrack.foundation.audit.sealing import Sealer, sign_checkpoint
from cotrack.foundation.audit.verification.live import Question, verify_live
from cotrack.foundation.background import Work
from cotrack.foundation.findings.service import keep_findings

SEAL_EVERY_SECONDS = 0.2
SIGN_EVERY_SECONDS = 60
VERIFY_EVERY_SECONDS = 24 * 3600


def works(ground: Ground, witness: Path) -> Sequence[Work]:
    """Return what a process beside the service does for the trail; heads are appended to the file `witness`."""
    sealer = Sealer(ground.sessions)
    return (
        Work("sealing", sealer.seal_all, SEAL_EVERY_SECONDS),
        Work("signing", _Signing(ground, witness).turn, SIGN_EVERY_SECONDS),
        Work("verifying", lambda: verify_and_keep(ground, witness), VERIFY_EVERY_SECONDS, is_first_at_once=False),
    )


def verify_and_keep(ground: Ground, witness: Path) -> list[str]:
    """Verify the whole trail, and keep what is found where every page shows it."""
    found = list(verify_live(Question(ground, witness)))
    keep_findings(ground, found)
    return found


class _Signing:
    """Signs what is new and tells each address outside of it; what was not taken is sent again."""

    def __init__(self, ground: Ground, witness: Path) -> None:
        self._ground = ground
        self._witness = witness
        self._taken: dict[str, str] = {}

    def turn(self) -> None:
        note = sign_checkpoint(self._ground, self._witness)
        for url in self._ground.site.witnesses:
            if self._taken.get(url) != note:
                send_checkpoint(url, note)
                self._taken[url] = note

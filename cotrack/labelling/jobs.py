"""The background work of documents: what was signed and is not on paper yet is made."""

import time
from collections.abc import Sequence
from pathlib import Path

from cotrack.foundation.acting import Ground
from cotrack.foundation.background import Work
from cotrack.labelling.service.keeping import keep_all

KEEP_EVERY_SECONDS = 2
FAILED_AGAIN_AFTER_SECONDS = 300


def works(ground: Ground, witness: Path) -> Sequence[Work]:
    """Return what a process beside the service does for documents."""
    return (Work("documents", _Keeping(ground, witness).turn, KEEP_EVERY_SECONDS),)


class _Keeping:
    """Makes what is owed; what could not be made waits longer than the rest, so that the log stays readable."""

    def __init__(self, ground: Ground, witness: Path) -> None:
        self._ground = ground
        self._witness = witness
        self._failed: dict[int, float] = {}

    def turn(self) -> None:
        now = time.monotonic()
        waiting = {each for each, since in self._failed.items() if now - since < FAILED_AGAIN_AFTER_SECONDS}
        failed = keep_all(self._ground, self._witness, passing_over=waiting)
        self._failed = {each: self._failed[each] for each in waiting} | dict.fromkeys(failed, now)

"""The background work of documents: what was signed and is not on paper yet is made."""

from collections.abc import Sequence
from pathlib import Path

from cotrack.foundation.acting import Ground
from cotrack.foundation.background import Work
from cotrack.labelling.service.keeping import keep_all

KEEP_EVERY_SECONDS = 2


def works(ground: Ground, witness: Path) -> Sequence[Work]:
    """Return what a process beside the service does for documents."""
    return (Work("documents", lambda: keep_all(ground, witness), KEEP_EVERY_SECONDS),)

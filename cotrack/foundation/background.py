"""Background work: each kind in a thread of its own, turn after turn until stopped; a failed turn ends no later one."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger("cotrack")


@dataclass(frozen=True)
class Work:
    """One kind of work: what is done in a turn, and how long it rests between turns."""

    name: str
    turn: Callable[[], object]
    every_seconds: float


def do(works: Sequence[Work], stop: threading.Event) -> None:
    """Do all of this until `stop` is set."""
    threads = [threading.Thread(target=_turns, args=(work, stop), name=work.name) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _turns(work: Work, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            work.turn()
        except Exception:  # one failed turn must not end all later ones
            log.exception("background work failed: %s", work.name)
        stop.wait(work.every_seconds)

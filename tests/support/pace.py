"""How slow this machine is at this moment, so that a limit in seconds judges the program and not its neighbours."""

import time

ORDINARY_SECONDS = 0.016
"""What the piece of work takes on the machine that the limits were set on, when nothing runs beside it."""


def piece_of_work() -> float:
    """Do always the same work; return the seconds that it took."""
    started, total = time.perf_counter(), 0
    for number in range(200_000):
        total += number * number % 7
    return time.perf_counter() - started


def slowness() -> float:
    """Return how many times slower than ordinary this machine works now; never less than 1."""
    return max(1.0, min(piece_of_work() for _ in range(3)) / ORDINARY_SECONDS)

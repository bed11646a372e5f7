"""Decides over print jobs: what may be sent, what is given up for lost, and which doubtful label counts again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_

OUTCOMES: Final = ("sure", "doubtful")
"""What is known of a label that was sent: the printer took it, or nobody knows."""

MOST_LABELS: Final = 100
LOST_AFTER: Final = timedelta(minutes=3)
"""Longer than the longest wait for one label: who has not said the outcome by then died or lost the printer."""


@dataclass(frozen=True)
class DoubtfulFacts:
    """A void label that is scanned: whether its print was doubtful, and how many labels its thing was given since."""

    is_doubtful: bool
    newer: int


def counts_again(facts: DoubtfulFacts) -> bool:
    """Whether a void label counts again when it is scanned on its thing: it was doubtful only, and none replaced it.

    Who made it void by hand, or asked for another one, ended it for ever.
    """
    return facts.is_doubtful and facts.newer == 0


def against_job(labels: Sequence[int], ready: Sequence[int]) -> list[Blocker]:
    """Return every reason against putting these labels together; `ready` are those that may be handed out now."""
    blockers = []
    if not labels:
        blockers.append(Blocker("nothing_to_print", "Nothing waits to be printed here."))
    if len(labels) > MOST_LABELS:
        words = N_("A print job has at most {most} labels.")
        blockers.append(Blocker("too_many_labels", words, {"most": MOST_LABELS}))
    for each in sorted(set(labels) - set(ready)):
        words = N_("Label {label} waits in another print job, or was handed out or replaced already.")
        blockers.append(Blocker("label_not_waiting", words, {"label": each}))
    return blockers


def against_calling_lost(sent_at: datetime | None, now: datetime) -> list[Blocker]:
    """Return the reason against calling a job doubtful while it may still be printing."""
    if sent_at is not None and now - sent_at < LOST_AFTER:
        return [Blocker("still_printing", "This job is being printed: wait three minutes before you call it doubtful.")]
    return []

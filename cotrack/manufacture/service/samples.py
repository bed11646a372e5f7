"""Samples come to their own end: sent to the laboratory, archived, used up. A bag never does (§3.3 rule 7)."""

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.work import Work
from cotrack.labelling.service.instances import live_labels
from cotrack.manufacture.models import Unit
from cotrack.manufacture.rules import label_missing
from cotrack.manufacture.rules.filling import SAMPLE_KINDS


def send_sample(work: Work, number: str) -> Unit:
    """Send a labelled sample to the laboratory."""
    return _move(work, "send", number)


def archive_sample(work: Work, number: str) -> Unit:
    """Put a labelled sample into the archive, where it stays for as long as the site keeps it."""
    return _move(work, "archive", number)


def use_up_sample(work: Work, number: str, *, reason: str) -> Unit:
    """Write down that nothing of a sample is left."""
    return _move(work, "use_up", number, reason=reason)


def _move(work: Work, action: str, number: str, *, reason: str = "") -> Unit:
    unit = work.take(Unit, action, number, reason=reason)
    work.refuse_if(_against(work, unit))
    work.move(unit, action)
    return unit


def _against(work: Work, unit: Unit) -> list[Blocker]:
    if unit.kind not in SAMPLE_KINDS:
        return [Blocker("not_a_sample", "{unit} is a bag, not a sample.", {"unit": unit.number})]
    labels = live_labels(work.session, [f"unit:{unit.number}"]).get(f"unit:{unit.number}", {})
    if unit.status == "filled" and "applied" not in labels.values():
        return [label_missing(unit.number, next(iter(labels), "sample"))]
    return []

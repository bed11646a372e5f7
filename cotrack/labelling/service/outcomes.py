"""What became of each label that was sent (printed, waiting, doubtful, failed), kept before the next one is sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cotrack.foundation.site import Printer
from cotrack.foundation.work import Work
from cotrack.labelling.gateways.typesetting import Template
from cotrack.labelling.models import LabelInstance, PrintJob
from cotrack.labelling.service import print_jobs
from cotrack.lifecycles import LABEL_INSTANCE


@dataclass(frozen=True)
class Label:
    """One label's own data, read once: nothing else is drawn on it."""

    label_id: int
    template: Template
    subject: str
    fields: Mapping[str, str]
    code: str


@dataclass(frozen=True)
class Job:
    """What is sent now: the labels in their order, and the printer that gets them."""

    job_id: int
    printer: Printer
    labels: tuple[Label, ...]


def hold_back(work: Work, job: Job, index: int, words: str) -> None:
    """Let this label and those behind it wait: it is certain that nothing of them reached the printer."""
    held = _begin(work, "hold_back", job, job.labels[index], words=words)
    for row in _still_sending(work, job.labels[index:]):
        work.move(row, "hold_back")
    work.move(held, "hold_back")


def record_doubt(work: Work, job: Job, index: int, words: str) -> None:
    """Make this label doubtful, and let those behind it wait."""
    label, rest = job.labels[index], job.labels[index + 1 :]
    held = _begin(work, "fail", job, label, words=words)
    (row,) = print_jobs.locked_labels(work, [label.label_id])
    print_jobs.make_doubtful(work, job.job_id, row)
    for other in _still_sending(work, rest):
        work.move(other, "hold_back")
    work.move(held, "doubt")


def record_failure(work: Work, job: Job, label: Label, words: str) -> None:
    """End the job of a label that cannot be drawn: nothing of it was printed, and none of it counts."""
    held = _begin(work, "fail", job, label, words=words)
    for row in _still_sending(work, job.labels):
        work.move(row, "fail")
    work.move(held, "fail")


def record_prints(work: Work, job: Job, printed: Mapping[int, str], *, is_file: bool) -> set[int]:
    """Write down that labels were printed, with the hash of the bytes of each; after the last one the job is done.

    Several at once are those of one file: it was given or it was not. Return the labels that still count.
    """
    begun = [each.subject for each in job.labels if each.label_id in printed]
    about = begun[0] if len(begun) == 1 else f"print_job:{job.job_id}"
    work.begin(LABEL_INSTANCE, "confirm_print", "", subject=about)
    if job.labels[-1].label_id in printed:
        held = print_jobs.locked_job(work, job.job_id)
        work.move(held, "finish")
        held.ended_at = work.now
    rows = print_jobs.locked_labels(work, list(printed))
    # One that was replaced, made void or destroyed while it was printed is dead on paper; in a file it never stands.
    counting = [each for each in rows if each.status == "sending"]
    came_out = [each.id for each in (counting if is_file else rows)]
    for line in print_jobs.job_lines(work.session, job.job_id, came_out):
        line.outcome = line.outcome or "sure"
    for row in rows:
        if row.id not in came_out:
            row.paper = None
    for row in counting:
        work.move(row, "confirm_print")
        row.printed_at, row.bytes_sha256 = work.now, printed[row.id]
    return {each.id for each in counting}


def _begin(work: Work, action: str, job: Job, label: Label, *, words: str) -> PrintJob:
    work.begin(LABEL_INSTANCE, action, "", subject=label.subject)
    work.details.update(fault=words, print_job=job.job_id)
    held = print_jobs.locked_job(work, job.job_id)
    held.fault, held.ended_at = words, work.now
    return held


def _still_sending(work: Work, labels: Sequence[Label]) -> Iterator[LabelInstance]:
    rows = print_jobs.locked_labels(work, [each.label_id for each in labels])
    return (row for row in rows if row.status == "sending")

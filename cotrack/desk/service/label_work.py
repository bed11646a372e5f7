"""What waits for those who answer for labels: prints without an end, jobs that were left, labels nobody knows of."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from cotrack.desk.service.tasks import Desk, Task
from cotrack.foundation.words import N_
from cotrack.labelling.service.instances import seen_by, unfinished_prints
from cotrack.labelling.service.print_queue import JobLine, doubtful_labels, open_jobs

STILL_AT_IT: Final = timedelta(minutes=5)
"""So long after they asked for it, whoever asked for a label is taken to stand at the printer still."""


def prints_to_resolve(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the labels that were asked for and never came out, but those that go with the others of their job."""
    of_jobs = {label.id for line in _jobs_of_many(session) for _, label in line.labels}
    for label in unfinished_prints(session):
        is_left = label.id not in of_jobs and desk.now - label.requested_at > STILL_AT_IT
        if is_left and seen_by(label) in desk.actor.permissions:
            title, arguments = N_("Say what became of this label"), {"label_id": label.id}
            yield Task(title, label.subject, "labelling.show_label", arguments, label.requested_at)


def jobs_to_end(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the jobs of several labels that were put together and left: each is sent, cancelled or given up."""
    for line in _jobs_of_many(session):
        since = line.job.sent_at or line.job.requested_at
        if desk.now - since > STILL_AT_IT and line.is_seen_with(desk.actor.permissions):
            title, arguments = N_("Labels wait to be printed"), {"job_id": line.job.id}
            number = len(line.of("waiting")) + len(line.of("printing"))
            note, details = N_("Labels: {number}"), {"number": number}
            subject = f"print_job:{line.job.id}"
            yield Task(title, subject, "printers.show_job", arguments, since, note=note, details=details)


def labels_in_doubt(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the labels of which nobody knows whether they came out: their things have none that counts till then."""
    for job, label in doubtful_labels(session):
        if seen_by(label) in desk.actor.permissions:
            title, arguments = N_("Look for a label that may have been printed"), {"label_id": label.id}
            yield Task(title, label.subject, "labelling.show_label", arguments, job.sent_at)


def _jobs_of_many(session: Session) -> list[JobLine]:
    return [each for each in open_jobs(session) if len(each.labels) > 1]

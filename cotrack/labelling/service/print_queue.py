"""The queue of print jobs as people see it: what waits, what is printing, and which labels nobody knows of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, cast, exists, func, select
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor
from cotrack.foundation.errors import NotFound, PermissionDenied
from cotrack.labelling.models import LabelInstance, PrintJob, PrintJobLabel
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.rules.print_jobs import against_calling_lost

OPEN = ("waiting", "printing", "doubtful")
_MOST_SHOWN = 200


@dataclass(frozen=True)
class JobLine:
    """A print job as people see it: its labels in order, each with what is known of it."""

    job: PrintJob
    labels: Sequence[tuple[PrintJobLabel, LabelInstance]]

    def of(self, what: str) -> list[LabelInstance]:
        """Return its labels that are `sure`, `doubtful`, on the way (`printing`), or `waiting`."""
        return [label for line, label in self.labels if _stand(line, label) == what]

    def is_seen_with(self, permissions: Collection[str]) -> bool:
        """Whether these permissions see the thing of every label of it."""
        return all(KINDS[label.kind].reader in permissions for _, label in self.labels)

    @property
    def is_left(self) -> bool:
        """Whether a label of it still waits to be sent."""
        return bool(self.of("waiting"))


def _stand(line: PrintJobLabel, label: LabelInstance) -> str:
    if line.outcome is not None:
        return line.outcome
    return {"sending": "printing", "intended": "waiting"}.get(label.status, "")


@dataclass(frozen=True)
class Overview:
    """What stands on the page of printers: open jobs, those among them that may be lost, and doubtful labels."""

    jobs: Sequence[JobLine]
    lost: Collection[int]
    doubtful: Sequence[tuple[PrintJob, LabelInstance]]


def overview(session: Session, permissions: Collection[str], now: datetime) -> Overview:
    """Return the queue as far as these permissions see the things of its labels."""
    jobs = [each for each in open_jobs(session) if each.is_seen_with(permissions)]
    lost = {each.job.id for each in jobs if may_be_lost(session, each.job, now)}
    doubtful = [each for each in doubtful_labels(session) if KINDS[each[1].kind].reader in permissions]
    return Overview(jobs, lost, doubtful)


def job_seen(session: Session, job_id: int, actor: Actor) -> JobLine:
    """Return a job with its labels; raises NotFound, PermissionDenied for whom its things are not to see."""
    line = job_numbered(session, job_id)
    if not line.is_seen_with(actor.permissions):
        raise PermissionDenied("Your role does not see what these labels are for.")
    return line


def may_be_lost(session: Session, job: PrintJob, now: datetime) -> bool:
    """Whether a job is being printed for so long that it may be called doubtful."""
    return job.status == "printing" and not against_calling_lost(last_sign(session, job), now)


def last_sign(session: Session, job: PrintJob) -> datetime | None:
    """Return when a job last gave a sign of life: it was sent, or a label of it was printed."""
    latest: datetime | None = session.scalar(
        select(func.max(LabelInstance.printed_at))
        .join(PrintJobLabel, PrintJobLabel.label_id == LabelInstance.id)
        .where(PrintJobLabel.job_id == job.id)
    )
    return max(filter(None, (latest, job.sent_at)), default=None)


def files_with(subject: ColumnElement[bool]) -> Select[str]:
    """Return the jobs under which labels stand in the trail as given: those of one file have one record together.

    `subject` says of which things the labels are.
    """
    held = select(PrintJobLabel.job_id).join(LabelInstance, LabelInstance.id == PrintJobLabel.label_id).where(subject)
    return select("print_job:" + cast(PrintJob.id, String)).where(PrintJob.id.in_(held))


def job_numbered(session: Session, job_id: int) -> JobLine:
    """Return a job with its labels; raises NotFound."""
    job = session.get(PrintJob, job_id)
    if job is None:
        raise NotFound("There is no such print job.")
    return _lines(session, [job])[0]


def open_jobs(session: Session) -> list[JobLine]:
    """Return the jobs that are printing, wait, or were left in the middle, oldest first."""
    waits = exists().where(
        PrintJobLabel.job_id == PrintJob.id,
        PrintJobLabel.outcome.is_(None),
        LabelInstance.id == PrintJobLabel.label_id,
        LabelInstance.status == "intended",
    )
    is_open = PrintJob.status.in_(OPEN) & ((PrintJob.status == "printing") | waits)
    statement = select(PrintJob).where(is_open).order_by(PrintJob.id).limit(_MOST_SHOWN)
    return _lines(session, session.scalars(statement).all())


def doubtful_labels(session: Session) -> Sequence[tuple[PrintJob, LabelInstance]]:
    """Return the labels of which nobody knows yet whether they came out: not scanned back, paper not accounted for."""
    statement = (
        select(PrintJob, LabelInstance)
        .join(PrintJobLabel, PrintJobLabel.job_id == PrintJob.id)
        .join(LabelInstance, LabelInstance.id == PrintJobLabel.label_id)
        .where(PrintJobLabel.outcome == "doubtful", LabelInstance.status == "void", LabelInstance.paper == "in_hand")
        .order_by(LabelInstance.id)
    )
    return [(job, label) for job, label in session.execute(statement)]


def _lines(session: Session, jobs: Sequence[PrintJob]) -> list[JobLine]:
    statement = (
        select(PrintJobLabel, LabelInstance)
        .join(LabelInstance, LabelInstance.id == PrintJobLabel.label_id)
        .where(PrintJobLabel.job_id.in_([each.id for each in jobs]))
        .order_by(PrintJobLabel.position)
    )
    found = [(line, label) for line, label in session.execute(statement)]
    return [JobLine(job, [each for each in found if each[0].job_id == job.id]) for job in jobs]

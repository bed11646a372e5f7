"""Print jobs: labels put together for one printer, what is known of each, and what a person decides about them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance, PrintJob, PrintJobLabel
from cotrack.labelling.rules.kinds import KINDS, SCANNED_BACK
from cotrack.labelling.rules.print_jobs import DoubtfulFacts, against_calling_lost, against_job, counts_again
from cotrack.labelling.service.print_queue import OPEN, last_sign
from cotrack.lifecycles import PRINT_JOB

_WAITS = ("waiting", "doubtful")


def request_job(work: Work, label_ids: Sequence[int], *, printer: str = "", request_key: str = "") -> PrintJob:
    """Put labels that were asked for together for one printer, by default that of the station.

    `request_key` names the request: sent again by the same person it finds the job that it made. Raises Blocked with
    every label that is not waiting.
    """
    work.begin(PRINT_JOB, "request", "")
    made = job_of_request(work.session, work.actor, request_key)
    if made is not None:
        work.narrow(f"print_job:{made.id}")
        return made
    # A label that is named twice is printed once.
    label_ids = list(dict.fromkeys(label_ids))
    rows = locked_labels(work, label_ids)
    for row in rows:
        work.require(KINDS[row.kind].permission)
    station = work.site.station(work.actor.station)
    code = printer or (station.printer if station else "")
    held = _held_by_jobs(work.session, label_ids)
    ready = [row.id for row in rows if row.status == "intended" and row.id not in held]
    work.refuse_if([*against_job(label_ids, ready), *against_printer(work, code)])
    job = make_job(work, label_ids, code, request_key=_key(work.actor, request_key))
    work.narrow(f"print_job:{job.id}")
    return job


def job_of_request(session: Session, actor: Actor, request_key: str) -> PrintJob | None:
    """Return the job that this request made already."""
    key = _key(actor, request_key)
    return session.scalar(select(PrintJob).where(PrintJob.request_key == key)) if key else None


def _key(actor: Actor, request_key: str) -> str | None:
    return f"{actor.username}:{request_key}" if request_key else None


def make_job(work: Work, label_ids: Sequence[int], printer: str, *, request_key: str | None = None) -> PrintJob:
    """Write a job down within the command that asks for it."""
    job = PrintJob(
        printer=printer,
        station=work.actor.station,
        request_key=request_key,
        requested_by_id=work.person_id,
        requested_at=work.now,
        fault="",
        status="waiting",
    )
    work.add(job)
    for position, label_id in enumerate(label_ids, start=1):
        work.add(PrintJobLabel(job_id=job.id, label_id=label_id, position=position))
    return job


def against_printer(work: Work, code: str) -> list[Blocker]:
    """Return the reason where the site has no printer of that code, or has taken it away since."""
    if code in work.site.printers:
        return []
    words = N_("The site has no printer {printer} any more: make this label void and ask for a new one.")
    return [Blocker("printer_unknown", words, {"printer": code})]


def cancel_job(work: Work, job_id: int) -> PrintJob:
    """End a job that still waits: it sends nothing more, and its labels may be handed out one by one."""
    job = take_job(work, "cancel", job_id)
    work.move(job, "cancel")
    job.ended_at = work.now
    return job


def call_doubtful(work: Work, job_id: int) -> PrintJob:
    """Give a job up of which nobody will hear the end any more: what was on its way is doubtful now.

    Raises Blocked while it may still be printing.
    """
    job = take_job(work, "doubt", job_id)
    work.refuse_if(against_calling_lost(last_sign(work.session, job), work.now))
    rows = [each for each in _labels_to_print(work, job.id) if each.status == "sending"]
    for label in rows:
        make_doubtful(work, job.id, label)
    work.move(job, "doubt")
    job.ended_at, job.fault = work.now, N_("Nobody heard the end of it.")
    return job


def make_doubtful(work: Work, job_id: int, label: LabelInstance) -> None:
    """Make a label void of which nobody knows whether it came out; its paper is in hand until somebody says more.

    One that a person made void while it was printed, or that was replaced, ended then: it is no doubtful one.
    """
    if label.status != "sending":
        return
    work.move(label, "fail")
    label.paper = "in_hand"
    job_line(work.session, job_id, label.id).outcome = "doubtful"


def take_job(work: Work, action: str, job_id: int) -> PrintJob:
    """Begin an action on a job and lock it: who prints every label of it. Raises NotFound, TransitionNotAllowed."""
    work.begin(PRINT_JOB, action, str(job_id))
    job = locked_job(work, job_id)
    mine = select(PrintJobLabel.label_id).where(PrintJobLabel.job_id == job_id)
    for kind in sorted(work.session.scalars(select(LabelInstance.kind).where(LabelInstance.id.in_(mine)).distinct())):
        work.require(KINDS[kind].permission)
    work.expect(job, action)
    return job


def locked_job(work: Work, job_id: int) -> PrintJob:
    """Return a job, locked; a job is locked before its labels. Raises NotFound."""
    job = work.session.get(PrintJob, job_id, with_for_update=True, populate_existing=True)
    if job is None:
        raise NotFound("There is no such print job.")
    return job


def locked_labels(work: Work, label_ids: Sequence[int]) -> Sequence[LabelInstance]:
    """Return labels, locked in the order of their rows."""
    statement = select(LabelInstance).where(LabelInstance.id.in_(label_ids)).order_by(LabelInstance.id)
    return work.session.scalars(statement.with_for_update().execution_options(populate_existing=True)).all()


def _labels_to_print(work: Work, job_id: int) -> Sequence[LabelInstance]:
    """Return the labels of a job of which nothing is known yet, locked."""
    mine = select(PrintJobLabel.label_id).where(PrintJobLabel.job_id == job_id, PrintJobLabel.outcome.is_(None))
    return locked_labels(work, list(work.session.scalars(mine)))


def waiting_of(work: Work, job_id: int) -> list[LabelInstance]:
    """Return the labels of a job that still wait, locked, in the job's order."""
    lines = work.session.scalars(
        select(PrintJobLabel).where(PrintJobLabel.job_id == job_id).order_by(PrintJobLabel.position)
    ).all()
    rows = {each.id: each for each in locked_labels(work, [line.label_id for line in lines])}
    return [rows[line.label_id] for line in lines if rows[line.label_id].status == "intended"]


def job_line(session: Session, job_id: int, label_id: int) -> PrintJobLabel:
    """Return what a job knows of one of its labels."""
    (line,) = job_lines(session, job_id, [label_id])
    return line


def job_lines(session: Session, job_id: int, label_ids: Sequence[int]) -> Sequence[PrintJobLabel]:
    """Return what a job knows of some of its labels."""
    mine = (PrintJobLabel.job_id == job_id, PrintJobLabel.label_id.in_(label_ids))
    return session.scalars(select(PrintJobLabel).where(*mine).order_by(PrintJobLabel.position)).all()


def open_job_of(session: Session, label_id: int) -> PrintJob | None:
    """Return the job in which a label waits to be sent."""
    return _newest_job(session, label_id, _WAITS)


def _newest_job(session: Session, label_id: int, statuses: Sequence[str]) -> PrintJob | None:
    return session.scalar(
        select(PrintJob)
        .join(PrintJobLabel, PrintJobLabel.job_id == PrintJob.id)
        .where(PrintJobLabel.label_id == label_id, PrintJob.status.in_(statuses))
        .order_by(PrintJob.id.desc())
        .limit(1)
    )


def is_alone(session: Session, job_id: int) -> bool:
    """Whether a job is of one label."""
    return session.scalar(select(func.count()).where(PrintJobLabel.job_id == job_id)) == 1


def _held_by_jobs(session: Session, label_ids: Sequence[int]) -> set[int]:
    statement = (
        select(PrintJobLabel.label_id)
        .join(PrintJob, PrintJob.id == PrintJobLabel.job_id)
        .where(PrintJobLabel.label_id.in_(label_ids), PrintJob.status.in_(OPEN))
    )
    return set(session.scalars(statement))


def doubt_over(session: Session, label: LabelInstance) -> DoubtfulFacts:
    """Return what is known of a void label that is scanned: only doubtful, and whether its thing got another since."""
    doubtful = select(PrintJobLabel.id).where(PrintJobLabel.label_id == label.id, PrintJobLabel.outcome == "doubtful")
    newer = (
        LabelInstance.entity_id == label.entity_id,
        LabelInstance.kind == label.kind,
        LabelInstance.instance > label.instance,
    )
    return DoubtfulFacts(
        is_doubtful=label.paper == "in_hand" and session.scalar(doubtful.limit(1)) is not None,
        newer=int(session.scalar(select(func.count()).where(*newer)) or 0),
    )


def counts_when_found(session: Session, label: LabelInstance) -> bool:
    """Whether a label is void only until it is scanned back on its thing."""
    is_void = label.status == "void" and label.kind in SCANNED_BACK
    return is_void and counts_again(doubt_over(session, label))


def end_of_print(session: Session, label: LabelInstance) -> Mapping[str, Any]:
    """Return how a print may still end: with the job of others that it waits in, with the one it is on its way in,
    or by the scan of a doubtful label."""
    waits_in = open_job_of(session, label.id) if label.status == "intended" else None
    return {
        "is_doubtful": counts_when_found(session, label),
        "crowd": waits_in if waits_in is not None and not is_alone(session, waits_in.id) else None,
        "sent_in": _newest_job(session, label.id, ("printing",)) if label.status == "sending" else None,
    }

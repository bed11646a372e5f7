"""Prints labels: intention → draw → read back → send → outcome, in that order, each kept before the next.

One label or many, each is drawn from its own row, sent by itself, and its outcome written before the next one is sent:
whatever dies in the middle, the labels say of themselves which are sure. What a browser prints is given as one file,
and is one act with one outcome.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from sqlalchemy import select

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import Blocked, NotFound
from cotrack.foundation.site import Printer
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.gateways import files, printers, read_back
from cotrack.labelling.gateways.faults import PrinterNotReached, PrinterNotReady
from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.templates import template_of_version
from cotrack.labelling.gateways.typesetting import LabelNotPrintable, Template
from cotrack.labelling.models import LabelEntity, LabelInstance, PrintJob
from cotrack.labelling.rules.codes import make_code
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.rules.print_jobs import against_job
from cotrack.labelling.service import outcomes, print_jobs
from cotrack.labelling.service.outcomes import Job, Label
from cotrack.labelling.service.scanning import environment, key_id
from cotrack.lifecycles import LABEL_INSTANCE

DRAWN_AT_ONCE: Final = 2
"""As many labels of a job as the smallest machine has cores: the wards' checks go on beside them."""


@dataclass(frozen=True)
class HandedOut:
    """What the browser gets: the PDF where its printer is the browser's, else nothing to do."""

    label_id: int
    document: bytes | None


def hand_out(
    ground: Ground, actor: Actor, label_id: int, *, printer: str = "", private: Mapping[str, str] | None = None
) -> HandedOut:
    """Draw, read back and send one asked-for label; it goes out once. `private` is printed and kept nowhere.

    `printer` is another one of the site than the label was asked for. Raises LabelNotPrintable or PrinterNotReached,
    after which the label is void, and PrinterNotReady, after which it waits.
    """
    with unit_of_work(ground, actor) as work:
        job = _take_label(work, label_id, printer, private or {})
    (document,) = _print(_Run(ground, actor, job, private or {}))
    return HandedOut(label_id, document if job.printer.protocol == "pdf" else None)


def hand_to_file(
    ground: Ground, actor: Actor, label_id: int, printer: Printer, *, private: Mapping[str, str] | None = None
) -> bytes:
    """Hand one asked-for label out as a file, drawn as this printer would have it; it goes out once."""
    with unit_of_work(ground, actor) as work:
        job = _take_label(work, label_id, printer, private or {})
    return _print(_Run(ground, actor, job, private or {}), is_sent=False)[0]


def send_job(ground: Ground, actor: Actor, job_id: int, *, printer: str = "") -> bytes | None:
    """Send the labels of a job that still wait, each once; return the one PDF of them where the browser prints it.

    Nothing is sent before all of them are drawn and read back. Raises what `hand_out` raises; labels that were sent
    before the fault are printed, the rest waits, and the job says which.
    """
    with unit_of_work(ground, actor) as work:
        job = _take_job(work, job_id, printer)
    documents = _print(_Run(ground, actor, job, {}))
    return files.joined(documents) if job.printer.protocol == "pdf" else None


def _take_label(work: Work, label_id: int, printer: Printer | str, private: Mapping[str, str]) -> Job:
    """Take one label for sending, in a job of its own: from here on nobody else can hand it out."""
    subject = work.session.scalar(select(LabelInstance.subject).where(LabelInstance.id == label_id))
    work.begin(LABEL_INSTANCE, "send", "", subject=subject or f"label_instance:{label_id}")
    job = print_jobs.open_job_of(work.session, label_id)
    if job is not None:
        job = print_jobs.locked_job(work, job.id)
    row = _locked(work, label_id)
    work.require(KINDS[row.kind].permission)
    work.expect(row, "send")
    code = printer.code if isinstance(printer, Printer) else printer or row.printer
    against = [] if isinstance(printer, Printer) else print_jobs.against_printer(work, code)
    gaps = _against_template(_template_of(work, row), {*json.loads(row.fields), *private})
    work.refuse_if([*against, *gaps, *_against_crowd(work, job)])
    if job is None:
        job = print_jobs.make_job(work, [row.id], code)
    return _sending(work, job, [row], printer if isinstance(printer, Printer) else work.site.printers[code])


def _against_crowd(work: Work, job: PrintJob | None) -> list[Blocker]:
    if job is None or print_jobs.is_alone(work.session, job.id):
        return []
    return [Blocker("in_print_job", N_("This label waits in print job {job} with others: send that."), {"job": job.id})]


def _take_job(work: Work, job_id: int, printer: str) -> Job:
    """Take a job and its waiting labels for sending: from here on nobody else can send them."""
    job = print_jobs.take_job(work, "send", job_id)
    rows = print_jobs.waiting_of(work, job_id)
    for row in rows:
        work.require(KINDS[row.kind].permission)
    code = printer or job.printer
    gaps = [gap for row in rows for gap in _against_template(_template_of(work, row), json.loads(row.fields).keys())][
        :1
    ]
    ready = [row.id for row in rows]
    work.refuse_if([*against_job(ready, ready), *print_jobs.against_printer(work, code), *gaps])
    return _sending(work, job, rows, work.site.printers[code])


def _sending(work: Work, job: PrintJob, rows: Sequence[LabelInstance], printer: Printer) -> Job:
    """Move job and labels on their way, and read what each of them prints."""
    work.move(job, "send")
    job.printer, job.sent_at, job.ended_at, job.fault = printer.code, work.now, None, ""
    for row in rows:
        work.move(row, "send")
        row.printer = printer.code
    statement = select(LabelEntity.id, LabelEntity.entity).where(LabelEntity.id.in_([row.entity_id for row in rows]))
    names = {each.id: str(each.entity) for each in work.session.execute(statement)}
    labels = tuple(
        Label(
            label_id=row.id,
            template=cast("Template", _template_of(work, row)),
            subject=row.subject,
            fields=json.loads(row.fields),
            code=label_code(work.ground, row.kind, names[row.entity_id], row.instance),
        )
        for row in rows
    )
    return Job(job.id, printer, labels)


def _template_of(work: Work, row: LabelInstance) -> Template | None:
    return template_of_version(work.ground.labels_folder, row.kind, row.template_version)


def _against_template(template: Template | None, known: AbstractSet[str]) -> list[Blocker]:
    """A label is drawn by the template that it was asked for with, and one that prints an identity where that is read.

    Its fields were gathered for that template: another one would leave some out.
    """
    if template is None:
        words = N_("The template of this label was changed since: make the label void and ask for a new one.")
        return [Blocker("template_changed", words)]
    if template.fields <= known:
        return []
    return [Blocker("identity_missing", "This label prints an identity: hand it out at its participant.")]


def label_code(ground: Ground, kind: str, entity: str, instance: int) -> str:
    """Return the payload of a label instance; the same instance always has the same one."""
    key = ground.keys.label
    return make_code(KINDS[kind], environment(ground), entity, instance, key_id=key_id(key), sign=key.sign)


@dataclass(frozen=True)
class _Run:
    """One job on its way to its printer: for whom it is printed, and what is printed and kept nowhere."""

    ground: Ground
    actor: Actor
    job: Job
    private: Mapping[str, str]

    def kept(self) -> AbstractContextManager[Work]:
        """Open the unit of work that writes an outcome down."""
        return unit_of_work(self.ground, self.actor)


def _print(run: _Run, *, is_sent: bool = True) -> list[bytes]:
    """Draw all, then give them out; return the documents of the labels that still count."""
    try:
        form = printers.form_for(run.job.printer)
    except PrinterNotReady as fault:
        with run.kept() as work:
            outcomes.hold_back(work, run.job, 0, str(fault))
        raise
    documents = _drawn(run, form)
    is_file = not is_sent or run.job.printer.protocol == "pdf"
    # Put into one file first: one that cannot be made was given to nobody.
    whole = [files.joined(documents)] if is_file else []
    counting = _given(run, documents) if is_file else _sent(run, documents, form)
    if not counting:
        words = "This label was replaced by a newer print and is worthless."
        raise Blocked(blockers=[Blocker("label_superseded", words)])
    if is_file and len(counting) == len(documents):
        return whole
    return [document for label, document in zip(run.job.labels, documents, strict=True) if label.label_id in counting]


def _drawn(run: _Run, form: str) -> list[bytes]:
    """Draw every label of the job and read it back; one that fails ends the job before anything is sent.

    Those of a larger job side by side, each by a compiler of its own from its own row: typst and the decoders let
    other threads go on meanwhile; pdfium serves one at a time, under its lock.
    """
    labels, documents = run.job.labels, list[bytes]()
    with ThreadPoolExecutor(DRAWN_AT_ONCE) as pool:
        each_by = pool.map if len(labels) > 1 else map
        try:
            for document in each_by(partial(_document, run, form), labels):
                documents.append(document)
        except LabelNotPrintable as fault:
            with run.kept() as work:
                outcomes.record_failure(work, run.job, labels[len(documents)], str(fault))
            raise
    return documents


def _given(run: _Run, documents: Sequence[bytes]) -> set[int]:
    """Write down that all labels were given in one file: nobody has any of them before that."""
    with run.kept() as work:
        return outcomes.record_prints(work, run.job, dict(map(_hashed, run.job.labels, documents)), is_file=True)


def _sent(run: _Run, documents: Sequence[bytes], form: str) -> set[int]:
    """Send one label after the other, each outcome written down before the next one is sent."""
    counting = set[int]()
    for index, document in enumerate(documents):
        _send(run, index, document, form)
        with run.kept() as work:
            printed = dict([_hashed(run.job.labels[index], document)])
            counting |= outcomes.record_prints(work, run.job, printed, is_file=False)
    return counting


def _hashed(label: Label, document: bytes) -> tuple[int, str]:
    return label.label_id, hashlib.sha256(document).hexdigest()


def _document(run: _Run, form: str, label: Label) -> bytes:
    """Return the bytes that go out, read back from themselves."""
    fields = {**label.fields, **run.private}
    now = run.ground.sessions.clock()
    if form == printers.PDF:
        document = draw(label.template, fields, label.code, drawn_at=now, output="pdf")
    else:
        dots = run.job.printer.dots_per_inch
        png = draw(label.template, fields, label.code, drawn_at=now, output="png", dots_per_inch=dots)
        document = printers.form_of(png, form, dots)
    read_back.require_code(printers.picture_of(document, form), label.code, label.template.symbols)
    return document


def _send(run: _Run, index: int, document: bytes, form: str) -> None:
    """Send one label, and write down what is known where the printer does not take it."""
    try:
        printers.send(run.job.printer, document, form)
    except PrinterNotReady as fault:
        with run.kept() as work:
            outcomes.hold_back(work, run.job, index, str(fault))
        raise
    except PrinterNotReached as fault:
        with run.kept() as work:
            outcomes.record_doubt(work, run.job, index, str(fault))
        raise


def _locked(work: Work, label_id: int) -> LabelInstance:
    row = work.session.get(LabelInstance, label_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such label.")
    return row

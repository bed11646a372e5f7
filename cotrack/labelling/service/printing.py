"""Hands one label out: intention → draw → read back → send → outcome, in that order, each kept before the next."""

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import cast

from sqlalchemy import select

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound
from cotrack.foundation.site import Printer
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.gateways import read_back, zpl
from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.templates import template_of_version
from cotrack.labelling.gateways.typesetting import LabelNotPrintable, Template
from cotrack.labelling.models import LabelEntity, LabelInstance
from cotrack.labelling.rules.codes import make_code
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.service.scanning import environment, key_id
from cotrack.lifecycles import LABEL_INSTANCE


@dataclass(frozen=True)
class HandedOut:
    """What the browser gets: the PDF where its printer is the browser's, else nothing to do."""

    label_id: int
    document: bytes | None


@dataclass(frozen=True)
class _Job:
    """One label's own data, read once: nothing else is drawn on it."""

    label_id: int
    template: Template
    subject: str
    instance: int
    fields: Mapping[str, str]
    code: str
    printer: Printer


def hand_out(ground: Ground, actor: Actor, label_id: int, *, private: Mapping[str, str] | None = None) -> HandedOut:
    """Draw, read back and send one asked-for label; it goes out once. `private` is printed and kept nowhere.

    Raises LabelNotPrintable or PrinterNotReached, after which the label is void.
    """
    with unit_of_work(ground, actor) as work:
        job = _take_job(work, label_id, private or {})
    document = _draw_and_send(ground, actor, job, private or {}, is_sent=job.printer.protocol == "zpl")
    return HandedOut(label_id, document if job.printer.protocol == "pdf" else None)


def hand_to_file(
    ground: Ground, actor: Actor, label_id: int, printer: Printer, *, private: Mapping[str, str] | None = None
) -> bytes:
    """Hand one asked-for label out as a file, drawn as this printer would have it; it goes out once."""
    with unit_of_work(ground, actor) as work:
        job = replace(_take_job(work, label_id, private or {}), printer=printer)
    return _draw_and_send(ground, actor, job, private or {}, is_sent=False)


def _draw_and_send(ground: Ground, actor: Actor, job: _Job, private: Mapping[str, str], *, is_sent: bool) -> bytes:
    """Draw, read back and send, then record the outcome: printed, or failed and void."""
    try:
        document = _document(job, private, ground)
        if is_sent:
            zpl.send(document, job.printer.host, job.printer.port)
    except (LabelNotPrintable, zpl.PrinterNotReached) as fault:
        with unit_of_work(ground, actor) as work:
            _record_failure(work, job, str(fault))
        raise
    with unit_of_work(ground, actor) as work:
        _record_print(work, job, hashlib.sha256(document).hexdigest())
    return document


def _take_job(work: Work, label_id: int, private: Mapping[str, str]) -> _Job:
    """Take the label for sending: from here on nobody else can hand it out."""
    found = work.session.execute(
        select(LabelInstance.subject, LabelEntity.entity)
        .join(LabelEntity, LabelEntity.id == LabelInstance.entity_id)
        .where(LabelInstance.id == label_id)
    ).one_or_none()
    subject, entity = found or (f"label_instance:{label_id}", "")
    work.begin(LABEL_INSTANCE, "send", "", subject=subject)
    row = _locked(work, label_id)
    work.require(KINDS[row.kind].permission)
    work.expect(row, "send")
    fields = json.loads(row.fields)
    template = template_of_version(work.ground.labels_folder, row.kind, row.template_version)
    work.refuse_if([*_against_printer(work, row.printer), *_against_template(template, {*fields, *private})])
    work.move(row, "send")
    return _Job(
        label_id=row.id,
        template=cast("Template", template),
        subject=subject,
        instance=row.instance,
        fields=fields,
        code=label_code(work.ground, row.kind, entity, row.instance),
        printer=work.site.printers[row.printer],
    )


def _against_printer(work: Work, printer: str) -> list[Blocker]:
    """A label was asked for at a printer that the site has taken away since."""
    if printer in work.site.printers:
        return []
    words = N_("The site has no printer {printer} any more: make this label void and ask for a new one.")
    return [Blocker("printer_unknown", words, {"printer": printer})]


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


def _document(job: _Job, private: Mapping[str, str], ground: Ground) -> bytes:
    """Return the bytes that go out, read back from themselves."""
    fields, symbols = {**job.fields, **private}, job.template.symbols
    now = ground.sessions.clock()
    if job.printer.protocol == "pdf":
        document = draw(job.template, fields, job.code, drawn_at=now, output="pdf")
        read_back.require_code(read_back.picture_of_pdf(document), job.code, symbols)
        return document
    dots = job.printer.dots_per_inch
    png = draw(job.template, fields, job.code, drawn_at=now, output="png", dots_per_inch=dots)
    document = zpl.zpl_of_png(png)
    read_back.require_code(zpl.picture_of_zpl(document), job.code, symbols)
    return document


def _locked(work: Work, label_id: int) -> LabelInstance:
    row = work.session.get(LabelInstance, label_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such label.")
    return row


def _record_print(work: Work, job: _Job, bytes_sha256: str) -> None:
    work.begin(LABEL_INSTANCE, "confirm_print", "", subject=job.subject)
    row = _locked(work, job.label_id)
    work.move(row, "confirm_print")
    row.printed_at, row.bytes_sha256 = work.now, bytes_sha256


def _record_failure(work: Work, job: _Job, words: str) -> None:
    work.begin(LABEL_INSTANCE, "fail", "", subject=job.subject)
    work.details["fault"] = words
    work.move(_locked(work, job.label_id), "fail")

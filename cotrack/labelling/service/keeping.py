"""Documents under a signature: tried out before it, promised with it, then made once and kept for ever.

A document goes out and cannot be taken back, so it takes two units of work (architecture.md §3): the promise stands in
the record of the signature; the PDF follows the commit, under a head of the trail that covers it.
"""

import json
import logging
from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from cotrack.foundation.access.models import Signature
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.sealing import sign_checkpoint
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound, SystemNeedMissing
from cotrack.foundation.site import Site
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.work import Work
from cotrack.labelling.gateways.needs import check_system
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.models import KeptDocument, OwedDocument
from cotrack.labelling.service.documents import Document, Made, make, pdf_of, record_line
from cotrack.labelling.service.versions import versions_text

KEEPER: Final = Actor(None, "system", "cotrack", ("system",), request="documents")
EVENT: Final = "document.keep"
READERS: Final = {"infusion-record": "infusion:read", "release-record": "source:read", "batch-record": "source:read"}
"""Who may read a kept document: not everybody who reads lots knows of donors. Those not named, whoever reads lots."""
TRIAL_RECORD: Final = f"0 · {'0' * 64}"
TRIAL_NOTE: Final = f"trial\n0\n{'A' * 43}=\n\n— trial {'A' * 92}\n"
"""What stands in head and foot of a document that is only tried out: as long as the real ones."""


def reader_of(name: str) -> str:
    """Return the permission that opens a kept document."""
    return READERS.get(name, "lot:read")


Papers = Callable[[Signature], Sequence[Document]]
"""What a signature puts on paper, once it is known who signs when."""

log = logging.getLogger("cotrack")


def try_out(work: Work, meaning: str | None, signed_text: str, papers: Papers) -> None:
    """Set the documents of a signed act while it is rehearsed: what cannot be set is not signed.

    Raises Blocked with the fault of each template, font or system need; the deciding transaction sets nothing.
    """
    if work.is_rehearsal:
        documents = papers(work.unsigned(meaning, signed_text))
        work.refuse_if([fault for each in documents for fault in _faults(work.ground, each)])


def _faults(ground: Ground, document: Document) -> list[Blocker]:
    try:
        check_system()
        make(ground, document.name, document.fields, record=TRIAL_RECORD, note=TRIAL_NOTE)
    except (LabelNotPrintable, SystemNeedMissing) as fault:
        return [Blocker("document_not_made", fault.detail, fault.parameters)]
    return []


def owe(work: Work, signature: Signature, documents: Sequence[Document]) -> None:
    """Promise documents with the signature that was just given: what they say is fixed from here."""
    event = work.intention.event if work.intention else ""
    for each in documents:
        work.append(
            OwedDocument,
            name=each.name,
            subject=each.subject,
            event=event,
            fields=rfc8785.dumps(dict(each.fields)),
            signature_id=signature.id,
            owed_at=work.now,
        )


def keep(ground: Ground, witness: Path, owed_id: int) -> None:
    """Make one promised document under a new head of the trail, and keep its bytes; once kept it stays as it is.

    Raises NotFound, TrailBroken where the trail cannot be signed, LabelNotPrintable where the template does not fit.
    """
    with ground.sessions.reading() as session:
        owed = document_owed(session, owed_id)
        if owed.kept is not None:
            return
        record = _record_of(session, owed)
    note = sign_checkpoint(ground, witness)
    made = make(ground, owed.name, json.loads(owed.fields), record=record_line(record), note=note)
    with unit_of_work(ground, KEEPER) as work:
        _keep(work, owed, record, made)


def _record_of(session: Session, owed: OwedDocument) -> AuditRecord:
    """Return the record of the very command that promised a document."""
    about = (AuditRecord.subject == owed.subject, AuditRecord.event == owed.event, AuditRecord.at == owed.owed_at)
    found = session.scalars(select(AuditRecord).where(*about, AuditRecord.outcome == "done")).all()
    return next(each for each in found if f'"row":"owed_document:{owed.id}"' in each.body)


def _keep(work: Work, owed: OwedDocument, record: AuditRecord, made: Made) -> None:
    """Keep the bytes, unless another process was faster: its bytes are the document then."""
    locked = select(OwedDocument.id).where(OwedDocument.id == owed.id).with_for_update()
    work.session.execute(locked)
    if work.session.scalar(select(KeptDocument.id).where(KeptDocument.owed_id == owed.id)) is not None:
        return
    found = sha256(made.content).hexdigest()
    work.record(EVENT, owed.subject, permission="document:keep")
    work.details.update(document=owed.name, sha256=found)
    work.append(
        KeptDocument,
        owed_id=owed.id,
        record_id=record.id,
        note=made.note,
        around=rfc8785.dumps(dict(made.around)),
        versions=versions_text(owed.name),
        made_at=made.made_at,
        content=made.content,
        content_sha256=found,
    )


def keep_all(ground: Ground, witness: Path, subject: str = "", *, passing_over: Collection[int] = ()) -> list[int]:
    """Make and keep every document that is still owed, of one thing or of all; return those that could not be made.

    What fails stays owed, is logged, and is tried again later. `passing_over` names what is not tried now.
    """
    with ground.sessions.reading() as session:
        waiting = [each.id for each in still_owed(session, subject) if each.id not in passing_over]
    return [each for each in waiting if not _is_kept_now(ground, witness, each)]


def _is_kept_now(ground: Ground, witness: Path, owed_id: int) -> bool:
    try:
        keep(ground, witness, owed_id)
    except Exception:  # what was signed stands, and is answered as done, whatever happens to its paper
        log.exception("a signed document could not be made: owed document %s", owed_id)
        return False
    return True


def still_owed(session: Session, subject: str = "") -> Sequence[OwedDocument]:
    """Return the documents that were promised and are not made yet, oldest first."""
    made = select(KeptDocument.id).where(KeptDocument.owed_id == OwedDocument.id).exists()
    statement = select(OwedDocument).where(~made).order_by(OwedDocument.id)
    return session.scalars(statement.where(OwedDocument.subject == subject) if subject else statement).all()


def documents_of(
    session: Session, subject: str, name: str = "", *, readable_by: Collection[str] | None = None
) -> Sequence[OwedDocument]:
    """Return the signed documents about a thing, newest first, each with what is kept of it but the bytes.

    `readable_by` leaves out those that these permissions do not open.
    """
    statement = (
        select(OwedDocument)
        .options(joinedload(OwedDocument.kept), joinedload(OwedDocument.signature))
        .where(OwedDocument.subject == subject)
        .order_by(OwedDocument.id.desc())
    )
    found = session.scalars(statement.where(OwedDocument.name == name) if name else statement).all()
    return [each for each in found if readable_by is None or reader_of(each.name) in readable_by]


def document_owed(session: Session, owed_id: int) -> OwedDocument:
    """Return one signed document with what is kept of it but the bytes; raises NotFound."""
    found = session.get(OwedDocument, owed_id, options=[joinedload(OwedDocument.kept)])
    if found is None:
        raise NotFound("There is no such document.")
    return found


def kept_or_now(
    ground: Ground, witness: Path, owed: OwedDocument | None, read: Callable[[Session, Site], Document]
) -> bytes:
    """Return the kept bytes of a signed document; of one signed before they were kept, what `read` says now."""
    return content_of(ground, witness, owed.id) if owed is not None else pdf_of(ground, witness, read)


def content_of(ground: Ground, witness: Path, owed_id: int) -> bytes:
    """Return the kept bytes of a signed document; one that is still owed is made and kept first."""
    keep(ground, witness, owed_id)
    with ground.sessions.reading() as session:
        statement = select(KeptDocument).options(undefer(KeptDocument.content)).where(KeptDocument.owed_id == owed_id)
        return session.scalars(statement).one().content

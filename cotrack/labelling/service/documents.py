"""Documents on paper: each rests on one record of the trail and carries the newest signed head at its foot.

So paper that others hold contradicts a trail that is rewritten later (reference/domain.md §8).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack import __version__
from cotrack.foundation.access.models import Signature
from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.checkpoint import read_unsigned
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.sealing import sign_checkpoint
from cotrack.foundation.audit.tree import leaf_hash
from cotrack.foundation.site import Site
from cotrack.foundation.words import Words
from cotrack.foundation.written import site_words
from cotrack.labelling.gateways.typesetting import qr_symbol, spelled_out, template, typeset
from cotrack.labelling.service.instances import TRAINING_WORDS

SYMBOL_MM = 30.0
STANDARD: Final = "a-2a"
"""PDF/A-2 level A: everything that shows it is in the file, and a screen reader can read it."""


@dataclass(frozen=True)
class Document:
    """What one document says: its template, the record that it rests on (what, about what), and its own fields."""

    name: str
    subject: str
    events: tuple[str, ...]
    fields: Mapping[str, Any]


def pdf_of(ground: Ground, witness: Path, read: Callable[[Session, Site], Document]) -> bytes:
    """Return a document as PDF; the head of the trail is signed after it was read, and covers what the document says.

    Raises TrailBroken where the trail cannot be signed, LabelNotPrintable where the template does not fit.
    """
    with ground.sessions.reading() as session:
        document = read(session, ground.site)
        record = _record(session, document)
    note = sign_checkpoint(ground, witness)
    chosen, head, now = template(f"documents/{document.name}"), read_unsigned(note), ground.sessions.clock()
    around = {
        "site": both(Words(ground.site.name_en, ground.site.name_zh)),
        "training": TRAINING_WORDS if ground.is_training else "",
        "record": record,
        "note": note.strip().splitlines(),
        "size": str(head.size),
        "small": f"{chosen.version} · cotrack {__version__} · {site_words(now, ground.site.zone)}",
    }
    fields = {name: spelled_out(value) for name, value in {**document.fields, **around}.items()}
    return typeset(chosen, fields, qr_symbol(note, SYMBOL_MM), drawn_at=now, standard=STANDARD)


def _record(session: Session, document: Document) -> str:
    """Return number and hash of the newest record of what the document rests on."""
    statement = (
        select(AuditRecord)
        .where(
            AuditRecord.subject == document.subject,
            AuditRecord.event.in_(document.events),
            AuditRecord.outcome == "done",
        )
        .order_by(AuditRecord.id.desc())
        .limit(1)
    )
    row = session.scalars(statement).one()
    return f"{row.id} · {leaf_hash(row.body.encode()).hex()}"


def both(words: Words) -> str:
    """Return a text in both languages, once where they are the same."""
    zh, en = words["zh"], words["en"]
    return zh if zh == en else f"{zh} {en}"


def signature_lines(signature: Signature, site: Site) -> list[str]:
    """Return what stands under a document for a signature: name, role, meaning, time with zone, hash of the text."""
    when = f"{site_words(signature.signed_at, site.zone)} · {signature.zone}"
    return [signature.printed_name, signature.role, signature.meaning, when, signature.text_sha256[:16]]

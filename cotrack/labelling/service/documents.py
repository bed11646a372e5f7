"""Documents on paper: each rests on one record of the trail and carries the newest signed head at its foot.

So paper that others hold contradicts a trail that is rewritten later (reference/domain.md §8).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
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
from cotrack.labelling.gateways.symbols import qr_symbol
from cotrack.labelling.gateways.typesetting import spelled_out, template, typeset
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


@dataclass(frozen=True)
class Made:
    """A document that was set, with all that stands in its head and foot: the same input gives the same bytes."""

    content: bytes
    around: Mapping[str, Any]
    note: str
    made_at: datetime


def pdf_of(ground: Ground, witness: Path, read: Callable[[Session, Site], Document]) -> bytes:
    """Return a document as PDF; the head of the trail is signed after it was read, and covers what the document says.

    Raises TrailBroken where the trail cannot be signed, LabelNotPrintable where the template does not fit.
    """
    with ground.sessions.reading() as session:
        document = read(session, ground.site)
        record = record_line(_record(session, document))
    return make(ground, document.name, document.fields, record=record, note=sign_checkpoint(ground, witness)).content


def make(ground: Ground, name: str, fields: Mapping[str, Any], *, record: str, note: str) -> Made:
    """Set a document now, under this head of the trail; raises LabelNotPrintable where the template does not fit."""
    now, version = ground.sessions.clock(), template(f"documents/{name}").version
    around = {
        "site": both(Words(ground.site.name_en, ground.site.name_zh)),
        "training": TRAINING_WORDS if ground.is_training else "",
        "record": record,
        "note": note.strip().splitlines(),
        "size": str(read_unsigned(note).size),
        "small": f"{version} · cotrack {__version__} · {site_words(now, ground.site.zone)}",
    }
    return Made(set_again(name, {**fields, **around}, note=note, made_at=now), around, note, now)


def set_again(name: str, fields: Mapping[str, Any], *, note: str, made_at: datetime) -> bytes:
    """Return the PDF of a document whose every word is given: with the same versions always the same bytes."""
    drawn = {key: spelled_out(value) for key, value in fields.items()}
    svg, side_mm = qr_symbol(note, SYMBOL_MM)
    symbol: dict[str, str | float] = {"qr": svg, "qr_mm": side_mm}
    return typeset(template(f"documents/{name}"), drawn, symbol, drawn_at=made_at, standard=STANDARD)


def _record(session: Session, document: Document) -> AuditRecord:
    """Return the newest record of what the document rests on: of the whole trail where it rests on no act."""
    statement = select(AuditRecord).order_by(AuditRecord.id.desc()).limit(1)
    if document.events:
        statement = statement.where(
            AuditRecord.subject == document.subject,
            AuditRecord.event.in_(document.events),
            AuditRecord.outcome == "done",
        )
    return session.scalars(statement).one()


def record_line(row: AuditRecord) -> str:
    """Return number and hash of the record on which a document rests, as its head prints them."""
    return f"{row.id} · {leaf_hash(row.body.encode()).hex()}"


def both(words: Words) -> str:
    """Return a text in both languages, once where they are the same."""
    zh, en = words["zh"], words["en"]
    return zh if zh == en else f"{zh} {en}"


def signature_lines(signature: Signature, site: Site) -> list[str]:
    """Return what stands under a document for a signature: name, role, meaning, time with zone, hash of the text."""
    when = f"{site_words(signature.signed_at, site.zone)} · {signature.zone}"
    return [signature.printed_name, signature.role, signature.meaning, when, signature.text_sha256[:16]]

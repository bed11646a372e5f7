"""Hands out the documents of a lot's release: those that its decision put on paper, or one set as of now."""

from pathlib import Path

from sqlalchemy.orm import Session

from cotrack.foundation.acting import Ground
from cotrack.foundation.errors import NotFound
from cotrack.foundation.site import Site
from cotrack.labelling.service.documents import Document
from cotrack.labelling.service.keeping import documents_of, kept_or_now
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.service.case import release_case
from cotrack.release.service.certificate import Decided, certificate
from cotrack.release.service.decided import dispositions_of
from cotrack.release.service.release_record import NAME as RELEASE_RECORD
from cotrack.release.service.release_record import release_record


def lot_document(ground: Ground, witness: Path, number: str, name: str) -> bytes:
    """Return a kept document of the newest decision (`certificate`, `release-record`).

    Where the decision was signed before documents were kept, it is set as of now. Raises NotFound where nothing is
    decided about the lot yet.
    """
    with ground.sessions.reading() as session:
        lot = lot_numbered(session, number)
        decisions = dispositions_of(session, lot.id)
        owed = documents_of(session, f"lot:{number}", name)
    if not decisions:
        raise NotFound("Nothing is decided about lot {lot} yet: its certificate comes with the decision.", lot=number)
    newest = next((each for each in owed[:1] if each.signature_id == decisions[0].signature_id), None)
    return kept_or_now(ground, witness, newest, lambda session, site: _as_of_now(session, site, number, name))


def _as_of_now(session: Session, site: Site, number: str, name: str) -> Document:
    """Return a document of a decision that was signed before documents were kept."""
    lot = lot_numbered(session, number)
    newest = dispositions_of(session, lot.id)[0]
    decided = Decided(newest.decision, newest.reason, newest.outstanding_tests.split(), newest.signature)
    read = release_record if name == RELEASE_RECORD else certificate
    return read(session, site, release_case(session, lot, site), decided)

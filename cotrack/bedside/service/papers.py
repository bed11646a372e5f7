"""Hands out the record of an ended infusion: the one that its closing put on paper, or one set as of now."""

from pathlib import Path

from sqlalchemy.orm import Session

from cotrack.bedside.service.infusion_record import NAME, infusion_record
from cotrack.bedside.service.infusions import closed, infusion_numbered
from cotrack.foundation.acting import Ground
from cotrack.foundation.errors import NotFound
from cotrack.foundation.site import Site
from cotrack.labelling.service.documents import Document
from cotrack.labelling.service.keeping import documents_of, kept_or_now


def infusion_pdf(ground: Ground, witness: Path, infusion_id: int) -> bytes:
    """Return the kept record of an infusion; of one that ended before documents were kept, one as of now.

    Raises NotFound while it runs, or where there is no such infusion.
    """
    with ground.sessions.reading() as session:
        infusion = infusion_numbered(session, infusion_id)
        if infusion.closing_signature is None:
            raise NotFound("The infusion has not ended yet: its record comes with its closing signature.")
        owed = documents_of(session, f"unit:{infusion.unit.number}", NAME)
    newest = owed[0] if owed else None
    return kept_or_now(ground, witness, newest, lambda session, site: _as_of_now(session, site, infusion_id))


def _as_of_now(session: Session, site: Site, infusion_id: int) -> Document:
    infusion = infusion_numbered(session, infusion_id)
    if infusion.closing_signature is None:
        raise NotFound("The infusion has not ended yet: its record comes with its closing signature.")
    return infusion_record(session, site, infusion, closed(session, infusion, infusion.closing_signature))

"""What is kept of every scan; and other people's codes: encrypted, opened and purged by QA alone (surface.md §5)."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.labelling.gateways.foreign import seal, unseal
from cotrack.labelling.models import ForeignScan
from cotrack.labelling.rules.codes import Code, Misread
from cotrack.labelling.rules.foreign_scans import KeptSoFar, is_kept
from cotrack.labelling.rules.keyed import Keyed
from cotrack.labelling.rules.standing import Scan
from cotrack.labelling.rules.symbology import symbology_of
from cotrack.lifecycles import FOREIGN_SCAN


def scan_record(work: Work, text: str, scan: Scan) -> dict[str, object]:
    """Return what the trail keeps of a scan, and keep another's code encrypted, whatever becomes of the command.

    Of our own code the string as it came, of a typed number what was typed; of any other only its symbology, its
    length and its HMAC.
    """
    said: dict[str, object] = {"entered": scan.entered, "symbology": symbology_of(text)}
    if isinstance(scan.read, Code | Keyed):
        return {**said, "code": text}
    hidden = work.ground.secrets.hidden(text)
    _keep(work, text, hidden)
    word = scan.read.code if isinstance(scan.read, Misread) else "wrong_kind"
    return {**said, "length": len(text), "hmac": hidden, "misread": word, "scheme": scan.read.scheme}


def _keep(work: Work, text: str, hidden: str) -> None:
    """Keep a string for QA, unless nothing was scanned, it is kept already, or too many came."""
    if not text.strip() or not is_kept(text, _kept_so_far(work, hidden)):
        return
    work.keep_aside(
        ForeignScan,
        event=work.intention.event if work.intention else "",
        scanned_at=work.now,
        scanned_by_id=work.person_id,
        station=work.actor.station,
        symbology=symbology_of(text),
        length=len(text),
        hmac=hidden,
        sealed=seal(work.ground.keys.foreign, hidden, text),
        status="kept",
    )


def _kept_so_far(work: Work, hidden: str) -> KeptSoFar:
    is_kept_now = ForeignScan.status == "kept"
    mine = (ForeignScan.scanned_by_id == work.person_id, ForeignScan.scanned_at > work.now - timedelta(hours=1))
    same = select(func.count()).where(ForeignScan.hmac == hidden, is_kept_now).scalar_subquery()
    of_person = select(func.count()).where(*mine).scalar_subquery()
    of_all = select(func.count()).where(ForeignScan.scanned_at > work.now - timedelta(days=1)).scalar_subquery()
    return KeptSoFar(*work.session.execute(select(same, of_person, of_all)).one())


def open_scan(work: Work, scan_id: int, *, reason: str) -> str:
    """Return what was scanned; the look is recorded with its reason. Raises NotFound; refuses a purged one."""
    work.begin(FOREIGN_SCAN, "open", str(scan_id), reason=reason)
    row = _locked(work, scan_id)
    work.expect(row, "open")
    work.details["hmac"] = row.hmac
    return unseal(work.ground.keys.foreign, row.hmac, row.sealed or "")


def purge_scan(work: Work, scan_id: int, *, reason: str) -> ForeignScan:
    """Delete what was scanned for good; that it was scanned stays, here and in the trail. Raises NotFound."""
    work.begin(FOREIGN_SCAN, "purge", str(scan_id), reason=reason)
    row = _locked(work, scan_id)
    work.move(row, "purge")
    work.details["hmac"] = row.hmac
    row.sealed, row.purged_at, row.purged_by_id = None, work.now, work.person_id
    return row


def _locked(work: Work, scan_id: int) -> ForeignScan:
    row = work.session.get(ForeignScan, scan_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such scan.")
    return row


SCANS = select(ForeignScan).options(joinedload(ForeignScan.scanned_by))
"""All of them, each with who scanned."""


def scan_numbered(session: Session, scan_id: int) -> ForeignScan:
    """Return one scan with who made and who purged it, its string still encrypted; raises NotFound."""
    people = (joinedload(ForeignScan.scanned_by), joinedload(ForeignScan.purged_by))
    row = session.get(ForeignScan, scan_id, options=people)
    if row is None:
        raise NotFound("There is no such scan.")
    return row

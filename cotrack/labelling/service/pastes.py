"""Writes down that somebody tried to paste a code into a field for scans (reference/domain.md §5.3 E19b)."""

import re
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.unit_of_work import unit_of_work

EVENT: Final = "scan.paste"
WITHIN: Final = timedelta(minutes=10)
MOST: Final = 5
"""How many are written down for one person in that time: a page tells it once, a program could tell it for ever."""
_PAGE = re.compile(r"/[A-Za-z0-9/_.-]{0,199}")


def note(ground: Ground, actor: Actor, page: str) -> None:
    """Write down on which page it was; not what was pasted, which may be anything. Beyond `MOST` nothing is written."""
    since = ground.sessions.clock() - WITHIN
    mine = (AuditRecord.actor == actor.username, AuditRecord.event == EVENT, AuditRecord.at > since)
    with ground.sessions.reading() as session:
        found = session.scalar(select(func.count()).select_from(AuditRecord).where(*mine)) or 0
    if found >= MOST:
        return
    with unit_of_work(ground, actor) as work:
        work.record(EVENT, f"person:{actor.username}", permission="self:sign_in")
        work.details["page"] = page if _PAGE.fullmatch(page) else ""

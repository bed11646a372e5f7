"""Copies the database of a running service as one snapshot, and says which signed head that snapshot holds."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from cotrack.foundation.audit.models import AuditLeaf, AuditRecord
from cotrack.foundation.audit.sealing import newest_checkpoint
from cotrack.foundation.audit.verification.watching import Watch
from cotrack.foundation.backup.archive import CHUNK
from cotrack.foundation.backup.gateways import postgresql, sqlite
from cotrack.foundation.db import Sessions
from cotrack.foundation.db.engine import open_database
from cotrack.settings import Settings

LOOK_EVERY_SECONDS = 0.1
RESTORE: Final = "system.restore"
"""The event under which a restored trail says that it was restored, from what, and what was signed after it."""


@dataclass(frozen=True)
class State:
    """What a database holds: its schema, its newest signed head, how many records have their place in the tree.

    `lost` has one pair for each older back-up that was put back: its records, and the largest head signed after it.
    """

    schema: str
    checkpoint: str
    records: int
    lost: list[list[int]]


def state_of(session: Session) -> State:
    """Return what this session sees."""
    newest = newest_checkpoint(session)
    return State(
        schema=str(session.scalar(text("SELECT version_num FROM alembic_version"))),
        checkpoint=newest.note if newest else "",
        records=session.scalar(select(func.count()).select_from(AuditLeaf)) or 0,
        lost=[[said["records"], said["signed_since"]] for said in map(_details, session.scalars(_RESTORES))],
    )


_RESTORES = (
    select(AuditRecord.body).where(AuditRecord.event == RESTORE, AuditRecord.outcome == "done").order_by(AuditRecord.id)
)


def _details(body: str) -> Mapping[str, int]:
    details: Mapping[str, int] = json.loads(body)["details"]
    return details


def copy_database(settings: Settings, sessions: Sessions, to: Path, watch: Watch) -> State:
    """Write a copy while others work, and return what exactly the copy holds."""
    if sessions.file is not None:
        return _copy_sqlite(sessions.file, to, watch)
    with sessions.reading() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        # pg_dump takes this transaction's snapshot, so that what is read here is what it writes.
        snapshot = str(session.scalar(text("SELECT pg_export_snapshot()")))
        size = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
        _beside(lambda: postgresql.dump(settings.database_url, snapshot, to), to, int(size), watch)
        return state_of(session)


def _copy_sqlite(file: Path, to: Path, watch: Watch) -> State:
    _beside(lambda: sqlite.copy(file, to), to, file.stat().st_size, watch)
    copied = open_database(f"sqlite:///{to}")
    try:
        with copied.reading() as session:
            return state_of(session)
    finally:
        copied.engine.dispose()


def _beside(act: Callable[[], None], to: Path, size: int, watch: Watch) -> None:
    """Do something that cannot say how far it is, and watch its file grow."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(act)
        for _ in watch(_growth(to, running), "copying", size // CHUNK + 1):
            pass
        running.result()


def _growth(to: Path, running: Future[None]) -> Iterator[int]:
    shown = 0
    while not wait([running], LOOK_EVERY_SECONDS).done:
        grown = to.stat().st_size // CHUNK if to.exists() else 0
        yield from range(shown, grown)
        shown = max(shown, grown)

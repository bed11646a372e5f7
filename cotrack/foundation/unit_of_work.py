"""One command, one transaction, one audit record: the only module that commits a command.

What a command refuses is recorded too, in a short transaction of its own after the rollback.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from cotrack.foundation.acting import Actor, Ground, Proof, Rehearsed, SigningText
from cotrack.foundation.audit.record import Entry, Intention
from cotrack.foundation.audit.writing import insert_record
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.db.changes import ChangeCollector
from cotrack.foundation.db.faults import is_taken
from cotrack.foundation.errors import (
    Blocked,
    ChangedMeanwhile,
    Refused,
    UnrecordedChange,
)
from cotrack.foundation.work import Work


@contextmanager
def unit_of_work(ground: Ground, actor: Actor, *, proof: Proof | None = None) -> Iterator[Work]:
    """Open one command; commit it with its record at the end, or record its refusal and raise it on."""
    work: Work | None = None
    try:
        with ground.sessions.writing() as session:
            collector = ChangeCollector(session, ground.secrets)
            work = Work(ground, session, actor, proof=proof)
            yield work
            _finish(work, collector)
            session.commit()
    except Refused as refusal:
        _record_refusal(ground, work, refusal)
        raise
    except (IntegrityError, StaleDataError) as conflict:
        refused = _conflict(ground, conflict)
        if refused is None:
            raise
        _record_refusal(ground, work, refused)
        raise refused from conflict


def rehearse(ground: Ground, actor: Actor, act: Callable[[Work], Any]) -> tuple[Work, SigningText]:
    """Decide a signed act in a reading session, as far as its signature; a refusal is recorded and raised."""
    with ground.sessions.reading() as session:
        work = Work(ground, session, actor, is_rehearsal=True)
        try:
            act(work)
        except Rehearsed as rehearsed:
            return work, rehearsed.signing
        except Refused as refusal:
            session.rollback()
            _record_refusal(ground, work, refusal)
            raise
    raise UnrecordedChange("an act that nobody signs was rehearsed")


def record_refusal(ground: Ground, work: Work, refusal: Refused) -> None:
    """Record a refusal that was decided outside the transaction, such as a wrong password."""
    _record_refusal(ground, work, refusal)


def _finish(work: Work, collector: ChangeCollector) -> None:
    """Write the record as the last statement, so that for one row the order of ids is the order of commits."""
    work.session.add_all(work.aside)
    work.session.flush()
    if work.intention is None:
        if collector.changes:
            raise UnrecordedChange(f"rows changed without a record: {collector.changes[0]['row']}")
        return
    entry = _entry(work, work.intention, outcome=work.outcome, changes=collector.changes, blockers=work.blockers)
    insert_record(work.session, entry, work.ground.secrets)


def _record_refusal(ground: Ground, work: Work | None, refusal: Refused) -> None:
    """Record what was refused; nothing where the command did not come as far as its permission check."""
    if work is None or work.intention is None:
        return
    with ground.sessions.writing() as session:
        session.add_all(work.aside)
        session.flush()
        entry = _entry(work, work.intention, outcome="refused", changes=(), blockers=refusal.reasons)
        insert_record(session, entry, ground.secrets)
        session.commit()


def _entry(
    work: Work,
    intention: Intention,
    *,
    outcome: str,
    changes: Sequence[Mapping[str, Any]],
    blockers: Sequence[Blocker],
) -> Entry:
    return Entry(
        at=work.now,
        zone=work.site.zone.key,
        actor=work.actor.username,
        printed_name=work.actor.printed_name,
        station=work.actor.station,
        request=work.actor.request,
        intention=intention,
        outcome=outcome,
        changes=changes,
        blockers=[each.for_record for each in blockers],
        details=work.details,
    )


def _conflict(ground: Ground, conflict: IntegrityError | StaleDataError) -> Refused | None:
    """Say in domain words what a constraint of the database refused; None where only a fault of ours explains it."""
    words = str(getattr(conflict, "orig", conflict))
    for name, blocker in ground.constraints.items():
        if name in words:
            return Blocked(blockers=[blocker])
    if isinstance(conflict, IntegrityError) and not is_taken(conflict):
        return None
    return ChangedMeanwhile("Somebody else changed the same thing at the same moment: load the page again and look.")

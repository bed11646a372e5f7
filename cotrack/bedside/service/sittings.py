"""What one person scanned at the bedside so far: the codes stay on the server, and on no page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cotrack.bedside.models import IdentityCheck, Sitting
from cotrack.bedside.service.check_facts import checks
from cotrack.foundation.acting import Actor, Ground

KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Progress:
    """How far a person's own check has come, and whether another person's match stands before it."""

    band_scan: str
    identity_answer: str
    is_second: bool
    keyed_reason: str = ""
    """Why the band's number was typed, where it was."""
    sitting: str = ""
    """Which scan of a band this goes on from; another tab may have begun anew."""

    @property
    def asks(self) -> str:
        """What a page asks, and of which band: an answer counts for that alone."""
        return f"{self.question} {self.sitting}".strip()

    @property
    def question(self) -> str:
        """What is asked next: `who`, `identity` or `bag`."""
        if not self.band_scan:
            return "who"
        return "bag" if self.identity_answer else "identity"


def progress(ground: Ground, actor: Actor) -> Progress:
    """Return how far a person's own check has come at this sign-in; a band scanned too long ago is asked again."""
    now = ground.sessions.clock()
    with ground.sessions.reading() as session:
        sitting = session.scalar(_of(actor))
        is_second = _has_first(session, actor, now)
    if sitting is None or sitting.opened_at + timedelta(minutes=ground.site.minutes["check_valid"]) < now:
        return Progress("", "", is_second)
    reason = sitting.keyed_reason or ""
    return Progress(sitting.band_scan, sitting.identity_answer, is_second, reason, _mark(ground, sitting))


def _mark(ground: Ground, sitting: Sitting) -> str:
    """Return a name of this very scan of a band that says nothing of the code."""
    return ground.secrets.hidden(f"{sitting.opened_at.isoformat()} {sitting.band_scan}") if sitting.band_scan else ""


def _has_first(session: Session, actor: Actor, now: datetime) -> bool:
    """Whether another person's match stands at this bedside, so that this person's is the second."""
    newest = session.scalar(
        select(IdentityCheck.id)
        .where(
            IdentityCheck.kind == "bedside",
            IdentityCheck.result == "match",
            IdentityCheck.station == actor.station,
            IdentityCheck.person_id != actor.person_id,
            IdentityCheck.valid_until >= now,
        )
        .order_by(IdentityCheck.id.desc())
        .limit(1)
    )
    return newest is not None and not checks(session, [newest])[newest].has_later_mismatch


def keep_band(ground: Ground, actor: Actor, band_scan: str, *, keyed_reason: str = "") -> None:
    """Keep the scanned band until the bag is scanned, or the band's number as typed, and why."""
    _keep(ground, actor, band_scan, keyed_reason)


def keep_answer(ground: Ground, actor: Actor, identity_answer: str, *, sitting: str) -> None:
    """Keep what the person at the bed answered, unless another band was scanned since that person was asked."""
    with ground.sessions.outside_trail() as session:
        row = session.scalar(_of(actor).with_for_update())
        if row is not None and _mark(ground, row) == sitting:
            row.identity_answer = identity_answer


def begin_again(ground: Ground, actor: Actor) -> None:
    """Forget what was scanned."""
    _keep(ground, actor, "", "")


def _keep(ground: Ground, actor: Actor, band_scan: str, keyed_reason: str) -> None:
    try:
        _write(ground, actor, band_scan, keyed_reason)
    except IntegrityError:
        # A sign-in's first two scans came at the same moment: its sitting is there now.
        _write(ground, actor, band_scan, keyed_reason)


def _write(ground: Ground, actor: Actor, band_scan: str, keyed_reason: str) -> None:
    now = ground.sessions.clock()
    with ground.sessions.outside_trail() as session:
        session.execute(delete(Sitting).where(Sitting.opened_at < now - KEPT))
        sitting = session.scalar(_of(actor).with_for_update())
        if sitting is None:
            sitting = Sitting(session_id=actor.session_id or 0)
            session.add(sitting)
        sitting.opened_at = now
        sitting.band_scan, sitting.identity_answer, sitting.keyed_reason = band_scan, "", keyed_reason


def _of(actor: Actor) -> "Select[Sitting]":
    return select(Sitting).where(Sitting.session_id == actor.session_id)

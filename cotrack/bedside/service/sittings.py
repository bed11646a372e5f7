"""What one person scanned at the bedside so far: the codes stay on the server, and on no page."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.bedside.models import IdentityCheck, Sitting
from cotrack.foundation.acting import Actor, Ground


@dataclass(frozen=True)
class Progress:
    """How far a person's own check has come, and whether another person's match stands before it."""

    band_scan: str
    identity_answer: str
    is_second: bool

    @property
    def question(self) -> str:
        """What is asked next: `who`, `identity` or `bag`."""
        if not self.band_scan:
            return "who"
        return "bag" if self.identity_answer else "identity"


def progress(ground: Ground, actor: Actor) -> Progress:
    """Return how far a person's own check has come at this sign-in."""
    with ground.sessions.reading() as session:
        sitting = _sitting(session, actor)
        first = session.scalar(
            select(IdentityCheck.id)
            .where(
                IdentityCheck.kind == "bedside",
                IdentityCheck.result == "match",
                IdentityCheck.station == actor.station,
                IdentityCheck.person_id != actor.person_id,
                IdentityCheck.valid_until >= ground.sessions.clock(),
            )
            .limit(1)
        )
    if sitting is None:
        return Progress("", "", first is not None)
    return Progress(sitting.band_scan, sitting.identity_answer, first is not None)


def keep_band(ground: Ground, actor: Actor, band_scan: str) -> None:
    """Keep the scanned band until the bag is scanned."""
    _keep(ground, actor, band_scan, "")


def keep_answer(ground: Ground, actor: Actor, identity_answer: str) -> None:
    """Keep what the person at the bed answered."""
    with ground.sessions.outside_trail() as session:
        sitting = _sitting(session, actor)
        if sitting is not None:
            sitting.identity_answer = identity_answer


def begin_again(ground: Ground, actor: Actor) -> None:
    """Forget what was scanned."""
    _keep(ground, actor, "", "")


def _keep(ground: Ground, actor: Actor, band_scan: str, identity_answer: str) -> None:
    with ground.sessions.outside_trail() as session:
        sitting = _sitting(session, actor)
        if sitting is None:
            sitting = Sitting(session_id=actor.session_id or 0, opened_at=ground.sessions.clock())
            session.add(sitting)
        sitting.band_scan, sitting.identity_answer = band_scan, identity_answer


def _sitting(session: Session, actor: Actor) -> Sitting | None:
    return session.scalar(select(Sitting).where(Sitting.session_id == actor.session_id))

"""Keeping what verification found, and acknowledging it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound, ReasonMissing
from cotrack.foundation.findings.models import TrailFinding
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.work import Work

VERIFIER = Actor(None, "system", "cotrack", ("system",), request="verification")
MOST_KEPT = 20


def keep_findings(ground: Ground, sentences: Sequence[str]) -> None:
    """Keep each new finding, so that every page says it until somebody acknowledges it.

    What was acknowledged and is still found is said again: it still stands.
    """
    with ground.sessions.reading() as session:
        known = set(session.scalars(select(TrailFinding.sentence).where(TrailFinding.acknowledged_at.is_(None))))
    new = [each for each in dict.fromkeys(sentences) if each not in known]
    for sentence in new[:MOST_KEPT]:
        with unit_of_work(ground, VERIFIER) as work:
            _find(work, sentence)


def _find(work: Work, sentence: str) -> TrailFinding:
    work.record("trail_finding.find", "trail_finding:new", permission="trail:verify")
    finding = TrailFinding(sentence=sentence, found_at=work.now)
    work.add(finding)
    work.narrow(f"trail_finding:{finding.id}")
    return finding


def acknowledge(work: Work, finding_id: int, *, reason: str) -> TrailFinding:
    """Say what was done about a finding, once; raises NotFound."""
    work.record(
        "trail_finding.acknowledge", f"trail_finding:{finding_id}", permission="trail:acknowledge", reason=reason
    )
    finding = work.session.get(TrailFinding, finding_id, with_for_update=True)
    if finding is None:
        raise NotFound("There is no such finding.")
    if not reason.strip():
        raise ReasonMissing("Say why: this step needs a reason.")
    if finding.acknowledged_at is not None:
        work.refuse_if([Blocker("already_acknowledged", "Somebody has acknowledged this already.")])
    finding.acknowledged_at, finding.acknowledged_by_id, finding.reason = work.now, work.person_id, reason.strip()
    return finding


def finding_numbered(session: Session, finding_id: int) -> TrailFinding:
    """Return one finding; raises NotFound."""
    finding = session.get(TrailFinding, finding_id)
    if finding is None:
        raise NotFound("There is no such finding.")
    return finding


def all_findings(session: Session) -> Sequence[TrailFinding]:
    """Return everything that was ever found, newest first."""
    return session.scalars(select(TrailFinding).order_by(TrailFinding.id.desc())).all()


def open_findings(session: Session) -> Sequence[TrailFinding]:
    """Return what was found and nobody has acknowledged, oldest first."""
    return session.scalars(
        select(TrailFinding).where(TrailFinding.acknowledged_at.is_(None)).order_by(TrailFinding.id)
    ).all()

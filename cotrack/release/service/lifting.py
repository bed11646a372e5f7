"""Lifting a hold: a released lot goes on only while its results and sources would release it (§3.3 rules 1, 3, 4)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.work import Work
from cotrack.manufacture.rules import against_unapproved
from cotrack.manufacture.rules.process import against_growth
from cotrack.manufacture.service.inputs import sources_of
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.manufacture.service.process import lot_steps
from cotrack.quality.models import Hold
from cotrack.quality.service import holds
from cotrack.release.rules.investigations import against_investigations
from cotrack.release.rules.lots import RELEASED_STATES, against_going_on_released
from cotrack.release.service.case import lot_standings
from cotrack.release.service.investigated import investigation_facts, investigations_of


def lift_hold(work: Work, hold_id: int, *, reason: str) -> Hold:
    """Lift a hold, with the reason; of a released lot not while a required test has failed or has no valid result.

    Nor while QA has not approved what went into it, as was recorded late, or its cells have grown too far by that.
    """
    return holds.lift(work, hold_id, reason=reason, against=_against_lifting)


def _against_lifting(session: Session, subject: str) -> Sequence[Blocker]:
    noun, _, number = subject.partition(":")
    if noun != "lot":
        return ()
    lot = lot_numbered(session, number)
    if lot.status not in RELEASED_STATES:
        return ()
    found = investigation_facts(session, investigations_of(session, lot.id))
    steps = lot_steps(session, lot)
    return [
        *against_unapproved(sources_of(session, lot.id)),
        *(against_growth(steps) if steps is not None else []),
        *against_investigations(found),
        *against_going_on_released(number, lot.status, lot_standings(session, lot)),
    ]

"""Until when a bag may be given, by its lot, its thaw and its wash."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.bedside.models import Wash
from cotrack.foundation.site import Site
from cotrack.manufacture.models import Unit
from cotrack.manufacture.rules import end_of_life
from cotrack.manufacture.service.units import unit_numbered
from cotrack.study.rules.definition import Definition
from cotrack.study.service import definition_of

WASHED_AT = select(Wash.washed_at).where(Wash.unit_id == Unit.id).correlate(Unit).scalar_subquery()
"""When the bag of a statement was washed; nothing where it was not."""


def last_use(
    site: Site,
    definition: Definition,
    lot_expires_at: datetime,
    thaw_started_at: datetime | None,
    *,
    washed_at: datetime | None = None,
) -> datetime:
    """Return until when a bag may be given: its lot's expiry, its time after the thaw, its time after a wash.

    The time after the thaw is the shorter of study's and site's; that after a wash is the study's (§3.3 rule 6).
    """
    site_minutes, study_minutes = site.minutes["thawed_life"], definition.product.thawed_life_minutes
    minutes = min(site_minutes, study_minutes) if study_minutes is not None else site_minutes
    washed = (washed_at, definition.product.washed_life_minutes)
    return end_of_life(lot_expires_at, (thaw_started_at, minutes), washed)


def wash_sheet(session: Session, unit_number: str, site: Site, now: datetime) -> tuple[int | None, datetime, datetime]:
    """Return for how many minutes a bag keeps after a wash, its end of life until now, and if it is washed now.

    The minutes are None where the study knows no wash: nothing is recorded then (§3.3 rule 6).
    """
    unit = unit_numbered(session, unit_number)
    definition = definition_of(unit.lot.study_definition)
    washed_at = session.scalar(select(Wash.washed_at).where(Wash.unit_id == unit.id))
    clocks = (site, definition, unit.lot.expires_at, unit.thaw_started_at)
    minutes = definition.product.washed_life_minutes
    return minutes, last_use(*clocks, washed_at=washed_at), last_use(*clocks, washed_at=washed_at or now)

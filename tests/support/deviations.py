"""Deviations as tests need them."""

from datetime import date, timedelta

from cotrack.foundation.work import Work
from cotrack.manufacture.service.deviations import deviations_under, open_among
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.quality.models import DeviationAction
from cotrack.quality.rules import DeviationFacts
from cotrack.quality.service import actions
from support.worlds import World


def open_of(world: World, lot: str) -> list[DeviationFacts]:
    """Return the open deviations of a lot and of its bags, oldest first."""
    found: list[DeviationFacts] = world.read(
        lambda session: open_among(deviations_under(session, lot_numbered(session, lot)))
    )
    return found


def day(work: Work, *, after: int) -> date:
    """Return the site's day, so many days from now."""
    return work.now.astimezone(work.site.zone).date() + timedelta(days=after)


def planned_action(
    world: World, number: str, *, kind: str = "correction", owner: str = "zhao.l", after: int = 7
) -> DeviationAction:
    """Plan an action after a deviation, as QA."""
    to_do = {"kind": kind, "description": "change the sensor", "owner": owner}
    return world.do("qian.m", lambda work: actions.plan(work, number, due_on=day(work, after=after), **to_do))

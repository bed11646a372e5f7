"""Decisions about a lot's expiry, and the labels that follow from them."""

from datetime import date, timedelta
from typing import Any

from cotrack.foundation.work import Work
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.models import ExpiryDecision
from cotrack.release.service import expiry_decisions
from support.stages import HER, LOT, enrolled
from support.worlds import World

EVIDENCE = {"evidence": "three lots followed to month 30", "reason": "long-term stability"}
REPORT = "STB-DEMO-04"


def last_day_of(world: World, lot: str = LOT) -> date:
    """Return the last day of a lot's use, in the zone of the site."""
    expires_at = world.read(lambda session: lot_numbered(session, lot)).expires_at
    return expires_at.astimezone(world.runtime.ground.site.zone).date()


def decision(world: World, days: int, lot: str = LOT, **said: str) -> Any:
    """Return the command that moves a lot's expiry by so many days."""
    last_day = last_day_of(world, lot) + timedelta(days=days)
    told = {**EVIDENCE, "reference": REPORT, **said}

    def act(work: Work) -> ExpiryDecision:
        return expiry_decisions.decide_expiry(work, lot, last_day=last_day, **told)

    return act


def decided(world: World, days: int, lot: str = LOT, *, by: str = "qian.m", **said: str) -> ExpiryDecision:
    """Let QA move a lot's expiry by so many days; the journey's lot has 24 months by the table."""
    made: ExpiryDecision = world.sign(by, decision(world, days, lot, **said))
    return made


def relabelled(world: World, unit: str) -> None:
    """Print a bag's label and tag anew, and scan both back."""
    for kind in ("bag", "tag"):
        label = world.journey.unit_label(unit, kind, reason="new expiry")
        world.journey.scan_back(unit, world.journey.code(label))


def over(world: World, *, by: str = "qian.m") -> ExpiryDecision:
    """Let QA shorten a lot's time so that it ended yesterday."""
    return decided(world, (world.journey.today() - last_day_of(world)).days - 1, by=by)


def older_lot(world: World, *, bags: int = 2) -> None:
    """A released lot that was made ten days ago, so that its expiry can lie behind us."""
    world.journey.released_lot(LOT, bags=bags, made_on=world.journey.today() - timedelta(days=10))


def on_its_way(world: World) -> str:
    """A bag of an older lot that is set aside for her."""
    older_lot(world)
    enrolled(world, HER)
    (bag,) = world.journey.allocated(world.journey.ordered(HER))
    return bag

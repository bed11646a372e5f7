"""What a task is: the unit of every home page."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.words import N_


@dataclass(frozen=True)
class Task:
    """One thing that waits: what to do, with what, since when, by when, and where it is done."""

    title: str
    subject: str
    endpoint: str
    arguments: dict[str, Any]
    since: datetime | None = None
    until: datetime | None = None
    is_urgent: bool = False
    note: str = ""
    """What else to know before it is done: a sentence of the program's own, filled in from `details`."""
    details: Mapping[str, object] = field(default_factory=dict)
    is_held: bool = False
    """A hold or recall stands over the bag: nothing may go on with it."""


@dataclass(frozen=True)
class Start:
    """Something that a person may begin from a list."""

    endpoint: str
    title: str
    permission: str


STARTS = {
    start.endpoint: start
    for start in (
        Start("manufacture.make_lot", N_("Make lot"), "lot:make"),
        Start("manufacture.register_donor", N_("Register donor"), "source:register"),
        Start("manufacture.register_bank", N_("Register cell bank"), "source:register"),
        Start("manufacture.register_material", N_("Register material"), "source:register"),
        Start("process.register_equipment", N_("Register equipment"), "equipment:keep"),
        Start("desk.equipment_list", N_("Equipment"), "equipment:read"),
        Start("desk.donors", N_("Donors"), "source:read"),
        Start("desk.cell_banks", N_("Cell banks"), "source:read"),
        Start("desk.materials", N_("Materials"), "source:read"),
        Start("release.import_results", N_("Import results"), "result:import"),
        Start("laboratory.list_laboratories", N_("Laboratories"), "lot:read"),
        Start("release.list_trends", N_("Trends"), "lot:read"),
        Start("scans.list_foreign_scans", N_("Codes of others"), "foreign_scan:open"),
        Start("participants.screen", N_("Screen"), "participant:screen"),
    )
}


@dataclass(frozen=True)
class Desk:
    """Who looks, when, at which site."""

    ground: Ground
    actor: Actor
    now: datetime

    def site_day(self, instant: datetime) -> date:
        """Return the day of the site on which an instant falls."""
        return instant.astimezone(self.ground.site.zone).date()

    def end_of_day(self, day: date) -> datetime:
        """Return the instant at which a day of the site is over."""
        return datetime.combine(day + timedelta(days=1), time(), self.ground.site.zone)


Finder = Callable[[Session, Desk], Iterator[Task]]

"""Builds the demonstration: lots in every state and participants at every stage, relative to the instant of loading."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from cotrack.demonstration import external, files, labels, past, present
from cotrack.demonstration.acts import Journey
from cotrack.demonstration.players import Cast, T
from cotrack.demonstration.story import StoryClock
from cotrack.foundation.access.models import Person
from cotrack.foundation.audit.service import records_of
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import Blocked
from cotrack.foundation.migrations import SYSTEM
from cotrack.foundation.runtime import Runtime
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.service.keeping import keep_all

DAYS_TOLD = 130
BEGIN, FINISH = "demonstration.load", "demonstration.finish"
SUBJECT = "site:demonstration"

CHAPTERS: Final[tuple[tuple[str, Callable[[Journey, StoryClock], None]], ...]] = (
    ("people and study", past.people_and_study),
    ("first lots", past.first_lots),
    ("first participants", past.first_participants),
    ("lots of the example files", present.example_lots),
    ("lots of today", present.present_lots),
    ("changes under way", past.changes_under_way),
    ("labels of the site", labels.labels_of_the_site),
    ("a laboratory outside", external.laboratory_outside),
    ("participants of today", present.present_participants),
    ("bags of today", present.present_bags),
)
"""What is built, in the order of the story."""


class _Cast(Cast):
    """The players, with what they sign on paper at once: nothing works in the background while a story is told."""

    def sign(self, username: str, act: Callable[[Work], T], *, station: str | None = None) -> T:
        """Let somebody carry out one signed command, and make its documents."""
        done = super().sign(username, act, station=station)
        keep_all(self.ground, self.runtime.settings.witness_file)
        return done


def load(runtime: Runtime) -> Iterator[str]:
    """Build the site, chapter by chapter, and say what was built; an empty training site only."""
    _refuse_unfit(runtime)
    # Those of an earlier site say nothing of this one.
    files.remove(_folder(runtime))
    clock = StoryClock(runtime.ground.sessions.clock(), runtime.ground.site.zone)
    sessions = runtime.ground.sessions.with_clock(clock)
    journey = Journey(_Cast(replace(runtime, ground=replace(runtime.ground, sessions=sessions))))
    clock.begin(days=DAYS_TOLD)
    _announce(journey, clock)
    for words, chapter in CHAPTERS:
        chapter(journey, clock)
        yield words
    with unit_of_work(journey.ground, SYSTEM) as work:
        work.record(FINISH, SUBJECT, permission="system:start")


def _announce(journey: Journey, clock: StoryClock) -> None:
    """Record that a story begins: the one step back in time that verification accepts (docs/trail.md)."""
    with unit_of_work(journey.ground, SYSTEM) as work:
        work.record(BEGIN, SUBJECT, permission="system:start")
        work.details["loaded_at"] = clock.end.isoformat()


def _refuse_unfit(runtime: Runtime) -> None:
    if not runtime.ground.is_training:
        raise Blocked(
            blockers=[Blocker("demonstration_only", "The demonstration loads only where COTRACK_ENVIRONMENT=training.")]
        )
    refuse_unfinished(runtime)
    if not is_empty(runtime):
        raise Blocked(blockers=[Blocker("not_empty", "This database is not empty: use an empty one.")])


def refuse_unfinished(runtime: Runtime) -> None:
    """Raise Blocked where a load was begun and never finished: half a story is no site to learn on, or to go on with.

    Loads of programs that recorded no end are known by the example files, which were always written last.
    """
    with runtime.ground.sessions.reading() as session:
        events = {each.event for each in records_of(session, [SUBJECT], most=None)}
    if BEGIN not in events or FINISH in events or files.are_written(_folder(runtime)):
        return
    words = N_(
        "The demonstration was begun in this database and never finished: it still runs, or was stopped half-way. "
        "Start anew: remove {folder} (with PostgreSQL, empty the database too), then `cotrack init` and "
        "`cotrack demo load`."
    )
    details = {"folder": runtime.settings.var_folder}
    raise Blocked(blockers=[Blocker("demonstration_unfinished", words, details)])


def is_empty(runtime: Runtime) -> bool:
    """Whether nobody was ever added to this site."""
    with runtime.ground.sessions.reading() as session:
        return session.scalar(select(func.count()).select_from(Person)) == 0


def example_files(runtime: Runtime) -> list[Path]:
    """Write the files that fit the site just built, and return their paths."""
    today = runtime.ground.sessions.clock().astimezone(runtime.ground.site.zone).date()
    return files.write(_folder(runtime), today)


def _folder(runtime: Runtime) -> Path:
    return runtime.settings.var_folder / "demonstration"

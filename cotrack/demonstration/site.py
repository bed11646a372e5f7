"""Builds the demonstration: lots in every state and participants at every stage, relative to the instant of loading."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select

from cotrack.demonstration import files
from cotrack.demonstration.acts import Journey
from cotrack.demonstration.laboratory import good_results
from cotrack.demonstration.players import Cast
from cotrack.foundation.access.models import Person
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import Blocked
from cotrack.foundation.migrations import SYSTEM
from cotrack.foundation.runtime import Runtime
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.manufacture.service import lots
from cotrack.participants.service import enrolment, screening
from cotrack.release.service import dispositions

LOT_PREFIX = "MSC"


class StoryClock:
    """Tells the demonstration's past: it stands where the story is, never behind what was told, and ends at now."""

    def __init__(self, end: datetime) -> None:
        """End at the instant of loading."""
        self.end = end
        self.now = end

    def __call__(self) -> datetime:
        """Return the story's instant; each look is a second later, so that no two acts share one."""
        self.now = min(self.now + timedelta(seconds=1), self.end)
        return self.now

    def go_to(self, *, days: float = 0, minutes: float = 0) -> None:
        """Go to an instant before the end; the story never goes back."""
        self.now = max(self.now, self.end - timedelta(days=days, minutes=minutes))

    def begin(self, *, days: float) -> None:
        """Begin the story."""
        self.now = self.end - timedelta(days=days)


def load(runtime: Runtime) -> Iterator[str]:
    """Build the site, chapter by chapter, and say what was built; an empty training site only."""
    _refuse_unfit(runtime)
    clock = StoryClock(datetime.now(UTC))
    sessions = runtime.ground.sessions.with_clock(clock)
    journey = Journey(Cast(replace(runtime, ground=replace(runtime.ground, sessions=sessions))))
    clock.begin(days=130)
    _announce(journey, clock)
    for words, chapter in CHAPTERS:
        chapter(journey, clock)
        yield words


def _announce(journey: Journey, clock: StoryClock) -> None:
    """Record that a story begins: the one step back in time that verification accepts (docs/trail.md)."""
    with unit_of_work(journey.ground, SYSTEM) as work:
        work.record("demonstration.load", "site:demonstration", permission="system:start")
        work.details["loaded_at"] = clock.end.isoformat()


def _refuse_unfit(runtime: Runtime) -> None:
    if not runtime.ground.is_training:
        raise Blocked(
            blockers=[Blocker("demonstration_only", "The demonstration loads only where COTRACK_ENVIRONMENT=training.")]
        )
    if not is_empty(runtime):
        raise Blocked(blockers=[Blocker("not_empty", "This database is not empty: use an empty one.")])


def is_empty(runtime: Runtime) -> bool:
    """Whether nobody was ever added to this site."""
    with runtime.ground.sessions.reading() as session:
        return session.scalar(select(func.count()).select_from(Person)) == 0


def example_files(runtime: Runtime) -> list[Path]:
    """Write the files that fit the site just built, and return their paths."""
    today = runtime.ground.sessions.clock().date()
    return files.write(runtime.settings.var_folder / "demonstration", today)


def _lot(clock: StoryClock, sequence: int) -> str:
    return f"{LOT_PREFIX}{clock.end:%y}-{sequence:04d}"


def _people_and_study(journey: Journey, clock: StoryClock) -> None:  # noqa: ARG001 (one shape for all chapters)
    journey.cast.enter()
    journey.study_takes_effect()


def _first_lots(journey: Journey, clock: StoryClock) -> None:
    """Make a released lot for the first participants, and one that was rejected."""
    clock.go_to(days=125)
    journey.released_lot(_lot(clock, 27), bags=3, made_on=journey.today())
    clock.go_to(days=118)
    rejected = _lot(clock, 28)
    journey.finished_lot(rejected, made_on=journey.today())
    clock.go_to(days=102)
    tested = clock.now.astimezone(journey.ground.site.zone)
    journey.results(
        good_results(rejected, tested, changed={"Sterility": "growth: Cutibacterium sp.", "CD105+": "94.1"})
    )
    journey.review(rejected)
    reason = "growth on day 14, CD105 below the limit"
    journey.cast.sign("qian.m", lambda work: dispositions.reject(work, rejected, reason=reason))


_SCREENED: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("101", "1967-03-14", "F", {}),
    ("102", "1979-11-02", "F", {}),
    ("103", "1958-05-21", "M", {}),
    ("104", "1971-08-17", "M", {}),
    ("105", "1962-12-09", "M", {}),
    ("106", "1969-02-27", "F", {}),
    ("107", "1975-09-30", "M", {}),
    ("108", "1964-06-18", "F", {}),
    ("109", "1950-01-30", "M", {}),
    ("110", "1988-06-21", "F", {"cns_metastases": "irradiated 2020-03; no symptoms; no steroids"}),
)


def _screening_file(journey: Journey, numbers: tuple[str, ...]) -> bytes:
    today = journey.today()
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(screening.COLUMNS)
    for number, born, sex, changed in _SCREENED:
        if number in numbers:
            row = {**_good_row(today), "subject_number": f"IFN-{number}", "birth_date": born, "sex": sex, **changed}
            writer.writerow([row[name] for name in screening.COLUMNS])
    return file.getvalue().encode()


def _good_row(today: date) -> dict[str, str]:
    return {
        "site": "DEMO",
        "screened_on": today.isoformat(),
        "histology": "non-small cell lung cancer",
        "prior_lines": "2",
        "measurable_lesions": "2",
        "last_treatment_on": (today - timedelta(days=43)).isoformat(),
        "ecog": "1",
        "organ_function_on": (today - timedelta(days=3)).isoformat(),
        "consent_signed_on": (today - timedelta(days=2)).isoformat(),
        "weight_kg": "61.5",
        "childbearing_potential": "no",
        "pregnancy_test_on": "",
        "pregnancy_test": "",
        "contraception_agreed": "",
        "autoimmune_disease": "no",
        "cns_metastases": "none",
        "corticosteroid_mg_per_day": "0",
        "hiv": "no",
        "other_cancer_on": "",
    }


def _enrolled(journey: Journey, number: str) -> str:
    """Bring one screened person into the study, with identity and band."""
    subject = f"IFN-{number}"
    born, sex = next((born, sex) for found, born, sex, _ in _SCREENED if found == number)
    journey.identified(subject, f"示范{number} SHIFAN {number}", f"DEMO{number}", date.fromisoformat(born))
    journey.answered(subject, {"breast_feeding": "no"} if sex == "F" else {})
    journey.enrolled(subject)
    return subject


def _infused(journey: Journey, subject: str) -> None:
    """Take one dose from its order to the closed infusion."""
    journey.measured(subject, {"weight_kg": "61.5", "organ_function_on": journey.today().isoformat()})
    order = journey.ordered(subject)
    for bag in journey.allocated(order):
        journey.issued(bag)
        journey.received(bag)
        journey.thawed(bag)
        infusion = journey.started(subject, bag)
        to_give = next(each.volume_to_give_ml for each in journey.order(order).allocations if each.unit.number == bag)
        journey.completed(infusion, str(to_give), str(Decimal("30.0") - to_give))


def _first_participants(journey: Journey, clock: StoryClock) -> None:
    """Two people, of whom the first gets her second dose after five weeks and the second left the study."""
    clock.go_to(days=90)
    journey.screened(_screening_file(journey, ("101", "102", "103")))
    clock.go_to(days=88)
    first = _enrolled(journey, "101")
    journey.banded(first)
    _infused(journey, first)
    clock.go_to(days=80)
    second = _enrolled(journey, "102")
    journey.banded(second)
    clock.go_to(days=70)
    reason = "withdrew consent"
    journey.cast.do("dr.gao", lambda work: enrolment.withdraw(work, second, reason=reason))
    clock.go_to(days=52)
    _infused(journey, first)


def _example_lots(journey: Journey, clock: StoryClock) -> None:
    """The lots of the laboratory's file, bags in store and no result yet: whoever reads the README imports it."""
    for number, made_on in files.LOTS.items():
        moved_on = made_on + files.moved_by(clock.end.date())
        clock.go_to(days=(clock.end.date() - moved_on).days)
        journey.finished_lot(files.lot_of(number, clock.end.date()), bags=2, made_on=journey.today())


def _present_lots(journey: Journey, clock: StoryClock) -> None:
    """Lots of today: released, released and on hold, near a limit, conditionally released, in review, being filled."""
    clock.go_to(days=34)
    journey.released_lot(_lot(clock, 29), bags=6, made_on=journey.today())
    clock.go_to(days=30)
    journey.released_lot(_lot(clock, 30), bags=2, made_on=journey.today())
    clock.go_to(days=28)
    held = _lot(clock, 30)
    reason = "freezer alarm under investigation"
    journey.cast.do("tang.w", lambda work: lots.hold_lot(work, held, action="place", reason=reason))
    clock.go_to(days=20)
    near = _lot(clock, 34)
    journey.finished_lot(near, bags=2, made_on=journey.today())
    clock.go_to(days=8)
    conditional = _lot(clock, 35)
    journey.finished_lot(conditional, bags=2, made_on=journey.today())
    clock.go_to(days=3)
    _conditional_release(journey, conditional, _site_time(journey, clock))
    journey.results(
        good_results(
            near, _site_time(journey, clock), changed={"Viability": "88.1", "CD105+": "96.2", "Endotoxin": "0.31"}
        )
    )
    journey.review(near)
    clock.go_to(days=2)
    waiting = _lot(clock, 36)
    journey.finished_lot(waiting, bags=2, made_on=journey.today())
    journey.results(good_results(waiting, _site_time(journey, clock), without=("Sterility", "RCL", "Mycoplasma")))
    clock.go_to(days=1)
    journey.lot(_lot(clock, 37), made_on=journey.today())
    journey.labelled_unit(_lot(clock, 37))
    journey.unit(_lot(clock, 37))


def _conditional_release(journey: Journey, lot: str, tested_at: datetime) -> None:
    journey.results(good_results(lot, tested_at, without=("Sterility", "RCL")))
    journey.review(lot)
    journey.trail_reviewed(lot, by="tang.w")
    reason = "outstanding: sterility day 14 and RCL"
    journey.cast.sign("tang.w", lambda work: dispositions.release_conditionally(work, lot, reason=reason))


def _site_time(journey: Journey, clock: StoryClock) -> datetime:
    return clock.now.astimezone(journey.ground.site.zone)


def _present_participants(journey: Journey, clock: StoryClock) -> None:
    """People of today: one at each step, from screening to a running infusion."""
    clock.go_to(minutes=60 * 20)
    journey.screened(_screening_file(journey, ("104", "105", "106", "107", "108", "109", "110")))
    for number in ("104", "105", "106", "107", "108"):
        _enrolled(journey, number)
    clock.go_to(minutes=60 * 4)
    for number in ("105", "106", "107", "108"):
        journey.banded(f"IFN-{number}")
    journey.printed_band("IFN-104")


def _present_bags(journey: Journey, clock: StoryClock) -> None:
    """Bags of today: ordered, allocated, issued, received, thawed, running."""
    clock.go_to(minutes=180)
    orders = {number: journey.ordered(f"IFN-{number}") for number in ("105", "106", "107", "108")}
    bags = {number: journey.allocated(orders[number])[0] for number in ("106", "107", "108")}
    clock.go_to(minutes=75)
    journey.issued(bags["107"])
    journey.issued(bags["108"])
    journey.received(bags["108"])
    clock.go_to(minutes=25)
    journey.thawed(bags["108"])
    clock.go_to(minutes=12)
    journey.started("IFN-108", bags["108"])


CHAPTERS: tuple[tuple[str, Callable[[Journey, StoryClock], None]], ...] = (
    ("people and study", _people_and_study),
    ("first lots", _first_lots),
    ("first participants", _first_participants),
    ("lots of the example files", _example_lots),
    ("lots of today", _present_lots),
    ("participants of today", _present_participants),
    ("bags of today", _present_bags),
)
"""What is built, in the order of the story."""

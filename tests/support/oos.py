"""Investigations of failed results as tests need them: each step by somebody who may do it."""

from typing import Any

from cotrack.foundation.work import Work
from cotrack.manufacture.service import lots
from cotrack.release.models import Investigation, Result
from cotrack.release.service import investigated, investigations, results
from support.laboratory import COLUMNS, file_of
from support.stages import LOT
from support.worlds import World

REPORT = {
    "hypothesis": "the sample was contaminated in the laboratory",
    "sample": "the seal was broken",
    "standard": "within its limits",
    "equipment": "calibrated",
    "calculation": "repeated, the same",
    "technique": "observed",
}


def investigation(world: World, test: str = "sterility", lot: str = LOT) -> Investigation:
    """Return the newest investigation of a test of a lot."""
    lot_id = world.read(lambda session: lots.lot_numbered(session, lot)).id
    found = world.read(lambda session: investigated.investigations_of(session, lot_id))
    return next(each for each in found if each.test == test)


def numbers(world: World, lot: str = LOT) -> list[str]:
    """Return the investigations of a lot, oldest first."""
    lot_id = world.read(lambda session: lots.lot_numbered(session, lot)).id
    return [each.number for each in world.read(lambda session: investigated.investigations_of(session, lot_id))][::-1]


def reported(world: World, number: str, outcome: str, *, by: str = "") -> None:
    """Let an analyst who made none of the results report the laboratory's own investigation."""
    by = by or _reporter(world, number)
    world.do(by, lambda work: investigations.report(work, number, outcome=outcome, **REPORT))


def _reporter(world: World, number: str) -> str:
    found = world.read(lambda session: investigated.investigation_numbered(session, number))
    (facts,) = world.read(lambda session: investigated.investigation_facts(session, [found]))
    return next(each for each in ("he.p", "sun.q", "chen.y") if each not in facts.authors)


def error_found(world: World, test: str = "sterility", lot: str = LOT, *, by: str = "qian.m") -> str:
    """End an investigation in phase 1 with the laboratory's error, and return its number."""
    number = investigation(world, test, lot).number
    reported(world, number, "error_found")
    world.sign(by, lambda work: investigations.find_error(work, number))
    return number


def in_phase_2(world: World, test: str = "sterility", lot: str = LOT) -> str:
    """Bring an investigation into phase 2, and return its number."""
    number = investigation(world, test, lot).number
    reported(world, number, "none_found")
    world.sign("qian.m", lambda work: investigations.go_on(work, number))
    return number


def planned(world: World, number: str, *, retests: int = 1, by: str = "", **changed: Any) -> None:
    """Write a plan of retests: of the day-14 sample, not by who tested first."""
    lot = world.read(lambda session: investigated.investigation_numbered(session, number)).lot.number
    said = {"hypothesis": "the medium was not sterile", "sample": f"{lot}-S14", "not_by": "liu.m"}
    act = lambda work: investigations.plan(work, number, retests=retests, **{**said, **changed})  # noqa: E731 (one line)
    world.do(by or _reporter(world, number), act)


def approved(world: World, number: str, *, retests: int = 1, **changed: Any) -> None:
    """Let QA approve a plan of retests."""
    planned(world, number, retests=retests, **changed)
    world.sign("qian.m", lambda work: investigations.approve_plan(work, number))


def retested(world: World, lot: str = LOT, *, result: str = "no growth") -> None:
    """Let the day-14 sterility of a lot be tested again, as its plan says, and a second person review it."""
    tested_at = f"{world.journey.site_time():%Y-%m-%d %H:%M}"
    cells = {"Lot No.": lot, "Sample ID": f"{lot}-S14", "Tested at": tested_at, "Test": "Sterility"}
    cells |= {"Method": "BacT/ALERT day 14", "Replicate": "2", "Result": result, "Unit": "", "Analyst": "sun.q"}
    cells |= {"Instrument": "BTA-1", "Comment": "", "Retest of": "1"}
    world.journey.results(file_of([cells], columns=(*COLUMNS, "Retest of")), name="again.csv")
    world.journey.review(lot)


def stored_before(world: World, test: str, lot: str = LOT, *, replicate: int = 9) -> int:
    """Store a failed result as it was before failures were investigated, beside one of its test; return its id."""
    lot_id = world.read(lambda session: lots.lot_numbered(session, lot)).id
    twin = next(each for each in world.read(lambda session: results.results_of(session, lot_id)) if each.test == test)
    columns = [each.name for each in Result.__table__.columns]
    said = {name: getattr(twin, name) for name in columns if name not in {"id", "review_signature_id"}}
    made = Result(**{**said, "replicate": replicate, "reported": "growth", "status": "recorded", "version": 1})

    def write(work: Work) -> int:
        work.record("result.import", f"lot:{lot}", permission="result:import")
        work.add(made)
        return made.id

    stored: int = world.do("wang.l", write)
    return stored


def confirmed(world: World, number: str, *, by: str = "qian.m") -> None:
    """Let QA conclude that the result stands."""
    world.sign(by, lambda work: investigations.confirm(work, number, conclusion="the bag is contaminated"))


def refuted(world: World, number: str, *, by: str = "qian.m") -> None:
    """Let QA conclude that the result does not stand."""
    said = {"conclusion": "the retest is clean", "cause": "the medium was not sterile"}
    world.sign(by, lambda work: investigations.refute(work, number, **said))

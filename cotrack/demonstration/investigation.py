"""What the demonstration tells of results out of specification: concluded ones of old, and two that are under way."""

from functools import partial

from cotrack.demonstration.acts import Journey
from cotrack.demonstration.laboratory import good_results
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.models import Investigation
from cotrack.release.service import investigations
from cotrack.release.service.investigated import investigations_of

_CHECKED = {
    "sample": "Seal whole, number and storage as in the request.",
    "standard": "Positive and negative control as expected.",
    "equipment": "Calibrated, log book without an entry.",
    "calculation": "Read again by a second person: the same.",
    "technique": "Worked by the procedure, as the analyst showed.",
}
_SAMPLES = {"sterility": ("S14", "liu.m"), "cd105": ("FC", "chen.y"), "viability": ("VIA", "wang.l")}


def confirmed(journey: Journey, lot: str) -> None:
    """Both phases of each investigation of a lot, to the conclusion that the result stands."""
    for each in _of(journey, lot):
        planned(journey, each)
        conclusion = "Two independent causes were looked for and none found: the result describes the product."
        act = partial(investigations.confirm, number=each.number, conclusion=conclusion)
        journey.cast.sign("qian.m", act)


def planned(journey: Journey, each: Investigation) -> None:
    """Phase 1 without a laboratory error, then a plan of retests that QA approved."""
    reported(journey, each)
    journey.cast.sign("qian.m", lambda work: investigations.go_on(work, each.number))
    sample, analyst = _SAMPLES[each.test]
    act = partial(
        investigations.plan,
        number=each.number,
        hypothesis="The cells changed in the last passage.",
        retests=2,
        sample=f"{each.lot.number}-{sample}",
        not_by=analyst,
    )
    journey.cast.do("he.p", act)
    journey.cast.sign("qian.m", lambda work: investigations.approve_plan(work, each.number))


def reported(journey: Journey, each: Investigation) -> None:
    """The laboratory's own investigation, without an error of its own."""
    said = {"hypothesis": "The sample was mistaken or harmed.", "outcome": "none_found", **_CHECKED}
    journey.cast.do("he.p", lambda work: investigations.report(work, each.number, **said))


def under_way(journey: Journey, lot: str) -> None:
    """A lot with two tests out of specification: one waits for its report, one for the retests of an approved plan."""
    journey.results(good_results(lot, journey.site_time(), changed={"CD105+": "94.2", "Viability": "68.9"}))
    journey.review(lot)
    planned(journey, next(each for each in _of(journey, lot) if each.test == "cd105"))


def _of(journey: Journey, lot: str) -> list[Investigation]:
    lot_id = journey.cast.read(lambda session: lot_numbered(session, lot)).id
    return list(journey.cast.read(lambda session: investigations_of(session, lot_id)))

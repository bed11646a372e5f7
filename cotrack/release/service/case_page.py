"""What the release page and the review page show, put together in a few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.site import Site
from cotrack.foundation.words import N_, Words
from cotrack.foundation.written import site_words
from cotrack.labelling.service.documents import both
from cotrack.lifecycles import LOT, RESULT
from cotrack.manufacture.models import Lot
from cotrack.manufacture.rules import in_neutral_words
from cotrack.manufacture.service.inputs import holds_ever_over, lines_of_inputs
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.models import Result
from cotrack.release.rules.invalidation import against_involved
from cotrack.release.rules.lots import (
    ResultFacts,
    TestStanding,
    against_conditional_release,
    against_rejection,
    against_release,
    against_review,
)
from cotrack.release.rules.reasons import in_short
from cotrack.release.rules.trends import is_trended
from cotrack.release.service.case import ReleaseCase, decider, release_case
from cotrack.release.service.conditional import end_of
from cotrack.release.service.decided import dispositions_of, expiry_decisions_of
from cotrack.release.service.invalidations import named_causes, result_numbered
from cotrack.release.service.investigated import investigation_numbered, uninvestigated
from cotrack.release.service.kept_files import kept_files_of
from cotrack.release.service.results import result_facts, results_of
from cotrack.release.service.trail_reviews import newest_review
from cotrack.release.service.trends import Trend, trends_of
from cotrack.release.service.unsettled import ended_entries
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.specification import Expected, Standing, alert_words, expected, judge_one, limit_words
from cotrack.study.service import definition_of


@dataclass(frozen=True)
class TestLine:
    """One test on the release page: its limits, its results, its verdict, and its trend if it is one in numbers."""

    test: ReleaseTest
    limit: str
    alert: str
    standing: Standing
    results: Sequence[Result]
    invalid: Sequence[Result]
    is_reviewed: bool
    trend: Trend | None
    expected: Expected | None
    """When a result is expected; None where one is there, or the specification does not say."""


def release_page(ground: Ground, session: Session, number: str, actor: Actor) -> Mapping[str, Any]:
    """Return everything on the release page of a lot, as this person sees it."""
    lot = lot_numbered(session, number)
    case = release_case(session, lot, ground.site)
    stored = case.results
    now = ground.sessions.clock()
    today = now.astimezone(ground.site.zone).date()
    against = _against(case, actor, now)
    trends = trends_of(session, case.definition, filter(is_trended, case.definition.tests.values()), lot)
    return {
        "lot": lot,
        "definition": case.definition,
        "lines": [
            _line(each, stored, trends.get(each.test.key), _expected(each, lot, today)) for each in case.facts.standings
        ],
        "results_to_invalidate": _to_invalidate(session, case, stored, actor),
        "is_undecided": LOT.fits("reject", lot.status),
        "against": against,
        "in_short": {action: in_short(found) for action, found in against.items()},
        "held": case.facts.holds,
        "holds": holds_ever_over(session, lot),
        "inputs": lines_of_inputs(session, case.inputs, case.facts.sources),
        "deviations": case.deviations,
        "investigations": case.investigation_lines,
        "waits_for_investigation": bool(uninvestigated(session, lot)),
        "dispositions": dispositions_of(session, lot.id),
        "expiry_decisions": expiry_decisions_of(session, lot.id),
        "counts": _counts(case.facts.standings),
        "trail": case.facts.trail,
        "trail_review": newest_review(session, lot.id),
        "conditional_until": end_of(session, lot),
        "ended_entries": ended_entries(session, lot.id),
        "files": kept_files_of(session, lot.id),
    }


def _to_invalidate(
    session: Session, case: ReleaseCase, stored: Sequence[Result], actor: Actor
) -> list[tuple[Words, Result]]:
    """Return the results that this person may make invalid once a cause is named, each with its test's names."""
    if RESULT["invalidate"].permission not in actor.permissions:
        return []
    facts = zip(stored, result_facts(session, stored), strict=True)
    return [
        (case.definition.tests[result.test].name, result)
        for result, fact in facts
        if RESULT.fits("invalidate", result.status) and not against_involved(fact, decider(actor))
    ]


def _against(case: ReleaseCase, actor: Actor, now: datetime) -> dict[str, list[Blocker]]:
    who, reads_sources = decider(actor), "source:read" in actor.permissions
    against = {
        "release": against_release(case.definition, case.facts, who, now),
        "release_conditionally": against_conditional_release(case.definition, case.facts, who, now),
        "reject": against_rejection(case.facts, who),
    }
    return {action: in_neutral_words(found, reads_sources=reads_sources) for action, found in against.items()}


def _expected(each: TestStanding, lot: Lot, today: date) -> Expected | None:
    return None if each.results else expected(each.test, lot.made_on, today)


def _line(each: TestStanding, stored: Sequence[Result], trend: Trend | None, awaited: Expected | None) -> TestLine:
    return TestLine(
        test=each.test,
        limit=limit_words(each.test),
        alert=alert_words(each.test),
        standing=each.standing,
        results=[result for result in stored if result.test == each.test.key],
        invalid=[result for result in stored if result.test == each.test.key and result.status == "invalidated"],
        is_reviewed=each.is_reviewed,
        trend=trend,
        expected=awaited,
    )


def _counts(standings: Sequence[TestStanding]) -> dict[str, int]:
    return {
        "tests": len(standings),
        "within": sum(each.standing in {Standing.WITHIN, Standing.NEAR_LIMIT} for each in standings),
        "near": sum(each.standing is Standing.NEAR_LIMIT for each in standings),
        "missing": sum(each.standing is Standing.MISSING for each in standings),
        "out": sum(each.standing is Standing.OUT_OF_SPECIFICATION for each in standings),
        "invalidated": sum(len(each.invalidated) for each in standings),
        "unreviewed": sum(bool(each.results) and not each.is_reviewed for each in standings),
    }


def invalidation_sheet(
    session: Session, result_id: int, site: Site
) -> tuple[str, list[tuple[str, str]], list[tuple[str, str]]]:
    """Return what the page of an invalidation shows: the lot, what was reported, and the causes that may be named."""
    result = result_numbered(session, result_id)
    test = definition_of(result.lot.study_definition).tests[result.test]
    facts = [
        (N_("Lot"), result.lot.number),
        (N_("Test"), both(test.name)),
        (N_("Replicate"), str(result.replicate)),
        (N_("Result"), f"{result.reported} {result.unit}".rstrip()),
        (N_("Limit"), limit_words(test)),
        (N_("Analyst"), result.analyst),
        (N_("Tested at"), site_words(result.tested_at, site.zone)),
    ]
    causes = [(each.number, f"{each.number} · {each.cause}") for each in named_causes(session, result.lot.number)]
    return result.lot.number, facts, causes


@dataclass(frozen=True)
class ReviewLine:
    """One result that waits for a review: its limit, its verdict, and what speaks against this reviewer."""

    result: Result
    test: ReleaseTest
    limit: str
    standing: Standing
    against: Sequence[Blocker]


def review_page(session: Session, number: str, actor: Actor, *, ticks_within: bool = False) -> Mapping[str, Any]:
    """Return a lot's results that wait for a review, each with its verdict and what speaks against this reviewer.

    None is ticked beforehand. `ticks_within` ticks those within their limits; every other one is ticked by itself.
    """
    lot = lot_numbered(session, number)
    definition = definition_of(lot.study_definition)
    waiting = [each for each in results_of(session, lot.id) if each.status == "recorded"]
    facts = result_facts(session, waiting)
    lines = [
        _review_line(result, definition.tests[result.test], fact, actor)
        for result, fact in zip(waiting, facts, strict=True)
    ]
    open_lines = [each for each in lines if not each.against]
    return {
        "lot": lot,
        "lines": lines,
        "ticked": [each.result.id for each in open_lines if ticks_within and each.standing is Standing.WITHIN],
        "is_all_own": bool(lines) and not open_lines,
    }


def _review_line(result: Result, test: ReleaseTest, fact: ResultFacts, actor: Actor) -> ReviewLine:
    against = against_review([fact], actor.username)
    return ReviewLine(result, test, limit_words(test), judge_one(test, fact.reported), against)


def investigation_sheet(session: Session, number: str) -> list[tuple[str, str]]:
    """Return what the pages of an investigation's acts say first: lot, test, limit, and the results that failed."""
    found = investigation_numbered(session, number)
    test = definition_of(found.lot.study_definition).tests[found.test]
    failed = [each.result for each in found.investigated]
    return [
        (N_("Lot"), found.lot.number),
        (N_("Test"), both(test.name)),
        (N_("Limit"), limit_words(test)),
        (N_("Result"), "; ".join(f"{each.reported} {each.unit}".rstrip() for each in failed)),
        (N_("Analyst"), ", ".join(dict.fromkeys(each.analyst for each in failed))),
    ]

"""What the release page and the review page show, put together in a few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.quality.service import holds_of
from cotrack.release.models import Result
from cotrack.release.rules import (
    TestStanding,
    against_conditional_release,
    against_rejection,
    against_release,
    against_review,
)
from cotrack.release.service.dispositions import ReleaseCase, decider, dispositions_of, release_case
from cotrack.release.service.results import result_facts, results_of
from cotrack.release.service.trail_reviews import newest_review
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.specification import Standing, alert_words, judge_one, limit_words
from cotrack.study.service import definition_of


@dataclass(frozen=True)
class TestLine:
    """One test on the release page: its limits, its results, its verdict."""

    test: ReleaseTest
    limit: str
    alert: str
    standing: Standing
    results: Sequence[Result]
    is_reviewed: bool


def release_page(ground: Ground, session: Session, number: str, actor: Actor) -> Mapping[str, Any]:
    """Return everything on the release page of a lot, as this person sees it."""
    lot = lot_numbered(session, number)
    case = release_case(session, lot)
    stored = results_of(session, lot.id)
    return {
        "lot": lot,
        "definition": case.definition,
        "lines": [_line(each, stored) for each in case.facts.standings],
        "against": _against(case, actor, ground.sessions.clock()),
        "holds": holds_of(session, f"lot:{number}"),
        "dispositions": dispositions_of(session, lot.id),
        "counts": _counts(case.facts.standings),
        "trail": case.facts.trail,
        "trail_review": newest_review(session, lot.id),
    }


def _against(case: ReleaseCase, actor: Actor, now: datetime) -> dict[str, list[Blocker]]:
    who = decider(actor)
    return {
        "release": against_release(case.definition, case.facts, who, now),
        "release_conditionally": against_conditional_release(case.definition, case.facts, who, now),
        "reject": against_rejection(case.facts, who),
    }


def _line(each: TestStanding, stored: Sequence[Result]) -> TestLine:
    mine = [result for result in stored if result.test == each.test.key]
    return TestLine(each.test, limit_words(each.test), alert_words(each.test), each.standing, mine, each.is_reviewed)


def _counts(standings: Sequence[TestStanding]) -> dict[str, int]:
    return {
        "tests": len(standings),
        "within": sum(each.standing in {Standing.WITHIN, Standing.NEAR_LIMIT} for each in standings),
        "near": sum(each.standing is Standing.NEAR_LIMIT for each in standings),
        "missing": sum(each.standing is Standing.MISSING for each in standings),
        "out": sum(each.standing is Standing.OUT_OF_SPECIFICATION for each in standings),
        "unreviewed": sum(bool(each.results) and not each.is_reviewed for each in standings),
    }


def review_page(session: Session, number: str, actor: Actor) -> Mapping[str, Any]:
    """Return a lot's results that wait for a review, each with its verdict and what speaks against this reviewer."""
    lot = lot_numbered(session, number)
    definition = definition_of(lot.study_definition)
    waiting = [each for each in results_of(session, lot.id) if each.status == "recorded"]
    facts = result_facts(session, waiting)
    lines = [
        {
            "result": result,
            "test": definition.tests[result.test],
            "limit": limit_words(definition.tests[result.test]),
            "standing": judge_one(definition.tests[result.test], fact.reported),
            "against": against_review([fact], actor.username),
        }
        for result, fact in zip(waiting, facts, strict=True)
    ]
    return {"lot": lot, "lines": lines}

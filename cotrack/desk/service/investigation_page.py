"""The page of an investigation of a failed test."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from cotrack.desk.service.acts import Offer, offers
from cotrack.desk.service.thing_page import name_of
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import records_of
from cotrack.foundation.blockers import Blocker
from cotrack.lifecycles import INVESTIGATION
from cotrack.release.rules.investigations import (
    InvestigationFacts,
    against_confirming,
    against_ending_phase_1,
    against_investigations,
    against_plan,
    against_plan_approval,
    against_refuting,
    against_report,
)
from cotrack.release.service.investigated import investigation_facts, investigation_numbered
from cotrack.release.service.results import results_of
from cotrack.study.rules.specification import limit_words
from cotrack.study.service import definition_of


def investigation_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:  # noqa: ARG001 (one shape for all pages)
    """Return the page of an investigation: what failed, both phases, what was tested again, and what can be done."""
    investigation = investigation_numbered(session, number)
    (facts,) = investigation_facts(session, [investigation])
    test = definition_of(investigation.lot.study_definition).tests[investigation.test]
    mine = set(investigation.result_ids)
    found = offers(INVESTIGATION, number, investigation.status, actor, against=_against(facts, actor.username))
    return {
        "investigation": investigation,
        "facts": facts,
        "test": test,
        "limit": limit_words(test),
        "retests": [each for each in results_of(session, investigation.lot_id) if each.retest_of_id in mine],
        "offers": [each for each in found if not _is_over(each)],
        "standing": against_investigations([facts]),
        "opened_by": name_of(session, investigation.opened_by_id),
        "reported_by": name_of(session, investigation.reported_by_id) if investigation.reported_by_id else "",
        "planned_by": name_of(session, investigation.planned_by_id) if investigation.planned_by_id else "",
        "timeline": records_of(session, [f"investigation:{number}"]),
    }


def _is_over(offer: Offer) -> bool:
    """Whether nothing will ever make a step possible again, or only the other one fits what was reported."""
    return any(each.code in {"plan_approved", "reported_otherwise"} for each in offer.blockers)


def _against(facts: InvestigationFacts, username: str) -> dict[str, Sequence[Blocker]]:
    return {
        "report": against_report(facts, username),
        "find_error": against_ending_phase_1(facts, "error_found", username),
        "go_on": against_ending_phase_1(facts, "none_found", username),
        "plan": against_plan(facts, username),
        "approve_plan": against_plan_approval(facts, username),
        "confirm": against_confirming(facts, username),
        "refute": against_refuting(facts, username),
    }

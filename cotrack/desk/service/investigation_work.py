"""What waits in the investigations of failed results: for analysts the report and the plan, for QA each signature."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from cotrack.desk.service.tasks import Desk, Task
from cotrack.foundation.words import N_
from cotrack.release.models import Investigation
from cotrack.release.rules.investigations import InvestigationFacts, against_confirming, against_report
from cotrack.release.service.investigated import investigation_facts, under_way


def to_report(session: Session, desk: Desk) -> Iterator[Task]:
    """Return what an analyst reports or plans; none about a result that they made or entered."""
    for each, facts in _known(session):
        if against_report(facts, desk.actor.username):
            continue
        if each.status == "phase_1" and not each.outcome:
            yield _task(each, N_("Report the laboratory investigation"))
        elif each.status == "phase_2" and facts.retests is None:
            yield _task(each, N_("Plan the retests of the investigation"))


def to_sign(session: Session, desk: Desk) -> Iterator[Task]:
    """Return what QA signs: the end of phase 1, the plan, the conclusion; not what they may not sign themselves."""
    for each, facts in _known(session):
        if against_confirming(facts, desk.actor.username):
            continue
        if each.status == "phase_1" and each.outcome:
            yield _task(each, N_("Sign the laboratory investigation"))
        elif each.status == "phase_2" and facts.retests is not None and not facts.is_plan_approved:
            yield _task(each, N_("Approve the retest plan"))
        elif facts.is_plan_approved and (facts.failed or facts.answered >= (facts.retests or 0)):
            yield _task(each, N_("Conclude the investigation"))


def _known(session: Session) -> Iterator[tuple[Investigation, InvestigationFacts]]:
    found = under_way(session)
    yield from zip(found, investigation_facts(session, found), strict=True)


def _task(each: Investigation, title: str) -> Task:
    arguments = {"number": each.number}
    return Task(title, f"investigation:{each.number}", "desk.investigation", arguments, each.opened_at)

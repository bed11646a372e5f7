"""What the laboratory owes: results that are due or late, and lots without any."""

from collections.abc import Collection, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.desk.service.product_work import UNDECIDED
from cotrack.desk.service.tasks import Desk, Task
from cotrack.foundation.words import N_
from cotrack.manufacture.models import Lot
from cotrack.release.models import Result
from cotrack.release.rules.trends import VALID_STATES
from cotrack.release.service.laboratories import proposed_mappings
from cotrack.study import service as study
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.specification import Expected, expected


def results_awaited(session: Session, desk: Desk) -> Iterator[Task]:
    """Return each lot that QA has not decided about and that lacks a required result: what is due next, with its day.

    A lot whose specification says of nothing when it is due stands here until it has its first result.
    """
    lots = select(Lot).options(joinedload(Lot.study_definition)).where(Lot.status.in_(UNDECIDED)).order_by(Lot.id)
    there = _tests_there(session)
    for lot in session.scalars(lots):
        awaited = _awaited(lot, there.get(lot.id, ()), desk)
        if awaited:
            yield _task(lot, awaited, desk, is_first=lot.id not in there)
        elif lot.id not in there and lot.status == "quarantine":
            yield Task(N_("Import results"), f"lot:{lot.number}", "release.import_results", {}, lot.made_at)


def mappings_to_approve(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the mappings that wait for QA; none that the person proposed."""
    for each in proposed_mappings(session):
        if each.proposed_by_id != desk.actor.person_id:
            code, title = each.laboratory.code, N_("Approve how a laboratory's files are read")
            yield Task(title, f"laboratory:{code}", "laboratory.show", {"code": code}, each.proposed_at)


def _tests_there(session: Session) -> dict[int, set[str]]:
    """Return the tests that have a valid result, of every lot that QA has not decided about, by one statement."""
    statement = select(Result.lot_id, Result.test).join(Lot, Lot.id == Result.lot_id)
    there: dict[int, set[str]] = {}
    for lot_id, test in session.execute(
        statement.where(Lot.status.in_(UNDECIDED), Result.status.in_(VALID_STATES)).distinct()
    ):
        there.setdefault(lot_id, set()).add(test)
    return there


def _awaited(lot: Lot, there: Collection[str], desk: Desk) -> list[tuple[ReleaseTest, Expected]]:
    """Return the required tests without a result that have a day, first due first."""
    tests, today = study.definition_of(lot.study_definition).tests.values(), desk.site_day(desk.now)
    missing = [each for each in tests if each.is_required and each.key not in there]
    awaited = [(each, found) for each in missing if (found := expected(each, lot.made_on, today))]
    return sorted(awaited, key=lambda each: each[1].due_on)


def _task(lot: Lot, awaited: list[tuple[ReleaseTest, Expected]], desk: Desk, *, is_first: bool) -> Task:
    (test, next_due), late = awaited[0], sum(bool(each.days_late) for _, each in awaited)
    title = N_("Import results") if is_first else N_("Results are awaited")
    return Task(
        title,
        f"lot:{lot.number}",
        "release.import_results",
        {},
        lot.made_at,
        desk.end_of_day(next_due.due_on),
        is_urgent=next_due.due_on <= desk.site_day(desk.now),
        note=N_("due first: {test}; {count} outstanding, {late} overdue"),
        details={"test": test.name, "count": len(awaited), "late": late},
    )

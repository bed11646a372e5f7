"""What is known of investigations, and how they begin by themselves with a failed result."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from cotrack.foundation.access.models import Signature
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.errors import NotFound
from cotrack.foundation.words import Words
from cotrack.foundation.work import Work
from cotrack.labelling.service.documents import both
from cotrack.lifecycles import INVESTIGATION
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.models import InvestigatedResult, Investigation, Result
from cotrack.release.rules.investigations import UNDER_WAY, InvestigationFacts, has_failed
from cotrack.release.rules.lots import ResultFacts
from cotrack.release.service.results import SIGNED, result_facts
from cotrack.study import service as study

_LOADED: Final = (
    joinedload(Investigation.lot).joinedload(Lot.study_definition),
    joinedload(Investigation.phase_1_signature),
    joinedload(Investigation.plan_signature),
    joinedload(Investigation.conclusion_signature),
    selectinload(Investigation.investigated).joinedload(InvestigatedResult.result),
)


def investigate(work: Work, failed: Iterable[tuple[Lot, Result]]) -> list[Investigation]:
    """Take failed results into the investigation of their test that is under way, opening one where there is none.

    It follows from the command that stores them, whose lots are locked: of each test one is under way at most.
    """
    found: dict[tuple[int, str], Investigation] = {}
    for lot, result in failed:
        key = lot.id, result.test
        if key not in found:
            found[key] = _under_way(work.session, *key) or _opened(work, lot, result.test)
        work.append(InvestigatedResult, investigation_id=found[key].id, result_id=result.id)
    numbers = [each.number for each in found.values()]
    if numbers:
        work.details["investigations"] = numbers
    return list(found.values())


def _under_way(session: Session, lot_id: int, test: str) -> Investigation | None:
    return session.scalar(
        select(Investigation).where(
            Investigation.lot_id == lot_id, Investigation.test == test, Investigation.status.in_(UNDER_WAY)
        )
    )


def _opened(work: Work, lot: Lot, test: str) -> Investigation:
    earlier = work.session.scalar(select(func.count()).where(Investigation.lot_id == lot.id)) or 0
    texts = ("hypothesis", "outcome", "plan_hypothesis", "retest_sample", "retest_not_by", "conclusion", "cause")
    checked = ("sample", "standard", "equipment", "calculation", "technique")
    investigation = Investigation(
        number=f"OOS-{lot.number}-{earlier + 1}",
        lot_id=lot.id,
        test=test,
        status="phase_1",
        opened_at=work.now,
        opened_by_id=work.person_id,
        **dict.fromkeys((*texts, *(f"{each}_checked" for each in checked)), ""),
    )
    work.add(investigation)
    return investigation


def investigations_of(session: Session, lot_id: int) -> Sequence[Investigation]:
    """Return every investigation that a lot ever had, newest first."""
    statement = select(Investigation).options(*_LOADED).where(Investigation.lot_id == lot_id)
    return session.scalars(statement.order_by(Investigation.id.desc())).all()


def investigation_lines(session: Session, lot: Lot) -> list[tuple[Words, Investigation]]:
    """Return every investigation of a lot, newest first, each with the names of its test."""
    tests = study.definition_of(lot.study_definition).tests
    return [(tests[each.test].name, each) for each in investigations_of(session, lot.id)]


def investigation_numbered(session: Session, number: str) -> Investigation:
    """Return an investigation with its lot, its results and its signatures; raises NotFound."""
    found = session.scalar(select(Investigation).options(*_LOADED).where(Investigation.number == number))
    if found is None:
        raise NotFound("There is no investigation {number}.", number=number)
    return found


def under_way(session: Session) -> Sequence[Investigation]:
    """Return the investigations that are not concluded, oldest first."""
    statement = select(Investigation).options(*_LOADED).where(Investigation.status.in_(UNDER_WAY))
    return session.scalars(statement.order_by(Investigation.id)).all()


def investigation_facts(session: Session, investigations: Sequence[Investigation]) -> list[InvestigationFacts]:
    """Return investigations as the rules see them, in three statements however many there are."""
    if not investigations:
        return []
    lots = {each.lot_id for each in investigations}
    stored = session.scalars(select(Result).options(*SIGNED).where(Result.lot_id.in_(lots)).order_by(Result.id)).all()
    known = list(zip(stored, result_facts(session, stored), strict=True))
    writers = _writers_of(session, [f"investigation:{each.number}" for each in investigations])
    return [_facts(each, known, writers) for each in investigations]


def _writers_of(session: Session, subjects: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return who wrote a report or a plan of these investigations: a row names the last, the trail each of them."""
    statement = select(AuditRecord.subject, AuditRecord.actor).where(
        AuditRecord.subject.in_(subjects), AuditRecord.event.in_(_WROTE), AuditRecord.outcome == "done"
    )
    rows = session.execute(statement.distinct()).all()
    return {each: frozenset(actor.casefold() for subject, actor in rows if subject == each) for each in subjects}


_WROTE: Final = tuple(INVESTIGATION.event(each) for each in ("report", "plan"))


def _facts(
    investigation: Investigation,
    known: Sequence[tuple[Result, ResultFacts]],
    writers: Mapping[str, frozenset[str]],
) -> InvestigationFacts:
    test = study.definition_of(investigation.lot.study_definition).tests[investigation.test]
    mine = {each.result_id for each in investigation.investigated}
    approved = investigation.plan_signature
    since = [(result, facts) for result, facts in known if approved and result.recorded_at >= approved.signed_at]
    retests = {result.id for result, _ in since if result.retest_of_id in mine}
    chain = _with_corrections(since, retests)
    valid = [facts for _, facts in chain if facts.is_valid]
    again = {result.id for result, _ in chain}
    failed = [
        result
        for result, facts in since
        if result.id in mine and facts.is_valid and (result.id in again or _is_after(result, approved))
    ]
    return InvestigationFacts(
        number=investigation.number,
        lot=investigation.lot.number,
        test=test.name,
        status=investigation.status,
        authors=frozenset(name for result, facts in known if result.id in mine for name in facts.authors),
        outcome=investigation.outcome,
        writers=writers[f"investigation:{investigation.number}"],
        retests=investigation.retests,
        sample=investigation.retest_sample,
        not_by=investigation.retest_not_by,
        is_plan_approved=approved is not None,
        done=len(retests),
        answered=len(valid),
        failed=len(failed),
        unreviewed=sum(each.reviewed_by_id is None for each in valid),
    )


def _is_after(result: Result, approved: Signature | None) -> bool:
    """Whether a result was stored after the plan was approved: what failed before is what the plan is about."""
    return approved is not None and result.recorded_at > approved.signed_at


def _with_corrections(
    rows: Sequence[tuple[Result, ResultFacts]], retests: Collection[int]
) -> list[tuple[Result, ResultFacts]]:
    """Return the retests among rows, oldest first, with what corrects them in turn."""
    found: list[tuple[Result, ResultFacts]] = []
    ids = set(retests)
    for result, facts in rows:
        if result.id in ids or result.corrects_id in ids:
            ids.add(result.id)
            found.append((result, facts))
    return found


def facts_of_results(session: Session, lot_ids: Collection[int]) -> dict[int, InvestigationFacts]:
    """Return the investigation of each failed result of these lots, by the result's id."""
    statement = select(Investigation).options(*_LOADED).where(Investigation.lot_id.in_(lot_ids))
    found = session.scalars(statement).all()
    return {
        link.result_id: facts
        for each, facts in zip(found, investigation_facts(session, found), strict=True)
        for link in each.investigated
    }


def tests_to_investigate(session: Session, lot_number: str) -> list[tuple[str, str]]:
    """Return the tests of a lot with a failed result that no investigation has, as a form offers them."""
    lot = lot_numbered(session, lot_number)
    tests = study.definition_of(lot.study_definition).tests
    return [(key, both(tests[key].name)) for key in dict.fromkeys(each.test for each in uninvestigated(session, lot))]


def uninvestigated(session: Session, lot: Lot) -> list[Result]:
    """Return the failed results of a lot that count and that no investigation has: stored before there were any."""
    taken = select(InvestigatedResult.result_id)
    statement = select(Result).options(*SIGNED).where(Result.lot_id == lot.id, Result.id.not_in(taken))
    found = session.scalars(statement.order_by(Result.id)).all()
    tests = study.definition_of(lot.study_definition).tests
    facts = zip(found, result_facts(session, found), strict=True)
    return [result for result, each in facts if each.is_valid and has_failed(tests[result.test], each.reported)]

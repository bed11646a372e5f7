"""Reviewing results as a second person, and reading what is stored of them."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.access.models import Person
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import RESULT
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.models import Invalidation, Result, ResultImport
from cotrack.release.rules.authors import KnownPerson, people_meant
from cotrack.release.rules.lots import ResultFacts, against_review
from cotrack.release.rules.trends import VALID_STATES
from cotrack.study.rules.specification import Reported


def review_results(work: Work, lot_number: str, *, result_ids: Sequence[int]) -> list[Result]:
    """Sign, as a second person, that these results of a lot were read against their source (product.md, order)."""
    work.begin(RESULT, "review", "", subject=f"lot:{lot_number}")
    lot = work.lock(Lot, lot_number, share=True)
    statement = (
        select(Result)
        .where(Result.lot_id == lot.id, Result.id.in_(result_ids))
        .order_by(Result.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    results = list(work.session.scalars(statement))
    if not results or len(results) != len(set(result_ids)):
        raise InvalidInput(fields={"result_ids": [N_("Choose results of this lot.")]})
    for result in results:
        work.expect(result, "review")
    work.refuse_if(against_review(result_facts(work.session, results), work.actor.username))
    signature = work.sign(RESULT["review"].meaning, _review_text(lot, results))
    for result in results:
        work.move(result, "review")
        result.review_signature = signature
    return results


def _review_text(lot: Lot, results: Sequence[Result]) -> str:
    lines = [
        f"{each.sample}  {each.test}  #{each.replicate}  {each.reported} {each.unit}  {each.analyst}".rstrip()
        for each in results
    ]
    head = f"Review of results of lot {lot.number} / 批次 {lot.number} 检验结果复核"
    statement = "I compared these results with their source. / 本人已将以下结果与原始数据核对。"
    return "\n".join([head, statement, *lines])


_INVALIDATED = joinedload(Result.invalidation)
SIGNED: Final = (
    joinedload(Result.review_signature),
    _INVALIDATED.joinedload(Invalidation.signature),
    _INVALIDATED.joinedload(Invalidation.deviation),
)
"""What is loaded with results, so that a list of them asks the database once."""


def results_of(session: Session, lot_id: int) -> Sequence[Result]:
    """Return every result of a lot in the order of their recording."""
    return session.scalars(select(Result).options(*SIGNED).where(Result.lot_id == lot_id).order_by(Result.id)).all()


def listed_results(session: Session, lot_number: str) -> Select[Result]:
    """Return how the results of a lot are found, for a list that is paged by key; raises NotFound for the lot."""
    lot = lot_numbered(session, lot_number)
    return select(Result).options(*SIGNED).where(Result.lot_id == lot.id)


def files_of(session: Session, lot_id: int) -> Sequence[str]:
    """Return the hashes of the files that a lot's results came from."""
    statement = select(ResultImport.file_sha256).join(Result, Result.import_id == ResultImport.id)
    return session.scalars(statement.where(Result.lot_id == lot_id).distinct()).all()


def result_facts(session: Session, results: Sequence[Result]) -> list[ResultFacts]:
    """Return results as the rules see them: their authors are whom the analyst's cell may mean and who entered them."""
    rows = session.execute(select(Person.id, Person.username, Person.printed_name)).all() if results else []
    names, people = (
        {row.id: row.username for row in rows},
        [KnownPerson(row.username, row.printed_name) for row in rows],
    )
    meant = {cell: people_meant(cell, people) for cell in {each.analyst for each in results}}
    return [
        ResultFacts(
            test=each.test,
            replicate=each.replicate,
            reported=Reported(each.qualifier, each.number, each.reported),
            authors=meant[each.analyst] | {names[by].casefold() for by in _entered_by(each)},
            reviewed_by_id=each.review_signature.person_id if each.review_signature else None,
            invalid_because="" if each.status in VALID_STATES else _invalid_because(each),
            invalidated_by_id=each.invalidation.signature.person_id if each.invalidation else None,
        )
        for each in results
    ]


def _entered_by(result: Result) -> list[int]:
    """Return who entered a result: who imported it, or both who typed it."""
    return [each for each in (result.recorded_by_id, result.first_entered_by_id) if each is not None]


def _invalid_because(result: Result) -> str:
    """Say by which deviation, why and by whom a result was made invalid."""
    made = result.invalidation
    if made is None:
        raise LookupError(f"result {result.id} is invalid, and nothing says why")
    return f"{made.deviation.number}: {made.reason} ({made.signature.printed_name})"

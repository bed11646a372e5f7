"""What is known of a lot that is supplied out of specification, and how people read it (domain.md §3.3 rule 4)."""

from collections.abc import Sequence

from sqlalchemy import String, cast, literal, select, union_all
from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.site import Site
from cotrack.foundation.work import Work
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.deviations import is_under
from cotrack.manufacture.service.inputs import hold_ids_ever_over
from cotrack.quality.models import Deviation
from cotrack.release.models import Investigation, Result
from cotrack.release.rules.lots import ResultFacts, TestStanding, outstanding, standings
from cotrack.release.rules.supply import (
    Beside,
    against_evaluation,
    against_supplying,
    against_uninvestigated,
    failed,
    findings,
)
from cotrack.release.rules.trends import VALID_STATES
from cotrack.release.service.case import decider, lot_standings, release_case
from cotrack.release.service.dispositions import INVESTIGATION_WORDS
from cotrack.release.service.investigated import uninvestigated
from cotrack.study import service as study
from cotrack.study.rules.specification import Reported, limit_words


def findings_of(session: Session, lot: Lot) -> str:
    """Return the text of what is known of a lot now: results, investigations, deviations, and holds of all time.

    Read by columns, so that what another command changed since is seen on rows that this one had loaded.
    """
    return findings(standings(study.definition_of(lot.study_definition), _results(session, lot)), _beside(session, lot))


def _beside(session: Session, lot: Lot) -> Beside:
    """Return what stands beside a lot's results, by one statement: it is asked at the bedside."""
    hold = hold_ids_ever_over(lot).subquery()
    found = union_all(
        select(literal("investigation"), Investigation.number, Investigation.status).where(
            Investigation.lot_id == lot.id
        ),
        select(literal("deviation"), Deviation.number, literal("")).where(is_under(lot)),
        select(literal("hold"), cast(hold.c.id, String), literal("")),
    )
    rows = session.execute(found).all()
    return Beside(
        investigations=[(number, status) for kind, number, status in rows if kind == "investigation"],
        deviations=[number for kind, number, _ in rows if kind == "deviation"],
        holds=[int(number) for kind, number, _ in rows if kind == "hold"],
    )


def _results(session: Session, lot: Lot) -> list[ResultFacts]:
    """Return a lot's results as far as their verdict goes: nobody's name is asked."""
    columns = (Result.test, Result.replicate, Result.qualifier, Result.number, Result.reported)
    signed = select(*columns, Result.status, Result.review_signature_id).where(Result.lot_id == lot.id)
    return [
        ResultFacts(
            test=row.test,
            replicate=row.replicate,
            reported=Reported(row.qualifier, row.number, row.reported),
            authors=frozenset(),
            reviewed_by_id=row.review_signature_id,
            invalid_because="" if row.status in VALID_STATES else row.status,
        )
        for row in session.execute(signed.order_by(Result.id))
    ]


def failed_tests(session: Session, lot: Lot) -> list[TestStanding]:
    """Return the tests of a lot that are out of specification now."""
    return failed(lot_standings(session, lot))


def against_evaluation_now(work: Work, lot: Lot, site: Site) -> list[Blocker]:
    """Return every reason why this person cannot sign now that bags of a lot may be supplied out of specification."""
    case = release_case(work.session, lot, site)
    against = against_supplying(lot.number, lot.status, case.facts.standings)
    if against:
        return against
    tests = {each.test: case.definition.tests[each.test] for each in uninvestigated(work.session, lot)}
    return [
        *against_uninvestigated(lot.number, list(tests.values())),
        *against_evaluation(case.definition, case.facts, decider(work.actor), work.now),
    ]


_DEVIATION_WORDS = {"open": "open / 未处理", "closed": "closed / 已关闭"}


def finding_lines(session: Session, lot: Lot) -> list[str]:
    """Return what is signed of a lot out of specification: what failed, is awaited, is or was looked into."""
    judged = lot_standings(session, lot)
    return [
        "Out of specification / 超标:",
        *(_failed_line(each) for each in failed(judged)),
        *_awaited_lines(judged),
        *(
            f"Investigation / 超标调查 {each}: {INVESTIGATION_WORDS[now]}"
            for each, now in _investigations(session, lot)
        ),
        *(f"Deviation / 偏差 {each}: {_DEVIATION_WORDS[now]}" for each, now in _deviations(session, lot)),
    ]


def _failed_line(each: TestStanding) -> str:
    reported = ", ".join(f"{found.reported.words} {each.test.unit}".rstrip() for found in each.results)
    return f"{each.test.name['en']} / {each.test.name['zh']}: {reported} ({limit_words(each.test)})"


def _awaited_lines(judged: Sequence[TestStanding]) -> list[str]:
    awaited = [f"{each.name['en']} / {each.name['zh']}" for each in outstanding(judged)]
    return ["Outstanding / 尚未完成:", *awaited] if awaited else []


def _investigations(session: Session, lot: Lot) -> list[tuple[str, str]]:
    columns = select(Investigation.number, Investigation.status).where(Investigation.lot_id == lot.id)
    return [(number, status) for number, status in session.execute(columns.order_by(Investigation.id))]


def _deviations(session: Session, lot: Lot) -> list[tuple[str, str]]:
    columns = select(Deviation.number, Deviation.status).where(is_under(lot))
    return [(number, status) for number, status in session.execute(columns.order_by(Deviation.id))]

"""QA makes a result invalid, signed, for a cause that a deviation of its lot names: it stays, and counts no more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.lifecycles import RESULT
from cotrack.manufacture.models import Lot
from cotrack.quality.models import Deviation
from cotrack.quality.service.deviations import deviation_facts, deviations_of
from cotrack.release.models import Invalidation, Result
from cotrack.release.rules.invalidation import against_invalidation
from cotrack.release.rules.investigations import against_making_invalid, has_failed
from cotrack.release.rules.late import against_staying_released_without
from cotrack.release.rules.lots import Decider, ResultFacts, standings
from cotrack.release.service.investigated import facts_of_results
from cotrack.release.service.late import StoppedLot, ever_released, stop_lots
from cotrack.release.service.results import result_facts, results_of
from cotrack.study import service as study


@dataclass(frozen=True)
class Invalidated:
    """A result that was made invalid, and its lot where that went on hold with it."""

    result: Result
    stopped: tuple[StoppedLot, ...]


def invalidate_result(work: Work, result_id: int, *, deviation: str, reason: str) -> Invalidated:
    """Make a result invalid; QA signs over the cause that the deviation names.

    One that failed goes by what its investigation found: the laboratory's error, or a cause (FDA, Investigating OOS
    Test Results, 2022). It lifts nothing: a hold and a deviation that came with the result stand until QA ends them.
    It may stop: a lot that was released goes on hold in the same moment where a required test has no valid, reviewed
    result left.
    """
    # 1 permission and reason; then the lot is locked: a release is done before this, or sees it.
    subject = _subject(work.session, result_id)
    work.begin(RESULT, "invalidate", str(result_id), reason=reason, subject=subject)
    if not subject:
        raise NotFound("There is no such result.")
    lot = work.lock(Lot, subject.partition(":")[2])
    result = work.session.get_one(Result, result_id, with_for_update=True, populate_existing=True)
    work.expect(result, "invalidate")
    # 2 every reason against it, and what it does to the lot.
    (facts,) = result_facts(work.session, [result])
    behind = _deviation(work, lot, deviation)
    who = Decider(work.actor.person_id, work.actor.username)
    against = against_invalidation(facts, deviation_facts(behind) if behind else None, who)
    work.refuse_if([*against, *_against_failed(work.session, lot, result, facts)])
    stopped = _stopped(work.session, lot, result)
    # 3 the signature stands under the result, the cause, and what follows (21 CFR 11.70).
    signature = work.sign(RESULT["invalidate"].meaning, _text(lot, result, _cause(behind, reason), stopped))
    work.move(result, "invalidate")
    work.append(
        Invalidation,
        result_id=result.id,
        deviation_id=behind.id if behind else None,
        reason=reason.strip(),
        invalidated_at=work.now,
        signature_id=signature.id,
    )
    work.session.expire(result, ["invalidation"])
    # 4 the hold follows by itself, in the same record.
    stop_lots(work, stopped)
    return Invalidated(result, stopped)


def _against_failed(session: Session, lot: Lot, result: Result, facts: ResultFacts) -> list[Blocker]:
    """Return what an investigation has to find first; a result that passed needs none."""
    test = study.definition_of(lot.study_definition).tests[result.test]
    if not has_failed(test, facts.reported):
        return []
    return against_making_invalid(lot.number, facts_of_results(session, {lot.id}).get(result.id))


def result_numbered(session: Session, result_id: int) -> Result:
    """Return a result with its lot; raises NotFound."""
    found = session.get(Result, result_id)
    if found is None:
        raise NotFound("There is no such result.")
    return found


def named_causes(session: Session, lot_number: str) -> list[Deviation]:
    """Return the open deviations of a lot that name a cause, newest first."""
    return [each for each in deviations_of(session, f"lot:{lot_number}") if each.cause and each.status == "open"]


def _subject(session: Session, result_id: int) -> str:
    found = session.get(Result, result_id)
    return f"lot:{found.lot.number}" if found else ""


def _deviation(work: Work, lot: Lot, number: str) -> Deviation | None:
    """Return the deviation of the lot, locked: neither its cause nor its closure changes before this is done."""
    mine = {each.number for each in deviations_of(work.session, f"lot:{lot.number}")}
    return work.lock(Deviation, number.strip()) if number.strip() in mine else None


def _stopped(session: Session, lot: Lot, result: Result) -> tuple[StoppedLot, ...]:
    """Return the lot where it was released and cannot stay so without this result."""
    if lot.id not in ever_released(session, {lot.id}):
        return ()
    stored = results_of(session, lot.id)
    facts = [
        replace(fact, invalid_because="now") if each.id == result.id else fact
        for each, fact in zip(stored, result_facts(session, stored), strict=True)
    ]
    after = standings(study.definition_of(lot.study_definition), facts)
    (standing,) = [each for each in after if each.test.key == result.test]
    reason = against_staying_released_without(standing, is_conditional=lot.status == "conditionally_released")
    return (StoppedLot(lot, reason),) if reason else ()


def _text(lot: Lot, result: Result, cause: str, stopped: Sequence[StoppedLot]) -> str:
    about = f"{result.sample}  {result.test}  #{result.replicate}  {result.reported} {result.unit}".rstrip()
    lines = [
        f"Invalidation of a result of lot {lot.number} / 批次 {lot.number} 检验结果判定无效",
        f"{about}  {result.analyst}",
        cause,
        "The cause of this result was found: it counts no more, and stays on record.",
        "该结果的原因已查明：不再计入判定，但保留在记录中。",
        *(f"The lot goes on hold / 批次随即扣留: {each.reason}" for each in stopped),
    ]
    return "\n".join(lines)


def _cause(deviation: Deviation | None, reason: str) -> str:
    behind = f"{deviation.number}: {deviation.cause}" if deviation else "–"
    return f"Deviation / 偏差 {behind}\nReason / 理由: {reason.strip()}"

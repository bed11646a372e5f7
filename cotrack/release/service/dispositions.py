"""The signed decision about a lot, and everything that stands against it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Signature
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import Words
from cotrack.foundation.work import Work
from cotrack.labelling.service.documents import Document
from cotrack.labelling.service.keeping import owe, try_out
from cotrack.lifecycles import LOT
from cotrack.manufacture.models import Lot
from cotrack.manufacture.rules import in_neutral_words
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.models import Disposition
from cotrack.release.rules.conditional import against_ended
from cotrack.release.rules.lots import (
    LotFacts,
    ResultFacts,
    TestStanding,
    against_conditional_release,
    against_rejection,
    against_release,
    against_test,
    outstanding,
    standings,
    waits_for_trail_only,
)
from cotrack.release.service.batch_record import batch_record
from cotrack.release.service.case import ReleaseCase, decider, lot_results, release_case
from cotrack.release.service.certificate import Decided, certificate
from cotrack.release.service.conditional import end_of
from cotrack.release.service.release_record import release_record
from cotrack.release.service.trail_reviews import doers_of
from cotrack.study import service as study
from cotrack.study.rules.specification import Standing, limit_words


@dataclass(frozen=True)
class CaseSummary:
    """What a reader sees of a release case."""

    lot: str
    status: str
    blockers: list[Blocker]
    standings: dict[str, str]


def case_summary(ground: Ground, session: Session, lot_number: str, actor: Actor) -> CaseSummary:
    """Return everything that stands against a full release by this person now, as they may know it."""
    lot = lot_numbered(session, lot_number)
    case = release_case(session, lot, ground.site)
    against = against_release(case.definition, case.facts, decider(actor), ground.sessions.clock())
    told = in_neutral_words(against, reads_sources="source:read" in actor.permissions)
    return CaseSummary(
        lot.number, lot.status, told, {each.test.key: each.standing.value for each in case.facts.standings}
    )


def waits_for_trail(ground: Ground, session: Session, lot: Lot, actor: Actor) -> bool:
    """Whether only the review of its trail keeps a lot from going on, and this person may review it.

    A lot that is released conditionally goes on as it is until its time is over.
    """
    who, now = decider(actor), ground.sessions.clock()
    may_wait = lot.status == "quarantine" or bool(against_ended(lot.number, end_of(session, lot), now))
    # What its results refuse needs no look at everything else: most lots of a site wait for a laboratory.
    results = lot_results(session, lot)
    if _refused_by_results(lot, results.facts, may_wait=may_wait):
        return False
    case = release_case(session, lot, ground.site, results)
    found = [against_release(case.definition, case.facts, who, now)]
    if may_wait:
        found.append(against_conditional_release(case.definition, case.facts, who, now))
    return any(map(waits_for_trail_only, found)) and actor.username not in doers_of(session, case.about, results.facts)


def _refused_by_results(lot: Lot, results: Sequence[ResultFacts], *, may_wait: bool) -> bool:
    """Whether a lot's results alone stand against each release; what may be outstanding does not where it may wait."""
    judged = standings(study.definition_of(lot.study_definition), results)
    awaited = {each.key for each in outstanding(judged)} if may_wait else set()
    return any(against_test(lot.number, each) for each in judged if each.test.key not in awaited)


def release(work: Work, lot_number: str) -> Disposition:
    """Release a lot: every required result is there, within its limits and reviewed; QA signs (§3.3 rule 1).

    Its trail was reviewed up to the newest act by somebody who did none of it (EU GMP Annex 11 draft 12.6, 12.8).
    """
    # 1 permission and state, on the locked lot: a hold or recall waits until this is done, or is seen below.
    lot = work.take(Lot, "release", lot_number)
    # 2 every reason against it, decided on what is stored now: an import that the lock waited for undid the review.
    case = release_case(work.session, lot, work.site)
    work.refuse_if(against_release(case.definition, case.facts, decider(work.actor), work.now))
    # 3 the signature stands under the very results that were judged (21 CFR 11.70).
    return _decide(work, case, "release", "")


def release_conditionally(work: Work, lot_number: str, *, reason: str) -> Disposition:
    """Release a lot with outstanding tests: each order then needs the treating physician's acceptance (rule 2).

    The trail is reviewed before it as before a full release.
    """
    lot = work.take(Lot, "release_conditionally", lot_number, reason=reason)
    case = release_case(work.session, lot, work.site)
    work.refuse_if(against_conditional_release(case.definition, case.facts, decider(work.actor), work.now))
    return _decide(work, case, "release_conditionally", reason)


def reject(work: Work, lot_number: str, *, reason: str) -> Disposition:
    """Reject a lot for ever; no review of its trail is waited for."""
    lot = work.take(Lot, "reject", lot_number, reason=reason)
    case = release_case(work.session, lot, work.site)
    work.refuse_if(against_rejection(case.facts, decider(work.actor)))
    return _decide(work, case, "reject", reason)


def _decide(work: Work, case: ReleaseCase, decision: str, reason: str) -> Disposition:
    missing = outstanding(case.facts.standings) if decision == "release_conditionally" else []
    meaning, text = LOT[decision].meaning, disposition_text(case, decision, reason)
    outstanding_keys = [each.key for each in missing]

    def papers(signature: Signature) -> Sequence[Document]:
        against = against_release(case.definition, case.facts, decider(work.actor), work.now)
        decided = Decided(decision, reason, outstanding_keys, signature, against)
        made = [each(work.session, work.site, case, decided) for each in (certificate, release_record)]
        if case.facts.steps is not None:
            made.append(batch_record(work.session, work.site, case.lot.number, reads_sources=True, decided=signature))
        return made

    # Paper that cannot be made leaves nothing half signed: it is set before anybody signs, and promised with the
    # signature.
    try_out(work, meaning, text, papers)
    signature = work.sign(meaning, text)
    owe(work, signature, papers(signature))
    work.move(case.lot, decision)
    disposition = Disposition(
        lot_id=case.lot.id,
        decision=decision,
        outstanding_tests=" ".join(outstanding_keys),
        reason=reason,
        decided_at=work.now,
        signature=signature,
    )
    work.add(disposition)
    return disposition


_STATEMENTS = {
    "release": "I release this lot. / 本人放行该批次。",
    "release_conditionally": (
        "I release this lot conditionally; tests are outstanding. / 本人有条件放行该批次，部分检验尚未完成。"
    ),
    "reject": "I reject this lot. / 本人判定该批次不合格，不予放行。",
}


_VERDICTS = {
    Standing.WITHIN: "within limits / 符合限度",
    Standing.NEAR_LIMIT: "near limit / 接近限度",
    Standing.OUT_OF_SPECIFICATION: "out of specification / 超出限度",
    Standing.MISSING: "missing / 尚无结果",
    Standing.UNDECIDABLE: "cannot be decided / 无法判定",
}
INVESTIGATION_WORDS = {
    "phase_1": "phase 1 / 第一阶段",
    "phase_2": "phase 2 / 第二阶段",
    "error_found": "laboratory error found / 发现实验室差错",
    "oos_confirmed": "confirmed / 超标成立",
    "oos_not_confirmed": "not confirmed / 超标不成立",
}


def disposition_text(case: ReleaseCase, decision: str, reason: str) -> str:
    """Return the very text of a decision: lot, specification, how far the trail was read, how each test stands."""
    lines = [
        f"Lot / 批次 {case.lot.number}",
        f"Study / 方案 {case.definition.code} {case.definition.version}",
        _STATEMENTS[decision],
    ]
    if reason:
        lines.append(f"Reason / 理由: {reason}")
    days = case.definition.product.conditional_release_days
    if decision == "release_conditionally" and days is not None:
        lines.append(f"It ends after / 有效期 {days} d × 24 h")
    if decision != "reject":
        lines.append(f"Trail reviewed up to record / 审计追踪已审阅至记录 {case.facts.trail.reviewed_up_to}")
    for each in case.facts.standings:
        reported = ", ".join(f"{result.reported.words} {each.test.unit}".rstrip() for result in each.results) or "–"
        lines.append(f"{_name(each.test.name)}: {reported} ({limit_words(each.test)}) {_VERDICTS[each.standing]}")
    return "\n".join([*lines, *_investigation_lines(case.facts), *invalidated_lines(case.facts.standings)])


def _name(test: Words) -> str:
    return test["en"] if test["en"] == test["zh"] else f"{test['en']} / {test['zh']}"


def invalidated_lines(standings: Sequence[TestStanding]) -> list[str]:
    """Name each result that was made invalid: nobody decides on a lot without having read of it."""
    lines = [
        f"{_name(each.test.name)} #{result.replicate}: {result.reported.words} {each.test.unit}".rstrip()
        + f" – {result.invalid_because}"
        for each in standings
        for result in each.invalidated
    ]
    return [f"{len(lines)} invalidated / 判定无效的结果:", *lines] if lines else []


def _investigation_lines(facts: LotFacts) -> list[str]:
    """Name each investigation with how it ended: nobody decides on a lot without having read of it."""
    return [
        f"Investigation / 超标调查 {each.number}: {_name(each.test)} – {INVESTIGATION_WORDS[each.status]}"
        for each in facts.investigations
    ]

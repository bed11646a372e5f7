"""QA gives a lot another expiry, signed, on stability evidence: it counts at once, everywhere, and is never undone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.site import Site
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.foundation.written import site_words
from cotrack.lifecycles import LOT
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.rules import FROZEN_STATES, end_of_day, lot_expiry
from cotrack.manufacture.service.lots import lot_numbered, producers
from cotrack.release.models import ExpiryDecision
from cotrack.release.rules.expiry import NewExpiry, against_deciding_expiry, against_new_expiry
from cotrack.release.rules.lots import LotFacts, TrailStanding
from cotrack.release.service.case import ReleaseCase, decider, lot_standings, release_case
from cotrack.release.service.decided import expiry_decisions_of
from cotrack.release.service.unsettled import typists_of
from cotrack.study.rules.definition import Definition
from cotrack.study.service import definition_of


@dataclass(frozen=True)
class Evidence:
    """What a new expiry stands on: in words, and the report where the study's table does not support it."""

    words: str
    reference: str
    reason: str


def decide_expiry(
    work: Work, lot_number: str, *, last_day: date, evidence: str, reason: str, reference: str = ""
) -> ExpiryDecision:
    """Give a lot another last day of use, later or earlier; QA signs (EU GMP Annex 13, 33; CTR 536/2014 Annex VI).

    The lot is locked: an allocation, an issue, a thaw or a start is done before this, or sees the new expiry.
    """
    # 1 permission, reason and state, on the locked lot.
    lot = work.take(Lot, "decide_expiry", lot_number, reason=reason)
    # 2 every reason against it, on what is stored now.
    case = release_case(work.session, lot, work.site)
    stands_on = Evidence(evidence.strip(), reference.strip(), reason.strip())
    at = end_of_day(last_day, work.site.zone).astimezone(UTC)
    new = _new_expiry(work, case, at, stands_on.reference)
    work.refuse_if(against_new_expiry(case.facts, new, decider(work.actor), work.now))
    # 3 the signature stands under both dates, the evidence, and whether the study's own table supports it.
    signature = work.sign(LOT["decide_expiry"].meaning, _text(case, new, stands_on, work.site))
    decision = ExpiryDecision(
        lot_id=lot.id,
        previous_expires_at=lot.expires_at,
        new_expires_at=new.at,
        evidence=stands_on.words,
        reference=stands_on.reference,
        is_beyond_table=new.is_beyond_table,
        reason=stands_on.reason,
        decided_at=work.now,
        signature=signature,
    )
    work.add(decision)
    # 4 what every check reads.
    lot.expires_at = new.at
    return decision


def against_deciding_now(session: Session, lot: Lot, actor: Actor) -> list[Blocker]:
    """Return why this person decides nothing about this lot's expiry now, whatever the new day.

    It asks who had a part in the lot, and no more: a page shows it beside everything else.
    """
    facts = LotFacts(
        number=lot.number,
        expires_at=lot.expires_at,
        standings=lot_standings(session, lot),
        holds=(),
        deviations=(),
        producer_ids=producers(session, lot),
        trail=TrailStanding(0, 0, None),
        typist_ids=typists_of(session, lot.id),
    )
    return against_deciding_expiry(facts, _bags_left(session, lot.id), decider(actor))


def supported_until(definition: Definition, lot: Lot, site: Site) -> datetime | None:
    """Return the end that the study's stability table gives a lot; None where the version has no table."""
    months = definition.product.supported_months
    return None if months is None else lot_expiry(lot.made_on, months, site.zone)


def expiry_sheet(session: Session, number: str, site: Site) -> list[tuple[str, str]]:
    """Return what stands beside the fields of a decision: the expiry now, and how far the study's table goes."""
    lot = lot_numbered(session, number)
    definition = definition_of(lot.study_definition)
    until = supported_until(definition, lot, site)
    return [
        (N_("Expires"), site_words(lot.expires_at, site.zone)),
        (N_("Supported by the stability table until"), site_words(until, site.zone) if until else "–"),
        (N_("Bags not thawed yet"), str(_bags_left(session, lot.id))),
    ]


def _new_expiry(work: Work, case: ReleaseCase, at: datetime, reference: str) -> NewExpiry:
    lot, site, session = case.lot, work.site, work.session
    return NewExpiry(
        at=at,
        previous=lot.expires_at,
        made_at=datetime.combine(lot.made_on, time(), site.zone),
        supported_until=supported_until(case.definition, lot, site),
        earlier=tuple(each.previous_expires_at for each in expiry_decisions_of(session, lot.id)),
        bags_left=_bags_left(session, lot.id),
        reference=reference,
    )


def _bags_left(session: Session, lot_id: int) -> int:
    statement = select(func.count()).where(Unit.lot_id == lot_id, Unit.kind == "bag", Unit.status.in_(FROZEN_STATES))
    return int(session.scalar(statement) or 0)


def _text(case: ReleaseCase, new: NewExpiry, stands_on: Evidence, site: Site) -> str:
    before, after = (site_words(each, site.zone) for each in (case.lot.expires_at, new.at))
    change = "Later / 延长" if new.is_later else "Earlier / 缩短"
    return "\n".join(
        (
            f"Lot / 批次 {case.lot.number}",
            f"Study / 方案 {case.definition.code} {case.definition.version}",
            f"Expires until now / 原有效期至 {before}",
            f"{change}: new expiry / 新有效期至 {after}",
            f"Stability evidence / 稳定性依据: {stands_on.words}",
            f"Report / 报告编号: {stands_on.reference or '–'}",
            _support(case.definition, new, site),
            f"Reason / 理由: {stands_on.reason}",
            "A frozen bag that carries the former date gets a new label before it is issued or thawed.",
            "冷冻保存的细胞袋，凡标签仍为原日期的，须先换贴新标签方可发放或复苏。",
        )
    )


def _support(definition: Definition, new: NewExpiry, site: Site) -> str:
    """Say whether the study's own table supports the new expiry: who signs beyond it reads that they do."""
    if not new.is_later:
        return "Less time than until now. / 短于原有效期。"
    if new.supported_until is None:
        return (
            "The study version has no stability table: this stands on the report alone. / "
            "该方案版本没有稳定性数据表，仅以上述报告为依据。"
        )
    table = f"{definition.product.supported_months} months / 个月, {site_words(new.supported_until, site.zone)}"
    if new.is_beyond_table:
        return (
            f"BEYOND the study's stability table ({table}): this stands on the report alone. / "
            "超出方案稳定性数据支持的期限，仅以上述报告为依据。"
        )
    return f"Within the study's stability table ({table}). / 在方案稳定性数据支持的期限之内。"

"""Review of a lot's trail: by a person who did none of it, signed, required before a lot goes on."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.audit.critical import is_critical
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.service import Told, told
from cotrack.foundation.site import Site
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service.print_queue import files_with
from cotrack.lifecycles import DEVIATION_ACTION, LABEL_INSTANCE, LOT, OOS_SUPPLY
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.rules.lots import SourceFacts
from cotrack.manufacture.service.deviations import is_under
from cotrack.manufacture.service.inputs import sources_of
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.quality.models import Deviation
from cotrack.release.models import DECISIONS, Investigation, Result, ResultImport, TrailReview
from cotrack.release.rules.lots import ResultFacts, TrailStanding, against_trail_review
from cotrack.release.rules.supply import SUPPLY_NUMBER
from cotrack.release.service.results import result_facts, results_of

EVENT: Final = "trail_review.sign"
REFUSED: Final = "refused"
PERMISSION: Final = "trail:review"
MEANING: Final = "reviewed"
OUTDATES_NOTHING: Final = frozenset(
    {
        EVENT,
        "label_instance.specimen",
        "document.keep",
        DEVIATION_ACTION.event("finish"),
        DEVIATION_ACTION.event("drop"),
        *(LOT.event(each) for each in DECISIONS),
        *(OOS_SUPPLY.event(each) for each in OOS_SUPPLY.actions),
    }
)
"""What leaves a review standing: reviews, the decisions that follow from them and their paper, specimens, which change
nothing, and the end of an action: before a correction ends its deviation is open, and its closure outdates. A supply
out of specification changes nothing of its lot either."""


def review_trail(work: Work, lot_number: str) -> TrailReview:
    """Sign that a lot's whole trail was read, up to its newest record; refuses whoever did anything to the lot.

    What is signed counts the records: one that comes after they were shown changes the text, and the signature fails.
    """
    work.record(EVENT, f"lot:{lot_number}", permission=PERMISSION)
    # The lot is locked for itself: whatever is done to it or its units is done before this review, or waits.
    lot = work.lock(Lot, lot_number)
    about, results = records_about(work.session, lot), results_of(work.session, lot.id)
    records, standing = lot_trail(work.session, lot, about), trail_standing(work.session, lot, work.site, about)
    doers = doers_of(work.session, about, result_facts(work.session, results))
    work.refuse_if(against_trail_review(standing, doers, work.actor.username))
    signature = work.sign(MEANING, _review_text(lot, records))
    review = TrailReview(
        lot_id=lot.id,
        last_record_id=max(each.record_id for each in records),
        records=len(records),
        reviewed_at=work.now,
        signature_id=signature.id,
    )
    work.add(review)
    return review


def doers_of(session: Session, about: ColumnElement[bool], results: Sequence[ResultFacts]) -> set[str]:
    """Return the user names of whoever did anything to a lot, in the program or in the laboratory.

    `about` says which records are the lot's; `results` are all of its own.
    """
    did = (AuditRecord.outcome != REFUSED, AuditRecord.event != EVENT)
    acted = session.scalars(select(AuditRecord.actor).where(about, *did).distinct())
    return {name for each in results for name in each.authors} | set(acted)


def _review_text(lot: Lot, records: Sequence[Told]) -> str:
    critical = [each for each in records if is_critical(each.event, each.outcome, each.reason)]
    ids = [each.record_id for each in records]
    lines = [
        f"Audit trail of lot / 批次审计追踪 {lot.number}",
        f"{len(records)} records / 条记录, {min(ids)}–{max(ids)}",
        "I have read this trail. / 本人已审阅该审计追踪。",
        f"Critical / 关键 {len(critical)}:",
        *(f"{each.record_id} {each.event} {each.outcome} {each.actor} {each.reason}".rstrip() for each in critical),
    ]
    return "\n".join(lines)


def lot_trail(session: Session, lot: Lot, about: ColumnElement[bool] | None = None) -> list[Told]:
    """Return every record about a lot, its units, deviations, investigations, files and sources, oldest first.

    `about` says which those are, where the caller knows it.
    """
    own = records_about(session, lot) if about is None else about
    return [told(row) for row in session.scalars(select(AuditRecord).where(own).order_by(AuditRecord.id))]


def records_about(session: Session, lot: Lot, sources: Sequence[SourceFacts] | None = None) -> ColumnElement[bool]:
    """Return which records are a lot's: its own, its labels given in files, what befell its sources since it was begun.

    `sources` are the lot's, where the caller has read them.
    """
    above = sources_of(session, lot.id) if sources is None else sources
    since = AuditRecord.subject.in_([each.subject for each in above]) & (AuditRecord.at >= lot.made_at)
    given = AuditRecord.subject.in_(files_of(lot)) & (AuditRecord.event == LABEL_INSTANCE.event("confirm_print"))
    return or_(AuditRecord.subject.in_(subjects_of(session, lot)), since, given)


def files_of(lot: Lot) -> Select[str]:
    """Return the print jobs under which labels of a lot's units stand in the trail."""
    of_units = select("unit:" + Unit.number).where(Unit.lot_id == lot.id)
    return files_with(LabelInstance.subject.in_(of_units))


def subjects_of(session: Session, lot: Lot) -> list[str]:
    """Return what the records of a lot stand under: itself, units, files, deviations, investigations, supplies."""
    of_files = select("file:" + ResultImport.file_sha256).join(Result, Result.import_id == ResultImport.id)
    below: CompoundSelect[str] = union_all(
        select("unit:" + Unit.number).where(Unit.lot_id == lot.id),
        of_files.where(Result.lot_id == lot.id).distinct(),
        select("deviation:" + Deviation.number).where(is_under(lot)),
        select("investigation:" + Investigation.number).where(Investigation.lot_id == lot.id),
        _supplies(lot),
    )
    return [f"lot:{lot.number}", *session.scalars(below)]


def _supplies(lot: Lot) -> Select[tuple[str]]:
    """Return how the supplies out of specification of a lot are found by their records: they are numbered one by one.

    Their table stands in a later stage; its rows come with records, and the trail knows those.
    """

    def named(number: ColumnElement[int]) -> ColumnElement[str]:
        return literal("oos_supply:" + SUPPLY_NUMBER.format(lot=lot.number, count="")) + cast(number, String)

    counted = select(literal(1).label("number")).cte("supply", recursive=True)
    is_there = exists().where(AuditRecord.subject == named(counted.c.number))
    counted = counted.union_all(select(counted.c.number + 1).where(is_there))
    return select(named(counted.c.number))


def trail_standing(session: Session, lot: Lot, site: Site, about: ColumnElement[bool]) -> TrailStanding:
    """Return how far a lot's trail was reviewed, and how far it goes by now: to the newest act that was not refused.

    `about` says which records are the lot's (`records_about`).
    """
    changes = (AuditRecord.outcome != REFUSED, AuditRecord.event.not_in(OUTDATES_NOTHING))
    newest = session.scalar(select(func.max(AuditRecord.id)).where(about, *changes)) or 0
    review = newest_review(session, lot.id)
    if review is None:
        return TrailStanding(0, newest, None)
    covered = session.scalar(select(func.count()).where(about, AuditRecord.id <= review.last_record_id))
    return TrailStanding(
        reviewed_up_to=review.last_record_id,
        newest=newest,
        reviewer_id=review.signature.person_id,
        reviewer_may_release=site.trail_reviewer_may_release,
        has_gaps=covered != review.records,
    )


def newest_review(session: Session, lot_id: int) -> TrailReview | None:
    """Return the review that was signed last, with its signature."""
    statement = (
        select(TrailReview)
        .options(joinedload(TrailReview.signature))
        .where(TrailReview.lot_id == lot_id)
        .order_by(TrailReview.id.desc())
        .limit(1)
    )
    return session.scalar(statement)


def review_sheet(session: Session, lot_number: str, site: Site, username: str) -> dict[str, object]:
    """Return what the page of the review shows: every record, the critical ones marked, and what stands against it."""
    lot = lot_numbered(session, lot_number)
    about = records_about(session, lot)
    records, standing = lot_trail(session, lot, about), trail_standing(session, lot, site, about)
    doers = doers_of(session, about, result_facts(session, results_of(session, lot.id)))
    return {
        "lot": lot,
        "records": [(each, is_critical(each.event, each.outcome, each.reason)) for each in records],
        "review": newest_review(session, lot.id),
        "standing": standing,
        "against": against_trail_review(standing, doers, username),
    }

"""What really went into a lot and was not recorded then: QA records it late, signed, and never silently."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from cotrack.foundation import written
from cotrack.foundation.access.models import Person
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import LOT
from cotrack.manufacture.models import CellBank, LateInput, Lot, LotInput, Material, Unit
from cotrack.manufacture.rules import Use, against_late_use, against_vials
from cotrack.manufacture.rules.process import against_growth
from cotrack.manufacture.service.inputs import lock_usable, put_in, usable_named, vials_left, vials_of
from cotrack.manufacture.service.lots import stop_lot
from cotrack.manufacture.service.process import lot_steps
from cotrack.manufacture.service.sources import chain_facts, source_named
from cotrack.quality.models import Hold
from cotrack.quality.service import deviations

GIVEN_STATES: Final = frozenset({"conditionally_released", "released", "closed"})
"""States of a lot of which bags may be given, or were."""
OUT_STATES: Final = ("issued", "received", "thawing", "thawed", "started", "paused", "completed", "stopped_early")
"""Of a lot that was released conditionally and rejected later: states of a bag that left the freezer to be given."""


@dataclass(frozen=True)
class Recorded:
    """What was recorded late, and the hold that followed on a lot of which bags may be given."""

    made: LotInput
    late: LateInput
    hold: Hold | None


def record_late(
    work: Work, lot_number: str, *, source: str, amount: str, used_at: str, used_by: str, reason: str
) -> Recorded:
    """Record what really went into a lot earlier, in whatever state the lot and the source are by now; QA signs.

    `used_at` is the site's time of the use, kept beside the time of the record. It always opens a deviation of the
    lot. Where the source was not fit for use, or the lot's passage is beyond its limit by it, the truth is recorded all
    the same: a lot in process or in quarantine is stopped by what stops its source, and one that was released is held
    in the same record.
    """
    # 1 permission, reason; then everything is locked: source (donor first), lot. A release is done before, or sees it.
    work.begin(LOT, "record_source", lot_number, reason=reason)
    found = lock_usable(work, usable_named(source_named(work.session, source), source))
    lot = work.lock(Lot, lot_number)
    work.expect(lot, "record_source")
    # 2 what is impossible is refused; what was wrong is not.
    at, by = _used_at(work, used_at), _used_by(work, used_by)
    vials = vials_of(found, amount)
    left = vials_left(work.session, found) if isinstance(found, CellBank) else 0
    use = Use(lot.number, lot.status, chain_facts(work.session, found), vials or 0, left)
    work.refuse_if(against_vials(use))
    wrong = [*against_late_use(use, at.astimezone(work.site.zone).date()), *_grown_too_far(work, lot, found)]
    is_held = bool(wrong) and (lot.status in GIVEN_STATES or _has_bags_out(work, lot))
    # 3 the signature stands under what was used, when, by whom, and what was wrong with it.
    words = f"{found.number}, {amount.strip()}, {written.site_words(at, work.site.zone)}, {by.printed_name}"
    signature = work.sign(LOT["record_source"].meaning, _text(lot, words, reason, wrong, is_held=is_held))
    made = put_in(work, lot, found, vials=vials, amount=amount, used=(at, by.id))
    # 4 the deviation and, on a lot of which bags may be given, the hold follow by themselves.
    late = _explained(work, lot, made, reason.strip(), signature_id=signature.id)
    return Recorded(made, late, _held(work, lot, late) if is_held else None)


def _grown_too_far(work: Work, lot: Lot, found: CellBank | Material) -> list[Blocker]:
    """Return why the cells of a lot have grown too far by the passage of a bank that is recorded late."""
    steps = lot_steps(work.session, lot, found) if isinstance(found, CellBank) else None
    return against_growth(steps) if steps is not None else []


def _explained(work: Work, lot: Lot, made: LotInput, reason: str, *, signature_id: int) -> LateInput:
    """Open the deviation of a late record, and keep why it is late beside what was used.

    Everybody who sees the lot reads the deviation: what was used, and why, stands where sources are read alone.
    """
    when = written.site_words(made.used_at, work.site.zone)
    description = (
        f"Something that went into the lot at {when} was recorded late: see what went into the lot. / "
        f"{when} 投入的物料或细胞为补记，详见投入记录。"
    )
    deviation = deviations.open_deviation(work, f"lot:{lot.number}", description=description)
    late = LateInput(
        input_id=made.id,
        deviation=deviation,
        reason=reason,
        recorded_at=work.now,
        signature_id=signature_id,
    )
    work.add(late)
    work.details["deviation"] = deviation.number
    return late


def _held(work: Work, lot: Lot, late: LateInput) -> Hold:
    work.details["held"] = [f"lot:{lot.number}"]
    return stop_lot(work, lot, reason=_WHY_HELD, action="follow_record", deviation=late.deviation)


_WHY_HELD: Final = (
    "Something that went into this lot was recorded late and was not fit for use: quality assurance knows what. / "
    "补记了该批次所用的细胞库或物料，其使用时不符合要求：详情由质量保证部门掌握。"
)
"""It reaches those who do not read sources: what is wrong with a donor is a matter of that person's health."""


def _used_at(work: Work, text: str) -> datetime:
    at = written.site_instant(text.strip(), work.site.zone)
    if at is None or at > work.now:
        words = N_("Enter a time of the site that is not in the future, such as 2026-10-05 09:12.")
        raise InvalidInput(fields={"used_at": [words]})
    return at


def _used_by(work: Work, username: str) -> Person:
    found = work.session.scalar(select(Person).where(Person.username == username.strip()))
    if found is None:
        raise InvalidInput(fields={"used_by": [N_("Nobody of this user name works here.")]})
    return found


def _has_bags_out(work: Work, lot: Lot) -> bool:
    out = select(Unit.id).where(Unit.lot_id == lot.id, Unit.status.in_(OUT_STATES)).limit(1)
    return work.session.scalar(out) is not None


def _text(lot: Lot, words: str, reason: str, wrong: Sequence[Blocker], *, is_held: bool) -> str:
    lines = [
        f"Lot / 批次 {lot.number}: {words}",
        "This really went into the lot and was not recorded then. / 上述细胞库或物料确已用于该批次，当时未予记录。",
        f"Reason / 理由: {reason.strip()}",
        *(f"Not fit for use / 使用时不符合要求: {each.sentence}" for each in wrong),
    ]
    if is_held:
        lines.append("The lot goes on hold. / 该批次随即扣留。")
    return "\n".join(lines)

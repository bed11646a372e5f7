"""Thaw, start, pause, end of an infusion: only two independent matches let a bag go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.bedside.models import IdentityCheck, Infusion, Wash
from cotrack.bedside.rules.checks import against_bag, against_other_bag, against_pair, against_wash, unique
from cotrack.bedside.rules.facts import CheckFacts
from cotrack.bedside.rules.volumes import against_completion, against_missing, against_volumes, missing_volume
from cotrack.bedside.service.check_facts import checks
from cotrack.bedside.service.facts import against_participant, against_set_aside, place_of
from cotrack.bedside.service.infusion_record import Closed, infusion_record
from cotrack.bedside.service.supplied import supplied_lines
from cotrack.bedside.service.ward import locked_facts
from cotrack.foundation.access.models import Person, Signature
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.labelling.service.keeping import owe
from cotrack.lifecycles import UNIT
from cotrack.manufacture.models import Unit
from cotrack.orders.models import Allocation, Order
from cotrack.orders.service.allocation import record_administration, record_start
from cotrack.study import service as study


@dataclass(frozen=True)
class _Volumes:
    given_ml: Decimal
    left_ml: Decimal
    missing_reason: str


def start_thaw(work: Work, *, first_check: int, second_check: int) -> Unit:
    """Start the thaw of a bag from two people's matches; everything is decided again on locked rows."""
    unit_number = _unit_of_check(work, "thaw", first_check)
    unit, facts = locked_facts(work, unit_number)
    pair = checks(work.session, [first_check, second_check], lock=True)
    place = place_of(work, work.actor.station)
    against = against_pair(pair.get(first_check), pair.get(second_check), "thaw", place)
    against += [*against_other_bag(pair.values(), facts), *against_participant(work, facts)]
    against += against_set_aside(work, facts)
    work.refuse_if(unique([*against, *against_bag(facts, place, state="received")]))
    work.move(unit, "thaw")
    unit.thaw_started_at = work.now
    return unit


def finish_thaw(work: Work, unit_number: str) -> Unit:
    """Record that a bag is thawed; its end of life counts from the start of the thaw."""
    unit = work.take(Unit, "finish_thaw", unit_number)
    work.move(unit, "finish_thaw")
    unit.thawed_at = work.now
    return unit


def record_wash(work: Work, unit_number: str) -> Unit:
    """Record that a thawed bag was washed now, once ever: its life is shortened by it, and never prolonged (rule 6)."""
    work.begin(UNIT, "wash", unit_number)
    unit, facts = locked_facts(work, unit_number)
    work.expect(unit, "wash")
    work.refuse_if(against_wash(facts))
    work.append(Wash, unit_id=unit.id, washed_at=work.now, washed_by_id=work.person_id)
    work.move(unit, "wash")
    return unit


def start(work: Work, *, first_check: int, second_check: int) -> Infusion:
    """Start an infusion from two independent matches. Nothing that was known before is trusted here."""
    # 1 permission; the unit is that of the first check.
    unit_number = _unit_of_check(work, "start", first_check)
    # 2 locks in the order lot, unit, participant, order: a recall, or another start, is either done or waits.
    unit, facts = locked_facts(work, unit_number)
    # 3 the two checks: of two people, in two sittings, of this bag, fresh, with no mismatch after them.
    pair = checks(work.session, [first_check, second_check], lock=True)
    first, second = pair.get(first_check), pair.get(second_check)
    place = place_of(work, work.actor.station)
    against = [*against_pair(first, second, "bedside", place), *against_other_bag(pair.values(), facts)]
    against += _against_stranger(pair, work.actor.person_id)
    # 4 lot, holds, expiry, order, participant, interval, endotoxin: as they are now, not as they were at the check.
    against += [*against_participant(work, facts), *against_set_aside(work, facts)]
    work.refuse_if(unique([*against, *against_bag(facts, place, state="thawed")]))
    if first is None or second is None or facts.order is None:
        raise NotFound("There is no such check.")
    # 5 the bag is used once: by its status, its version, and a unique constraint.
    work.move(unit, "start")
    infusion = Infusion(
        unit_id=unit.id,
        order_id=facts.order.order_id,
        participant_id=facts.order.participant_id,
        first_check_id=first.check_id,
        second_check_id=second.check_id,
        first_person_id=first.person_id,
        second_person_id=second.person_id,
        station=work.actor.station,
        started_at=work.now,
        started_by_id=work.person_id,
    )
    work.add(infusion)
    record_start(work, work.lock(Order, facts.order.number))
    return infusion


def _unit_of_check(work: Work, action: str, check_id: int) -> str:
    found = work.session.execute(
        select(Unit.number).join(IdentityCheck, IdentityCheck.unit_id == Unit.id).where(IdentityCheck.id == check_id)
    ).scalar_one_or_none()
    work.begin(UNIT, action, found or f"check-{check_id}")
    if found is None:
        work.refuse_if([Blocker("second_scan_missing", "Two people must each scan for themselves.")])
    return str(found)


def _against_stranger(pair: dict[int, CheckFacts], person_id: int | None) -> list[Blocker]:
    if person_id in {check.person_id for check in pair.values()}:
        return []
    return [Blocker("second_scan_missing", "One of the two who checked starts the infusion.")]


def pause(work: Work, infusion_id: int, *, reason: str) -> Infusion:
    """Interrupt an infusion."""
    return _step(work, infusion_id, "pause", reason)


def resume(work: Work, infusion_id: int) -> Infusion:
    """Go on with an infusion; lot, holds and expiry are looked at again."""
    infusion = _begun(work, infusion_id, "resume", "")
    unit, facts = locked_facts(work, infusion.unit.number)
    work.refuse_if(unique(against_bag(facts, place_of(work, work.actor.station), state="paused")))
    work.move(unit, "resume")
    return infusion


def _step(work: Work, infusion_id: int, action: str, reason: str) -> Infusion:
    infusion = _begun(work, infusion_id, action, reason)
    unit, _ = locked_facts(work, infusion.unit.number)
    work.move(unit, action)
    return infusion


def _begun(work: Work, infusion_id: int, action: str, reason: str) -> Infusion:
    infusion = work.session.scalar(_WHOLE.where(Infusion.id == infusion_id))
    work.begin(UNIT, action, infusion.unit.number if infusion else f"infusion-{infusion_id}", reason=reason)
    if infusion is None:
        raise NotFound("There is no such infusion.")
    return infusion


def complete(
    work: Work, infusion_id: int, *, volume_given_ml: Decimal, volume_left_ml: Decimal, missing_reason: str = ""
) -> Infusion:
    """End an infusion as planned: volumes in mL, within the study's tolerance of the ordered one; signed."""
    return _end(work, infusion_id, "complete", _Volumes(volume_given_ml, volume_left_ml, missing_reason), reason="")


def stop_early(
    work: Work,
    infusion_id: int,
    *,
    volume_given_ml: Decimal,
    volume_left_ml: Decimal,
    reason: str,
    missing_reason: str = "",
) -> Infusion:
    """End an infusion before the volume was given; it counts as an infusion. Volumes in mL; signed."""
    volumes = _Volumes(volume_given_ml, volume_left_ml, missing_reason)
    return _end(work, infusion_id, "stop_early", volumes, reason=reason)


def _end(work: Work, infusion_id: int, action: str, volumes: _Volumes, *, reason: str) -> Infusion:
    infusion = _begun(work, infusion_id, action, reason)
    unit, _ = locked_facts(work, infusion.unit.number)
    work.expect(unit, action)
    work.refuse_if(_against_end(work, infusion, action, volumes))
    text = "\n".join([_closing_text(infusion, action, volumes, reason), *supplied_lines(work.session, infusion)])
    signature = work.sign(UNIT[action].meaning, text)
    work.move(unit, action)
    infusion.ended_at = work.now
    infusion.volume_given_ml, infusion.volume_left_ml = volumes.given_ml, volumes.left_ml
    infusion.closing_signature = signature
    owe(
        work, signature, [infusion_record(work.session, work.site, infusion, closed(work.session, infusion, signature))]
    )
    record_administration(work, work.lock(Order, infusion.order.number))
    return infusion


def closed(session: Session, infusion: Infusion, signature: Signature) -> Closed:
    """Return how an infusion ended, for its record.

    The record is not tried out before: what was given must be written down, whatever is wrong with a template.
    """
    return Closed(
        outcome=infusion.unit.status,
        ended_at=infusion.ended_at,
        to_give_ml=volume_to_give(session, infusion),
        given_ml=infusion.volume_given_ml,
        left_ml=infusion.volume_left_ml,
        people=people_of(session, infusion),
        signature=signature,
    )


def _against_end(work: Work, infusion: Infusion, action: str, volumes: _Volumes) -> list[Blocker]:
    blockers = against_volumes(infusion.unit.volume_ml, volumes.given_ml, volumes.left_ml)
    blockers += against_missing(_missing(infusion, volumes), volumes.missing_reason)
    if action == "complete":
        to_give = volume_to_give(work.session, infusion)
        dose = study.definition_of(infusion.order.study_definition).dose
        blockers += against_completion(to_give, volumes.given_ml, dose.tolerance_percent)
    return blockers


def _missing(infusion: Infusion, volumes: _Volumes) -> Decimal:
    percent = study.definition_of(infusion.order.study_definition).product.bag_volume_tolerance_percent
    return missing_volume(infusion.unit.volume_ml, volumes.given_ml, volumes.left_ml, percent)


def _closing_text(infusion: Infusion, action: str, volumes: _Volumes, reason: str) -> str:
    ended = "ended as planned / 按计划结束" if action == "complete" else f"stopped early / 提前终止: {reason}"
    # Within the study's tolerance nobody has to say why; what somebody wrote all the same stands with the figure.
    missing = infusion.unit.volume_ml - volumes.given_ml - volumes.left_ml
    says_why = bool(volumes.missing_reason.strip()) or bool(_missing(infusion, volumes))
    return "\n".join(
        (
            f"Infusion of {infusion.unit.number} into {infusion.participant.subject_number} / 输注",
            f"Order / 医嘱 {infusion.order.number} ({infusion.order.coi_id})",
            f"Volume given / 已输 {volumes.given_ml} mL, left / 剩余 {volumes.left_ml} mL",
            *([f"Neither given nor left / 去向 {missing} mL: {volumes.missing_reason}"] if says_why else []),
            f"The infusion {ended}",
        )
    )


def volume_to_give(session: Session, infusion: Infusion) -> Decimal:
    """Return the volume in mL that was ordered from the bag of an infusion: none starts without an allocation."""
    return session.scalars(
        select(Allocation.volume_to_give_ml)
        .where(Allocation.order_id == infusion.order_id, Allocation.unit_id == infusion.unit_id)
        .order_by(Allocation.id.desc())
        .limit(1)
    ).one()


def people_of(session: Session, infusion: Infusion) -> dict[int, str]:
    """Return the printed names of those who checked and started an infusion."""
    ids = {infusion.first_person_id, infusion.second_person_id, infusion.started_by_id}
    rows = session.execute(select(Person.id, Person.printed_name).where(Person.id.in_(ids)))
    return dict(rows.all())


_WHOLE = select(Infusion).options(
    joinedload(Infusion.unit),
    joinedload(Infusion.participant),
    joinedload(Infusion.order).joinedload(Order.study_definition),
    joinedload(Infusion.closing_signature),
)


def infusion_numbered(session: Session, infusion_id: int) -> Infusion:
    """Return one infusion with bag, participant, order and signature; raises NotFound."""
    infusion = session.scalar(_WHOLE.where(Infusion.id == infusion_id))
    if infusion is None:
        raise NotFound("There is no such infusion.")
    return infusion


def infusion_of(session: Session, unit_id: int) -> Infusion | None:
    """Return the infusion of a bag, if it was started."""
    return session.scalar(_WHOLE.where(Infusion.unit_id == unit_id))


def infusions_into(session: Session, participant_id: int) -> Sequence[Infusion]:
    """Return a participant's infusions, newest first."""
    statement = _WHOLE.where(Infusion.participant_id == participant_id).order_by(Infusion.id.desc())
    return session.scalars(statement).all()

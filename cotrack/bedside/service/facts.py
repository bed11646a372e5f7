"""Gathers everything a bedside check decides on, in two statements, however much data there is."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, ScalarSelect, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from cotrack.bedside.rules.facts import BagFacts, OrderFacts, Place
from cotrack.bedside.service.clocks import WASHED_AT, last_use
from cotrack.bedside.service.supplied import IS_SUPPLIED, supply_of_bag
from cotrack.custody.models import Handover
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.db import Prepared
from cotrack.foundation.work import Work
from cotrack.labelling.service.self_tests import PASSED_AT, against_scans_at, stands_at
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.rules import FROZEN_STATES
from cotrack.manufacture.service.inputs import IS_BAG_HELD, holds_over
from cotrack.orders.models import Allocation, Order
from cotrack.orders.rules import History
from cotrack.orders.service.acceptance import against_typed, is_accepted_as_it_stands
from cotrack.orders.service.counts import against_counts
from cotrack.orders.service.endotoxin import endotoxin_set_aside
from cotrack.orders.service.weights import weighed
from cotrack.participants.models import Band, Observation, Participant
from cotrack.participants.service.enrolment import against_giving_to
from cotrack.quality.rules import HoldFacts
from cotrack.release.rules.conditional import against_ended, conditional_end
from cotrack.release.service.conditional import CONDITIONAL_SINCE
from cotrack.release.service.relabelling import IS_EXPIRY_DECIDED, old_labels_of_bag
from cotrack.study import service as study
from cotrack.study.models import StudyDefinition

_earlier = aliased(Order)
_issue = (
    select(Handover.ward)
    .where(Handover.unit_id == Unit.id, Handover.kind == "issue")
    .order_by(Handover.id.desc())
    .limit(1)
    .correlate(Unit)
    .scalar_subquery()
)
_given_before = (
    (_earlier.participant_id == Order.participant_id) & (_earlier.id != Order.id) & _earlier.started_at.is_not(None)
)
_count = select(func.count()).where(_given_before).correlate(Order).scalar_subquery()
_last = select(func.max(_earlier.started_at)).where(_given_before).correlate(Order).scalar_subquery()

_band_of = aliased(Participant)
_is_band_confirmed = exists().where(
    Band.participant_id == _band_of.id, _band_of.subject_number == bindparam("band"), Band.status == "confirmed"
)


def _newest_weight(column: Any) -> ScalarSelect[Any]:
    """Return the value or the day of the newest weight of an order's participant, as `known_values` finds it."""
    return (
        select(column)
        .where(Observation.participant_id == Order.participant_id, Observation.field == "weight_kg")
        .order_by(Observation.observed_on.desc(), Observation.id.desc())
        .limit(1)
        .correlate(Order)
        .scalar_subquery()
    )


_BAG = Prepared(
    select(
        Unit.id,
        Unit.number,
        Unit.status,
        Unit.thaw_started_at,
        WASHED_AT.label("washed_at"),
        Lot.number.label("lot_number"),
        Lot.id.label("lot_id"),
        Lot.status.label("lot_status"),
        Lot.expires_at,
        IS_EXPIRY_DECIDED.label("is_expiry_decided"),
        CONDITIONAL_SINCE.label("conditional_since"),
        StudyDefinition.sha256,
        _issue.label("ward"),
        Order.id.label("order_id"),
        Order.number.label("order_number"),
        Order.status.label("order_status"),
        Order.weight_kg,
        Order.weighed_on,
        _newest_weight(Observation.value).label("newest_kg"),
        _newest_weight(Observation.observed_on).label("newest_weighed_on"),
        Order.started_at,
        Allocation.volume_to_give_ml,
        Participant.id.label("participant_id"),
        Participant.subject_number,
        Participant.status.label("participant_status"),
        _count.label("infusions"),
        _last.label("last_started_at"),
        IS_BAG_HELD.label("is_held"),
        _is_band_confirmed.label("is_band_confirmed"),
        IS_SUPPLIED.label("is_supplied"),
        PASSED_AT.label("station_passed_at"),
    )
    .join(Lot, Lot.id == Unit.lot_id)
    .join(StudyDefinition, StudyDefinition.id == Lot.study_definition_id)
    .outerjoin(Allocation, (Allocation.unit_id == Unit.id) & Allocation.released_at.is_(None))
    .outerjoin(Order, Order.id == Allocation.order_id)
    .outerjoin(Participant, Participant.id == Order.participant_id)
    .where(Unit.number == bindparam("number"))
)


def bag_facts(work: Work, unit_number: str, *, band: str = "") -> BagFacts | None:
    """Return what is known of a bag now, and of the band of a participant; None where there is no such bag."""
    rows = _BAG.rows(work.session.connection(), {"number": unit_number, "band": band, "station": work.actor.station})
    if not rows:
        return None
    (row,) = rows
    definition = study.definition_hashed(work.session, row.sha256)
    is_conditional = row.lot_status == "conditionally_released"
    end = conditional_end(row.conditional_since, definition.product) if is_conditional else None
    # No bag is thawed that could not be started before a conditional release ends.
    lead = timedelta(minutes=work.site.minutes["thawed_life"] if row.status in ("allocated", "received") else 0)
    # The study version comes with its lot: a ward waits for each statement.
    whole = (joinedload(Lot.study_definition),)
    lot = work.session.get_one(Lot, row.lot_id, options=whole) if is_conditional else None
    # What is in a vein already is not interrupted by what one person typed.
    typed = against_typed(work.session, lot) if lot is not None and row.status not in {"started", "paused"} else []
    return BagFacts(
        unit_id=row.id,
        number=row.number,
        status=row.status,
        lot_number=row.lot_number,
        lot_status=row.lot_status,
        has_acceptance=_is_accepted(work, row, lot),
        over=(*against_ended(row.lot_number, end, work.now, lead), *typed),
        expires_at=last_use(work.site, definition, row.expires_at, row.thaw_started_at, washed_at=row.washed_at),
        issued_to_ward=row.ward or "",
        thaw_started_at=row.thaw_started_at,
        washed_at=row.washed_at,
        is_station_tested=stands_at(work.site, row.station_passed_at, work.now),
        definition=definition,
        holds=_holds(work, row) if row.is_held else (),
        is_band_confirmed=bool(row.is_band_confirmed),
        order=_order(work, row) if row.order_id is not None else None,
        old_labels=_old_labels(work, row),
        supply=supply_of_bag(work.session, row.order_id, row.lot_id) if row.is_supplied else None,
    )


def _old_labels(work: Work, row: Row[Any]) -> tuple[str, ...]:
    """Return the labels that carry another expiry: of a frozen bag alone, so that the bedside asks nothing more."""
    is_asked = row.is_expiry_decided and row.status in FROZEN_STATES
    return tuple(old_labels_of_bag(work.session, row.number)) if is_asked else ()


def _holds(work: Work, row: Row[Any]) -> tuple[HoldFacts, ...]:
    return tuple(holds_over(work.session, [f"lot:{row.lot_number}", f"unit:{row.number}"]))


def _is_accepted(work: Work, row: Row[Any], lot: Lot | None) -> bool:
    """Whether a conditional lot is accepted for this bag's order, with the tests that are outstanding now (E06)."""
    if lot is None or row.order_id is None:
        return False
    return is_accepted_as_it_stands(work.session, row.order_id, lot)


def _order(work: Work, row: Row[Any]) -> OrderFacts:
    last = row.last_started_at
    return OrderFacts(
        order_id=row.order_id,
        number=row.order_number,
        status=row.order_status,
        participant_id=row.participant_id,
        subject_number=row.subject_number,
        participant_status=row.participant_status,
        weight_kg=row.weight_kg,
        weighed_on=row.weighed_on,
        newest_weight=weighed(row.newest_kg, row.newest_weighed_on),
        is_started=row.started_at is not None,
        history=History(row.infusions, last.astimezone(work.site.zone).date() if last else None),
        volume_to_give_ml=row.volume_to_give_ml,
    )


def against_participant(work: Work, facts: BagFacts) -> list[Blocker]:
    """Return what was learnt of the participant against the dose, as of the day on which the bag was thawed, or today.

    Asked before the thaw and at the start: a window that closes at midnight must not waste a bag that is thawed.
    """
    if facts.order is None:
        return []
    thawed = facts.thaw_started_at
    on = thawed.astimezone(work.site.zone).date() if thawed else work.today
    return against_giving_to(work, facts.order.subject_number, on)


def against_set_aside(work: Work, facts: BagFacts) -> list[Blocker]:
    """Return what speaks against the bags of an order by now: their endotoxin, and the count that set their volumes.

    A later result, one made invalid, or a later weight counts.

    Asked wherever the participant is, and at the issue: the quick check at the bedside does not ask.
    """
    order = facts.order
    if order is None:
        return []
    kg = order.newest_weight.kg if order.newest_weight else order.weight_kg
    endotoxin = endotoxin_set_aside(work.session, order.order_id, facts.definition, kg)
    return [*endotoxin.blockers, *against_counts(work.session, order.order_id, facts.definition.dose.tolerance_percent)]


def against_station_of(work: Work, facts: BagFacts | None) -> list[Blocker]:
    """Return why no scan counts where the actor signed in: its scanner is not tested (reference/domain.md §5.4).

    What is known of the bag says so too, so that a ward waits for no statement more where all is well.
    """
    if facts is not None and facts.is_station_tested:
        return []
    return against_scans_at(work.session, work.site, work.actor.station, work.now)


def place_of(work: Work, station: str) -> Place:
    """Return where and when somebody checks: the ward of the registered station they signed in at, else None."""
    found = work.site.station(station) if station == work.actor.station else None
    return Place(found.ward or None if found else None, work.now, work.today)


_BAND = Prepared(
    select(Band.status)
    .join(Participant, Participant.id == Band.participant_id)
    .where(Participant.subject_number == bindparam("number"), Band.status == "confirmed")
)


def is_band_confirmed(session: Session, subject_number: str) -> bool:
    """Whether a participant wears a band that two people put on."""
    return bool(_BAND.rows(session.connection(), {"number": subject_number}))

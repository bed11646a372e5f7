"""The lists of lots, units, participants, orders and infusions."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, func, select

from cotrack.bedside.models import Infusion
from cotrack.foundation.web.listing import Column, Filter, Listing
from cotrack.foundation.words import N_
from cotrack.labelling.service.documents import both
from cotrack.lifecycles import DEVIATION, INVESTIGATION, LOT, ORDER, PARTICIPANT, UNIT
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.rules.filling import SAMPLE_KINDS
from cotrack.manufacture.service.inputs import is_held_from_above
from cotrack.orders.models import Order
from cotrack.orders.service.dosing import status_for_people
from cotrack.participants.models import Participant
from cotrack.quality.models import Deviation, Hold
from cotrack.quality.service.holds import STANDING_STATES
from cotrack.release.models import Investigation
from cotrack.study.models import StudyDefinition
from cotrack.study.service import definition_of


def held(*subjects: ColumnElement[str]) -> ScalarSelect[str]:
    """Return whether a recall or a hold stands on any of these things: the recall's word where both do."""
    return (
        select(func.min(Hold.status))
        .where(Hold.subject.in_(subjects), Hold.status.in_(STANDING_STATES))
        .scalar_subquery()
    )


def _lot_held(*subjects: ColumnElement[str]) -> ColumnElement[str | None]:
    """Return whether a lot is held: by itself, with a bag, or by anything that it was made from."""
    is_recalled = is_held_from_above(Lot.id, Hold.status == "recalled")
    from_above = case((is_held_from_above(Lot.id), "standing"))
    return func.coalesce(case((is_recalled, "recalled")), held(*subjects), from_above)


def lot_list() -> Listing:
    """Return all lots."""
    units = select(func.count()).where(Unit.lot_id == Lot.id, Unit.kind == "bag").scalar_subquery()
    return Listing(
        name="lots",
        title=N_("Lots"),
        statement=select(Lot, units.label("units"), _lot_held("lot:" + Lot.number).label("held")),
        columns=(
            Column("number", N_("Lot"), lambda row: f"lot:{row.Lot.number}", Lot.number, "thing"),
            Column("status", N_("Status"), lambda row: row.Lot.status, Lot.status, "status"),
            Column("held", N_("Hold"), lambda row: row.held, None, "status"),
            Column("made_on", N_("Made on"), lambda row: row.Lot.made_on, Lot.made_on),
            Column("expires_at", N_("Expires"), lambda row: row.Lot.expires_at, Lot.expires_at, "time"),
            Column("units", N_("Bags"), lambda row: row.units, None, "number"),
        ),
        id_column=Lot.id,
        search=(Lot.number,),
        filters=(Filter("status", N_("Status"), LOT.states, Lot.status),),
        sort="-number",
    )


def unit_list() -> Listing:
    """Return all units; a hold on the lot is one on each of its units."""
    is_held = _lot_held("unit:" + Unit.number, "lot:" + Lot.number)
    return Listing(
        name="units",
        title=N_("Units"),
        statement=select(Unit, Lot, is_held.label("held")).join(Lot, Lot.id == Unit.lot_id),
        columns=(
            Column("number", N_("Unit"), lambda row: f"unit:{row.Unit.number}", Unit.number, "thing"),
            Column("status", N_("Status"), lambda row: row.Unit.status, Unit.status, "status"),
            Column("held", N_("Hold"), lambda row: row.held, None, "status"),
            Column("lot", N_("Lot"), lambda row: f"lot:{row.Lot.number}", Lot.number, "thing"),
            Column("volume", N_("Volume (mL)"), lambda row: row.Unit.volume_ml, Unit.volume_ml, "number"),
            Column("expires_at", N_("Expires"), lambda row: row.Lot.expires_at, Lot.expires_at, "time"),
        ),
        id_column=Unit.id,
        search=(Unit.number,),
        filters=(
            Filter("status", N_("Status"), UNIT.states, Unit.status),
            Filter("kind", N_("Kind"), SAMPLE_KINDS, Unit.kind),
        ),
        sort="number",
    )


def participant_list() -> Listing:
    """Return all participants, by subject number."""
    return Listing(
        name="participants",
        title=N_("Participants"),
        statement=select(Participant),
        columns=(
            Column(
                "number",
                N_("Participant"),
                lambda row: f"participant:{row.Participant.subject_number}",
                Participant.subject_number,
                "thing",
            ),
            Column("status", N_("Status"), lambda row: row.Participant.status, Participant.status, "status"),
            Column("arm", N_("Arm"), lambda row: row.Participant.arm or "–", None, "term"),
            Column("screened_on", N_("Screened on"), lambda row: row.Participant.screened_on, Participant.screened_on),
            Column("enrolled_on", N_("Enrolled on"), lambda row: row.Participant.enrolled_on or "–"),
        ),
        id_column=Participant.id,
        search=(Participant.subject_number,),
        filters=(Filter("status", N_("Status"), PARTICIPANT.states, Participant.status),),
        sort="number",
    )


def order_list() -> Listing:
    """Return all orders; a completed one of which a bag was stopped early reads so."""
    status = status_for_people()
    return Listing(
        name="orders",
        title=N_("Orders"),
        statement=select(Order, Participant, status.label("ended_as")).join(
            Participant, Participant.id == Order.participant_id
        ),
        columns=(
            Column("number", N_("Order"), lambda row: f"order:{row.Order.number}", Order.number, "thing"),
            Column("status", N_("Status"), lambda row: row.ended_as, status, "status"),
            Column(
                "participant",
                N_("Participant"),
                lambda row: f"participant:{row.Participant.subject_number}",
                Participant.subject_number,
                "thing",
            ),
            Column("planned_on", N_("Planned day"), lambda row: row.Order.planned_on, Order.planned_on),
            Column(
                "dose",
                N_("Dose (×10⁶ viable cells)"),
                lambda row: row.Order.target_million_cells,
                Order.target_million_cells,
                "number",
            ),
        ),
        id_column=Order.id,
        search=(Order.number, Order.coi_id),
        filters=(Filter("status", N_("Status"), (*ORDER.states, "stopped_early"), status),),
        sort="-planned_on",
    )


def deviation_list() -> Listing:
    """Return all deviations."""
    return Listing(
        name="deviations",
        title=N_("Deviations"),
        statement=select(Deviation),
        columns=(
            Column(
                "number", N_("Deviation"), lambda row: f"deviation:{row.Deviation.number}", Deviation.number, "thing"
            ),
            Column("status", N_("Status"), lambda row: row.Deviation.status, Deviation.status, "status"),
            Column("subject", N_("About"), lambda row: row.Deviation.subject, Deviation.subject, "subject"),
            Column("class", N_("Class"), lambda row: row.Deviation.classification or "–", None, "term"),
            Column("opened_at", N_("Opened"), lambda row: row.Deviation.opened_at, Deviation.opened_at, "time"),
            Column("description", N_("What happened"), lambda row: row.Deviation.description),
        ),
        id_column=Deviation.id,
        search=(Deviation.number, Deviation.description),
        filters=(Filter("status", N_("Status"), DEVIATION.states, Deviation.status),),
        sort="-opened_at",
    )


def investigation_list() -> Listing:
    """Return all investigations of failed results."""
    statement = (
        select(Investigation, Lot, StudyDefinition)
        .join(Lot, Lot.id == Investigation.lot_id)
        .join(StudyDefinition, StudyDefinition.id == Lot.study_definition_id)
    )
    return Listing(
        name="investigations",
        title=N_("Investigations"),
        statement=statement,
        columns=(
            Column(
                "number",
                N_("Investigation"),
                lambda row: f"investigation:{row.Investigation.number}",
                Investigation.number,
                "thing",
            ),
            Column("status", N_("Status"), lambda row: row.Investigation.status, Investigation.status, "status"),
            Column("lot", N_("Lot"), lambda row: f"lot:{row.Lot.number}", Lot.number, "thing"),
            Column("test", N_("Test"), _test_of_investigation, Investigation.test),
            Column("opened_at", N_("Opened"), lambda row: row.Investigation.opened_at, Investigation.opened_at, "time"),
            Column("cause", N_("Cause"), lambda row: row.Investigation.cause or "–"),
        ),
        id_column=Investigation.id,
        search=(Investigation.number, Investigation.test, Investigation.cause),
        filters=(Filter("status", N_("Status"), INVESTIGATION.states, Investigation.status),),
        sort="-opened_at",
    )


def _test_of_investigation(row: Any) -> str:
    return both(definition_of(row.StudyDefinition).tests[row.Investigation.test].name)


def infusion_list() -> Listing:
    """Return all infusions."""
    statement = (
        select(Infusion, Unit, Participant)
        .join(Unit, Unit.id == Infusion.unit_id)
        .join(Participant, Participant.id == Infusion.participant_id)
    )
    return Listing(
        name="infusions",
        title=N_("Infusions"),
        statement=statement,
        columns=(
            Column("id", N_("Infusion"), lambda row: f"infusion:{row.Infusion.id}", Infusion.id, "thing"),
            Column("status", N_("Status"), lambda row: row.Unit.status, Unit.status, "status"),
            Column("unit", N_("Bag"), lambda row: f"unit:{row.Unit.number}", Unit.number, "thing"),
            Column(
                "participant",
                N_("Participant"),
                lambda row: f"participant:{row.Participant.subject_number}",
                Participant.subject_number,
                "thing",
            ),
            Column("started_at", N_("Started"), lambda row: row.Infusion.started_at, Infusion.started_at, "time"),
            Column("ended_at", N_("Ended"), lambda row: row.Infusion.ended_at, None, "time"),
            Column("given", N_("Given (mL)"), lambda row: row.Infusion.volume_given_ml, None, "number"),
        ),
        id_column=Infusion.id,
        search=(Unit.number, Participant.subject_number),
        sort="-started_at",
    )

"""Filling units, labelling them, and moving them through their lifecycle for later stages."""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.foundation.written import site_words
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service import instances
from cotrack.lifecycles import UNIT
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.rules import against_filled_volume, against_labelling, lot_not_in_process
from cotrack.quality.models import Deviation, Hold
from cotrack.quality.service import deviations, holds
from cotrack.study import service as study

LABEL_FIELDS = {
    "bag": ("product", "strength", "number", "lot", "expires", "volume_cells", "storage", "study", "trial", "maker"),
    "tag": ("product", "number", "lot", "expires", "handling", "trial"),
}

STUDY_SAYS = {
    "product": ("product.name_zh",),
    "strength": ("product.description_en", "product.description_zh", "product.route_en", "product.route_zh"),
    "storage": ("product.storage_en", "product.storage_zh"),
    "study": ("study.registration",),
    "handling": ("labels.handling_en", "labels.handling_zh"),
}
"""What of a label the study says: a label never leaves a dash where the sponsor has not set it."""


def fill_unit(
    work: Work, lot_number: str, *, volume_ml: Decimal, viable_million_per_ml: Decimal, reason: str = ""
) -> Unit:
    """Fill the next bag of a lot: its volume in mL, and viable cells in millions per mL as counted at filling.

    A volume that the study's bag cannot hold is refused; one that is less than usual asks a reason.
    """
    work.record(UNIT.event("fill"), f"lot:{lot_number}", permission=UNIT["fill"].permission, reason=reason)
    lot = work.lock(Lot, lot_number)
    definition = study.definition_of(lot.study_definition)
    work.refuse_if([*_against_filling(lot), *against_filled_volume(definition, volume_ml, reason)])
    count = work.session.scalar(select(func.count()).where(Unit.lot_id == lot.id))
    unit = Unit(
        lot_id=lot.id,
        number=f"{lot.number}-{int(count or 0) + 1:03d}",
        kind="bag",
        volume_ml=volume_ml,
        viable_million_per_ml=viable_million_per_ml,
        filled_at=work.now,
        filled_by_id=work.person_id,
        status="filled",
    )
    work.add(unit)
    work.narrow(f"unit:{unit.number}")
    return unit


def _against_filling(lot: Lot) -> list[Blocker]:
    return [] if lot.status == "in_process" else [lot_not_in_process(lot.number)]


def request_label(work: Work, unit_number: str, *, kind: str, reason: str = "") -> LabelInstance:
    """Ask for the bag or tag label of a unit, with what its template prints."""
    subject = f"unit:{unit_number}"
    instances.begin_request(work, kind, subject, reason=reason)
    unit = work.lock(Unit, unit_number)
    fields = label_fields(work, unit_numbered(work.session, unit_number), kind)
    return instances.request_label(
        work, kind, subject, fields=fields, reason=reason, against=against_labelling(unit.number, unit.status)
    )


def label_fields(work: Work, unit: Unit, kind: str) -> Mapping[str, str]:
    """Return what a unit's label says, from the study version that its lot is bound to."""
    definition = study.definition_of(unit.lot.study_definition)
    needed = [key for name in LABEL_FIELDS[kind] for key in STUDY_SAYS.get(name, ())]
    work.refuse_if(definition.against_use(*needed))
    product, site = definition.product, work.site
    million = unit.volume_ml * unit.viable_million_per_ml
    everything = {
        "product": product.name["zh"],
        "strength": " · ".join(words[each] for each in ("en", "zh") for words in (product.description, product.route)),
        "number": unit.number,
        "lot": unit.lot.number,
        "expires": site_words(unit.lot.expires_at, site.zone),
        "volume_cells": f"{unit.volume_ml} mL · {million:.1f} ×10⁶ 活细胞 viable cells",
        "storage": f"{product.storage['zh']} {product.storage['en']}",
        "trial": f"{site.law_zh} {site.law_en}",
        "study": definition.registration or "–",
        "handling": f"{definition.handling['zh']} {definition.handling['en']}",
        "maker": f"{site.maker_zh} {site.maker_en}",
    }
    return {name: everything[name] for name in LABEL_FIELDS[kind]}


def destroy_unit(work: Work, unit_number: str, *, reason: str) -> Unit:
    """Destroy a unit that will not be given."""
    unit = work.take(Unit, "destroy", unit_number, reason=reason)
    work.move(unit, "destroy")
    return unit


def hold_unit(work: Work, unit_number: str, *, reason: str) -> Hold:
    """Put one unit on hold."""
    holds.begin_hold(work, "place", f"unit:{unit_number}", reason=reason)
    work.lock(Unit, unit_number)
    return holds.place(work, "place", f"unit:{unit_number}", reason=reason)


def open_deviation(work: Work, unit_number: str, *, description: str) -> Deviation:
    """Write down that something about a bag went otherwise than it should: it goes no further until QA closes that.

    The unit is locked: an allocation, an issue, a thaw or a start is done before this, or sees it.
    """
    deviations.begin_deviation(work, f"unit:{unit_number}", description=description)
    work.lock(Unit, unit_number)
    deviation = deviations.open_deviation(work, f"unit:{unit_number}", description=description)
    work.details["deviation"] = deviation.number
    return deviation


def listed_units() -> Select[Unit]:
    """Return how units are found, for a list that is paged by key."""
    return select(Unit)


def unit_numbered(session: Session, number: str) -> Unit:
    """Return one unit with its lot and the lot's study version; raises NotFound."""
    statement = select(Unit).options(joinedload(Unit.lot).joinedload(Lot.study_definition)).where(Unit.number == number)
    unit = session.scalar(statement)
    if unit is None:
        raise NotFound("There is no unit {unit}.", unit=number)
    return unit

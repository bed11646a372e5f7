"""Units as they are found, what their labels say, and holding them."""

from collections.abc import Mapping

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.foundation.written import site_words
from cotrack.labelling.rules.wording import against_wording, law_line
from cotrack.labelling.service.instances import live_labels
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.rules import UnitFacts
from cotrack.manufacture.service.legends import lot_legends
from cotrack.quality.models import Deviation, Hold
from cotrack.quality.service import deviations, holds
from cotrack.study import service as study

LABEL_FIELDS = {
    "bag": (
        *("product", "strength", "number", "lot", "expires", "volume_cells"),
        *("storage", "study", "trial", "legends", "maker"),
    ),
    "tag": ("product", "number", "lot", "expires", "handling", "trial", "legends"),
    "sample": ("kind", "number", "lot", "made_on", "legends"),
    "tube": ("kind", "number", "lot", "made_on", "legends"),
}

SAMPLE_WORDS = {
    "retention": "留样 Retention",
    "sterility": "无菌检查 Sterility",
    "mycoplasma": "支原体检查 Mycoplasma",
    "rcl_archive": "RCL 存档 RCL archive",
}
"""What a sample's label calls its kind: in both languages, as everything that stands on a label."""

STUDY_SAYS = {
    "product": ("product.name_zh",),
    "strength": ("product.description_en", "product.description_zh", "product.route_en", "product.route_zh"),
    "storage": ("product.storage_en", "product.storage_zh"),
    "study": ("study.registration",),
    "handling": ("labels.handling_en", "labels.handling_zh"),
}
"""What of a label the study says: a label never leaves a dash where the sponsor has not set it."""


def unit_facts(session: Session, lot_id: int, *, number: str = "") -> list[UnitFacts]:
    """Return the units of a lot in the order of filling, each with the status of its live labels; only one if named."""
    named = [Unit.number == number] if number else []
    units = session.scalars(select(Unit).where(Unit.lot_id == lot_id, *named).order_by(Unit.id)).all()
    labels = live_labels(session, [f"unit:{unit.number}" for unit in units])
    return [UnitFacts(each.number, each.status, labels.get(f"unit:{each.number}", {}), each.kind) for each in units]


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
        "trial": law_line(f"{site.law_zh} {site.law_en}", site.authorities),
        "legends": lot_legends(work.session, unit.lot, is_given=unit.kind == "bag"),
        "study": definition.registration or "–",
        "handling": f"{definition.handling['zh']} {definition.handling['en']}",
        "maker": f"{site.maker_zh} {site.maker_en}",
        "kind": SAMPLE_WORDS.get(unit.kind, ""),
        "made_on": unit.lot.made_on.isoformat(),
    }
    said = {name: everything[name] for name in LABEL_FIELDS[kind]}
    work.refuse_if(against_wording(said, is_autologous=product.is_autologous))
    return said


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

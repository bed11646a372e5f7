"""What the command line needs of every kind of label: what it says of a thing, and how it is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cotrack.foundation.access.service.people import person_named
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service import site_labels
from cotrack.manufacture.service import batch_sheet, filling, units, vials
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.orders.service import order_sheet
from cotrack.orders.service.dosing import order_numbered
from cotrack.participants.service import bands


@dataclass(frozen=True)
class OfKind:
    """How a kind of label is filled and asked for, by the key of its thing."""

    fields: Callable[[Work, str], Mapping[str, str]]
    ask: Callable[..., LabelInstance]


def _of_unit(kind: str) -> OfKind:
    def fields(work: Work, key: str) -> Mapping[str, str]:
        return units.label_fields(work, units.unit_numbered(work.session, key), kind)

    def ask(work: Work, key: str, **options: Any) -> LabelInstance:
        return filling.request_label(work, key, kind=kind, **options)

    return OfKind(fields, ask)


def _of_location(kind: str) -> OfKind:
    def ask(work: Work, key: str, **options: Any) -> LabelInstance:
        return site_labels.request_location_label(work, key, kind=kind, **options)

    return OfKind(site_labels.location_fields, ask)


def _vial_fields(work: Work, key: str) -> Mapping[str, str]:
    return vials.vial_fields(vials.bank_of_vial(work.session, key), key)


def _ask_vial(work: Work, key: str, **options: Any) -> LabelInstance:
    bank = vials.bank_of_vial(work.session, key)
    return vials.request_vial_label(work, bank.number, vial=int(key.rpartition("-V")[2]), **options)


OF_KIND: Mapping[str, OfKind] = {
    **{kind: _of_unit(kind) for kind in ("bag", "tag", "sample", "tube")},
    **{kind: _of_location(kind) for kind in ("location", "box", "shipper")},
    "wristband": OfKind(
        lambda work, key: {**bands.band_fields(work, key), "name": "–", "born": "–"},
        bands.request_band,
    ),
    "vial": OfKind(_vial_fields, _ask_vial),
    "batch_sheet": OfKind(
        lambda work, key: batch_sheet.batch_sheet_fields(work, lot_numbered(work.session, key)),
        batch_sheet.request_batch_sheet,
    ),
    "order_sheet": OfKind(
        lambda work, key: order_sheet.order_sheet_fields(work, order_numbered(work.session, key)),
        order_sheet.request_order_sheet,
    ),
    "badge": OfKind(
        lambda work, key: site_labels.badge_fields(work, person_named(work.session, key)),
        site_labels.request_badge,
    ),
}
"""Of every kind of `labelling.rules.kinds`; a test compares."""

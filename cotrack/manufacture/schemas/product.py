"""Shapes of lots and units, and of what lots are made from."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import (
    Choice,
    Day,
    In,
    Instant,
    Quantity,
    ReasonIn,
    SignatureField,
    SignatureOut,
    Whole,
    Words,
)
from cotrack.foundation.words import N_
from cotrack.labelling.schemas import RequestIn
from cotrack.manufacture.rules import LABELS_OF_A_BAG, LABELS_OF_A_SAMPLE, MATERIAL_KINDS
from cotrack.manufacture.rules.filling import Content


class LotIn(In):
    """A lot to begin."""

    number = Words(required=True, metadata={"label": N_("Lot number"), "hint": N_("Such as MSC26-0031.")})
    made_on = Day(required=True, metadata={"label": N_("Day of making"), "kind": "date"})


class UnitIn(In):
    """A bag to fill."""

    volume_ml = Quantity(
        places=1,
        least="0.1",
        most="1000",
        required=True,
        metadata={"label": N_("Volume"), "unit": "mL", "kind": "number"},
    )
    viable_million_per_ml = Quantity(
        places=3,
        least="0.001",
        most="100000",
        required=True,
        metadata={"label": N_("Viable cells"), "unit": "10⁶/mL", "kind": "number"},
    )
    viability_percent = Quantity(
        places=1,
        least="0",
        most="100",
        required=True,
        metadata={"label": N_("Viability"), "unit": "%", "kind": "number"},
    )
    reason = Words(
        load_default="",
        metadata={
            "label": N_("Reason"),
            "hint": N_("Only where the bag holds less than the study says, or cells are outside its limits."),
        },
    )


def content_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was read of a unit to fill with its measurements as one value, `content`."""
    measured = {name: body[name] for name in CONTENT}
    return {**{name: value for name, value in body.items() if name not in CONTENT}, "content": Content(**measured)}


CONTENT = ("volume_ml", "viable_million_per_ml", "viability_percent")


class LabelKindIn(In):
    """Which label of a bag or sample; the later base of a shape has the earlier fields."""

    kind = Choice((*LABELS_OF_A_BAG, *LABELS_OF_A_SAMPLE), required=True, metadata={"label": N_("Label")})


class LabelIn(RequestIn, LabelKindIn):
    """A label of a bag or sample to print."""


class AnewIn(ReasonIn):
    """Which labels of all bags of a lot are printed anew."""

    kind = Choice(LABELS_OF_A_BAG, required=True, metadata={"label": N_("Label")})


class LotOut(Schema):
    """A lot."""

    number = fields.String()
    status = fields.String()
    made_on = fields.Date()
    expires_at = Instant()


class UnitOut(Schema):
    """A unit."""

    number = fields.String()
    status = fields.String()
    kind = fields.String()
    volume_ml = fields.Decimal(as_string=True)
    viable_million_per_ml = fields.Decimal(as_string=True)
    viability_percent = fields.Decimal(as_string=True, allow_none=True)
    filled_at = Instant()
    thaw_started_at = Instant(allow_none=True)
    thawed_at = Instant(allow_none=True)


class LotWithUnitsOut(LotOut):
    """A lot with its units."""

    units = fields.List(fields.Nested(UnitOut))


class HoldOut(Schema):
    """A hold or recall."""

    id = fields.Integer()
    subject = fields.String()
    status = fields.String()
    reason = fields.String()
    placed_at = Instant()
    lifted_at = Instant(allow_none=True)


NUMBER = {"label": N_("Number"), "hint": N_("Such as WCB-2026-01; it names one donor, bank or material alone.")}
LAST_DAY = {"label": N_("Last day of use"), "kind": "date"}


class DonorIn(In):
    """A donor to register."""

    number = Words(required=True, metadata=NUMBER)
    markers = Words(load_default="", metadata={"label": N_("Marker results"), "hint": N_("As far as they are known.")})


class BankIn(In):
    """A bank to register."""

    number = Words(required=True, metadata=NUMBER)
    name = Words(required=True, metadata={"label": N_("Cells"), "hint": N_("Such as umbilical cord MSC, passage 2.")})
    origin = Words(
        required=True,
        metadata={"label": N_("Made from"), "hint": N_("The number of its donor, or of its master bank.")},
    )
    vials_total = Whole(least=1, most=10_000, required=True, metadata={"label": N_("Vials"), "kind": "number"})
    passage = Whole(
        least=0,
        most=100,
        load_default=None,
        metadata={
            "label": N_("Passage"),
            "kind": "number",
            "hint": N_("Of the cells in its vials; from it the passage of a lot is counted."),
        },
    )
    expires_on = Day(required=True, metadata=LAST_DAY)


class MaterialIn(In):
    """A delivered lot of a material to register."""

    number = Words(required=True, metadata=NUMBER)
    kind = Choice(MATERIAL_KINDS, required=True, metadata={"label": N_("Kind")})
    name = Words(required=True, metadata={"label": N_("Material name")})
    supplier = Words(required=True, metadata={"label": N_("Supplier")})
    supplier_lot = Words(required=True, metadata={"label": N_("Supplier's lot")})
    expires_on = Day(required=True, metadata=LAST_DAY)


class DonorApprovalIn(In):
    """A donor to find eligible: by which results."""

    markers = Words(required=True, metadata={"label": N_("Marker results"), "kind": "textarea"})


class SourceApprovalIn(In):
    """A signed approval; `markers` are a donor's."""

    markers = Words(load_default="")
    signature = SignatureField()


class SourceRejectionIn(In):
    """A signed rejection."""

    reason = Words(required=True)
    signature = SignatureField()


class UseIn(In):
    """Something that goes into a lot."""

    source = Words(
        required=True,
        metadata={"label": N_("Bank or material"), "kind": "scan", "hint": N_("Scan or type its number.")},
    )
    amount = Words(
        required=True,
        metadata={"label": N_("How much"), "hint": N_("Of a bank the number of vials; of a material such as 500 mL.")},
    )


class RecordLateIn(UseIn):
    """Something that really went into a lot, and was not recorded then."""

    used_at = Words(
        required=True,
        metadata={"label": N_("Used at"), "hint": N_("Time of the site, such as 2026-10-05 09:12.")},
    )
    used_by = Words(required=True, metadata={"label": N_("Used by"), "hint": N_("User name of who put it in.")})
    reason = Words(
        required=True,
        metadata={"label": N_("Reason"), "hint": N_("Why it was not recorded then.")},
    )


class SignedRecordLateIn(RecordLateIn):
    """A signed late record."""

    signature = SignatureField()


class NamedOut(Schema):
    """A donor, bank or material by its number."""

    number = fields.String()


class SourceOut(Schema):
    """What a donor, a bank and a material are shown with."""

    number = fields.String()
    status = fields.String()
    registered_at = Instant()
    decision_signature = fields.Nested(SignatureOut, allow_none=True)


class DonorOut(SourceOut):
    """A donor."""

    markers = fields.String()


class BankOut(SourceOut):
    """A cell bank."""

    name = fields.String()
    tier = fields.String()
    donor = fields.Pluck(NamedOut, "number")
    parent = fields.Pluck(NamedOut, "number", allow_none=True)
    vials_total = fields.Integer()
    passage = fields.Integer(allow_none=True)
    expires_on = fields.Date()


class MaterialOut(SourceOut):
    """A delivered lot of a material."""

    kind = fields.String()
    name = fields.String()
    supplier = fields.String()
    supplier_lot = fields.String()
    expires_on = fields.Date()


class DecidedOut(Schema):
    """A donor, bank or material after a decision."""

    number = fields.String()
    status = fields.String()
    decision_signature = fields.Nested(SignatureOut)


class LotInputOut(Schema):
    """What went into a lot."""

    bank = fields.Pluck(NamedOut, "number", allow_none=True)
    material = fields.Pluck(NamedOut, "number", allow_none=True)
    vials = fields.Integer(allow_none=True)
    amount = fields.String()
    used_at = Instant()


class RecordedLateOut(Schema):
    """What was recorded late, with its deviation, and the hold that followed where there is one."""

    bank = fields.Pluck(NamedOut, "number", attribute="made.bank", allow_none=True)
    material = fields.Pluck(NamedOut, "number", attribute="made.material", allow_none=True)
    used_at = Instant(attribute="made.used_at")
    recorded_at = Instant(attribute="late.recorded_at")
    deviation = fields.String(attribute="late.deviation.number")
    hold_id = fields.Integer(attribute="hold.id")

"""Shapes of orders."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import (
    Choice,
    Day,
    In,
    Instant,
    ReasonIn,
    SignatureField,
    SignatureOut,
    Whole,
    Words,
)
from cotrack.foundation.words import N_
from cotrack.orders.rules import ended_as
from cotrack.orders.rules.supply import ADDRESSEES


class OrderIn(In):
    """A dose and its day."""

    cells_per_kg = Whole(
        least=1,
        most=1_000_000_000,
        required=True,
        metadata={"label": N_("Dose"), "unit": "cells/kg", "kind": "number"},
    )
    planned_on = Day(required=True, metadata={"label": N_("Planned day"), "kind": "date"})


class SignedOrderIn(OrderIn):
    """A signed order."""

    signature = SignatureField()


class SignedAcceptIn(ReasonIn):
    """A signed acceptance of a conditionally released lot, and why."""

    lot = Words(required=True)
    signature = SignatureField()


class SupplyIn(In):
    """A request for a lot out of specification."""

    lot = Words(required=True, metadata={"label": N_("Lot out of specification")})
    hazard = Words(
        required=True,
        longest=1_000,
        metadata={"label": N_("Immediate significant hazard that it averts"), "kind": "textarea"},
    )
    alternatives = Words(
        required=True,
        longest=1_000,
        metadata={
            "label": N_("Why there is no alternative"),
            "kind": "textarea",
            "hint": N_("Other lots, other treatments, waiting: why none of them."),
        },
    )


class SignedSupplyIn(SupplyIn):
    """A signed request for a lot out of specification."""

    signature = SignatureField()


class EvaluationIn(In):
    """QA's evaluation of the risk, and the bags that may be given."""

    evaluation = Words(
        required=True,
        longest=2_000,
        metadata={
            "label": N_("Risk evaluation"),
            "kind": "textarea",
            "hint": N_("What each failed test may mean for this patient. The physician reads it before accepting."),
        },
    )
    bags = Words(
        required=True,
        longest=10_000,
        metadata={"label": N_("Bags that may be given"), "hint": N_("Numbers, with commas between.")},
    )


class SignedEvaluationIn(EvaluationIn):
    """A signed risk evaluation."""

    signature = SignatureField()


class SignedSupplyAcceptanceIn(In):
    """The signature of an acceptance."""

    signature = SignatureField()


class NoticeIn(In):
    """That somebody was told of a supply out of specification."""

    addressee = Choice(ADDRESSEES, required=True, metadata={"label": N_("Who was told")})
    sent_at = Words(
        required=True, metadata={"label": N_("When"), "hint": N_("Time of the site, such as 2026-10-05 09:12.")}
    )
    sent_by = Words(required=True, metadata={"label": N_("By whom")})
    how = Words(
        required=True, metadata={"label": N_("How"), "hint": N_("Telephone, e-mail, letter; its number if it has one.")}
    )


class NoticeOut(Schema):
    """That somebody was told of a supply out of specification."""

    addressee = fields.String()
    sent_at = Instant()
    sent_by = fields.String()
    how = fields.String()
    recorded_at = Instant()


class SupplyOut(Schema):
    """A supply of a lot out of specification for one order; the lot itself is not released."""

    number = fields.String()
    order = fields.String(attribute="order.number")
    lot = fields.String(attribute="lot.number")
    status = fields.String()
    hazard = fields.String()
    alternatives = fields.String()
    evaluation = fields.String()
    failed_tests = fields.Function(lambda supply: supply.failed_tests.split())
    bags = fields.Function(lambda supply: supply.bags.split())
    requested_at = Instant()
    evaluated_at = Instant(allow_none=True)
    accepted_at = Instant(allow_none=True)
    ended_at = Instant(allow_none=True)
    end_reason = fields.String()
    request_signature = fields.Nested(SignatureOut)
    evaluation_signature = fields.Nested(SignatureOut, allow_none=True)
    acceptance_signature = fields.Nested(SignatureOut, allow_none=True)
    notices = fields.List(fields.Nested(NoticeOut))


class AcceptanceOut(Schema):
    """A physician's acceptance of a lot for an order."""

    lot = fields.String(attribute="lot.number")
    outstanding_tests = fields.Function(lambda acceptance: acceptance.outstanding_tests.split())
    reason = fields.String()
    accepted_at = Instant()
    signature = fields.Nested(SignatureOut)


class AllocationOut(Schema):
    """A bag set aside, with the volume to give from it."""

    unit = fields.String(attribute="unit.number")
    volume_to_give_ml = fields.Decimal(as_string=True)
    allocated_at = Instant()
    released_at = Instant(allow_none=True)


class EndotoxinOut(Schema):
    """The endotoxin of an order's infusion, from the bags set aside for it, to a tenth of an EU on the strict side."""

    given_eu = fields.Decimal(
        as_string=True,
        allow_none=True,
        metadata={"description": "What the bags bring at most; null where there is none, or one is not known."},
    )
    allowed_eu = fields.Decimal(
        as_string=True,
        allow_none=True,
        metadata={"description": "EU per kg and hour × kg × max(hours, 1); null where the sponsor has not set it."},
    )
    eu_per_kg_hour = fields.Decimal(as_string=True, allow_none=True, attribute="infusion.eu_per_kg_hour")
    weight_kg = fields.Decimal(as_string=True, attribute="infusion.weight_kg")
    planned_minutes = fields.Integer(allow_none=True, attribute="infusion.planned_minutes")
    blockers = fields.Function(
        lambda endotoxin: [{"code": each.code, "detail": each.sentence} for each in endotoxin.blockers]
    )


class OrderOut(Schema):
    """A dose order."""

    number = fields.String()
    coi_id = fields.String()
    status = fields.String()
    infusion_number = fields.Integer()
    planned_on = fields.Date()
    cells_per_kg = fields.Integer()
    weight_kg = fields.Decimal(as_string=True)
    weighed_on = fields.Date()
    target_million_cells = fields.Decimal(as_string=True)
    ordered_at = Instant()


class OrderWithBagsOut(OrderOut):
    """A dose order with its bags and signature."""

    allocations = fields.List(fields.Nested(AllocationOut))
    ended_as = fields.Function(
        lambda order: ended_as(order.status, [each.unit.status for each in order.allocations if not each.released_at]),
        metadata={"description": "The status as people read it: a completed order may have been stopped early."},
    )
    signature = fields.Nested(SignatureOut)

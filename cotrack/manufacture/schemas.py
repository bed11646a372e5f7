"""Shapes of lots and units."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import Choice, Day, In, Instant, Quantity, Words
from cotrack.foundation.words import N_
from cotrack.manufacture.rules import LABELS_OF_A_BAG


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
    reason = Words(
        load_default="",
        metadata={"label": N_("Reason"), "hint": N_("Only where the bag holds less than the study says.")},
    )


class LabelIn(In):
    """A label of a bag to print."""

    kind = Choice(LABELS_OF_A_BAG, required=True, metadata={"label": N_("Label")})
    reason = Words(
        load_default="",
        metadata={"label": N_("Reason"), "hint": N_("Only where the bag has this label already: the older one dies.")},
    )


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

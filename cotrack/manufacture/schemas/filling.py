"""Shapes of filling: clearances of a line, rolls of labels, samples, labels of vials."""

from marshmallow import Schema, fields, validate

from cotrack.foundation.web.schemas import Choice, In, Instant, Whole, Words
from cotrack.foundation.words import N_
from cotrack.labelling.schemas import RequestIn
from cotrack.manufacture.rules.filling import LOOKED_AT, SAMPLE_KINDS
from cotrack.manufacture.schemas import NamedOut, UnitIn

MOST_LABELS = 100_000
COUNTED = {"label": N_("Labels on the roll, counted"), "kind": "number"}


def _looked_at() -> fields.List[str]:
    return fields.List(
        fields.String(validate=validate.OneOf(LOOKED_AT, error=N_("Choose one of these."))),
        load_default=list,
        metadata={"label": N_("Nothing is left of"), "kind": "looks"},
    )


class ClearIn(In):
    """A line that is cleared before filling: what was looked at, which roll, how many labels on it."""

    looked_at = _looked_at()
    roll = Words(required=True, metadata={"label": N_("Roll of labels"), "hint": N_("The number on the roll.")})
    labels = Whole(least=0, most=MOST_LABELS, required=True, metadata=COUNTED)


class CheckIn(In):
    """What the second person looked at."""

    looked_at = _looked_at()


class LeaveIn(In):
    """A line that is cleared after filling."""

    looked_at = _looked_at()
    labels = Whole(least=0, most=MOST_LABELS, required=True, metadata=COUNTED)


class RollIn(In):
    """Another roll of labels."""

    labels_left = Whole(
        least=0,
        most=MOST_LABELS,
        required=True,
        metadata={"label": N_("Labels left on the old roll"), "kind": "number"},
    )
    roll = Words(required=True, metadata={"label": N_("New roll"), "hint": N_("The number on the roll.")})
    labels = Whole(
        least=1, most=MOST_LABELS, required=True, metadata={"label": N_("Labels on the new roll"), "kind": "number"}
    )


class SampleIn(UnitIn):
    """A sample to fill."""

    kind = Choice(SAMPLE_KINDS, required=True, metadata={"label": N_("Kind of sample")})


class LineClearanceOut(Schema):
    """A line clearance."""

    id = fields.Integer()
    lot = fields.Pluck(NamedOut, "number")
    station = fields.String()
    status = fields.String()
    roll = fields.String()
    labels_before = fields.Integer()
    cleared_at = Instant()
    checked_at = Instant(allow_none=True)
    labels_after = fields.Integer(allow_none=True)
    left_at = Instant(allow_none=True)
    ended_at = Instant(allow_none=True)


class RollChangeOut(Schema):
    """A change of roll."""

    id = fields.Integer()
    labels_left = fields.Integer()
    roll = fields.String()
    labels_put_in = fields.Integer()
    changed_at = Instant()


class RollOut(Schema):
    """A roll of labels: what came off it, and what was printed."""

    clearance_id = fields.Integer()
    position = fields.Integer()
    station = fields.String()
    roll = fields.String()
    put_in = fields.Integer()
    left = fields.Integer(allow_none=True)
    used = fields.Integer(allow_none=True)
    printed = fields.Integer()
    difference = fields.Integer()
    is_settled = fields.Boolean()
    reason = fields.String()


class RollExplanationOut(Schema):
    """Where the difference of a roll comes from."""

    id = fields.Integer()
    clearance_id = fields.Integer()
    position = fields.Integer()
    difference = fields.Integer()
    reason = fields.String()
    explained_at = Instant()


class VialIn(In):
    """Which vial of a bank."""

    vial = Whole(least=1, most=99_999, required=True, metadata={"label": N_("Which vial of the bank")})


class VialLabelIn(RequestIn, VialIn):
    """The label of one vial of a bank to print."""

"""Shapes of checks and infusions."""

from marshmallow import INCLUDE, Schema, fields, validate

from cotrack.foundation.web.schemas import (
    MOST_ID,
    Choice,
    In,
    Instant,
    Quantity,
    ScannedCode,
    SignatureField,
    SignatureOut,
    Whole,
    Words,
)
from cotrack.foundation.words import N_

MOST_CONFIRMED = 100
"""How many things a check confirms at most, and how long the key of one may be."""


class KeyedIn(In):
    """Why a number was typed where a code should have been scanned."""

    keyed_reason = Words(
        load_default="",
        metadata={
            "label": N_("Why the code cannot be scanned"),
            "hint": N_("Only where you type the number and its boxed character in the place of a scan."),
        },
    )


class IssueIn(KeyedIn):
    """A bag that leaves the freezer: scanned, for a ward, into somebody's hands."""

    ward = Words(required=True, metadata={"label": N_("Ward")})
    taken_by = Words(
        required=True, metadata={"label": N_("Taken over by"), "hint": N_("User name of the person who carries it.")}
    )
    bag_code = ScannedCode(required=True, metadata={"label": N_("Scan the bag"), "kind": "scan"})


class BagIn(KeyedIn):
    """A scanned bag."""

    bag_code = ScannedCode(required=True, metadata={"label": N_("Scan the bag"), "kind": "scan"})


class ThawCheckIn(KeyedIn):
    """Bag and tag as scanned, for an order, and what the study wants confirmed before the thaw."""

    order_number = Words(required=True)
    unit_code = ScannedCode(required=True)
    attached_code = ScannedCode(required=True)
    station = Words(required=True)
    confirmed = fields.Dict(
        keys=Words(longest=MOST_CONFIRMED),
        values=fields.Boolean(),
        load_default=dict,
        validate=validate.Length(max=MOST_CONFIRMED),
    )


class ThawScansIn(KeyedIn):
    """Bag and tag as scanned on the page, and the ticks of what is confirmed; which ticks there are the study says."""

    class Meta:
        """Let the study's own confirmations through."""

        unknown = INCLUDE

    unit_code = ScannedCode(required=True)
    attached_code = ScannedCode(required=True)


class IdentityCheckIn(KeyedIn):
    """Band and bag as scanned at a station."""

    participant_code = ScannedCode(required=True)
    unit_code = ScannedCode(required=True)
    attached_code = ScannedCode(load_default="")
    station = Words(required=True)
    identity_answer = Choice(("confirmed", "denied"), load_default="")


class PairIn(In):
    """The two checks that allow a step."""

    first_check = Whole(least=1, most=MOST_ID, required=True)
    second_check = Whole(least=1, most=MOST_ID, required=True)


class VolumesIn(In):
    """What went in and what is left, in mL."""

    volume_given_ml = Quantity(
        places=1,
        least="0",
        most="1000",
        required=True,
        metadata={"label": N_("Volume given"), "unit": "mL", "kind": "number"},
    )
    volume_left_ml = Quantity(
        places=1,
        least="0",
        most="1000",
        required=True,
        metadata={"label": N_("Volume left in the bag"), "unit": "mL", "kind": "number"},
    )
    missing_reason = Words(
        load_default="",
        metadata={
            "label": N_("What is missing, and why"),
            "hint": N_("Only where given and left are less than what was in the bag."),
        },
    )


class StoppedIn(VolumesIn):
    """Volumes, and why the infusion stopped."""

    reason = Words(
        required=True, metadata={"label": N_("Reason"), "hint": N_("It stands in the trail with your name.")}
    )


class SignedVolumesIn(VolumesIn):
    """Volumes and a signature."""

    signature = SignatureField()


class SignedStoppedIn(StoppedIn):
    """Volumes, reason and a signature."""

    signature = SignatureField()


class CheckOut(Schema):
    """The result of a check: every reason against, and until when a match stands."""

    id = fields.Integer()
    result = fields.String()
    blockers = fields.Function(lambda check: [{"code": each.code, "detail": each.sentence} for each in check.blockers])
    decided_at = Instant()
    valid_until = Instant()
    entered = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "How each label came in: `scanned`, or `keyed` by number and boxed character."},
    )
    supplied_out_of_specification = fields.Function(
        lambda check: [each["en"] for each in check.supplied_over],
        metadata={"description": "The failed tests of a bag that is not released, and supplied for its order alone."},
    )


class InfusionOut(Schema):
    """An infusion."""

    id = fields.Integer()
    unit = fields.String(attribute="unit.number")
    participant = fields.String(attribute="participant.subject_number")
    started_at = Instant()
    ended_at = Instant(allow_none=True)
    volume_given_ml = fields.Decimal(as_string=True, allow_none=True)
    volume_left_ml = fields.Decimal(as_string=True, allow_none=True)
    closing_signature = fields.Nested(SignatureOut, allow_none=True)


class StartedOut(Schema):
    """An infusion that was just started."""

    id = fields.Integer()
    unit_id = fields.Integer()
    started_at = Instant()

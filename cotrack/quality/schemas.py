"""Shapes of holds and deviations."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import Choice, In, Instant, SignatureField, SignatureOut, Words
from cotrack.foundation.words import N_


class LiftedOut(Schema):
    """A hold after it was lifted."""

    id = fields.Integer()
    subject = fields.String()
    lifted_at = Instant()
    lift_reason = fields.String()


class DescriptionIn(In):
    """What went otherwise than it should."""

    description = Words(
        required=True,
        metadata={
            "label": N_("What happened"),
            "kind": "textarea",
            "hint": N_("When, where, what was done."),
        },
    )


class AssessmentIn(In):
    """What QA found out about a deviation."""

    classification = Choice(("minor", "major", "critical"), required=True, metadata={"label": N_("Class")})
    cause = Words(required=True, metadata={"label": N_("Cause"), "kind": "textarea"})
    impact = Words(
        required=True, metadata={"label": N_("What it means for lots, bags and participants"), "kind": "textarea"}
    )


class SignedIn(In):
    """A signed act that asks nothing else."""

    signature = SignatureField()


class DeviationOut(Schema):
    """A deviation as far as it was assessed."""

    number = fields.String()
    subject = fields.String()
    status = fields.String()
    description = fields.String()
    classification = fields.String()
    cause = fields.String()
    impact = fields.String()
    opened_at = Instant()
    closure_signature = fields.Nested(SignatureOut, allow_none=True)

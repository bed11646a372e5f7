"""Shapes of holds and deviations."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import Choice, Day, In, Instant, SignatureField, SignatureOut, Words
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
    affected = Words(
        load_default=None,
        longest=2_000,
        metadata={
            "label": N_("Lots and bags concerned"),
            "hint": N_("Their numbers with a comma between: MSC26-0031, MSC26-0032-004."),
        },
    )


class ActionIn(In):
    """What is to be done after a deviation."""

    kind = Choice(
        ("correction", "prevention"),
        required=True,
        metadata={
            "label": N_("Kind"),
            "hint": N_("A correction is done before the deviation is closed; a prevention may end later."),
        },
    )
    description = Words(required=True, metadata={"label": N_("What is to be done"), "kind": "textarea"})
    owner = Words(required=True, metadata={"label": N_("Owner"), "hint": N_("Who does it and reports it as done.")})
    due_on = Day(required=True, metadata={"label": N_("To be done by"), "kind": "date"})


class OutcomeIn(In):
    """What was done."""

    outcome = Words(required=True, metadata={"label": N_("What was done"), "kind": "textarea"})


class ActionOut(Schema):
    """An action after a deviation, with what came of it."""

    id = fields.Integer()
    deviation = fields.String(attribute="deviation.number")
    kind = fields.String()
    status = fields.String()
    description = fields.String()
    owner = fields.String(attribute="owner.username")
    due_on = fields.Date()
    outcome = fields.String()
    planned_at = Instant()
    ended_at = Instant(allow_none=True)


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
    affected = fields.List(fields.String(), attribute="things")
    opened_at = Instant()
    closure_signature = fields.Nested(SignatureOut, allow_none=True)

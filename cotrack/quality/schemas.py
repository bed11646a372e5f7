"""Shapes of holds."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import Instant


class LiftedOut(Schema):
    """A hold after it was lifted."""

    id = fields.Integer()
    subject = fields.String()
    lifted_at = Instant()
    lift_reason = fields.String()

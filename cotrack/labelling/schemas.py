"""Shapes of labels. The code itself never leaves but on a printed label."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import Instant


class LabelInstanceOut(Schema):
    """A label instance, without its code."""

    id = fields.Integer()
    kind = fields.String()
    subject = fields.String()
    instance = fields.Integer()
    status = fields.String()
    station = fields.String()
    printer = fields.String()
    requested_at = Instant()
    printed_at = Instant(allow_none=True)
    applied_at = Instant(allow_none=True)

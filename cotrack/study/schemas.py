"""Shapes of study definitions."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import In, Instant, SignatureIn, SignatureOut


class ApprovalIn(In):
    """A signature under a draft."""

    signature = fields.Nested(SignatureIn, required=True)


class NothingIn(In):
    """A form without fields of its own."""


class StudyDefinitionOut(Schema):
    """A version of a study."""

    code = fields.String()
    study_version = fields.String()
    sha256 = fields.String()
    status = fields.String()
    is_demonstration = fields.Boolean()
    loaded_at = Instant()
    effective_at = Instant(allow_none=True)
    quality_signature = fields.Nested(SignatureOut, allow_none=True)
    investigator_signature = fields.Nested(SignatureOut, allow_none=True)

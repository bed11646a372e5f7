"""Shapes of study definitions."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import In, Instant, Lines, SignatureField, SignatureOut
from cotrack.foundation.words import N_

LONGEST_STUDY = 400_000


class StudyIn(In):
    """The text of a study file."""

    text = Lines(
        required=True, longest=LONGEST_STUDY, metadata={"label": N_("Text of the study file"), "kind": "textarea"}
    )


class ApprovalIn(In):
    """A signature."""

    signature = SignatureField()


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

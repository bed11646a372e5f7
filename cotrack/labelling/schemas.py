"""Shapes of labels. The code itself never leaves but on a printed label."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from cotrack.foundation.web.schemas import Choice, FileBytes, In, Instant, ReasonIn, ScannedCode
from cotrack.foundation.words import N_
from cotrack.labelling.rules.reconciliation import PAPERS


class VoidIn(ReasonIn):
    """Why a label is made void, and what became of what came out of the printer."""

    paper = Choice(
        PAPERS,
        load_default="",
        metadata={
            "label": N_("What became of its paper"),
            "hint": N_("Only where it came out of the printer and never went on its thing."),
        },
    )


class PaperIn(In):
    """What became of a label's paper."""

    paper = Choice(PAPERS, required=True, metadata={"label": N_("What became of its paper")})


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
    paper = fields.String(allow_none=True)


class LabelCheckIn(In):
    """What is held up to the check station: a scanned string, or a picture in base64."""

    code = ScannedCode(load_default=None)
    picture_base64 = FileBytes(load_default=None)

    @validates_schema
    def _check_one(self, loaded: dict[str, Any], **_: Any) -> None:
        if (loaded["code"] is None) == (loaded["picture_base64"] is None):
            raise ValidationError(N_("Enter a value."), "code")


class PrintOut(Schema):
    """One print of a label's kind for its thing."""

    id = fields.Integer()
    instance = fields.Integer()
    status = fields.String()
    reason = fields.String()
    requested_at = Instant()
    requested_by = fields.String()
    printed_at = Instant(allow_none=True)
    applied_at = Instant(allow_none=True)
    applied_by = fields.String()
    superseded_by = fields.Integer(allow_none=True)
    void_reason = fields.String()
    paper = fields.String(allow_none=True)


class PrintHintOut(Schema):
    """What a picture tells of how easily a symbol is read: a hint, never a grade."""

    symbology = fields.String()
    modules = fields.Integer(allow_none=True)
    module_px = fields.Float(allow_none=True)
    module_mm = fields.Float(allow_none=True)
    contrast = fields.Integer(allow_none=True)
    quiet = fields.Integer(allow_none=True)
    corrected = fields.Integer(allow_none=True)


class VerdictOut(Schema):
    """What one code is. Its thing and its prints stand there for those who may read the thing."""

    is_genuine = fields.Boolean()
    counts = fields.Boolean()
    kind = fields.String(attribute="scan.label.kind")
    instance = fields.Integer(attribute="scan.label.instance")
    status = fields.String(attribute="scan.label.status")
    subject = fields.String()
    blockers = fields.Function(
        lambda verdict: [{"code": each.code, "detail": each.sentence} for each in verdict.blockers]
    )
    advice = fields.String()
    prints = fields.List(fields.Nested(PrintOut))
    hint = fields.Nested(PrintHintOut, attribute="facts", allow_none=True)
    poor = fields.List(fields.String())


class CheckedOut(Schema):
    """What the check station says of each code, and how many more were seen and could not be read."""

    counts = fields.Boolean()
    labels = fields.List(fields.Nested(VerdictOut), attribute="verdicts")
    unread = fields.Integer()

"""Shapes of labels. The code itself never leaves but on a printed label."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from cotrack.foundation.web.schemas import MOST_ID, Choice, FileBytes, In, Instant, ReasonIn, ScannedCode, Words
from cotrack.foundation.words import N_
from cotrack.labelling.rules.print_jobs import MOST_LABELS
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


class RequestIn(In):
    """Why a label is printed, and by which template of the site's own where it is not the usual one."""

    reason = Words(
        load_default="",
        metadata={"label": N_("Reason"), "hint": N_("Only where there is such a label already: the older one dies.")},
    )
    template = Words(
        load_default="",
        metadata={"label": N_("Template"), "hint": N_("Only where the site has another one for this label.")},
    )


class LocationKindIn(In):
    """Which label of a place; the later base of a shape has the earlier fields."""

    kind = Choice(("location", "box", "shipper"), required=True, metadata={"label": N_("Label")})


class LocationLabelIn(RequestIn, LocationKindIn):
    """A label of a place, a container or a station."""


class PrinterIn(In):
    """Which printer of the site prints, where it is another one than usual."""

    printer = Words(load_default="", metadata={"label": N_("Printer")})


class PrintJobIn(PrinterIn):
    """The labels that go out together, in this order."""

    labels = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, MOST_ID)),
        required=True,
        validate=validate.Length(1, MOST_LABELS),
    )


class PrintJobLabelOut(Schema):
    """One label of a print job: `outcome` is sure, doubtful, or null where nothing is known of it yet."""

    label = fields.Integer(attribute="label_id")
    position = fields.Integer()
    outcome = fields.String(allow_none=True)


class PrintJobOut(Schema):
    """A print job as it stands."""

    id = fields.Integer()
    status = fields.String()
    printer = fields.String()
    station = fields.String()
    requested_at = Instant()
    sent_at = Instant(allow_none=True)
    ended_at = Instant(allow_none=True)
    fault = fields.String()
    labels = fields.List(fields.Nested(PrintJobLabelOut))


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


class ForeignScanOut(Schema):
    """A scan of a code that is none of ours, without what was scanned."""

    id = fields.Integer()
    status = fields.String()
    event = fields.String()
    scanned_at = Instant()
    scanned_by = fields.String(attribute="scanned_by.username")
    station = fields.String()
    symbology = fields.String()
    length = fields.Integer()
    hmac = fields.String()
    purged_at = Instant(allow_none=True)


class OpenedScanOut(Schema):
    """What was scanned."""

    scanned = fields.String()


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

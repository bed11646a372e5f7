"""Shapes of labels. The code itself never leaves but on a printed label."""

from marshmallow import Schema, fields, validate

from cotrack.foundation.web.schemas import MOST_ID, Choice, In, Instant, ReasonIn, Words
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

    kind = Choice(("location", "box", "shipper", "selftest"), required=True, metadata={"label": N_("Label")})


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

"""Shapes of labels. The code itself never leaves but on a printed label."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import Choice, In, Instant, ReasonIn
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

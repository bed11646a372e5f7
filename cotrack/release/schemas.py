"""Shapes of results and decisions."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import (
    MOST_ID,
    FileText,
    In,
    Instant,
    ReasonIn,
    SignatureField,
    SignatureOut,
    Whole,
    Words,
)
from cotrack.foundation.words import N_


class ResultFileIn(In):
    """A file as text."""

    file_name = Words(required=True)
    content = FileText(required=True)


class StoreResultsIn(In):
    """A previewed file to store, by its hash."""

    sha256 = Words(required=True)


class ReviewIn(In):
    """The results that a second person read against their source."""

    result_ids = fields.List(
        Whole(least=1, most=MOST_ID),
        required=True,
        error_messages=dict.fromkeys(("required", "null", "invalid"), N_("Choose at least one result.")),
    )


class SignedReviewIn(ReviewIn):
    """A signed review."""

    signature = SignatureField()


class ReleaseIn(In):
    """A signature."""

    signature = SignatureField()


class SignedDecisionIn(ReasonIn):
    """A reason and a signature."""

    signature = SignatureField()


class StoppedLotOut(Schema):
    """A released lot that went on hold because of a result in the file."""

    lot = fields.String(attribute="number")
    reason = fields.String()


class ImportOut(Schema):
    """A stored file, and the lots that it put on hold."""

    file_name = fields.String(attribute="kept.file_name")
    file_sha256 = fields.String(attribute="kept.file_sha256")
    stored = fields.Integer(attribute="kept.stored")
    already_there = fields.Integer(attribute="kept.already_there")
    imported_at = Instant(attribute="kept.imported_at")
    holds = fields.List(fields.Nested(StoppedLotOut), attribute="stopped")


class ResultOut(Schema):
    """A result as it was reported."""

    id = fields.Integer()
    sample = fields.String()
    test = fields.String()
    method = fields.String()
    replicate = fields.Integer()
    reported = fields.String()
    unit = fields.String()
    tested_at = Instant()
    analyst = fields.String()
    status = fields.String()
    review_signature = fields.Nested(SignatureOut, allow_none=True)


class BlockerOut(Schema):
    """One reason against an act."""

    code = fields.String()
    detail = fields.String(attribute="sentence")


class ReleaseCaseOut(Schema):
    """Everything that stands against a lot's release."""

    lot = fields.String()
    status = fields.String()
    blockers = fields.List(fields.Nested(BlockerOut))
    standings = fields.Dict(keys=fields.String(), values=fields.String())


class TrailReviewOut(Schema):
    """A signed review of a lot's trail."""

    last_record_id = fields.Integer()
    records = fields.Integer()
    reviewed_at = Instant()
    signature = fields.Nested(SignatureOut)


class DispositionOut(Schema):
    """A signed decision."""

    decision = fields.String()
    outstanding_tests = fields.String()
    reason = fields.String()
    decided_at = Instant()
    signature = fields.Nested(SignatureOut)

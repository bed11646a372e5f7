"""Shapes of results and decisions."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import (
    MOST_ID,
    In,
    Instant,
    ReasonIn,
    SignatureField,
    SignatureOut,
    Whole,
    Words,
)
from cotrack.foundation.words import N_


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


class EntryIn(In):
    """A result as one person types it."""

    test = Words(required=True, metadata={"label": N_("Test")})
    sample = Words(required=True, metadata={"label": N_("Sample")})
    replicate = Whole(least=1, most=99, required=True, metadata={"label": N_("Replicate"), "kind": "number"})
    reported = Words(
        required=True,
        metadata={
            "label": N_("Result"),
            "hint": N_("In the unit of the test, as it was reported: 93.4, or <0.25."),
        },
    )
    method = Words(load_default="", metadata={"label": N_("Method")})
    tested_at = Words(
        required=True,
        metadata={"label": N_("Tested at"), "hint": N_("Time of the site, such as 2026-10-05 09:12.")},
    )
    analyst = Words(required=True, metadata={"label": N_("Analyst"), "hint": N_("Who tested.")})
    instrument = Words(load_default="", metadata={"label": N_("Instrument")})
    retest_of = Whole(
        least=1,
        most=99,
        load_default=None,
        allow_none=True,
        metadata={
            "label": N_("Retest of replicate"),
            "kind": "number",
            "hint": N_("Only where this tests a replicate again that failed or was made invalid."),
        },
    )
    comment = Words(load_default="", metadata={"label": N_("Comment")})


class InvalidateIn(ReasonIn):
    """Why a result is wrong, and the deviation that found it out."""

    deviation = Words(
        required=True,
        metadata={
            "label": N_("Deviation"),
            "hint": N_("A deviation of this lot that is assessed: its cause explains the result."),
        },
    )


class SignedInvalidationIn(InvalidateIn):
    """A signed invalidation."""

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
    mapping = fields.Integer(attribute="mapping", allow_none=True)
    imported_at = Instant(attribute="kept.imported_at")
    holds = fields.List(fields.Nested(StoppedLotOut), attribute="stopped")


class InvalidationOut(Schema):
    """Why a result counts no more, and who signed that."""

    deviation = fields.String(attribute="deviation.number")
    reason = fields.String()
    invalidated_at = Instant()
    signature = fields.Nested(SignatureOut)


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
    corrects_id = fields.Integer(allow_none=True)
    retest_of_id = fields.Integer(allow_none=True)
    review_signature = fields.Nested(SignatureOut, allow_none=True)
    invalidation = fields.Nested(InvalidationOut, allow_none=True)


class EnteredOut(Schema):
    """What became of an entry: `waits` for another person's, `differs` from it in these fields,
    or `recorded`; `recorded_once` where one entry is enough."""

    outcome = fields.String()
    differs = fields.List(fields.String())
    result = fields.Nested(ResultOut, allow_none=True)
    holds = fields.List(fields.Nested(StoppedLotOut), attribute="stopped")


class UnsettledOut(Schema):
    """What one person typed and is unsettled: which replicate and why, never the value."""

    id = fields.Integer(attribute="entry.id")
    test = fields.String(attribute="entry.test")
    replicate = fields.Integer(attribute="entry.replicate")
    why = fields.String()
    typed_by = fields.String()
    entered_at = Instant(attribute="entry.entered_at")


class EntryEndOut(Schema):
    """Why an entry counts no more."""

    entry_id = fields.Integer()
    cause = fields.String()
    reason = fields.String()
    ended_at = Instant()


class InvalidatedOut(Schema):
    """A result that was made invalid, and its lot where that went on hold with it."""

    result = fields.Nested(ResultOut)
    holds = fields.List(fields.Nested(StoppedLotOut), attribute="stopped")


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


class TrendIn(In):
    """Whose limits a trend is shown by, and up to which lot where that one is old."""

    lot = Words(load_default="")


class LimitsOut(Schema):
    """The limits of a test; those that its specification does not have are null."""

    least = fields.Decimal(as_string=True)
    most = fields.Decimal(as_string=True)
    below = fields.Decimal(as_string=True)
    alert_least = fields.Decimal(as_string=True)
    alert_most = fields.Decimal(as_string=True)


class TrendPointOut(Schema):
    """One lot of a trend: the mean of its replicates, or their bound."""

    lot = fields.String()
    value = fields.String()
    qualifier = fields.String()
    reported = fields.List(fields.String())
    tested_at = Instant()
    is_reviewed = fields.Boolean()
    rules_broken = fields.List(fields.Integer())


class TrendOut(Schema):
    """A test over its lots, oldest first: centre line, sigma, and the rules of Nelson that each point breaks."""

    test = fields.String(attribute="trend.test.key")
    unit = fields.String(attribute="trend.test.unit")
    specification = fields.String(attribute="trend.specification")
    limits = fields.Nested(LimitsOut, attribute="trend.test")
    basis = fields.String(attribute="trend.chart.basis.value")
    centre = fields.String(allow_none=True)
    sigma = fields.String(allow_none=True)
    lots = fields.Integer(attribute="trend.lots")
    newer_lots = fields.Integer(attribute="trend.newer_lots")
    lots_in_another_unit = fields.List(fields.String(), attribute="trend.lots_in_another_unit")
    points = fields.List(fields.Nested(TrendPointOut))

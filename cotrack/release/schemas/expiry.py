"""Shapes of a decision about a lot's expiry."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import Day, In, Instant, SignatureField, SignatureOut, Words
from cotrack.foundation.words import N_


class ExpiryIn(In):
    """Another last day of use, and what it stands on."""

    last_day = Day(
        required=True,
        metadata={
            "label": N_("Last day of use"),
            "kind": "date",
            "hint": N_("The lot expires at its end, 23:59 of the site."),
        },
    )
    evidence = Words(
        required=True,
        longest=1_000,
        metadata={
            "label": N_("Stability evidence"),
            "kind": "textarea",
            "hint": N_("Which lots were followed to which month, and what was found."),
        },
    )
    reference = Words(
        load_default="",
        metadata={
            "label": N_("Report"),
            "hint": N_("Number of the report; needed for a later day that the study's table does not support."),
        },
    )
    reason = Words(required=True, metadata={"label": N_("Reason"), "hint": N_("Why the expiry is changed now.")})


class SignedExpiryIn(ExpiryIn):
    """A signed decision."""

    signature = SignatureField()


class ExpiryDecisionOut(Schema):
    """A decision about a lot's expiry."""

    previous_expires_at = Instant()
    new_expires_at = Instant()
    evidence = fields.String()
    reference = fields.String()
    is_beyond_table = fields.Boolean()
    reason = fields.String()
    decided_at = Instant()
    signature = fields.Nested(SignatureOut)

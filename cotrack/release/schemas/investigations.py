"""Shapes of investigations of failed results."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import Choice, In, Instant, SignatureField, SignatureOut, Whole, Words
from cotrack.foundation.words import N_


class InvestigateIn(In):
    """The test whose failed results are to be investigated."""

    test = Words(required=True, metadata={"label": N_("Test")})


def _checked(label: str) -> Words:
    hint = N_("What was looked at, and what was found.")
    return Words(required=True, longest=1_000, metadata={"label": label, "kind": "textarea", "hint": hint})


class ReportIn(In):
    """The laboratory's own investigation."""

    hypothesis = Words(required=True, longest=1_000, metadata={"label": N_("Hypothesis"), "kind": "textarea"})
    sample = _checked(N_("Sample checked"))
    standard = _checked(N_("Standard checked"))
    equipment = _checked(N_("Equipment checked"))
    calculation = _checked(N_("Calculation checked"))
    technique = _checked(N_("Analyst's technique checked"))
    outcome = Choice(("error_found", "none_found"), required=True, metadata={"label": N_("Outcome")})


class PlanIn(In):
    """The plan of the full investigation."""

    hypothesis = Words(required=True, longest=1_000, metadata={"label": N_("Hypothesis"), "kind": "textarea"})
    retests = Whole(
        least=1,
        most=20,
        required=True,
        metadata={
            "label": N_("Number of retests"),
            "kind": "number",
            "hint": N_("At least one. Where nothing can be tested again, QA concludes that the result is confirmed."),
        },
    )
    sample = Words(
        required=True,
        metadata={"label": N_("Sample to be tested"), "hint": N_("Its number, as the laboratory will write it.")},
    )
    not_by = Words(
        required=True,
        metadata={
            "label": N_("Not tested again by"),
            "hint": N_("Analysts as the laboratory writes them: liu.m, sun.q"),
        },
    )


class ConfirmIn(In):
    """Why the result stands."""

    conclusion = Words(required=True, longest=1_000, metadata={"label": N_("Conclusion"), "kind": "textarea"})


class RefuteIn(ConfirmIn):
    """Why the result does not stand."""

    cause = Words(required=True, longest=1_000, metadata={"label": N_("Cause"), "kind": "textarea"})


class SignedConfirmIn(ConfirmIn):
    """A signed conclusion."""

    signature = SignatureField()


class SignedRefuteIn(RefuteIn):
    """A signed conclusion with its cause."""

    signature = SignatureField()


class InvestigationOut(Schema):
    """An investigation of a failed test as far as it has come."""

    number = fields.String()
    lot = fields.String(attribute="lot.number")
    test = fields.String()
    status = fields.String()
    results = fields.List(fields.Integer(), attribute="result_ids")
    opened_at = Instant()
    hypothesis = fields.String()
    outcome = fields.String()
    plan_hypothesis = fields.String()
    retests = fields.Integer(allow_none=True)
    retest_sample = fields.String()
    retest_not_by = fields.String()
    conclusion = fields.String()
    cause = fields.String()
    phase_1_signature = fields.Nested(SignatureOut, allow_none=True)
    plan_signature = fields.Nested(SignatureOut, allow_none=True)
    conclusion_signature = fields.Nested(SignatureOut, allow_none=True)

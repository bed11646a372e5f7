"""Shapes of laboratories and of how they spell their files."""

import json
from typing import Any

from marshmallow import INCLUDE, Schema, fields, validate

from cotrack.foundation.web.schemas import Choice, In, Instant, Lines, SignatureOut, Words
from cotrack.foundation.words import N_
from cotrack.release.rules.spelling import DECIMALS, ENCODINGS, SEPARATORS
from cotrack.release.rules.times import TIME_FORMS

LONGEST_LIST = 20_000
MOST_PAIRS = validate.Length(max=500, error=N_("This is too long."))


class LaboratoryIn(In):
    """A laboratory."""

    code = Words(required=True, metadata={"label": N_("Code"), "hint": N_("Capitals, digits, hyphens: EXT-QC.")})
    name_zh = Words(required=True, metadata={"label": N_("Name in Chinese")})
    name_en = Words(required=True, metadata={"label": N_("Name in English")})


class SpelledIn(In):
    """Their spelling, and ours; either may be empty where nothing stands for no unit."""

    theirs = Words(load_default="")
    ours = Words(load_default="")


class ResultWordIn(SpelledIn):
    """Their word for a result of one of their tests."""

    test = Words(required=True)


class FileFormIn(In):
    """How a file is written, whatever stands in it."""

    encoding = Choice(ENCODINGS, required=True, metadata={"label": N_("Encoding")})
    separator = Choice(SEPARATORS, required=True, metadata={"label": N_("Separator")})


class MappingIn(FileFormIn):
    """A version of a laboratory's mapping."""

    decimal = Choice(DECIMALS, required=True)
    time_form = Choice(TIME_FORMS, required=True)
    zone = Words(load_default="")
    replicate = Words(load_default="")
    columns = fields.List(fields.Nested(SpelledIn), required=True, validate=MOST_PAIRS)
    tests = fields.List(fields.Nested(SpelledIn), required=True, validate=MOST_PAIRS)
    words = fields.List(fields.Nested(ResultWordIn), load_default=list, validate=MOST_PAIRS)
    units = fields.List(fields.Nested(SpelledIn), load_default=list, validate=MOST_PAIRS)
    samples = fields.List(fields.Nested(SpelledIn), load_default=list, validate=MOST_PAIRS)
    remark = Words(load_default="")


class SampleFileIn(FileFormIn):
    """How to read the headers of a sample file."""


class MappingFormIn(FileFormIn):
    """A mapping as the page sends it: a field for each column of the sample, and lists of one spelling a line."""

    class Meta:
        """The columns are the laboratory's: what their fields are called, only the sample knows."""

        unknown = INCLUDE

    decimal = Choice(DECIMALS, required=True, metadata={"label": N_("Decimal sign")})
    time_form = Choice(TIME_FORMS, required=True, metadata={"label": N_("Form of times")})
    zone = Words(
        load_default="",
        metadata={
            "label": N_("Time zone"),
            "hint": N_("Such as Europe/Berlin; empty where it is the site's."),
        },
    )
    once = fields.Boolean(
        load_default=False,
        metadata={"label": N_("The file has no column of replicates: each test is reported once"), "kind": "tick"},
    )
    tests = Lines(longest=LONGEST_LIST, load_default="", metadata={"label": N_("Tests"), "kind": "textarea"})
    units = Lines(
        longest=LONGEST_LIST, load_default="", metadata={"label": N_("Units of measurement"), "kind": "textarea"}
    )
    words = Lines(
        longest=LONGEST_LIST, load_default="", metadata={"label": N_("Words for results"), "kind": "textarea"}
    )
    samples = Lines(
        longest=LONGEST_LIST, load_default="", metadata={"label": N_("Types of samples"), "kind": "textarea"}
    )
    remark = Words(load_default="", metadata={"label": N_("Remark")})


class LaboratoryOut(Schema):
    """A laboratory."""

    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    registered_at = Instant()


class MappingOut(Schema):
    """A version of a laboratory's mapping."""

    laboratory = fields.String(attribute="laboratory.code")
    number = fields.Integer()
    status = fields.String()
    remark = fields.String()
    spelling = fields.Function(lambda row: _said(row.text))
    sample_name = fields.String()
    sample_sha256 = fields.String()
    sample_rows = fields.Integer(allow_none=True)
    sample_faults = fields.Integer(allow_none=True)
    proposed_at = Instant()
    proposed_by = fields.String(attribute="proposed_by.printed_name")
    approval_signature = fields.Nested(SignatureOut, allow_none=True)


def _said(text: str) -> Any:
    return json.loads(text)

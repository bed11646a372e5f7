"""Shapes of participants."""

from marshmallow import INCLUDE, Schema, fields

from cotrack.foundation.tables import LONGEST_CELL
from cotrack.foundation.web.schemas import (
    Choice,
    Day,
    FileText,
    In,
    Instant,
    Quantity,
    ScannedCode,
    SignatureField,
    SignatureOut,
    Words,
)
from cotrack.foundation.words import N_


class ScreeningFileIn(In):
    """A screening file as text."""

    file_name = Words(required=True)
    content = FileText(required=True)


class StoreScreeningIn(In):
    """A previewed file to store, by its hash."""

    sha256 = Words(required=True)


class IdentityIn(In):
    """Who a participant is; kept encrypted."""

    name = Words(required=True, metadata={"label": N_("Name")})
    hospital_number = Words(required=True, metadata={"label": N_("Hospital number")})
    birth_date = Day(required=True, metadata={"label": N_("Birth date"), "kind": "date"})
    reason = Words(
        load_default="",
        metadata={"label": N_("Reason"), "hint": N_("Only where an identity is recorded already: why it is replaced.")},
    )


class LookIn(In):
    """Why somebody looks at an identity."""

    purpose = Words(
        required=True, metadata={"label": N_("Purpose"), "hint": N_("Each look at an identity is recorded.")}
    )


class EnrolIn(In):
    """The arm."""

    arm = Words(required=True, metadata={"label": N_("Arm")})


class SignedEnrolIn(EnrolIn):
    """The arm and a signature."""

    signature = SignatureField()


class ValuesIn(In):
    """Values by field of the study."""

    values = fields.Dict(keys=fields.String(), values=Words(longest=LONGEST_CELL), required=True)


class MeasurementsIn(ValuesIn):
    """Values by field of the study, measured on a day."""

    measured_on = Day(required=True)
    confirmed_weight_kg = Words(load_default="")


class AnswersIn(In):
    """Answers by field of the study; which fields there are the study says, and the service checks."""

    class Meta:
        """Let the study's own fields through."""

        unknown = INCLUDE


class MeasureIn(In):
    """The measurements that a page asks for; each may be left out."""

    measured_on = Day(required=True, metadata={"label": N_("Measured on"), "kind": "date"})
    weight_kg = Quantity(
        places=1, least="1", most="400", metadata={"label": N_("Weight"), "unit": "kg", "kind": "number"}
    )
    confirmed_weight_kg = Quantity(places=1, least="1", most="400", metadata={"hidden": True})
    organ_function_on = Day(metadata={"label": N_("Adequate organ function confirmed on"), "kind": "date"})
    pregnancy_test_on = Day(metadata={"label": N_("Pregnancy test on"), "kind": "date"})
    pregnancy_test = Choice(("negative", "positive"), metadata={"label": N_("Pregnancy test")})
    brain_mri_on = Day(metadata={"label": N_("Brain MRI on"), "kind": "date"})


class BandIn(In):
    """A scanned band, and whether the person is the one it names."""

    band_code = ScannedCode(required=True, metadata={"label": N_("Scan the band"), "kind": "scan"})
    is_identity_confirmed = fields.Boolean(
        load_default=False,
        metadata={"label": N_("The person said name and birth date, and both are right"), "kind": "tick"},
    )


class BandRequestIn(In):
    """Why another band is printed."""

    reason = Words(
        load_default="",
        metadata={"label": N_("Reason"), "hint": N_("Only where there is a band already: the older one dies.")},
    )


class ParticipantOut(Schema):
    """A participant, by subject number."""

    subject_number = fields.String()
    status = fields.String()
    arm = fields.String(allow_none=True)
    screened_on = fields.Date()
    enrolled_on = fields.Date(allow_none=True)
    enrolment_signature = fields.Nested(SignatureOut, allow_none=True)


class TreatingPhysicianOut(Schema):
    """A physician who took a participant's treatment over."""

    id = fields.Integer()
    reason = fields.String()
    taken_at = Instant()


class IdentityOut(Schema):
    """Who a participant is."""

    name = fields.String()
    hospital_number = fields.String()
    birth_date = fields.String()


class BandOut(Schema):
    """A band on a wrist."""

    id = fields.Integer()
    status = fields.String()
    put_on_at = Instant()
    confirmed_at = Instant(allow_none=True)

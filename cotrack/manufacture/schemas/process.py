"""Shapes of rooms and devices, and of the steps of a lot."""

from marshmallow import INCLUDE, Schema, fields

from cotrack.foundation.web.schemas import Choice, Day, In, Instant, Words
from cotrack.foundation.words import N_
from cotrack.manufacture.schemas.product import NamedOut
from cotrack.study.rules.process import EQUIPMENT_KINDS

CALIBRATED = {"label": N_("Calibrated on"), "kind": "date"}
DUE = {"label": N_("Calibration ends on"), "kind": "date"}


class CalibrationIn(In):
    """A calibration, or of a room a qualification, and the last day on which it stands."""

    calibrated_on = Day(required=True, metadata=CALIBRATED)
    due_on = Day(required=True, metadata=DUE)


class EquipmentIn(In):
    """A room or device to register."""

    number = Words(
        required=True,
        metadata={
            "label": N_("Number"),
            "hint": N_("Such as INC-01; it names one room, device, donor, bank or material alone."),
        },
    )
    kind = Choice(EQUIPMENT_KINDS, required=True, metadata={"label": N_("Kind")})
    name = Words(required=True, metadata={"label": N_("Name of equipment")})
    calibrated_on = Day(required=True, metadata=CALIBRATED)
    due_on = Day(required=True, metadata=DUE)


class StepScanIn(In):
    """What was scanned at a step; `amount` is asked of what goes into the lot."""

    code = Words(required=True, metadata={"label": N_("Scan"), "kind": "scan"})
    amount = Words(load_default="", metadata={"label": N_("How much")})


class StepValuesIn(In):
    """What was measured at a step, by parameter; which there are the study says, and the service checks."""

    class Meta:
        """Let the study's own parameters through."""

        unknown = INCLUDE


class StepSeenIn(In):
    """Which value of a step was the newest on the page that was read before it was verified."""

    seen = Words(load_default="", metadata={"hidden": True})


class StepCorrectionIn(In):
    """A value that stands beside a wrong one from now on."""

    parameter = Words(required=True, metadata={"label": N_("Value"), "hidden": True})
    reported = Words(required=True, metadata={"label": N_("Correct value")})
    reason = Words(required=True, metadata={"label": N_("Reason")})


class EquipmentOut(Schema):
    """A room or device."""

    number = fields.String()
    kind = fields.String()
    name = fields.String()
    status = fields.String()
    calibrated_on = fields.Date()
    due_on = fields.Date()


class StepOut(Schema):
    """A step that was begun."""

    step = fields.String()
    status = fields.String()
    started_at = Instant()
    ended_at = Instant(allow_none=True)


class StepInputOut(Schema):
    """What went into a lot at a step."""

    bank = fields.Pluck(NamedOut, "number", allow_none=True)
    material = fields.Pluck(NamedOut, "number", allow_none=True)
    amount = fields.String()


class StepScanOut(Schema):
    """What was scanned at a step."""

    need = fields.String()
    equipment = fields.Pluck(NamedOut, "number", allow_none=True)
    lot_input = fields.Nested(StepInputOut, allow_none=True)
    scanned_at = Instant()


class StepValueOut(Schema):
    """What was measured at a step."""

    parameter = fields.String()
    reported = fields.String()
    reason = fields.String()
    recorded_at = Instant()
    deviation = fields.Pluck(NamedOut, "number", allow_none=True)


class StepVerificationOut(Schema):
    """That a step was verified, and when."""

    verified_at = Instant()


class StepLineValueOut(Schema):
    """A value of a step as it stands, with its limits and what it corrected."""

    parameter = fields.String(attribute="parameter.key")
    limits = fields.String(attribute="parameter.limits")
    standing = fields.Function(lambda line: line.standing.value)
    value = fields.Nested(StepValueOut)
    earlier = fields.List(fields.Nested(StepValueOut))


class StepLineOut(Schema):
    """One step of a lot's process: what it asks for, and what is known of it."""

    step = fields.String(attribute="described.key")
    status = fields.String()
    needs = fields.List(fields.String(), attribute="described.needs")
    begun = fields.Nested(StepOut, attribute="row", allow_none=True)
    scans = fields.List(fields.Nested(StepScanOut))
    values = fields.List(fields.Nested(StepLineValueOut))
    verified = fields.Nested(StepVerificationOut, allow_none=True)

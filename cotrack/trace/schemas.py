"""Shapes of alerts and of having read them."""

from marshmallow import Schema, fields

from cotrack.foundation.web.schemas import In, Instant, Words


class ReadIn(In):
    """The hash of the list that was shown."""

    shown_sha256 = Words(required=True, metadata={"hidden": True})


class AlertOut(Schema):
    """An alert about a lot that was stopped after its release."""

    id = fields.Integer()
    subject = fields.String()
    reason = fields.String()
    deviation = fields.String(attribute="deviation.number")
    raised_at = Instant()


class ReachedOut(Schema):
    """A bag that reached a participant, or that is set aside for one."""

    unit = fields.String()
    participant = fields.String()
    order = fields.String()
    treated_by = fields.String()
    is_given = fields.Boolean()


class AlertWithReachOut(Schema):
    """An alert with whom it reached and who has still to read it; `shown_sha256` is what a reader sends back."""

    alert = fields.Nested(AlertOut)
    units = fields.Function(lambda page: [number for number, _ in page["reach"].units])
    reached = fields.List(fields.Nested(ReachedOut), attribute="reach.reached")
    shown_sha256 = fields.String(attribute="reach.sha256")
    waiting = fields.List(fields.String())


class ReadOut(Schema):
    """Who has read an alert, and for whom."""

    party = fields.String()
    acknowledged_at = Instant()

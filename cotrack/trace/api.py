"""JSON routes of alerts."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.trace import schemas
from cotrack.trace.service import alerts

api = Blueprint("api_trace", __name__, url_prefix="/api/v1", description="Alerts")


@api.get("/alerts")
@needs("alert:acknowledge")
@api.response(200, schemas.AlertOut(many=True))
def list_alerts() -> Any:
    """List the alerts that wait for whoever asks, newest first."""
    with runtime().ground.sessions.reading() as session:
        return alerts.to_read(session, actor())


@api.get("/alerts/<int:alert_id>")
@needs("participant:read")
@api.response(200, schemas.AlertWithReachOut)
def show_alert(alert_id: int) -> Any:
    """Show an alert with everybody whom it names."""
    with runtime().ground.sessions.reading() as session:
        return alerts.alert_page(session, actor(), alert_id)


@api.post("/alerts/<int:alert_id>/acknowledge")
@needs("alert:acknowledge")
@api.arguments(schemas.ReadIn)
@api.response(201, schemas.ReadOut(many=True))
def acknowledge(body: dict[str, Any], alert_id: int) -> Response:
    """Say that an alert was read, with the hash of the list that was shown."""
    return answer(lambda work: alerts.acknowledge(work, alert_id, **body), schemas.ReadOut(many=True), status=201)

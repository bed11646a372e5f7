"""The page of an alert, and the line on every page that says that one waits."""

from flask import Blueprint, Response, render_template, url_for
from werkzeug.datastructures import MultiDict

from cotrack.foundation.web.forms import Form, form_page
from cotrack.foundation.web.visit import actor, may, needs, runtime
from cotrack.foundation.words import N_
from cotrack.trace import schemas
from cotrack.trace.service import alerts

pages = Blueprint("trace", __name__, template_folder="templates")


@pages.get("/alerts/<int:alert_id>")
@needs("participant:read")
def show_alert(alert_id: int) -> str:
    """Show an alert: what stopped a lot, and whom it reached."""
    with runtime().ground.sessions.reading() as session:
        page = alerts.alert_page(session, actor(), alert_id)
    return render_template("trace/alert.html", form=Form(MultiDict()), **page)


@pages.post("/alerts/<int:alert_id>/read")
@needs("alert:acknowledge")
def read_alert(alert_id: int) -> Response:
    """Say that an alert was read, with the list that was shown."""
    return form_page(
        schemas.ReadIn(),
        lambda work, shown_sha256: alerts.acknowledge(work, alert_id, shown_sha256=shown_sha256),
        template="trace/alert.html",
        then=lambda _: url_for("trace.show_alert", alert_id=alert_id),
        done=N_("That you have read it stands in the trail."),
        context=lambda session: alerts.alert_page(session, actor(), alert_id),
    )


@pages.get("/alerts/waiting")
@needs("alert:acknowledge")
def waiting() -> str:
    """Return the line of the alerts that wait for this person, for a page that has been open for a while."""
    return waiting_alerts()


def waiting_alerts() -> str:
    """Draw the line of the alerts that wait for whoever looks; empty where none does."""
    if not may("alert:acknowledge"):
        return ""
    with runtime().ground.sessions.reading() as session:
        return render_template("trace/waiting.html", alerts=alerts.to_read(session, actor()))

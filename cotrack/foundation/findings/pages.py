"""The page of what verification found, and of saying what was done about it."""

from flask import Blueprint, Response, render_template, url_for

from cotrack.foundation.findings import service
from cotrack.foundation.web.forms import form_page
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.foundation.words import N_

pages = Blueprint("findings", __name__, template_folder="templates")


@pages.get("/trail/findings")
@needs("trail:read")
def list_findings() -> str:
    """Show everything that was ever found, newest first."""
    with runtime().ground.sessions.reading() as session:
        return render_template("findings/findings.html", findings=service.all_findings(session))


@pages.route("/trail/findings/<int:finding_id>/acknowledge", methods=["GET", "POST"])
@needs("trail:acknowledge")
def acknowledge(finding_id: int) -> Response:
    """Say what was done about a finding."""
    return form_page(
        ReasonIn(),
        lambda work, reason: service.acknowledge(work, finding_id, reason=reason),
        template="findings/acknowledge.html",
        then=lambda _: url_for("findings.list_findings"),
        done=N_("The finding is acknowledged."),
        context=lambda session: {"finding": service.finding_numbered(session, finding_id)},
    )

"""Pages of the audit trail: the list, and one record with every old and new value."""

from flask import Blueprint, Response, render_template

from cotrack.foundation.audit import service
from cotrack.foundation.web.lists import list_page
from cotrack.foundation.web.visit import needs, runtime

pages = Blueprint("audit", __name__, template_folder="templates")


@pages.get("/trail")
@needs("trail:read")
def list_records() -> Response:
    """Show the trail, and how far it is sealed."""
    sessions = runtime().ground.sessions
    with sessions.reading() as session:
        sealing = service.sealing(session, sessions.clock())
    return list_page(service.trail_list(), template="audit/trail.html", sealing=sealing)


@pages.get("/trail/<int:record_id>")
@needs("trail:read")
def show_record(record_id: int) -> str:
    """Show one record."""
    with runtime().ground.sessions.reading() as session:
        row, said = service.record_numbered(session, record_id)
        place = service.sealed(session, row)
        details = service.shown_details(said)
        return render_template("audit/record.html", row=row, said=said, place=place, details=details)

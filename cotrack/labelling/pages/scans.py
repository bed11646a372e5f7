"""Pages of scans: photos read for a field, pastes noted, other people's codes opened and purged by QA."""

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from cotrack.foundation.errors import Refused
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.web.files import sent_file
from cotrack.foundation.web.forms import Form, act_page, read
from cotrack.foundation.web.lists import list_page
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.foundation.web.words import tell_blocker
from cotrack.labelling.service import (
    checking,
    foreign_scans,
    pastes,
)
from cotrack.labelling.service.foreign_scan_list import foreign_scan_list
from cotrack.lifecycles import FOREIGN_SCAN

pages = Blueprint("scans", __name__)


@pages.get("/foreign-scans")
@needs("foreign_scan:open")
def list_foreign_scans() -> Response:
    """List scans of codes that are none of ours."""
    return list_page(foreign_scan_list())


@pages.get("/foreign-scans/<int:scan_id>")
@needs("foreign_scan:open")
def show_foreign_scan(scan_id: int) -> str:
    """Show what is known of such a scan; the string itself is opened with a reason."""
    with runtime().ground.sessions.reading() as session:
        return render_template("labelling/foreign_scan.html", scan=foreign_scans.scan_numbered(session, scan_id))


@pages.route("/foreign-scans/<int:scan_id>/open", methods=["GET", "POST"])
@needs("foreign_scan:open")
def open_foreign_scan(scan_id: int) -> Response:
    """Show what was scanned; asking is recorded, with the reason."""
    form, opened, status = Form(request.form), None, HTTPStatus.OK
    if request.method == "POST":
        try:
            opened = _opened(scan_id, **read(ReasonIn(), form))
        except Refused as refusal:
            form.refuse(refusal)
            status = HTTPStatus(refusal.status)
    return make_response(_opening(scan_id, form, opened), status)


def _opened(scan_id: int, *, reason: str) -> str:
    with unit_of_work(runtime().ground, actor()) as work:
        return foreign_scans.open_scan(work, scan_id, reason=reason)


def _opening(scan_id: int, form: Form, opened: str | None) -> str:
    with runtime().ground.sessions.reading() as session:
        scan = foreign_scans.scan_numbered(session, scan_id)
        return render_template("labelling/open_foreign_scan.html", scan=scan, form=form, opened=opened)


@pages.route("/foreign-scans/<int:scan_id>/purge", methods=["GET", "POST"])
@needs("foreign_scan:purge")
def purge_foreign_scan(scan_id: int) -> Response:
    """Delete what was scanned for good."""
    return act_page(
        FOREIGN_SCAN,
        "purge",
        ReasonIn(),
        lambda work, reason: foreign_scans.purge_scan(work, scan_id, reason=reason),
        thing=f"foreign_scan:{scan_id}",
    )


@pages.post("/labels/read")
@needs("label:check")
def read_picture() -> Response:
    """Read the one code of a photo that was taken for a scan field; the page puts it there as a scanner would."""
    try:
        shown = held_up()
        with unit_of_work(runtime().ground, actor()) as work:
            return jsonify(code=checking.read_for_field(work, shown))
    except Refused as refusal:
        return make_response(jsonify(fault=" ".join(map(tell_blocker, refusal.reasons))), refusal.status)


def held_up() -> checking.Shown:
    """Return what a form holds up to the check station: a photo, else what was scanned."""
    picture = sent_file("picture")[1] if "picture" in request.files else None
    return checking.held_up(actor(), runtime().settings.var_folder, request.form.get("code"), picture)


@pages.post("/scans/pasted")
@needs("self:sign_in")
def note_paste() -> Response:
    """Write down that somebody tried to paste a code, as the page tells it once."""
    pastes.note(runtime().ground, actor(), request.form.get("page", ""))
    return Response(status=HTTPStatus.NO_CONTENT)

"""The check station: what a label is, by its code, a photo or the camera."""

from flask import Blueprint, Response, make_response, render_template, request

from cotrack.desk.service import label_check
from cotrack.foundation.errors import Refused
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.web.forms import Form
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.labelling.pages.scans import held_up
from cotrack.labelling.service import checking

pages = Blueprint("check_station", __name__)


@pages.get("/labels/check")
@needs("label:check")
def show() -> str:
    """Ask for a label: scanned, photographed, or held before the camera."""
    return render_template("desk/check.html", form=Form(request.args), labels=(), unread=0)


@pages.post("/labels/check")
@needs("label:check")
def check_label() -> Response:
    """Say what a label is: genuine, current, whose, what became of its prints, and what to do with it."""
    form, ground = Form(request.form), runtime().ground
    try:
        held = held_up()
        with unit_of_work(ground, actor()) as work:
            checked = checking.check(work, held)
            labels = label_check.shown(work.session, checked)
    except Refused as refusal:
        form.refuse(refusal)
        return make_response(render_template("desk/check.html", form=form, labels=(), unread=0), refusal.status)
    return make_response(render_template("desk/check.html", form=form, labels=labels, unread=checked.unread))

"""Pages of an infusion: running, interrupted, ended, with its record."""

from typing import Any

from flask import Blueprint, Response, render_template

from cotrack.bedside import schemas
from cotrack.bedside.service import infusions, papers, screens
from cotrack.foundation.web.files import pdf_file
from cotrack.foundation.web.forms import act_page
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.foundation.web.words import quantity, tell
from cotrack.foundation.words import N_
from cotrack.lifecycles import UNIT

pages = Blueprint("infusions", __name__)


@pages.get("/infusions/<int:infusion_id>")
@needs("infusion:read")
def show_infusion(infusion_id: int) -> str:
    """Show an infusion: running with its clock, or ended with its record."""
    return render_template("bedside/infusion.html", **screens.infusion(runtime().ground, infusion_id))


@pages.get("/infusions/<int:infusion_id>/record.pdf")
@needs("infusion:read")
def infusion_document(infusion_id: int) -> Response:
    """Give the record of an ended infusion as a document."""
    content = papers.infusion_pdf(runtime().ground, runtime().settings.witness_file, infusion_id)
    return pdf_file(content, f"infusion-{infusion_id}.pdf")


def _infusion_act(infusion_id: int, action: str, schema: Any, act: Any) -> Response:
    return act_page(
        UNIT,
        action,
        schema,
        lambda work, **body: act(work, infusion_id, **body),
        thing=f"infusion:{infusion_id}",
        context=lambda session: {"facts": _infusion_facts(session, infusion_id)},
    )


def _infusion_facts(session: Any, infusion_id: int) -> list[tuple[str, Any]]:
    """Return what must stand beside the fields: whose infusion, of which bag, and how much of it was ordered."""
    found = infusions.infusion_numbered(session, infusion_id)
    return [
        (tell(N_("Participant")), found.participant.subject_number),
        (tell(N_("Bag")), found.unit.number),
        (tell(N_("Volume in the bag")), quantity(found.unit.volume_ml, "mL")),
        (tell(N_("Volume to give")), quantity(infusions.volume_to_give(session, found), "mL")),
    ]


@pages.route("/infusions/<int:infusion_id>/pause", methods=["GET", "POST"])
@needs("infusion:pause")
def pause(infusion_id: int) -> Response:
    """Interrupt an infusion."""
    return _infusion_act(infusion_id, "pause", ReasonIn(), infusions.pause)


@pages.route("/infusions/<int:infusion_id>/resume", methods=["GET", "POST"])
@needs("infusion:pause")
def resume(infusion_id: int) -> Response:
    """Go on with an infusion."""
    return _infusion_act(infusion_id, "resume", NothingIn(), infusions.resume)


@pages.route("/infusions/<int:infusion_id>/complete", methods=["GET", "POST"])
@needs("infusion:complete")
def complete(infusion_id: int) -> Response:
    """End an infusion as planned."""
    return _infusion_act(infusion_id, "complete", schemas.VolumesIn(), infusions.complete)


@pages.route("/infusions/<int:infusion_id>/stop-early", methods=["GET", "POST"])
@needs("infusion:stop")
def stop_early(infusion_id: int) -> Response:
    """End an infusion before the volume was given."""
    return _infusion_act(infusion_id, "stop_early", schemas.StoppedIn(), infusions.stop_early)

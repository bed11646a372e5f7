"""Pages of study definitions: list, text, load, sign."""

from flask import Blueprint, Response, render_template, url_for

from cotrack.foundation.web.forms import act_page
from cotrack.foundation.web.schemas import NothingIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.lifecycles import STUDY_DEFINITION
from cotrack.study import schemas, service
from cotrack.study.rules.specification import alert_words, limit_words

pages = Blueprint("study", __name__, template_folder="templates")


@pages.get("/studies")
@needs("study:read")
def list_definitions() -> str:
    """Show every version ever loaded."""
    with runtime().ground.sessions.reading() as session:
        rows, waits = service.all_definitions(session), service.days_awaited(session)
        return render_template("study/definitions.html", rows=rows, waits=waits)


@pages.get("/studies/<sha256>")
@needs("study:read")
def show_definition(sha256: str) -> str:
    """Show one version: what it says, its very text, its signatures."""
    with runtime().ground.sessions.reading() as session:
        row = service.definition_with_hash(session, sha256)
        definition = service.definition_of(row)
        return render_template(
            "study/definition.html",
            row=row,
            definition=definition,
            acts=STUDY_DEFINITION.actions,
            limit_words=limit_words,
            alert_words=alert_words,
        )


@pages.route("/studies/load", methods=["GET", "POST"])
@needs("study:load")
def load() -> Response:
    """Load a study file as a draft."""
    return act_page(
        STUDY_DEFINITION,
        "load",
        schemas.StudyIn(),
        service.load,
        thing="",
        then=lambda row: url_for("study.show_definition", sha256=row.sha256),
    )


@pages.route("/studies/<sha256>/approve-quality", methods=["GET", "POST"])
@needs("study:approve_quality")
def approve_quality(sha256: str) -> Response:
    """Sign as QA."""
    thing = f"study_definition:{sha256}"
    return act_page(
        STUDY_DEFINITION,
        "approve_quality",
        NothingIn(),
        lambda work: service.approve_as_quality(work, sha256),
        thing=thing,
    )


@pages.route("/studies/<sha256>/approve-investigator", methods=["GET", "POST"])
@needs("study:approve_investigator")
def approve_investigator(sha256: str) -> Response:
    """Sign as principal investigator."""
    thing = f"study_definition:{sha256}"
    act = lambda work: service.approve_as_investigator(work, sha256)  # noqa: E731 (one line)
    return act_page(STUDY_DEFINITION, "approve_investigator", NothingIn(), act, thing=thing)

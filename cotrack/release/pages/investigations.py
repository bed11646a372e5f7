"""Pages of the investigation of a failed test: each act is a page of its own."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, url_for

from cotrack.foundation.web.forms import act_page
from cotrack.foundation.web.schemas import NothingIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.foundation.web.words import tell
from cotrack.lifecycles import INVESTIGATION
from cotrack.release.schemas import investigations as schemas
from cotrack.release.service import case_page, investigations
from cotrack.release.service.investigated import tests_to_investigate

pages = Blueprint("investigation", __name__)


@pages.route("/lots/<number>/investigation", methods=["GET", "POST"])
@needs("investigation:open")
def open_investigation(number: str) -> Response:
    """Open an investigation of failed results that none has."""
    return act_page(
        INVESTIGATION,
        "open",
        schemas.InvestigateIn(),
        lambda work, test: investigations.open_investigation(work, number, test=test),
        thing=f"lot:{number}",
        then=lambda made: url_for("desk.investigation", number=made.number),
        context=lambda session: {"options": {"test": tests_to_investigate(session, number)}},
    )


def _investigation(number: str, action: str, schema: Any, suggest: Mapping[str, Any] | None = None) -> Response:
    act = getattr(investigations, action)
    with runtime().ground.sessions.reading() as session:
        facts = [(tell(name), value) for name, value in case_page.investigation_sheet(session, number)]
    return act_page(
        INVESTIGATION,
        action,
        schema,
        lambda work, **said: act(work, number, **said),
        thing=f"investigation:{number}",
        context=lambda _: {"facts": facts},
        suggest=suggest,
    )


@pages.route("/investigations/<number>/report", methods=["GET", "POST"])
@needs("investigation:report")
def report_investigation(number: str) -> Response:
    """Report the laboratory's own investigation; what was reported before stands in the fields."""
    with runtime().ground.sessions.reading() as session:
        said = investigations.reported(session, number)
    return _investigation(number, "report", schemas.ReportIn(), said)


@pages.route("/investigations/<number>/find-error", methods=["GET", "POST"])
@needs("investigation:decide")
def find_error(number: str) -> Response:
    """Sign that the laboratory's own error was found."""
    return _investigation(number, "find_error", NothingIn())


@pages.route("/investigations/<number>/go-on", methods=["GET", "POST"])
@needs("investigation:decide")
def go_on(number: str) -> Response:
    """Sign that no laboratory error was found."""
    return _investigation(number, "go_on", NothingIn())


@pages.route("/investigations/<number>/plan", methods=["GET", "POST"])
@needs("investigation:report")
def plan_retests(number: str) -> Response:
    """Write the plan of retests; what was written before stands in the fields."""
    with runtime().ground.sessions.reading() as session:
        said = investigations.planned(session, number)
    return _investigation(number, "plan", schemas.PlanIn(), said)


@pages.route("/investigations/<number>/approve-plan", methods=["GET", "POST"])
@needs("investigation:decide")
def approve_plan(number: str) -> Response:
    """Sign the plan of retests before any of them."""
    return _investigation(number, "approve_plan", NothingIn())


@pages.route("/investigations/<number>/confirm", methods=["GET", "POST"])
@needs("investigation:decide")
def confirm_result(number: str) -> Response:
    """Sign that the result stands."""
    return _investigation(number, "confirm", schemas.ConfirmIn())


@pages.route("/investigations/<number>/refute", methods=["GET", "POST"])
@needs("investigation:decide")
def refute_result(number: str) -> Response:
    """Sign that the result does not stand, for a cause."""
    return _investigation(number, "refute", schemas.RefuteIn())

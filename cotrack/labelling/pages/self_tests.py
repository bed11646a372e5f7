"""Pages on which a station's scanner is tested before it is used."""

from collections.abc import Sequence

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, Refused
from cotrack.foundation.web.commands import TYPED, run
from cotrack.foundation.web.files import pdf_file
from cotrack.foundation.web.forms import Form
from cotrack.foundation.web.visit import actor, go_to, needs, runtime
from cotrack.foundation.web.words import tell, tell_blocker
from cotrack.foundation.words import N_
from cotrack.labelling.service import (
    self_test_page,
    self_tests,
)

pages = Blueprint("self_test", __name__)


@pages.get("/stations")
@needs("station:test", "trail:read")
def list_stations() -> str:
    """Show every station, and whether its scanner is tested."""
    ground = runtime().ground
    with ground.sessions.reading() as session:
        stations = self_tests.all_stations(session, ground.site)
    return render_template("labelling/stations.html", stations=stations, now=ground.sessions.clock())


@pages.get("/stations/self-test.pdf")
@needs("station:test", "trail:read")
def self_test_sheet() -> Response:
    """Give the sheet on which scanners are tested."""
    return pdf_file(self_test_page.sheet_pdf(runtime().ground), "scanner-self-test.pdf")


@pages.get("/self-test")
@needs("station:test")
def own_self_test() -> Response:
    """Go to the self-test of one's own station; from no station, to the list of all."""
    code = actor().station
    is_here = runtime().ground.site.station(code) is not None
    return go_to(url_for("self_test.show_self_test", code=code) if is_here else url_for("self_test.list_stations"))


@pages.get("/stations/<code>/self-test")
@needs("station:test", "trail:read")
def show_self_test(code: str) -> str:
    """Show how the newest self-test of a station came out, and take another one at that station."""
    shown = self_test_page.shown(runtime().ground, actor(), code)
    return render_template("labelling/self_test.html", form=Form(MultiDict()), **shown)


@pages.post("/stations/<code>/self-test")
@needs("station:test")
def test_station(code: str) -> Response:
    """Judge what arrived of the sheet; what is wrong stands at its symbol, beside what should have come."""
    sent = self_test_page.sent_by(request.form, request.form.getlist(TYPED))
    try:
        row_id = int(
            run(lambda work: self_test_page.taken(work, code, sent), key=request.form.get("form_key", "")).body
        )
    except Refused as refusal:
        return _self_test_again(code, refusal, sent)
    faults = self_test_page.faults_of(runtime().ground, row_id)
    if faults:
        return _self_test_again(code, InvalidInput(fields=_by_symbol(faults)), sent)
    flash(tell(N_("The scanner reads true: it may be used at this station.")))
    return go_to(url_for("self_test.show_self_test", code=code))


def _by_symbol(faults: Sequence[Blocker]) -> dict[str, list[str]]:
    names = [str(each.parameters["symbol"]) for each in faults]
    return {name: [tell_blocker(each) for each in faults if each.parameters["symbol"] == name] for name in names}


def _self_test_again(code: str, refusal: Refused, sent: self_test_page.Sent) -> Response:
    """Show the page again with what came beside what should have, in a form that is a new request."""
    form = Form(MultiDict())
    form.refuse(refusal)
    form.labels = {**self_test_page.TITLES}
    shown = self_test_page.shown(runtime().ground, actor(), code, sent)
    return make_response(render_template("labelling/self_test.html", form=form, **shown), refusal.status)

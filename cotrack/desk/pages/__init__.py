"""Home, lists, the page of each thing, search, scan-to-page, language, and the API's documentation."""

from flask import Blueprint, Response, current_app, flash, make_response, render_template, request

from cotrack.desk.service import home as work_lists
from cotrack.desk.service import labelled_pages, lists, search, source_lists
from cotrack.desk.service.api_reference import api_reference
from cotrack.desk.service.deviation_page import deviation_page
from cotrack.desk.service.equipment_page import equipment_page
from cotrack.desk.service.investigation_page import investigation_page
from cotrack.desk.service.lot_page import lot_page
from cotrack.desk.service.order_page import order_page
from cotrack.desk.service.participant_page import participant_page
from cotrack.desk.service.source_page import source_page
from cotrack.desk.service.supply_page import supply_page
from cotrack.desk.service.tasks import STARTS, Start
from cotrack.desk.service.thing_page import ThingPage
from cotrack.desk.service.unit_page import unit_page
from cotrack.foundation.web.forms import page_of
from cotrack.foundation.web.lists import list_page
from cotrack.foundation.web.visit import actor, go_to, needs, own_address, public, runtime
from cotrack.foundation.web.words import LANGUAGE_COOKIE, LANGUAGES, tell_blocker

pages = Blueprint("desk", __name__, template_folder="../templates")


@pages.get("/")
@needs("self:sign_in")
def home() -> str:
    """Show what waits for this person."""
    ground = runtime().ground
    with ground.sessions.reading() as session:
        tasks = work_lists.tasks_for(ground, session, actor())
    return render_template("desk/home.html", tasks=tasks, now=ground.sessions.clock())


@pages.post("/scan")
@needs("self:sign_in")
def scan() -> Response:
    """Go to the thing that was scanned or typed, or show what it may mean."""
    text = request.form.get("code", "")
    with runtime().ground.sessions.reading() as session:
        found = search.find(runtime().ground, session, actor(), text)
    if len(found.subjects) != 1:
        return make_response(render_template("desk/found.html", found=found), 200 if found.subjects else 404)
    for reason in found.reasons:
        flash(tell_blocker(reason))
    return go_to(page_of(found.subjects[0]))


@pages.post("/language/<code>")
@public
def language(code: str) -> Response:
    """Switch the language; the page stays."""
    response = go_to(own_address(request.form.get("next", "")))
    if code in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, code, max_age=365 * 86_400, samesite="Lax", httponly=True)
    return response


@pages.get("/api/docs")
@public
def api_page() -> str:
    """Show the API's documentation, made from its own description."""
    document = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return render_template("desk/api.html", reference=api_reference(document))


@pages.get("/lots")
@needs("lot:read")
def lots() -> Response:
    """List lots."""
    return list_page(
        lists.lot_list(),
        starts=_starts(
            "manufacture.make_lot",
            "desk.materials",
            "desk.equipment_list",
            "release.import_results",
            "laboratory.list_laboratories",
            "release.list_trends",
        ),
    )


@pages.get("/units")
@needs("unit:read")
def units() -> Response:
    """List units."""
    return list_page(lists.unit_list())


@pages.get("/participants")
@needs("participant:read")
def participants() -> Response:
    """List participants."""
    return list_page(lists.participant_list(), starts=_starts("participants.screen"))


@pages.get("/orders")
@needs("order:read")
def orders() -> Response:
    """List orders."""
    return list_page(lists.order_list())


@pages.get("/infusions")
@needs("infusion:read")
def infusions() -> Response:
    """List infusions."""
    return list_page(lists.infusion_list())


def _starts(*endpoints: str) -> list[Start]:
    return [STARTS[endpoint] for endpoint in endpoints]


@pages.get("/deviations")
@needs("lot:read")
def deviations() -> Response:
    """List deviations."""
    return list_page(lists.deviation_list(), starts=_starts("scans.list_foreign_scans"))


@pages.get("/deviations/<number>")
@needs("lot:read")
def deviation(number: str) -> str:
    """Show a deviation."""
    return _thing("desk/deviation.html", deviation_page, number)


@pages.get("/equipment")
@needs("equipment:read")
def equipment_list() -> Response:
    """List rooms and devices."""
    return list_page(source_lists.equipment_list(), starts=_starts("process.register_equipment", "desk.materials"))


@pages.get("/equipment/<number>")
@needs("equipment:read")
def equipment(number: str) -> str:
    """Show a room or a device."""
    return _thing("desk/equipment.html", equipment_page, number)


@pages.get("/investigations")
@needs("lot:read")
def investigations() -> Response:
    """List investigations of failed results."""
    return list_page(lists.investigation_list())


@pages.get("/investigations/<number>")
@needs("lot:read")
def investigation(number: str) -> str:
    """Show an investigation."""
    return _thing("desk/investigation.html", investigation_page, number)


@pages.get("/donors")
@needs("source:read")
def donors() -> Response:
    """List donors."""
    starts = _starts("manufacture.register_donor", "desk.cell_banks", "desk.materials")
    return list_page(source_lists.donor_list(), starts=starts)


@pages.get("/donors/<number>")
@needs("source:read")
def donor(number: str) -> str:
    """Show a donor."""
    return _thing("desk/source.html", source_page("donor"), number)


@pages.get("/cell-banks")
@needs("source:read")
def cell_banks() -> Response:
    """List cell banks."""
    starts = _starts("manufacture.register_bank", "desk.donors", "desk.materials")
    return list_page(source_lists.bank_list(), starts=starts)


@pages.get("/cell-banks/<number>")
@needs("source:read")
def cell_bank(number: str) -> str:
    """Show a cell bank."""
    return _thing("desk/source.html", source_page("cell_bank"), number)


@pages.get("/materials")
@needs("source:read")
def materials() -> Response:
    """List materials."""
    starts = _starts("manufacture.register_material", "desk.cell_banks", "desk.donors")
    return list_page(source_lists.material_list(), starts=starts)


@pages.get("/materials/<number>")
@needs("source:read")
def material(number: str) -> str:
    """Show a material."""
    return _thing("desk/source.html", source_page("material"), number)


@pages.get("/lots/<number>")
@needs("lot:read")
def lot(number: str) -> str:
    """Show a lot."""
    return _thing("desk/lot.html", lot_page, number)


@pages.get("/units/<number>")
@needs("unit:read")
def unit(number: str) -> str:
    """Show a unit."""
    return _thing("desk/unit.html", unit_page, number)


@pages.get("/participants/<number>")
@needs("participant:read")
def participant(number: str) -> str:
    """Show a participant."""
    return _thing("desk/participant.html", participant_page, number)


@pages.get("/orders/<number>")
@needs("order:read")
def order(number: str) -> str:
    """Show an order."""
    return _thing("desk/order.html", order_page, number)


@pages.get("/supplies/<number>")
@needs("order:read")
def supply(number: str) -> str:
    """Show a supply of a lot out of specification."""
    return _thing("desk/supply.html", supply_page, number)


@pages.get("/locations")
@needs("location:read")
def locations() -> str:
    """List the places and containers of the site."""
    return render_template("desk/locations.html", **labelled_pages.locations_page(runtime().ground))


@pages.get("/locations/<code>")
@needs("location:read")
def location(code: str) -> str:
    """Show a place or a container."""
    return _thing("desk/labelled.html", labelled_pages.location_page, code)


@pages.get("/vials/<number>")
@needs("source:read")
def vial(number: str) -> str:
    """Show a vial of a cell bank."""
    return _thing("desk/labelled.html", labelled_pages.vial_page, number)


@pages.get("/people/<username>/badge")
@needs("person:read")
def badge(username: str) -> str:
    """Show somebody's badge."""
    return _thing("desk/labelled.html", labelled_pages.badge_page, username)


def _thing(template: str, page: ThingPage, number: str) -> str:
    ground = runtime().ground
    with ground.sessions.reading() as session:
        return render_template(template, **page(ground, session, actor(), number))

"""Pages of a label: asked for, handed out once, scanned back, void; what may not be seen is not shown."""

import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from support.clients import Client
from support.printers import PaperPrinter, ground_with
from support.refusals import records
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.app import create_app
from cotrack.foundation.acting import Ground
from cotrack.labelling.gateways.read_back import codes_in_picture, picture_of_pdf
from cotrack.labelling.service.instances import live_label

Person = Callable[[str], Client]


@pytest.fixture
def unit(world: World) -> str:
    """A bag without a label."""
    world.journey.lot(LOT)
    return world.journey.unit(LOT)


def technician_on(world: World, ground: Ground) -> Client:
    """Sign the technician in at a site whose definition was changed."""
    return Client(create_app(replace(world.runtime, ground=ground)), "zhao.l")


def text_of(client: Client, path: str, *, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def asked(client: Client, unit: str, **form: str) -> str:
    """Ask for a bag's label on the page; return the label's address."""
    answer = client.post(f"/units/{unit}/label", form={"kind": "bag", **form})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def test_only_the_labels_that_a_unit_has_are_offered(world: World, person: Person, unit: str) -> None:
    offered = text_of(person("zhao.l"), f"/units/{unit}/label")
    assert "bag tag" in offered
    assert "sample label" not in offered
    for kind in ("bag", "tag"):
        world.journey.scan_back(unit, world.journey.code(world.journey.unit_label(unit, kind)))
    sample = world.journey.sample(LOT, "retention")
    offered = text_of(person("zhao.l"), f"/units/{sample}/label")
    assert "sample label" in offered
    assert "bag tag" not in offered


def test_a_label_is_asked_for_handed_out_and_scanned_back(world: World, person: Person, unit: str) -> None:
    technician = person("zhao.l")
    page = asked(technician, unit)
    assert "You get the label as a PDF, once." in text_of(technician, page)
    handed = technician.post(f"{page}/hand-out")
    assert (handed.status_code, handed.mimetype) == (200, "application/pdf")
    assert handed.headers["Content-Disposition"].startswith("attachment; ")
    (code,) = codes_in_picture(picture_of_pdf(handed.data))
    assert "Stick it on and scan it there." in text_of(technician, page)
    done = technician.post(f"/units/{unit}/scan-back", form={"code": code})
    assert done.status_code == 303
    assert "was scanned back there" in text_of(technician, page)
    for each in (page, f"/units/{unit}"):
        assert code not in technician.get(each).get_data(as_text=True)


def test_the_pdf_is_handed_out_once_however_often_the_form_is_sent(person: Person, unit: str) -> None:
    technician = person("zhao.l")
    page = asked(technician, unit)
    answers = [technician.post(f"{page}/hand-out") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 409, 409]
    assert answers[1].mimetype == "text/html"


def test_a_form_sent_twice_asks_for_one_label(world: World, person: Person, unit: str) -> None:
    technician = person("zhao.l")
    addresses = {
        technician.post(f"/units/{unit}/label", form={"kind": "bag"}, key="once").headers["Location"] for _ in range(2)
    }
    assert len(addresses) == 1
    assert len(records(world, event="label_instance.request")) == 1


def test_a_second_label_asks_why_and_keeps_what_was_chosen(person: Person, unit: str) -> None:
    technician = person("zhao.l")
    asked(technician, unit)
    answer = technician.post(f"/units/{unit}/label", form={"kind": "bag"})
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "say why another is printed" in page
    assert '<option value="bag" selected>' in page
    assert asked(technician, unit, reason="smudged")


def test_a_label_of_a_printer_goes_there_and_the_page_says_so(world: World, unit: str) -> None:
    paper = PaperPrinter()
    try:
        technician = technician_on(world, ground_with(world, paper.port))
        page = asked(technician, unit)
        assert "goes to the printer P-TEST, once" in text_of(technician, page)
        sent = technician.post(f"{page}/hand-out")
        assert (sent.status_code, sent.headers["Location"]) == (303, page)
        paper.wait_for(1)
    finally:
        paper.close()
    assert "printed" in text_of(technician, page)


def test_a_printer_that_does_not_answer_is_told_on_a_page_and_the_label_waits(world: World, unit: str) -> None:
    technician = technician_on(world, ground_with(world, 1))
    page = asked(technician, unit)
    answer = technician.post(f"{page}/hand-out")
    assert answer.status_code == 503
    assert "The printer takes nothing now: nothing was printed" in answer.get_data(as_text=True)
    assert "Print now" in text_of(technician, page)


def test_a_printer_that_the_site_took_away_is_told_and_no_page_breaks(world: World, unit: str) -> None:
    page = asked(technician_on(world, ground_with(world, 1)), unit)
    technician = technician_on(world, world.runtime.ground)
    shown = text_of(technician, page)
    assert "The site has no printer P-TEST any more" in shown
    assert "Get the label" not in shown
    assert technician.post(f"{page}/hand-out").status_code == 409


def test_who_may_not_see_a_participant_does_not_see_their_band(world: World, person: Person) -> None:
    enrolled(world, HER)
    band = world.read(lambda session: live_label(session, f"participant:{HER}", "wristband"))
    refused = person("zhao.l").get(f"/labels/{band.id}")
    assert refused.status_code == 403
    assert HER not in refused.get_data(as_text=True)
    assert HER in text_of(person("zhou.n"), f"/labels/{band.id}")
    assert HER in text_of(person("qian.m"), f"/labels/{band.id}")


def test_a_label_is_made_void_on_its_page_and_leads_back_to_its_thing(person: Person, unit: str) -> None:
    technician = person("zhao.l")
    page = asked(technician, unit)
    silent = technician.post(f"{page}/void", form={"reason": " "})
    assert silent.status_code == 422
    done = technician.post(f"{page}/void", form={"reason": "torn"})
    assert (done.status_code, done.headers["Location"]) == (303, f"/units/{unit}")
    assert "This label counts no more." in text_of(technician, page)
    assert "Make void" not in text_of(technician, page)


def test_an_address_of_no_label_is_not_found(person: Person) -> None:
    for number in (10**6, 2**63, 10**30):
        assert person("zhao.l").get(f"/labels/{number}").status_code == 404


def test_the_wrong_label_stops_the_page_and_says_what_to_do(world: World, person: Person, unit: str) -> None:
    other = world.journey.unit(LOT)
    code = world.journey.code(world.journey.unit_label(unit, "bag"))
    answer = person("zhao.l").post(f"/units/{other}/scan-back", form={"code": code})
    assert answer.status_code == 409
    assert "Stop: take it off and ask QA." in answer.get_data(as_text=True)

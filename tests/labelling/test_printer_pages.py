"""The page of printers, test pages, and the page of a print job: what waits, what is doubtful, and what to do."""

import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from support.clients import Client
from support.clusters import free_port
from support.printers import PaperPrinter, ground_with, read_by_two
from support.refusals import records
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.app import create_app
from cotrack.foundation.acting import Ground
from cotrack.labelling.gateways.read_back import codes_in_picture, pages_of_pdf
from cotrack.labelling.service.instances import live_label
from cotrack.labelling.service.printers import TEST_CODE
from cotrack.labelling.service.scanning import read

Person = Callable[[str], Client]


def technician_on(world: World, ground: Ground, username: str = "zhao.l") -> Client:
    return Client(create_app(replace(world.runtime, ground=ground)), username)


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def test_a_test_page_carries_no_code_of_ours_and_is_recorded(world: World, person: Person) -> None:
    answer = person("zhao.l").post("/printers/P-BROWSER/test")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    (page,) = pages_of_pdf(answer.data)
    assert codes_in_picture(page) == [TEST_CODE]
    assert getattr(read(world.runtime.ground, TEST_CODE), "code", "") == "unknown_code"
    record = records(world)[-1]
    assert (record["event"], record["subject"]) == ("printer.test", "printer:P-BROWSER")


def test_a_test_page_goes_to_its_printer(world: World) -> None:
    paper = PaperPrinter()
    try:
        technician = technician_on(world, ground_with(world, paper.port))
        assert technician.post("/printers/P-TEST/test").status_code == 303
        (document,) = paper.wait_for(1)
    finally:
        paper.close()
    assert read_by_two(document) == {TEST_CODE}
    assert technician.post("/printers/P-NONE/test").status_code == 404


def test_the_page_says_how_each_printer_is(world: World) -> None:
    shown = text_of(technician_on(world, ground_with(world, free_port())), "/printers")
    assert "P-TEST" in shown
    assert "does not answer" in shown
    assert "printed by the browser" in shown


def test_labels_of_a_lot_are_printed_anew_on_pages_and_a_dead_printer_is_told_there(world: World) -> None:
    bags = world.journey.finished_lot(LOT, bags=2)
    paper = PaperPrinter(dies_after=1)
    try:
        technician = technician_on(world, ground_with(world, paper.port))
        form = {"kind": "bag", "reason": "smudged"}
        assert technician.post(f"/lots/{LOT}/print-anew", form={"kind": "bag"}).status_code == 422
        job = str(technician.post(f"/lots/{LOT}/print-anew", form=form, key="once").headers["Location"])
        assert technician.post(f"/lots/{LOT}/print-anew", form=form, key="once").headers["Location"] == job
        assert "0 printed, 0 doubtful, 2 waiting, of 2" in text_of(technician, job)
        assert "Job" in text_of(technician, "/printers")
        assert technician.post(f"{job}/send").status_code == 303
    finally:
        paper.close()
    shown = text_of(technician, job)
    assert "1 printed, 1 doubtful, 0 waiting, of 2" in shown
    assert "The printer died in the middle" in shown
    assert "Print now" not in shown
    queue = text_of(technician, "/printers")
    assert bags[1] in queue
    assert "Look at the printer." in queue


def test_who_may_not_see_a_participant_finds_their_band_in_no_queue(world: World) -> None:
    enrolled(world, HER)
    ground = ground_with(world, free_port())
    nurse, technician = (technician_on(world, ground, name) for name in ("zhou.n", "zhao.l"))
    asked = nurse.post(f"/api/v1/participants/{HER}/bands", {"reason": "wet"}).get_json()["id"]
    assert nurse.post(f"/bands/{asked}/hand-out").status_code == 503
    band = world.read(lambda session: live_label(session, f"participant:{HER}", "wristband"))
    assert band.status == "intended"
    assert "Job" in text_of(nurse, "/printers")
    assert "Nothing waits to be printed." in text_of(technician, "/printers")
    job = re.findall(r"/print-jobs/\d+", nurse.get("/printers").get_data(as_text=True))[0]
    assert [each.get(job).status_code for each in (nurse, technician)] == [200, 403]


@pytest.mark.parametrize("act", ["send", "cancel", "doubt"])
def test_an_address_of_no_job_is_not_found(person: Person, act: str) -> None:
    for number in (10**6, 2**64):
        assert person("zhao.l").get(f"/print-jobs/{number}").status_code == 404
        assert person("zhao.l").post(f"/print-jobs/{number}/{act}").status_code == 404

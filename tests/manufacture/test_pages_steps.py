"""The technician's page, the batch record and equipment on their pages, and the same for programs."""

from functools import partial

import pytest
from sqlalchemy import event
from support.clients import SignIn
from support.papers import keep_all, kept, owed, text_of
from support.process import REAGENT, begin, correct, described, do, do_until, lot_in_process, plan
from support.refusals import codes
from support.stages import LOT
from support.worlds import World

from cotrack.demonstration.making import performed
from cotrack.labelling.service.documents import Document
from cotrack.release.service import dispositions
from cotrack.release.service.batch_record import batch_record

STEP, RECORD = f"/lots/{LOT}/step", f"/lots/{LOT}/process"
INCUBATOR = {
    "number": "INC-09",
    "kind": "incubator",
    "name": "incubator 9",
    "calibrated_on": "2026-11-01",
    "due_on": "2026-12-01",
}


@pytest.fixture
def lot(world: World) -> str:
    number: str = lot_in_process(world)
    return number


def page(person: SignIn, path: str, by: str = "zhao.l") -> str:
    answer = person(by).get(path)
    assert answer.status_code == 200, path
    text: str = answer.get_data(as_text=True)
    return text


def send(person: SignIn, act: str, **form: str) -> tuple[int, str]:
    answer = person("zhao.l").send("POST", f"/lots/{LOT}/steps/{act}", form=form)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_technician_does_a_step_one_thing_at_a_time_on_one_page(world: World, person: SignIn, lot: str) -> None:
    assert "Begin step" in page(person, STEP)
    assert send(person, "seed/start")[0] == 303
    for kind, code, amount in (
        ("clean room", "ROOM-B01", ""),
        ("safety cabinet", "BSC-02", ""),
        ("cell counter", "CNT-01", ""),
        ("cell bank", plan().sources["cell_bank"][0], "2"),
        ("medium", plan().sources["medium"][0], "2 L"),
    ):
        shown = page(person, STEP)
        assert f"Scan: {kind}" in shown
        assert f">{code}<" not in shown
        assert ('name="amount"' in shown) == bool(amount)
        assert send(person, "seed/scan", code=code, amount=amount)[0] == 303
    shown = page(person, STEP)
    for words in ("Viable cells seeded", "×10⁶", "Limits: 80 – 100 %", "Step performed"):
        assert words in shown, words
    assert send(person, "seed/perform", cells_seeded="10", viability_at_seeding="93")[0] == 303
    assert "Expand" in page(person, STEP)
    assert "Seed waits for a second person." not in page(person, STEP)
    assert "Seed waits for a second person." in page(person, STEP, "feng.t")


def test_a_wrong_scan_turns_the_whole_page_to_stop_and_says_what_to_do(world: World, person: SignIn, lot: str) -> None:
    send(person, "seed/start")
    status, shown = send(person, "seed/scan", code="INC-04")
    assert status == 409
    for words in ('class="verdict stop"', "INC-04 is another kind of thing (incubator)", "INC-04 is out of use."):
        assert words in shown, words
    assert "Put it back. Take what the step asks for, and scan that." in shown
    status, shown = send(person, "seed/scan", code="ZZZ-1")
    assert "ZZZ-1 is no room, device, bank or material that is known here." in shown


def test_what_was_typed_is_kept_and_its_fault_stands_at_the_field(world: World, person: SignIn, lot: str) -> None:
    begin(world, "seed")
    status, shown = send(person, "seed/perform", cells_seeded="ten", viability_at_seeding="93")
    assert status == 422
    assert 'class="verdict stop"' not in shown
    for words in ('value="ten"', 'value="93"', 'id="fault-cells_seeded"', "Enter a number above zero."):
        assert words in shown, words


def test_who_measured_outside_a_limit_is_told_on_the_next_page_with_the_deviation(
    world: World, person: SignIn, lot: str
) -> None:
    begin(world, "seed")
    assert send(person, "seed/perform", cells_seeded="50", viability_at_seeding="93")[0] == 303
    shown = page(person, STEP)
    assert "Expand" in shown
    for words in ("out of specification", "Viable cells seeded: <strong>50 ×10⁶</strong>", f"DEV-{LOT}-1"):
        assert words in shown, words
    assert "Viability at seeding" not in shown


def test_a_value_that_nobody_asked_for_is_refused_whatever_it_is_called(world: World, person: SignIn, lot: str) -> None:
    begin(world, "seed")
    for name in ("work", "values", "mass"):
        code, shown = send(person, "seed/perform", cells_seeded="10", viability_at_seeding="93", **{name: "1"})
        assert (code, "This field is not known here." in shown) == (422, True), name


def test_another_technician_is_told_who_performs_a_step_and_may_take_it_over(
    world: World, person: SignIn, lot: str
) -> None:
    begin(world, "seed")
    shown = page(person, STEP, "feng.t")
    assert "赵莉 ZHAO Li began this step and performs it." in shown
    assert 'name="cells_seeded"' not in shown
    path = f"/lots/{LOT}/steps/seed/take-over"
    sent = person("feng.t").send("POST", path, form={"reason": "end of shift"})
    assert (sent.status_code, sent.headers["Location"]) == (303, STEP)
    assert 'name="cells_seeded"' in page(person, STEP, "feng.t")


def test_a_value_is_corrected_and_a_step_verified_on_their_pages(world: World, person: SignIn, lot: str) -> None:
    do_until(world, "wash", confluence="60")
    path = f"/lots/{LOT}/steps/expand/correct/confluence"
    assert "60 %" in page(person, path)
    sent = person("zhao.l").send("POST", path, form={"reported": "80", "reason": "wrong vessel"})
    assert (sent.status_code, sent.headers["Location"]) == (303, RECORD)
    shown, verify = page(person, RECORD, "feng.t"), f"/lots/{LOT}/steps/expand/verify"
    for words in (
        "<s>60 %</s>",
        "wrong vessel",
        "corrected since",
        "within limits",
        f"/lots/{LOT}/steps/expand/verify",
    ):
        assert words in shown, words
    assert verify not in page(person, RECORD)
    assert "spindle-shaped, adherent" in page(person, f"/lots/{LOT}/steps/harvest/correct/morphology")
    assert "You confirm that you saw the step performed" in page(person, verify, "feng.t")
    assert person("feng.t").send("POST", verify).status_code == 303
    refused = person("feng.t").send("POST", verify)
    assert refused.status_code == 409
    assert person("zhao.l").get(f"/lots/{LOT}/steps/expand/correct/colour").status_code == 404


def test_a_step_that_was_corrected_since_its_page_was_opened_is_read_again_before_it_is_verified(
    world: World, person: SignIn, lot: str
) -> None:
    do_until(world, "wash", confluence="60")
    path = f"/lots/{LOT}/steps/expand/verify"
    correct(world, "expand", "confluence", "80")
    seen = _seen(page(person, path, "feng.t"))
    correct(world, "expand", "confluence", "85")
    sent = person("feng.t").send("POST", path, form={"seen": seen})
    shown = sent.get_data(as_text=True)
    assert (sent.status_code, "This step was corrected since this page was opened" in shown) == (409, True)
    assert person("feng.t").send("POST", path, form={"seen": _seen(shown)}).status_code == 303


def _seen(shown: str) -> str:
    return shown.partition('name="seen" value="')[2].partition('"')[0]


def test_the_lot_page_shows_its_steps_as_a_timeline_and_what_keeps_it_in_filling(
    world: World, person: SignIn, lot: str
) -> None:
    do(world, "seed")
    shown = page(person, f"/lots/{LOT}")
    for words in ("Seed", "verified", "冯涛 FENG Tao", "Expand: not performed yet.", RECORD, "Batch record (PDF)"):
        assert words in shown, words
    released = page(person, f"/lots/{LOT}/release", "qian.m")
    assert "Freeze: not performed yet." in released
    assert RECORD in released
    assert "<dt>Passage</dt><dd>3 " in page(person, RECORD)


def test_a_lot_without_a_process_shows_no_steps_and_has_no_batch_record(world: World, person: SignIn) -> None:
    world.journey.lot(LOT)
    assert "Batch record" not in page(person, f"/lots/{LOT}")
    assert "there is no batch record here" in page(person, RECORD)
    assert person("zhao.l").get(STEP).status_code == 404
    assert person("zhao.l").get(f"/lots/{LOT}/batch-record.pdf").status_code == 404
    assert person("zhao.l").get(f"/api/v1/lots/{LOT}/steps").get_json() == []


def test_home_says_what_waits_in_making_lots(world: World, person: SignIn, lot: str) -> None:
    begin(world, "seed")
    assert "Go on with the step" in page(person, "/")
    assert "Go on with the step" not in page(person, "/", "feng.t")
    values = {"values": {"cells_seeded": "10", "viability_at_seeding": "93"}}
    assert person("zhao.l").post(f"/api/v1/lots/{LOT}/steps/seed/perform", values["values"]).status_code == 200
    assert "Verify a step" in page(person, "/", "feng.t")
    assert "Verify a step" not in page(person, "/")
    assert "Do the next step" in page(person, "/")
    assert "Have it calibrated" not in page(person, "/", "qian.m")
    person("qian.m").post("/api/v1/equipment", INCUBATOR)
    waiting = page(person, "/", "qian.m")
    assert "Have it calibrated" in waiting
    assert '<span class="quiet">until ' in waiting


def test_bags_wait_to_be_filled_once_the_steps_before_filling_are_performed(
    world: World, person: SignIn, lot: str
) -> None:
    do_until(world, "formulate")
    assert "Fill and label bags" not in page(person, "/")
    do(world, "formulate")
    assert "Fill and label bags" in page(person, "/")


def test_equipment_is_registered_calibrated_stopped_and_brought_back_on_pages(person: SignIn) -> None:
    qa, technician = person("qian.m"), person("zhao.l")
    made = qa.send("POST", "/equipment/new", form=INCUBATOR)
    assert (made.status_code, made.headers["Location"]) == (303, "/equipment/INC-09")
    assert "INC-09" in page(person, "/equipment?kind=incubator")
    assert technician.send("POST", "/equipment/INC-09/take-out", form={"reason": "alarm"}).status_code == 303
    shown = page(person, "/equipment/INC-09", "qian.m")
    assert "INC-09 is out of use." in shown
    assert "/equipment/INC-09/bring-back" in shown
    assert "/equipment/INC-09/bring-back" not in page(person, "/equipment/INC-09")
    assert qa.send("POST", "/equipment/INC-09/bring-back", form={"reason": "repaired"}).status_code == 303
    days = {"calibrated_on": "2026-11-20", "due_on": "2027-05-20"}
    assert qa.send("POST", "/equipment/INC-09/calibrate", form=days).status_code == 303
    assert "2027-05-20" in page(person, "/equipment/INC-09")
    found = technician.send("POST", "/scan", form={"code": "inc-09"})
    assert found.headers["Location"] == "/equipment/INC-09"


def test_a_program_does_what_the_pages_do(world: World, person: SignIn, lot: str) -> None:
    technician, qa = person("zhao.l"), person("qian.m")
    steps = f"/api/v1/lots/{LOT}/steps"
    assert codes(technician.post(f"{steps}/expand/start")) == ["step_out_of_order"]
    assert technician.post(f"{steps}/seed/start").get_json()["status"] == "begun"
    assert codes(technician.post(f"{steps}/seed/scans", {"code": "INC-03"})) == ["wrong_kind"]
    scanned = technician.post(f"{steps}/seed/scans", {"code": "ROOM-B01"})
    assert (scanned.status_code, scanned.get_json()["equipment"]) == (201, "ROOM-B01")
    for code, amount in (("BSC-02", ""), ("CNT-01", ""), *(plan().sources[each] for each in ("cell_bank", "medium"))):
        assert technician.post(f"{steps}/seed/scans", {"code": code, "amount": amount}).status_code == 201
    values = {"cells_seeded": "41", "viability_at_seeding": "93"}
    assert technician.post(f"{steps}/seed/perform", values).get_json()["status"] == "performed"
    said = {"parameter": "cells_seeded", "reported": "14", "reason": "turned round"}
    assert technician.post(f"{steps}/seed/corrections", said).get_json()["reported"] == "14"
    assert person("feng.t").post(f"{steps}/seed/verify").status_code == 201
    told = qa.get(steps).get_json()[0]
    assert (told["step"], told["status"]) == ("seed", "verified")
    (first, _) = told["values"]
    assert (first["limits"], first["standing"], first["value"]["reported"]) == ("4 – 40 ×10⁶", "within", "14")
    assert first["earlier"][0]["deviation"] == f"DEV-{LOT}-1"
    assert told["scans"][3]["lot_input"]["bank"] == plan().sources["cell_bank"][0]
    assert technician.post(f"{steps}/expand/start").status_code == 201
    assert person("feng.t").post(f"{steps}/expand/take-over", {"reason": "shift"}).status_code == 200


def test_a_program_keeps_equipment(person: SignIn) -> None:
    qa = person("qian.m")
    assert qa.post("/api/v1/equipment", INCUBATOR).status_code == 201
    assert person("zhao.l").post("/api/v1/equipment/INC-09/take-out", {"reason": "alarm"}).status_code == 200
    assert qa.post("/api/v1/equipment/INC-09/bring-back", {"reason": "repaired"}).get_json()["status"] == "in_use"
    days = {"calibrated_on": "2026-11-20", "due_on": "2027-05-20"}
    assert qa.post("/api/v1/equipment/INC-09/calibrations", days).get_json()["due_on"] == "2027-05-20"
    assert [each["number"] for each in qa.get("/api/v1/equipment").get_json()] == ["INC-09"]
    assert qa.get("/api/v1/equipment/INC-09").get_json()["kind"] == "incubator"
    assert qa.get("/api/v1/equipment/INC-10").status_code == 404


def test_the_batch_record_tells_every_step_value_scan_deviation_and_person(
    world: World, person: SignIn, lot: str
) -> None:
    do_until(world, "transduce", confluence="60")
    correct(world, "expand", "confluence", "80")
    document = world.read(lambda session: batch_record(session, world.runtime.ground.site, LOT, reads_sources=True))
    told = str(document.fields)
    for words in (
        *("Thaw the vials at 37 °C", "37 °C 复苏细胞", "INC-03", "calibrated until", REAGENT, "250 mL"),
        *("60 %", "corrected", "80 %", "typed wrong", "70 – 95 %", f"DEV-{LOT}-1", "冯涛 FENG Tao", "4.40 (≤ 12)"),
    ):
        assert words in told, words
    assert document.fields["is_whole"] == "no"
    answer = person("shen.i").get(f"/lots/{LOT}/batch-record.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")


def test_the_batch_record_counts_bags_and_no_samples(world: World, lot: str) -> None:
    do_until(world, "fill")
    world.journey.labelled_unit(LOT)
    world.journey.sample(LOT, "sterility")
    document = world.read(lambda session: batch_record(session, world.runtime.ground.site, LOT, reads_sources=True))
    assert document.fields["bags"] == f"{LOT}-001 – {LOT}-001 (1)"
    assert document.fields["samples"] == [[f"{LOT}-S01", "无菌检查 Sterility"]]


def test_the_batch_record_tells_who_cleared_and_checked_the_line_before_and_after_filling(
    world: World, person: SignIn, lot: str
) -> None:
    do_until(world, "fill")
    world.journey.labelled_unit(LOT)
    world.journey.line_left(LOT)
    document = world.read(lambda session: batch_record(session, world.runtime.ground.site, LOT, reads_sources=True))
    ((station, status, before, after, rolls),) = document.fields["clearances"]
    assert (station, status, rolls) == ("FILL-1", "ended", "R-117")
    for told in (before, after):
        assert told.startswith("赵莉 ZHAO Li / 冯涛 FENG Tao, 2026-")
    assert person("shen.i").get(f"/lots/{LOT}/batch-record.pdf").mimetype == "application/pdf"


def test_the_page_of_all_steps_asks_no_more_of_the_database_when_more_was_done(
    world: World, person: SignIn, lot: str
) -> None:
    do_until(world, "expand")
    page(person, RECORD)
    engine = world.runtime.ground.sessions.engine
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(str(given[2])))
    page(person, RECORD)
    few = len(asked)
    do_until_the_end(world)
    asked.clear()
    page(person, RECORD)
    assert len(asked) == few


def test_home_asks_no_more_of_the_database_when_more_lots_and_steps_wait(
    world: World, person: SignIn, lot: str
) -> None:
    performed(world.cast, LOT, described(world, "seed"), plan())
    page(person, "/", "feng.t")
    engine = world.runtime.ground.sessions.engine
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(str(given[2])))
    assert page(person, "/", "feng.t").count("Verify a step") == 1
    few = len(asked)
    for key in ("expand", "transduce"):
        performed(world.cast, LOT, described(world, key), plan())
    for number in ("MSC26-0041", "MSC26-0042", "MSC26-0043"):
        world.journey.lot(number)
    asked.clear()
    shown = page(person, "/", "feng.t")
    assert (shown.count("Verify a step"), shown.count("Do the next step")) == (3, 4)
    assert len(asked) == few


def do_until_the_end(world: World) -> None:
    for key in ("expand", "transduce", "harvest", "wash", "formulate", "fill"):
        do(world, key)


def test_the_batch_record_is_kept_as_it_stood_under_the_decision(world: World, person: SignIn, lot: str) -> None:
    do_until(world, "freeze")
    world.journey.labelled_unit(LOT)
    world.journey.filling_finished(LOT)
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    keep_all(world)
    (promised,) = owed(world, f"lot:{LOT}", "batch-record")
    made = kept(world, promised.id)
    assert made is not None
    told = text_of(made.content)
    for words in ("Expand", REAGENT, "钱梅 QIAN Mei", "rejected"):
        assert words in told, words
    assert person("shen.i").get(f"/documents/{promised.id}.pdf").data == made.content
    assert person("zhou.n").get(f"/documents/{promised.id}.pdf").status_code == 403


def test_who_may_not_read_sources_reads_at_no_step_and_in_no_batch_record_which_bank_or_material_it_was(
    world: World, person: SignIn, lot: str
) -> None:
    do(world, "seed")
    bank, medium = (plan().sources[each][0] for each in ("cell_bank", "medium"))
    shown = page(person, RECORD, by="shen.i")
    assert bank in shown
    assert medium in shown
    for by in ("dr.gao", "zhou.n", "li.c"):
        read = page(person, RECORD, by=by) + person(by).get(f"/api/v1/lots/{LOT}/steps").get_data(as_text=True)
        assert "QA knows which." in read
        assert "ROOM-B01" in read
        assert bank not in read
        assert medium not in read
    told = str(batch_record_of(world, reads_sources=False).fields)
    assert "QA knows which" in told
    assert bank not in told
    assert medium not in told
    assert bank in str(batch_record_of(world, reads_sources=True).fields)
    for by in ("dr.gao", "shen.i"):
        assert person(by).get(f"/lots/{LOT}/batch-record.pdf").status_code == 200


def batch_record_of(world: World, *, reads_sources: bool) -> Document:
    read = partial(batch_record, site=world.runtime.ground.site, number=LOT, reads_sources=reads_sources)
    document: Document = world.read(read)
    return document

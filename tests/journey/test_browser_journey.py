"""The whole journey clicked and scanned through in a real Chromium, labels printed to PDF and read back from it."""

from datetime import date
from pathlib import Path

from playwright.sync_api import Browser
from support.browsers import Person
from support.servers import Server

from cotrack.foundation.audit.verification.replay import differences

LOT, BAG, PARTICIPANT = "MSC26-0031", "MSC26-0031-001", "IFN-001"


def test_a_lot_is_made_tested_released_and_its_bag_infused(
    server: Server, browser: Browser, examples: Path, tmp_path: Path
) -> None:
    for other in ("MSC26-0032", "MSC26-0033"):
        server.world.journey.lot(other, made_on=date(2026, 10, 11))

    def person(username: str) -> Person:
        everybody.append(Person(browser, server.url, username))
        return everybody[-1]

    everybody: list[Person] = []

    # The technician makes the lot; two people clear the line before it is filled and after.
    technician, colleague = person("zhao.l"), person("feng.t")
    technician.go("/lots")
    technician.press("Make lot")
    technician.fill(number=LOT, made_on="2026-10-04")
    technician.press("Make lot")
    technician.press("Fill and label bags")
    technician.tick("looked_at")
    technician.fill(roll="R-118", labels="500")
    technician.press("The line is clear")
    colleague.go(f"/lots/{LOT}/filling")
    colleague.tick("looked_at")
    colleague.press("Checked: the line is clear")
    # A bag is filled; each of its labels is printed and scanned back before anything else.
    technician.go(f"/lots/{LOT}/filling")
    technician.fill(volume_ml="30.0", viable_million_per_ml="5.360", viability_percent="93.4")
    technician.press("The bag is filled")
    codes = {}
    for kind in ("bag", "tag"):
        codes[kind] = technician.label(tmp_path, button="Print now")
        technician.page.wait_for_selector("main [data-scan]")
        technician.scan(codes[kind])
    technician.press("Filling is over: clear the line")
    technician.tick("looked_at")
    technician.fill(labels="498")
    technician.press("The line is clear")
    colleague.go(f"/lots/{LOT}/filling")
    colleague.tick("looked_at")
    colleague.press("Checked: the line is clear")
    technician.go(f"/lots/{LOT}")
    technician.press("Finish filling")
    technician.press("Finish filling")
    assert technician.sees("quarantine")
    freezer = person("ma.k")
    freezer.go(f"/units/{BAG}")
    freezer.press("Store")
    freezer.fill(place="LN2-A")
    freezer.press("Store")

    # The analyst imports the laboratory's file; another reviews; QA releases.
    analyst = person("wang.l")
    analyst.go("/results/import")
    analyst.page.set_input_files("[name=file]", examples / "qc-results.csv")
    analyst.press("Show what would be stored")
    analyst.press("Store 60 results")
    quality = person("qian.m")
    quality.go(f"/lots/{LOT}/release")
    assert quality.sees("Sterility, day 14: not reviewed by a second person yet.")
    reviewer = person("he.p")
    reviewer.go(f"/lots/{LOT}/review")
    reviewer.press("Tick all within limits")
    reviewer.press("Go on to sign")
    reviewer.sign()
    quality.go(f"/lots/{LOT}/release")
    assert quality.sees("not reviewed yet")
    quality.press("Review the trail")
    quality.press("Go on to sign")
    quality.sign()
    quality.press("Release")
    quality.press("Release")
    assert quality.sees("I release this lot.")
    quality.sign()
    assert quality.sees("released")

    # The clinic screens, identifies, answers, enrols, and two people put the band on.
    coordinator = person("li.c")
    coordinator.go("/participants/screen")
    coordinator.page.set_input_files("[name=file]", examples / "screening.csv")
    coordinator.press("Show what would be stored")
    coordinator.press("Store 6 persons")
    coordinator.go(f"/participants/{PARTICIPANT}/identity")
    coordinator.fill(name="测试一 CESHI Yi", hospital_number="H0001", birth_date="1967-03-14")
    coordinator.press("Store")
    physician = person("dr.gao")
    physician.go(f"/participants/{PARTICIPANT}/answer")
    no = ("breast_feeding", "other_immunosuppression", "psychiatric_history", "allergy_to_components")
    answers = {
        **dict.fromkeys((*no, "interfering_conditions", "uncontrolled_illness"), "no"),
        **dict.fromkeys(("life_expectancy_over_3_months", "locally_advanced_or_metastatic"), "yes"),
    }
    physician.fill(**answers)
    physician.press("Store the answers")
    physician.press("Enrol")
    physician.fill(arm="monotherapy")
    physician.press("Enrol")
    physician.sign()
    assert physician.sees("enrolled")
    coordinator.go(f"/participants/{PARTICIPANT}")
    coordinator.press("Print a band")
    coordinator.press("Print")
    band = coordinator.label(tmp_path)
    first, second = person("zhou.n"), person("wu.n")
    for nurse, button in ((first, "Put the band on"), (second, "Confirm the band")):
        nurse.go(f"/participants/{PARTICIPANT}")
        nurse.press(button)
        assert nurse.sees("测试一 CESHI Yi")
        nurse.tick("is_identity_confirmed")
        nurse.page.focus("[name=band_code]")
        nurse.scan(band)
        assert nurse.address == f"/participants/{PARTICIPANT}"

    # Organ function and weight of screening are stale: the order is refused until they are new.
    physician.go(f"/participants/{PARTICIPANT}/order")
    assert physician.sees("organ function confirmed more than 2 weeks before")
    assert physician.sees("The weight is of 2026-09-01")
    assert physician.page.locator("main button[type=submit]").is_disabled()
    coordinator.go(f"/participants/{PARTICIPANT}/measure")
    today = server.world.site_day().isoformat()
    coordinator.fill(measured_on=today, weight_kg="61.5", organ_function_on=today)
    coordinator.press("Store")
    physician.go(f"/participants/{PARTICIPANT}/order")
    physician.press("Go on to sign")
    assert physician.sees("= 123.000 ×10^6")
    physician.sign()
    order = physician.address.rpartition("/")[2]

    # The bag is set aside, issued, received, checked by two before the thaw, and thawed.
    coordinator.go(f"/orders/{order}/allocate")
    assert coordinator.sees("25.5 mL")
    coordinator.press("Allocate these bags")
    freezer.go(f"/units/{BAG}/issue")
    freezer.fill(ward="3A", taken_by="zhou.n")
    freezer.page.focus("[name=bag_code]")
    freezer.scan(codes["bag"])
    assert freezer.address == f"/units/{BAG}"
    first.go("/bedside/receive")
    first.scan(codes["bag"])
    assert first.address == f"/units/{BAG}"
    for nurse in (first, second):
        nurse.go(f"/orders/{order}/thaw-check")
        nurse.tick("line_ready")
        nurse.tick("vital_signs_ready")
        nurse.page.focus("[name=unit_code]")
        nurse.scan_first(codes["bag"])
        nurse.scan(codes["tag"])
        nurse.page.wait_for_selector("[data-verdict=go]")
    second.press("Start the thaw")
    second.press("Thaw finished")
    second.press("Thaw finished")

    # Two independent checks at the bedside, the start, and the end.
    for nurse in (first, second):
        nurse.go("/bedside")
        assert codes["bag"] not in nurse.page.content()
        nurse.scan(band)
        assert nurse.sees("测试一 CESHI Yi")
        nurse.press("Both are right")
        assert BAG not in nurse.page.locator("main").inner_text()
        nurse.scan(codes["bag"])
        nurse.page.wait_for_selector("[data-verdict=go]")
    assert first.sees("MATCH")
    assert second.sees("YES")
    second.press("Start the infusion")
    assert second.sees("Give 25.5 mL")
    second.press("Complete")
    second.fill(volume_given_ml="25.5", volume_left_ml="4.5")
    second.press("Complete")
    second.sign()
    assert second.sees("25.5 mL")

    # Every step stands in the record, and the tables are what their records add up to.
    second.go(f"/units/{BAG}")
    for step in ("Fill unit", "Store", "Issue", "Receive on the ward", "Start thaw", "Start infusion", "Complete"):
        assert second.sees(f"bag: {step}")
    second.go(f"/orders/{order}")
    assert second.sees("completed")
    assert [complaint for each in everybody for complaint in each.complaints] == []
    world = server.world
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []

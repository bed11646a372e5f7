"""A number typed with its boxed character in the place of a scan (domain.md §5.3 E18, E19, E19b)."""

import re
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from support.clients import Client
from support.refusals import codes as codes_of
from support.refusals import records, refused
from support.stages import HER, LOT, Bedside, at_the_bedside, at_the_ward, codes, enrolled, kept
from support.worlds import World

from cotrack.app import create_app
from cotrack.bedside.models import IdentityCheck
from cotrack.bedside.service import checks, ward
from cotrack.bedside.service.checks import MadeCheck
from cotrack.desk.service.search import find
from cotrack.foundation.db.guard import flushing
from cotrack.labelling.rules.check_character import printed_check
from cotrack.labelling.service.instances import live_label
from cotrack.manufacture.service import filling
from cotrack.participants.service import bands

WHY = "the code is under frost"


def typed(world: World, subject: str, kind: str) -> str:
    """What somebody reads from the live label: its number and the boxed character."""
    label = world.read(lambda session: live_label(session, subject, kind))
    number = subject.partition(":")[2]
    return f"{number} {printed_check(number, label.instance)}"


def code(world: World, subject: str, kind: str) -> str:
    return world.journey.live_code(subject, kind)


def check(bedside: Bedside, *, band: str = "", bag: str = "", why: str = WHY, by: str = "zhou.n") -> MadeCheck:
    world = bedside.world
    asked = {
        "participant_code": band or code(world, f"participant:{HER}", "wristband"),
        "unit_code": bag or code(world, f"unit:{bedside.bag}", "bag"),
        "station": "WARD-3A-1",
        "keyed_reason": why,
    }
    made: MadeCheck = world.do(by, lambda work: checks.check_identity(work, **asked))
    return made


def test_a_typed_bag_or_band_matches_with_a_reason_and_stands_as_typed(world: World) -> None:
    bedside = at_the_bedside(world)
    bag, band = typed(world, f"unit:{bedside.bag}", "bag"), typed(world, f"participant:{HER}", "wristband")
    first = check(bedside, bag=bag)
    assert (first.result, dict(first.entered)) == ("match", {"unit": "keyed", "participant": "scanned"})
    row = kept(world, first)
    assert (row.unit_entered, row.other_entered, row.keyed_reason) == ("keyed", "scanned", WHY)
    record = records(world, event="identity_check.make")[-1]["details"]
    assert (record["scans"]["unit"], record["keyed_reason"]) == (
        {"entered": "keyed", "symbology": "", "code": bag},
        WHY,
    )
    second = check(bedside, band=band.lower(), by="wu.n")
    assert (second.result, kept(world, second).other_entered) == ("match", "keyed")


def test_a_whole_code_counts_as_scanned_whoever_sent_it_and_whatever_reason_came_with_it(world: World) -> None:
    bedside = at_the_bedside(world)
    row = kept(world, check(bedside))
    assert (row.unit_entered, row.other_entered, row.keyed_reason) == ("scanned", "scanned", "")


def test_typed_without_a_reason_or_with_nothing_scanned_is_no_match(world: World) -> None:
    bedside = at_the_bedside(world)
    bag, band = typed(world, f"unit:{bedside.bag}", "bag"), typed(world, f"participant:{HER}", "wristband")
    assert codes(check(bedside, bag=bag, why=" ")) == ["not_scanned"]
    assert codes(check(bedside, bag=bag, band=band)) == ["not_scanned"]


def test_a_scanned_tag_does_not_stand_for_the_bag_and_the_band_that_were_both_typed(world: World) -> None:
    bedside = at_the_bedside(world)
    asked = {
        "participant_code": typed(world, f"participant:{HER}", "wristband"),
        "unit_code": typed(world, f"unit:{bedside.bag}", "bag"),
        "attached_code": code(world, f"unit:{bedside.bag}", "tag"),
        "station": "WARD-3A-1",
        "keyed_reason": WHY,
    }
    made = world.do("zhou.n", lambda work: checks.check_identity(work, **asked))
    assert (made.result, codes(made)) == ("mismatch", ["not_scanned"])


def test_a_number_as_a_screen_shows_it_is_refused(world: World) -> None:
    bedside = at_the_bedside(world)
    assert codes(check(bedside, bag=bedside.bag)) == ["copied_not_scanned"]
    assert codes(check(bedside, band=HER)) == ["copied_not_scanned"]


def test_a_wrong_character_an_unknown_number_and_another_kind_are_refused(world: World) -> None:
    bedside = at_the_bedside(world)
    bag, band = typed(world, f"unit:{bedside.bag}", "bag"), typed(world, f"participant:{HER}", "wristband")
    wrong = "A" if bag[-1] != "A" else "B"
    assert codes(check(bedside, bag=bag[:-1] + wrong)) == ["damaged_code"]
    assert codes(check(bedside, bag="MSC99-0031-001 A")) == ["unknown_code"]
    assert codes(check(bedside, bag=band)) == ["wrong_kind"]


def test_the_number_of_a_superseded_label_does_not_pass_by_its_old_character(world: World) -> None:
    bedside = at_the_bedside(world)
    old = typed(world, f"unit:{bedside.bag}", "bag")
    world.do("zhao.l", lambda work: filling.request_label(work, bedside.bag, kind="bag", reason="smudged"))
    assert codes(check(bedside, bag=old)) == ["label_superseded"]


def test_a_tag_is_only_ever_scanned(world: World) -> None:
    bedside = at_the_ward(world)
    subject = f"unit:{bedside.bag}"

    def before_thaw(**scans: str) -> MadeCheck:
        asked: dict[str, Any] = {
            "order_number": bedside.order,
            "unit_code": code(world, subject, "bag"),
            "attached_code": code(world, subject, "tag"),
            "station": "WARD-3A-1",
            "confirmed": {"line_ready": True, "vital_signs_ready": True},
            "keyed_reason": WHY,
        }
        made: MadeCheck = world.do("zhou.n", lambda work: checks.check_before_thaw(work, **{**asked, **scans}))
        return made

    by_tag = before_thaw(attached_code=typed(world, subject, "tag"))
    assert codes(by_tag) == ["not_scanned"]
    by_bag = before_thaw(unit_code=typed(world, subject, "bag"))
    assert (by_bag.result, codes(by_bag)) == ("match", [])
    assert dict(by_bag.entered) == {"unit": "keyed", "tag": "scanned"}


def test_a_bag_is_issued_and_received_by_its_typed_number_with_a_reason(world: World) -> None:
    world.journey.released_lot(LOT, bags=2)
    enrolled(world, HER)
    (bag,) = world.journey.allocated(world.journey.ordered(HER))
    number = typed(world, f"unit:{bag}", "bag")
    asked = {"bag_code": number, "ward": "3A", "taken_by": "zhou.n"}
    with refused("not_scanned"):
        world.do("ma.k", lambda work: ward.issue(work, bag, **asked))
    world.do("ma.k", lambda work: ward.issue(work, bag, **asked, keyed_reason=WHY))
    assert records(world, event="unit.issue")[-1]["details"]["keyed_reason"] == WHY
    with refused("not_scanned"):
        world.do("zhou.n", lambda work: ward.receive_scanned(work, bag_code=number))
    world.do("zhou.n", lambda work: ward.receive_scanned(work, bag_code=number, keyed_reason=WHY))
    assert records(world, event="unit.receive")[-1]["details"]["scan"]["entered"] == "keyed"


def test_where_a_label_is_put_on_its_number_is_never_typed(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    world.journey.unit_label(unit, "bag")
    technician = Client(create_app(world.runtime), "zhao.l")
    asked = {"code": typed(world, f"unit:{unit}", "bag")}
    assert codes_of(technician.post(f"/api/v1/units/{unit}/scan-back", asked)) == ["not_scanned"]


def test_a_band_is_put_on_by_its_scan_alone(world: World) -> None:
    enrolled(world, HER)
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="wet"))
    world.journey.printed_band(HER)
    band = typed(world, f"participant:{HER}", "wristband")
    with refused("not_scanned"):
        world.do("zhou.n", lambda work: bands.put_on(work, HER, band_code=band, is_identity_confirmed=True))


def test_the_database_keeps_no_typed_match_without_a_reason_or_without_a_scan(world: World) -> None:
    bedside = at_the_bedside(world)
    row = kept(world, check(bedside))
    values = {each.name: getattr(row, each.name) for each in IdentityCheck.__table__.columns if each.name != "id"}
    for wrong in (
        {"unit_entered": "keyed", "keyed_reason": ""},
        {"unit_entered": "keyed", "other_entered": "keyed", "keyed_reason": WHY},
        {"unit_entered": "guessed"},
    ):
        engine = world.runtime.ground.sessions.engine
        with engine.connect() as connection, flushing(connection), pytest.raises(IntegrityError):
            connection.execute(insert(IdentityCheck).values({**values, **wrong}))


def hidden(nurse: Client) -> dict[str, str]:
    asked = nurse.get("/bedside").get_data(as_text=True)
    return dict(re.findall(r'name="(form_key|asked)" value="([^"]*)"', asked))


def test_the_page_asks_why_before_it_judges_and_shows_the_verdict_as_typed(world: World) -> None:
    bedside = at_the_bedside(world)
    nurse = Client(create_app(world.runtime), "zhou.n")
    bag, band = typed(world, f"unit:{bedside.bag}", "bag"), typed(world, f"participant:{HER}", "wristband")
    before = len(records(world, event="identity_check.make"))
    assert '<details class="mt-3" open>' not in nurse.get("/bedside").get_data(as_text=True)
    sent = nurse.send("POST", "/bedside/scan", form={**hidden(nurse), "code": band})
    asked = nurse.get(str(sent.headers["Location"])).get_data(as_text=True)
    assert 'careful" role="alert">A number was typed: say why its label cannot be scanned' in asked
    assert '<details class="mt-3" open>' in asked, "where the reason is typed stands open"
    assert "Scan the band on the wrist" in asked
    nurse.send("POST", "/bedside/scan", form={**hidden(nurse), "keyed": band, "keyed_reason": "torn"})
    nurse.send("POST", "/bedside/identity", form={**hidden(nurse), "answer": "confirmed"})
    assert "Scan the bag" in nurse.get("/bedside").get_data(as_text=True)
    assert len(records(world, event="identity_check.make")) == before
    scanned = code(world, f"unit:{bedside.bag}", "bag")
    done = nurse.send("POST", "/bedside/scan", form={**hidden(nurse), "code": scanned})
    verdict = nurse.get(str(done.headers["Location"])).get_data(as_text=True)
    assert "MATCH" in verdict
    assert "number was typed, not scanned" in verdict
    assert "torn" in verdict
    assert bag not in verdict


def test_the_api_takes_the_reason_and_answers_how_each_label_came_in(world: World) -> None:
    bedside = at_the_bedside(world)
    nurse = Client(create_app(world.runtime), "zhou.n")
    body = {
        "participant_code": code(world, f"participant:{HER}", "wristband"),
        "unit_code": typed(world, f"unit:{bedside.bag}", "bag"),
        "station": "WARD-3A-1",
    }
    assert nurse.post("/api/v1/identity-checks", body).get_json()["result"] == "mismatch"
    answer = nurse.post("/api/v1/identity-checks", {**body, "keyed_reason": WHY}).get_json()
    assert (answer["result"], answer["entered"]) == ("match", {"unit": "keyed", "participant": "scanned"})


def test_a_typed_number_with_its_character_leads_to_its_thing_and_a_gs1_code_is_named(world: World) -> None:
    bedside = at_the_bedside(world)
    ground, nurse = world.runtime.ground, world.cast.actor("zhou.n")
    seen = lambda text: world.read(lambda session: find(ground, session, nurse, text))  # noqa: E731 (one line)
    assert list(seen(typed(world, f"unit:{bedside.bag}", "bag")).subjects) == [f"unit:{bedside.bag}"]
    assert list(seen(bedside.bag).subjects) == [f"unit:{bedside.bag}"]
    assert [each.code for each in seen("]d2010952123454321310A").reasons] == ["wrong_kind"]

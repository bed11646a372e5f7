"""Other people's codes that were scanned: kept encrypted whatever became of the act, opened and purged by QA alone."""

import json

import pytest
from sqlalchemy import select
from support.clients import Client
from support.refusals import records
from support.stages import HER, LOT, at_the_bedside
from support.worlds import World

from cotrack.app import create_app
from cotrack.bedside.service import checks, ward
from cotrack.foundation.access.models import IdempotencyKey
from cotrack.foundation.errors import (
    NotFound,
    PermissionDenied,
    ReasonMissing,
    Refused,
    SystemNeedMissing,
    TransitionNotAllowed,
)
from cotrack.labelling.gateways.foreign import seal, unseal
from cotrack.labelling.models import ForeignScan
from cotrack.labelling.rules import foreign_scans as limits
from cotrack.labelling.rules.foreign_scans import KeptSoFar, is_kept
from cotrack.labelling.service import foreign_scans

CARD = "110101199003074514"
HOSPITAL_BAND = "]d28018123456789012345675"


def kept(world: World) -> list[ForeignScan]:
    return list(world.read(lambda session: session.scalars(select(ForeignScan).order_by(ForeignScan.id)).all()))


def receive(world: World, code: str) -> None:
    with pytest.raises(Refused):
        world.do("zhou.n", lambda work: ward.receive_scanned(work, bag_code=code))


def opened(world: World, scan_id: int, by: str = "qian.m") -> str:
    said: str = world.do(by, lambda work: foreign_scans.open_scan(work, scan_id, reason="who was it?"))
    return said


def test_a_refused_act_and_a_mismatch_both_keep_what_was_scanned(world: World) -> None:
    receive(world, HOSPITAL_BAND)
    world.do(
        "zhou.n", lambda work: checks.check_identity(work, participant_code=CARD, unit_code="", station="WARD-3A-1")
    )
    first, second = kept(world)
    assert (first.event, first.symbology, first.length) == ("unit.receive", "]d2", len(HOSPITAL_BAND))
    assert (second.event, second.symbology, second.length) == ("identity_check.make", "", len(CARD))
    assert first.station == second.station == "WARD-3A-1"
    assert [opened(world, each.id) for each in (first, second)] == [HOSPITAL_BAND, CARD]


def test_the_trail_keeps_symbology_length_and_hmac_and_the_row_no_readable_string(world: World) -> None:
    receive(world, HOSPITAL_BAND)
    (row,), (record,) = kept(world), records(world, event="unit.receive")
    said = record["details"]["scan"]
    assert said == {
        "entered": "scanned",
        "symbology": "]d2",
        "length": len(HOSPITAL_BAND),
        "hmac": row.hmac,
        "misread": "wrong_kind",
        "scheme": "gs1",
    }
    assert HOSPITAL_BAND[8:] not in json.dumps(record)
    assert HOSPITAL_BAND[8:] not in str(row.sealed)


def test_our_own_code_is_kept_raw_with_its_symbology_and_as_no_foreign_scan(world: World) -> None:
    bedside = at_the_bedside(world)
    band = "]Q1" + world.journey.live_code(f"participant:{HER}", "wristband")
    bag = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    world.do(
        "zhou.n", lambda work: checks.check_identity(work, participant_code=band, unit_code=bag, station="WARD-3A-1")
    )
    scans = records(world, event="identity_check.make")[-1]["details"]["scans"]
    assert scans["participant"] == {"entered": "scanned", "symbology": "]Q1", "code": band}
    assert scans["unit"] == {"entered": "scanned", "symbology": "", "code": bag}
    assert kept(world) == []


def test_each_look_is_recorded_with_its_reason_and_only_qa_looks(world: World) -> None:
    receive(world, CARD)
    (row,) = kept(world)
    for by in ("zhou.n", "shen.i", "root.a"):
        with pytest.raises(PermissionDenied):
            opened(world, row.id, by)
    with pytest.raises(ReasonMissing):
        world.do("qian.m", lambda work: foreign_scans.open_scan(work, row.id, reason=" "))
    assert opened(world, row.id) == CARD
    record = records(world, event="foreign_scan.open")[-1]
    assert (record["outcome"], record["reason"], record["details"]["hmac"]) == ("done", "who was it?", row.hmac)
    assert CARD not in json.dumps(records(world))


def test_a_purged_string_is_gone_for_good_and_that_it_was_scanned_stays(world: World) -> None:
    receive(world, CARD)
    (row,) = kept(world)
    purge = lambda work: foreign_scans.purge_scan(work, row.id, reason="a private number")  # noqa: E731 (one line)
    with pytest.raises(PermissionDenied):
        world.do("zhou.n", purge)
    world.do("qian.m", purge)
    (gone,) = kept(world)
    assert (gone.status, gone.sealed, gone.hmac) == ("purged", None, row.hmac)
    assert gone.purged_at is not None
    assert records(world, event="foreign_scan.purge")[-1]["reason"] == "a private number"
    with pytest.raises(TransitionNotAllowed):
        opened(world, row.id)
    with pytest.raises(TransitionNotAllowed):
        world.do("qian.m", purge)
    with pytest.raises(NotFound):
        opened(world, row.id + 1)
    receive(world, CARD)
    assert [each.status for each in kept(world)] == ["purged", "kept"], "scanned anew, it is kept anew"


def test_the_same_string_again_is_not_kept_twice_and_each_scan_is_recorded(world: World) -> None:
    for _ in range(3):
        receive(world, CARD)
    assert len(kept(world)) == 1
    assert len({each["details"]["scan"]["hmac"] for each in records(world, event="unit.receive")}) == 1
    assert len(records(world, event="unit.receive")) == 3


def test_a_flood_of_junk_is_recorded_and_not_kept(world: World) -> None:
    most = limits.MOST_OF_ONE_PERSON
    for number in range(most + 2):
        receive(world, f"junk {number}")
    assert len(kept(world)) == most
    assert len(records(world, event="unit.receive")) == most + 2
    world.clock.pass_by(minutes=61)
    receive(world, "junk later")
    receive(world, "x" * (limits.LONGEST + 1))
    assert [each.length for each in kept(world)][most:] == [len("junk later")]


def test_nothing_that_is_empty_is_kept(world: World) -> None:
    receive(world, " \r\n")
    assert kept(world) == []


@pytest.mark.parametrize(
    ("text", "so_far", "expected"),
    [
        ("a", KeptSoFar(0, 0, 0), True),
        ("", KeptSoFar(0, 0, 0), False),
        ("a" * limits.LONGEST, KeptSoFar(0, 59, 999), True),
        ("a" * (limits.LONGEST + 1), KeptSoFar(0, 0, 0), False),
        ("a", KeptSoFar(1, 0, 0), False),
        ("a", KeptSoFar(0, limits.MOST_OF_ONE_PERSON, 0), False),
        ("a", KeptSoFar(0, 0, limits.MOST_OF_ALL), False),
    ],
)
def test_how_much_is_kept_at_most(text: str, so_far: KeptSoFar, expected: bool) -> None:
    assert is_kept(text, so_far) is expected


def test_what_is_sealed_opens_for_its_own_hmac_alone(world: World) -> None:
    key = world.runtime.ground.keys.foreign
    sealed = seal(key, "hmac:1", "half \ud800 a character")
    assert unseal(key, "hmac:1", sealed) == "half \ud800 a character"
    with pytest.raises(SystemNeedMissing):
        unseal(key, "hmac:2", sealed)
    with pytest.raises(SystemNeedMissing):
        unseal(world.runtime.ground.keys.identity, "hmac:1", sealed)


def test_qa_finds_opens_and_purges_on_pages(world: World) -> None:
    receive(world, CARD)
    (row,) = kept(world)
    quality = Client(create_app(world.runtime), "qian.m")
    listed = quality.get(f"/foreign-scans?q={row.hmac[5:20]}").get_data(as_text=True)
    assert f"/foreign-scans/{row.id}" in listed
    assert f"/foreign-scans/{row.id}" not in quality.get("/foreign-scans?q=nothing").get_data(as_text=True)
    page = quality.get(f"/foreign-scans/{row.id}").get_data(as_text=True)
    assert CARD not in page + listed
    missing = quality.send("POST", f"/foreign-scans/{row.id}/open", form={"reason": ""})
    assert missing.status_code == 422
    assert CARD not in missing.get_data(as_text=True)
    shown = quality.send("POST", f"/foreign-scans/{row.id}/open", form={"reason": "who was it?"})
    assert CARD in shown.get_data(as_text=True)
    assert "no-store" in shown.headers["Cache-Control"]
    assert quality.send("POST", f"/foreign-scans/{row.id}/purge", form={"reason": "private"}).status_code == 303
    after = quality.get(f"/foreign-scans/{row.id}").get_data(as_text=True)
    assert "deleted for good" in after
    assert f"/foreign-scans/{row.id}/open" not in after
    again = quality.send("POST", f"/foreign-scans/{row.id}/open", form={"reason": "who was it?"})
    assert again.status_code == 409


def test_a_program_of_qa_lists_opens_and_purges(world: World) -> None:
    receive(world, CARD)
    quality = Client(create_app(world.runtime), "qian.m")
    (listed,) = quality.get("/api/v1/foreign-scans").get_json()
    assert (listed["status"], listed["scanned_by"], listed["length"]) == ("kept", "zhou.n", len(CARD))
    assert CARD not in json.dumps(listed)
    address = f"/api/v1/foreign-scans/{listed['id']}"
    assert quality.post(f"{address}/open", {"reason": "who was it?"}).get_json() == {"scanned": CARD}
    assert quality.post(f"{address}/purge", {"reason": "private"}).get_json()["status"] == "purged"
    assert quality.post(f"{address}/open", {"reason": "who was it?"}).status_code == 409
    assert Client(create_app(world.runtime), "zhou.n").get("/api/v1/foreign-scans").status_code == 403


def test_what_a_program_opened_stands_under_no_key_and_each_look_is_one_of_its_own(world: World) -> None:
    receive(world, CARD)
    quality = Client(create_app(world.runtime), "qian.m")
    address = f"/api/v1/foreign-scans/{kept(world)[0].id}"
    for _ in range(2):
        answer = quality.post(f"{address}/open", {"reason": "who was it?"}, key="the same")
        assert answer.get_json() == {"scanned": CARD}
    assert len(records(world, event="foreign_scan.open")) == 2
    assert quality.post(f"{address}/purge", {"reason": "private"}).status_code == 200
    assert quality.post(f"{address}/open", {"reason": "who was it?"}, key="the same").status_code == 409
    answers = world.read(lambda session: session.scalars(select(IdempotencyKey.answer)).all())
    assert [each for each in answers if CARD in each] == []


def test_a_scan_of_gs1_at_the_filling_line_is_refused_in_its_own_words(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    technician = Client(create_app(world.runtime), "zhao.l")
    answer = technician.post(f"/api/v1/units/{unit}/scan-back", {"code": "]d2010952123454321310A"})
    (blocker,) = answer.get_json()["blockers"]
    assert (answer.status_code, blocker["code"]) == (409, "wrong_kind")
    assert "GS1" in blocker["detail"]

"""What must never happen, 6: a record changes without who, what, when, why; or an old value or a refusal disappears."""

import json
from typing import Any

import pytest
from sqlalchemy import select
from support.stages import HER, LOT, at_the_bedside, results_of
from support.worlds import World

from cotrack.bedside.service import checks, infusions
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import InvalidInput, ReasonMissing
from cotrack.manufacture.service import lots
from cotrack.participants.service import enrolment
from cotrack.release.service.imports import import_results


def records(world: World, **where: str) -> list[dict[str, Any]]:
    statement = select(AuditRecord.body).order_by(AuditRecord.id)
    for name, value in where.items():
        statement = statement.where(getattr(AuditRecord, name) == value)
    return [json.loads(body) for body in world.read(lambda session: session.scalars(statement).all())]


def test_a_change_of_rows_replayed_from_the_trail_equals_the_tables(world: World) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    world.do("wu.n", lambda work: infusions.resume(work, infusion.id))
    world.journey.completed(infusion, "25.5", "4.5")
    world.do("dr.gao", lambda work: enrolment.withdraw(work, HER, reason="progress"))
    found = world.read(lambda session: list(differences(session, world.runtime.ground.secrets)))
    assert found == []


def test_every_record_says_who_with_role_what_when_with_zone_and_why(world: World) -> None:
    at_the_bedside(world)
    for record in records(world):
        assert record["actor"]
        assert record["role"]
        assert record["at"].endswith("Z")
        assert record["zone"] == "Asia/Shanghai"
        assert "." in record["event"]
        assert ":" in record["subject"]
        assert record["request"]
        assert {"reason", "changes", "outcome", "station", "v", "id"} <= record.keys()
        assert all(each.keys() == {"row", "column", "old", "new"} for each in record["changes"])


def test_a_step_that_asks_why_is_refused_by_the_service_where_nothing_is_said(world: World) -> None:
    world.journey.lot(LOT)
    with pytest.raises(ReasonMissing):
        world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="  "))
    assert records(world, outcome="refused")[-1]["event"] == "hold.place"


def test_a_refused_file_leaves_its_hash_in_the_trail_and_nothing_else(world: World) -> None:
    world.journey.finished_lot(LOT)
    content = results_of(world, LOT).replace(b"99.1", b"ninety-nine")
    with pytest.raises(InvalidInput):
        world.do("wang.l", lambda work: import_results(work, file_name="bad.csv", content=content))
    record = records(world, outcome="refused")[-1]
    assert record["subject"].startswith("file:")
    assert record["details"]["file_name"] == "bad.csv"
    assert len(record["details"]["file_sha256"]) == 64
    assert "ninety-nine" in record["blockers"][0]["detail"]


def test_a_mismatch_is_recorded_with_its_scans_and_reasons(world: World) -> None:
    bedside = at_the_bedside(world)
    code = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    bedside.check("zhou.n", participant="IFN-002")
    record = records(world, outcome="mismatch")[-1]
    assert record["details"]["scans"]["unit"]["code"] == code
    assert [each["code"] for each in record["blockers"]] == ["wrong_patient"]
    assert record["actor"] == "zhou.n"


def test_a_foreign_code_is_kept_as_length_and_hmac_only(world: World) -> None:
    bedside = at_the_bedside(world)
    card = "ZHANG SAN 110101199003070000"
    world.do(
        "zhou.n",
        lambda work: checks.check_identity(work, participant_code=card, unit_code=card, station="WARD-3A-1"),
    )
    record = records(world, outcome="mismatch")[-1]
    assert card not in json.dumps(record)
    assert record["details"]["scans"]["participant"]["length"] == len(card)
    assert bedside.bag

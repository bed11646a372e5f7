"""A line is cleared and checked by two people before a lot is filled at it, and again afterwards (21 CFR 211.130)."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from support.clients import SignIn
from support.races import HeldCommand, Waiting
from support.refusals import codes, refused
from support.stages import LOT, OTHER_LOT
from support.worlds import World

from cotrack.foundation.errors import ReasonMissing
from cotrack.manufacture.rules.filling import LOOKED_AT
from cotrack.manufacture.service import clearances, filling, lots
from cotrack.release.service import dispositions

ROLL: dict[str, Any] = {"roll": "R-1", "labels": 100}


@pytest.fixture(autouse=True)
def lot(world: World) -> str:
    return world.journey.lot(LOT)


def clear(world: World, lot: str = LOT, *, by: str = "zhao.l", station: str = "FILL-1") -> int:
    act = lambda work: clearances.clear_line(work, lot, looked_at=LOOKED_AT, **ROLL)  # noqa: E731 (one line)
    cleared: int = world.do(by, act, station=station).id
    return cleared


def check(world: World, clearance: int, *, by: str = "feng.t", station: str = "FILL-1") -> str:
    act = lambda work: clearances.check_line(work, clearance, looked_at=LOOKED_AT)  # noqa: E731 (one line)
    status: str = world.do(by, act, station=station).status
    return status


def leave(world: World, clearance: int, *, by: str = "zhao.l") -> str:
    act = lambda work: clearances.leave_line(work, clearance, looked_at=LOOKED_AT, labels=90)  # noqa: E731 (one line)
    status: str = world.do(by, act).status
    return status


def end(world: World, clearance: int, *, by: str = "feng.t") -> str:
    act = lambda work: clearances.end_line(work, clearance, looked_at=LOOKED_AT)  # noqa: E731 (one line)
    status: str = world.do(by, act).status
    return status


def fill(world: World, *, station: str = "FILL-1") -> str:
    content = filling.Content(*map(Decimal, ("30.0", "5.360", "93.0")))
    number: str = world.do("zhao.l", lambda work: filling.fill_unit(work, LOT, content), station=station).number
    return number


def test_nothing_is_filled_before_a_second_person_checked_the_line(world: World) -> None:
    with refused("line_not_cleared"):
        fill(world)
    cleared = clear(world)
    with refused("line_not_cleared"):
        fill(world)
    assert check(world, cleared) == "in_force"
    assert fill(world) == f"{LOT}-001"
    with refused("line_not_cleared"):
        fill(world, station="WARD-3A-1")


def test_no_label_of_a_lot_in_filling_is_printed_at_a_line_that_is_not_cleared_for_it(world: World) -> None:
    bag = world.journey.unit(LOT)
    with refused("line_not_cleared"):
        world.do("zhao.l", lambda work: filling.request_label(work, bag, kind="bag"), station="WARD-3A-1")


def test_who_cleared_a_line_does_not_check_it_before_or_after(world: World) -> None:
    cleared = clear(world)
    with refused("same_person"):
        check(world, cleared, by="zhao.l")
    check(world, cleared)
    leave(world, cleared)
    with refused("same_person"):
        end(world, cleared, by="zhao.l")
    assert end(world, cleared) == "ended"


@pytest.mark.parametrize("changed", ["checked_by_id = cleared_by_id", "ended_by_id = left_by_id"])
def test_the_database_refuses_one_person_for_two_at_a_line(world: World, changed: str) -> None:
    world.journey.line_cleared(LOT)
    world.journey.line_left(LOT)
    with (
        world.runtime.ground.sessions.engine.connect() as connection,
        pytest.raises(IntegrityError, match="two_people"),
    ):
        connection.execution_options(cotrack_migration=True).execute(text(f"UPDATE line_clearance SET {changed}"))


def test_each_thing_that_is_looked_for_is_asked_before_and_after(world: World) -> None:
    with refused("not_looked_at", "not_looked_at"):
        world.do("zhao.l", lambda work: clearances.clear_line(work, LOT, looked_at=["bags"], **ROLL))
    cleared = clear(world)
    with refused("not_looked_at"):
        world.do("feng.t", lambda work: clearances.check_line(work, cleared, looked_at=["labels", "documents"]))
    with refused("other_station"):
        check(world, cleared, station="WARD-3A-1")


def test_a_station_stands_for_one_lot_at_a_time(world: World) -> None:
    world.journey.lot(OTHER_LOT)
    cleared = clear(world)
    with refused("station_taken"):
        clear(world, OTHER_LOT)
    world.do("feng.t", lambda work: clearances.withdraw_line(work, cleared, reason="a bag of another lot"))
    assert clear(world, OTHER_LOT) != cleared
    with refused("station_unknown"):
        clear(world, station="")


def test_a_line_is_cleared_only_for_a_lot_in_filling(world: World) -> None:
    world.journey.labelled_unit(LOT)
    world.journey.filling_finished(LOT)
    with refused("lot_not_in_process"):
        clear(world)


def test_of_two_lots_that_take_a_station_at_once_one_gets_it(world: World) -> None:
    world.journey.lot(OTHER_LOT)

    def act(number: str) -> Any:
        return lambda work: clearances.clear_line(work, number, looked_at=LOOKED_AT, **ROLL)

    first = HeldCommand(world, "zhao.l", act(LOT))
    second = Waiting(world, "feng.t", act(OTHER_LOT))
    assert second.waits()
    first.commit()
    second.end()
    assert first.refusal is None
    assert second.refusal is not None
    assert [each.code for each in second.refusal.reasons] == ["station_taken"]


def test_a_lot_leaves_filling_only_after_the_line_was_cleared_and_checked_after_it(world: World) -> None:
    world.journey.labelled_unit(LOT)
    (cleared,) = world.read(lambda session: clearances.clearances_of(session, world_lot(session)))
    with refused("line_not_left"):
        world.do("zhao.l", lambda work: lots.finish_lot(work, LOT))
    leave(world, cleared.id)
    with refused("line_not_left"):
        world.do("zhao.l", lambda work: lots.finish_lot(work, LOT))
    end(world, cleared.id)
    assert world.do("zhao.l", lambda work: lots.finish_lot(work, LOT)).status == "quarantine"


def test_what_keeps_a_lot_in_filling_leads_to_the_page_on_which_it_is_solved(world: World, person: SignIn) -> None:
    bag = world.journey.labelled_unit(LOT)
    leads = f'href="/lots/{LOT}/filling">The line at FILL-1 was not cleared and checked after filling.'
    assert leads in person("zhao.l").get(f"/lots/{LOT}").get_data(as_text=True)
    world.journey.filling_finished(LOT)
    waits = world.journey.unit_label(bag, "tag", reason="torn")
    world.journey.unit_label(bag, "tag", reason="torn again")
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    leads = f'href="/labels/{waits}">'
    assert leads in person("qian.m").get(f"/lots/{LOT}").get_data(as_text=True)


def world_lot(session: Any) -> int:
    return int(lots.lot_numbered(session, LOT).id)


def test_a_line_is_not_left_while_a_bag_waits_for_its_labels(world: World) -> None:
    bag = world.journey.unit(LOT)
    (cleared,) = world.read(lambda session: clearances.clearances_of(session, world_lot(session)))
    with refused("bag_before_open"):
        leave(world, cleared.id)
    world.do("zhao.l", lambda work: filling.destroy_unit(work, bag, reason="broke at filling"))
    assert leave(world, cleared.id) == "leaving"
    with pytest.raises(ReasonMissing):
        world.do("zhao.l", lambda work: clearances.resume_line(work, cleared.id, reason=" "))
    world.do("feng.t", lambda work: clearances.resume_line(work, cleared.id, reason="one more bag"))
    assert world.journey.labelled_unit(LOT) == f"{LOT}-002"


def test_whoever_withdrew_a_clearance_had_a_hand_in_the_lot(world: World) -> None:
    cleared = clear(world)
    world.do("feng.t", lambda work: clearances.withdraw_line(work, cleared, reason="a bag of another lot"))
    people = world.read(lambda session: lots.producers(session, lots.lot_numbered(session, LOT)))
    assert people == {world.cast.actor(each).person_id for each in ("zhao.l", "feng.t")}


def test_another_roll_is_counted_and_its_changer_does_not_release_the_lot(world: World, person: SignIn) -> None:
    api = person("zhao.l")
    sent = {"looked_at": list(LOOKED_AT), **ROLL}
    made = api.post(f"/api/v1/lots/{LOT}/clearances", sent)
    assert made.status_code == 201
    path = f"/api/v1/clearances/{made.get_json()['id']}"
    roll = {"labels_left": 12, "roll": "R-2", "labels": 500}
    assert api.post(f"{path}/roll-changes", roll).status_code == 409
    assert codes(api.post(f"{path}/check", {"looked_at": list(LOOKED_AT)})) == ["same_person"]
    assert person("feng.t").post(f"{path}/check", {"looked_at": list(LOOKED_AT)}).get_json()["status"] == "in_force"
    assert person("feng.t").post(f"{path}/roll-changes", roll).get_json()["labels_put_in"] == 500
    assert api.post(f"{path}/roll-changes", {**roll, "labels_left": -1}).status_code == 422
    (listed,) = api.get(f"/api/v1/lots/{LOT}/clearances").get_json()
    assert (listed["lot"], listed["station"], listed["labels_before"]) == (LOT, "FILL-1", 100)
    names = world.read(lambda session: lots.producers(session, lots.lot_numbered(session, LOT)))
    assert names == {world.cast.actor(each).person_id for each in ("zhao.l", "feng.t")}

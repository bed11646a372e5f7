"""Filling a bag over the API and on its page: what the study's bag cannot hold is no bag."""

from typing import Any

import pytest
from support.clients import SignIn
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.audit.service import records_of
from cotrack.manufacture.service.lots import lot_numbered

PATH = f"/api/v1/lots/{LOT}/units"
CELLS = {"viable_million_per_ml": "5.360", "viability_percent": "93.0"}


@pytest.fixture(autouse=True)
def lot(world: World) -> str:
    number = world.journey.lot(LOT)
    world.journey.line_cleared(number)
    return number


def bags(world: World) -> list[str]:
    return [str(each.volume_ml) for each in world.read(lambda session: list(lot_numbered(session, LOT).units))]


def refused_codes(answer: Any) -> list[str]:
    assert answer.status_code == 409
    return [each["code"] for each in answer.get_json()["blockers"]]


def test_a_bag_of_ten_times_the_studys_volume_is_refused_whoever_explains_it(world: World, person: SignIn) -> None:
    body = {**CELLS, "volume_ml": "300.0", "reason": "a large bag"}
    answer = person("zhao.l").post(PATH, body)
    assert refused_codes(answer) == ["volume_impossible"]
    assert "300.0 mL is more than a bag of this study holds: 30 mL, within 10 %." in answer.get_data(as_text=True)
    assert bags(world) == []


def test_the_last_bag_of_a_lot_may_hold_less_with_a_reason_that_stands_in_the_trail(
    world: World, person: SignIn
) -> None:
    body = {**CELLS, "volume_ml": "12.5"}
    assert refused_codes(person("zhao.l").post(PATH, body)) == ["volume_to_explain"]
    assert person("zhao.l").post(PATH, {**body, "reason": "what was left of the lot"}).status_code == 201
    assert bags(world) == ["12.5"]
    (newest, *_) = world.read(lambda session: records_of(session, [f"unit:{LOT}-001"]))
    assert (newest.event, newest.reason) == ("unit.fill", "what was left of the lot")


def test_the_page_keeps_what_was_typed_and_asks_why_a_bag_holds_less(world: World, person: SignIn) -> None:
    form = {**CELLS, "volume_ml": "12.5"}
    asked = person("zhao.l").send("POST", f"/lots/{LOT}/fill", form=form)
    said = asked.get_data(as_text=True)
    assert asked.status_code == 409
    assert "12.5 mL is less than a bag of this study holds: 30 mL, within 10 %. Correct it, or say why." in said
    assert 'value="12.5"' in said
    done = person("zhao.l").send("POST", f"/lots/{LOT}/fill", form={**form, "reason": "the last bag"})
    assert done.status_code == 303
    assert bags(world) == ["12.5"]

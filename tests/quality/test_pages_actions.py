"""Actions after a deviation on pages, and the same for programs."""

import pytest
from support.clients import SignIn
from support.refusals import codes
from support.stages import LOT
from support.worlds import World

from cotrack.manufacture.service import lots

NUMBER = f"DEV-{LOT}-1"


@pytest.fixture(autouse=True)
def to_do(world: World) -> dict[str, str]:
    """Return what is to be done after an open deviation."""
    world.journey.lot(LOT)
    world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    due_on = world.clock().astimezone(world.runtime.ground.site.zone).date().isoformat()
    return {"kind": "correction", "description": "change the sensor", "owner": "zhao.l", "due_on": due_on}


def test_an_action_is_planned_seen_and_reported_as_done_on_pages(person: SignIn, to_do: dict[str, str]) -> None:
    form = person("qian.m").get(f"/deviations/{NUMBER}/actions").get_data(as_text=True)
    assert '<option value="zhao.l">' in form
    assert "root.a" not in form
    planned = person("qian.m").send("POST", f"/deviations/{NUMBER}/actions", form=to_do)
    assert (planned.status_code, planned.headers["Location"]) == (303, f"/deviations/{NUMBER}")
    finish = "/deviation-actions/1/finish"
    assert "/deviation-actions/1/drop" in person("qian.m").get(f"/deviations/{NUMBER}").get_data(as_text=True)
    assert finish not in person("wang.l").get(f"/deviations/{NUMBER}").get_data(as_text=True)
    assert finish in person("zhao.l").get(f"/deviations/{NUMBER}").get_data(as_text=True)
    assert "change the sensor" in person("zhao.l").get(finish).get_data(as_text=True)
    done = person("zhao.l").send("POST", finish, form={"outcome": "sensor changed"})
    assert (done.status_code, done.headers["Location"]) == (303, f"/deviations/{NUMBER}")
    page = person("shen.i").get(f"/deviations/{NUMBER}").get_data(as_text=True)
    assert "sensor changed" in page
    assert finish not in page


def test_a_day_that_is_over_is_told_at_its_field_and_what_was_typed_stays(
    person: SignIn, to_do: dict[str, str]
) -> None:
    answer = person("qian.m").send("POST", f"/deviations/{NUMBER}/actions", form={**to_do, "due_on": "2020-01-01"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="fault-due_on"' in page
    assert "change the sensor</textarea>" in page


def test_an_action_that_is_not_there_is_not_found(person: SignIn) -> None:
    assert person("zhao.l").get("/deviation-actions/4711/finish").status_code == 404
    assert person("qian.m").get("/api/v1/deviations/DEV-X-1/actions").status_code == 404


def test_a_program_plans_lists_finishes_and_drops_actions(person: SignIn, to_do: dict[str, str]) -> None:
    path = f"/api/v1/deviations/{NUMBER}/actions"
    planned = person("qian.m").post(path, to_do)
    assert (planned.status_code, planned.get_json()["status"]) == (201, "planned")
    other = person("qian.m").post(path, {**to_do, "owner": "wang.l"}).get_json()
    strange = person("wang.l").post("/api/v1/deviation-actions/1/finish", {"outcome": "x"})
    assert (strange.status_code, codes(strange)) == (409, ["not_owner"])
    assert person("zhao.l").post("/api/v1/deviation-actions/1/finish", {"outcome": "changed"}).status_code == 200
    dropped = person("qian.m").post(f"/api/v1/deviation-actions/{other['id']}/drop", {"reason": "not needed"})
    assert dropped.get_json()["status"] == "dropped"
    found = person("shen.i").get(path).get_json()
    assert [(each["owner"], each["status"], each["outcome"]) for each in found] == [
        ("zhao.l", "done", "changed"),
        ("wang.l", "dropped", "not needed"),
    ]

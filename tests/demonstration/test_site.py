"""The demonstration: every state and stage is there, on any day, and every page and label says what it is."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.clusters import Cluster
from support.demonstrations import ROLES, load_demonstration
from support.refusals import refused
from support.supply import evaluate
from support.worlds import World

from cotrack.bedside.models import IdentityCheck, Infusion
from cotrack.demonstration import files, site
from cotrack.demonstration.external import CODE
from cotrack.demonstration.story import StoryClock
from cotrack.desk.service.home import tasks_for
from cotrack.foundation.access.models import Person
from cotrack.foundation.audit.verification.replay import differences
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service.instances import live_label
from cotrack.lifecycles import BAND, LOT, ORDER, PARTICIPANT
from cotrack.manufacture.models import Lot, Unit
from cotrack.orders.models import OosSupply, Order
from cotrack.participants.models import Band, Participant
from cotrack.participants.service import screening
from cotrack.quality.models import Hold
from cotrack.release.service import imports
from cotrack.study.models import StudyDefinition

DAYS = {
    "leap day": datetime(2028, 2, 29, 4, 0, tzinfo=UTC),
    "last evening of the year": datetime(2026, 12, 31, 15, 30, tzinfo=UTC),
    "first minutes of the year": datetime(2026, 12, 31, 16, 10, tzinfo=UTC),
    "end of a month of 31 days": datetime(2027, 3, 31, 9, 0, tzinfo=UTC),
    "last hour of a month by UTC": datetime(2027, 4, 30, 23, 30, tzinfo=UTC),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A home and a database with nothing in it."""
    if request.param == "sqlite":
        yield tmp_path / "home", ""
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    yield tmp_path / "home", cluster.create("demonstrated")
    cluster.drop("demonstrated")


def states(world: World, model: type[Lot | Unit | Participant | Order | Band]) -> set[str]:
    return set(world.read(lambda session: session.scalars(select(model.status)).all()))


def waits_for(world: World, username: str) -> list[str]:
    """Return the titles of what waits for somebody."""
    actor = world.cast.actor(username)
    return [task.title for task in world.read(lambda session: tasks_for(world.runtime.ground, session, actor))]


def test_lots_stand_in_every_state(demonstration: World) -> None:
    assert states(demonstration, Lot) == set(LOT.states)


def test_bags_stand_in_every_state_but_between_two_presses(demonstration: World) -> None:
    wanted = {"filled", "stored", "allocated", "issued", "received", "thawing", "thawed", "started"}
    ended = {"completed", "stopped_early", "returned", "wasted", "destroyed"}
    of_samples = {"sent", "archived"}
    assert states(demonstration, Unit) == wanted | ended | of_samples


def test_participants_stand_at_every_stage(demonstration: World) -> None:
    assert states(demonstration, Participant) == set(PARTICIPANT.states)
    assert states(demonstration, Band) >= set(BAND.states) - {"removed"}
    assert states(demonstration, Order) >= set(ORDER.states) - {"cancelled"}
    count = demonstration.read(lambda session: session.scalar(select(func.count()).select_from(Participant)))
    assert count == 15


def test_a_hold_a_draft_a_mismatch_and_a_new_colleague_are_there(demonstration: World) -> None:
    read = demonstration.read
    assert read(lambda session: session.scalars(select(Hold.status)).all()) == ["standing"]
    drafts = read(lambda session: session.scalars(select(StudyDefinition.study_version)).all())
    assert drafts == ["1-demonstration", "2-demonstration"]
    assert "mismatch" in read(lambda session: session.scalars(select(IdentityCheck.result)).all())
    waiting = read(lambda session: session.scalars(select(Person.username).where(Person.must_change_password)).all())
    assert waiting == ["gu.x"]


@pytest.mark.parametrize("role", ROLES)
def test_something_waits_for_every_role(demonstration: World, role: str) -> None:
    assert waits_for(demonstration, ROLES[role]) != []


@pytest.mark.parametrize("username", ["wang.l", "he.p", "feng.t", "tang.w", "wu.n"])
def test_something_waits_for_the_second_person_of_a_role_too(demonstration: World, username: str) -> None:
    assert waits_for(demonstration, username) != []


def test_a_lot_out_of_specification_was_requested_and_waits_for_qas_evaluation(demonstration: World) -> None:
    assert states(demonstration, OosSupply) == {"requested"}
    assert "Evaluate the risk of a lot out of specification" in waits_for(demonstration, "qian.m")
    (number,) = demonstration.read(lambda session: session.scalars(select(OosSupply.number)).all())
    evaluate(demonstration, number, bags=f"{number[4:-2]}-001, {number[4:-2]}-002, {number[4:-2]}-003")


def test_its_labels_say_that_it_is_a_training_site(demonstration: World) -> None:
    texts = demonstration.read(lambda session: session.scalars(select(LabelInstance.fields)).all())
    assert len(texts) > 40
    for text in texts:
        assert json.loads(text)["training"] == "培训用 TRAINING · 不得用于人体 NOT FOR HUMAN USE"


@pytest.mark.parametrize(
    ("subject", "kind", "status"),
    [
        ("location:LN2-A", "location", "applied"),
        ("location:BOX-0001", "box", "applied"),
        ("location:DRY-01", "shipper", "printed"),
        ("person:zhao.l", "badge", "applied"),
        ("vial:WCB-001-V001", "vial", "applied"),
    ],
)
def test_places_containers_a_badge_and_a_vial_have_their_labels(
    demonstration: World, subject: str, kind: str, status: str
) -> None:
    label = demonstration.read(lambda session: live_label(session, subject, kind))
    assert label.status == status


def test_its_tables_are_what_its_records_add_up_to(demonstration: World) -> None:
    secrets = demonstration.runtime.ground.secrets
    assert demonstration.read(lambda session: list(differences(session, secrets))) == []


@pytest.mark.parametrize("at", DAYS.values(), ids=DAYS)
def test_it_is_alive_on_any_day(empty: tuple[Path, str], at: datetime) -> None:
    home, url = empty
    world = load_demonstration(home, url, at=at)
    try:
        assert {role: waits_for(world, name) for role, name in ROLES.items() if not waits_for(world, name)} == {}
        assert states(world, Lot) == set(LOT.states)
        running = world.read(lambda session: session.scalars(select(Infusion).where(Infusion.ended_at.is_(None))).all())
        assert len(running) == 1
        assert "Check at the bedside and start" in waits_for(world, "zhou.n")
        day = at.astimezone(world.runtime.ground.site.zone).date()
        numbers = world.read(lambda session: session.scalars(select(Lot.number)).all())
        assert {each[:5] for each in numbers} == {f"MSC{day:%y}"}
        the_files_import(world)
        newest = max(re.findall(r"20\d\d-\d\d-\d\d", site.example_files(world.runtime)[0].read_text()))
        assert newest == (day - timedelta(days=1)).isoformat()
    finally:
        world.runtime.ground.sessions.engine.dispose()


def the_files_import(world: World) -> None:
    """Import the example files as the README says."""
    results, people, outside = (path.read_bytes() for path in site.example_files(world.runtime))
    world.journey.results(results)
    read = {"file_name": files.EXTERNAL, "content": outside, "laboratory": CODE}
    world.do("wang.l", lambda work: imports.import_results(work, **read))
    actor = world.cast.actor("li.c")
    preview = screening.look(world.runtime.ground, actor, file_name="screening.csv", content=people)
    assert preview.faults == ()
    assert [each.verdict.sentence("en") for each in preview.new] == [each.expected for each in preview.new]
    world.journey.screened(people)


def test_no_two_acts_of_the_story_share_an_instant_and_it_never_goes_back() -> None:
    end = datetime(2026, 11, 23, tzinfo=UTC)
    clock = StoryClock(end, UTC)
    clock.begin(days=2)
    told = [clock(), clock()]
    clock.go_to(days=1)
    told.append(clock())
    clock.go_to(days=3)
    told.append(clock())
    clock.go_to()
    assert told == sorted(set(told))
    assert [clock(), clock()] == [end, end]


def test_a_site_with_anybody_in_it_is_left_alone(world: World) -> None:
    with refused("not_empty"):
        next(site.load(world.runtime))


def test_a_production_site_takes_no_demonstration(world: World) -> None:
    production = replace(world.runtime, ground=replace(world.runtime.ground, is_training=False))
    with refused("demonstration_only"):
        next(site.load(production))


def test_the_newest_result_of_the_files_is_of_the_day_before_loading() -> None:
    loaded_on = date(2027, 1, 1)
    assert files.moved(files.LAST_TESTED_ON.isoformat(), files.moved_by(loaded_on)) == "2026-12-31"
    assert files.lot_of("MSC26-0031", loaded_on) == "MSC27-0031"

"""Actions after a deviation: with owner and day, a correction before the closure, ended by whose it is."""

import pytest
from sqlalchemy.exc import IntegrityError
from support.deviations import day, planned_action
from support.refusals import records, refused
from support.stages import LOT
from support.tampering import by_hand
from support.worlds import World

from cotrack.desk.service.home import tasks_for
from cotrack.foundation.acting import Actor
from cotrack.foundation.errors import InvalidInput, NotFound, PermissionDenied, ReasonMissing, TransitionNotAllowed
from cotrack.manufacture.service import lots
from cotrack.quality.service import actions, deviations
from cotrack.release.service.trail_reviews import lot_trail

FOUND = {"classification": "major", "cause": "sensor drift", "impact": "bag 2 discarded"}


@pytest.fixture
def number(world: World) -> str:
    """Return the number of an open deviation that is assessed."""
    world.journey.lot(LOT)
    opened = world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    world.do("qian.m", lambda work: deviations.assess(work, opened.number, **FOUND))
    return opened.number


def test_a_deviation_is_not_closed_before_its_corrections_are_done(world: World, number: str) -> None:
    action = planned_action(world, number)
    with refused("correction_planned"):
        world.sign("qian.m", lambda work: deviations.close(work, number))
    world.do("zhao.l", lambda work: actions.finish(work, action.id, outcome="sensor changed"))
    closed = world.sign("qian.m", lambda work: deviations.close(work, number))
    for words in ("change the sensor", "ZHAO", "done: sensor changed"):
        assert words in closed.closure_signature.text


def test_a_prevention_may_end_after_the_closure(world: World, number: str) -> None:
    action = planned_action(world, number, kind="prevention")
    world.sign("qian.m", lambda work: deviations.close(work, number))
    done = world.do("zhao.l", lambda work: actions.finish(work, action.id, outcome="sensors are changed each year"))
    assert done.status == "done"


def test_a_dropped_correction_holds_up_nothing_and_keeps_its_reason(world: World, number: str) -> None:
    action = planned_action(world, number)
    with pytest.raises(ReasonMissing):
        world.do("qian.m", lambda work: actions.drop(work, action.id, reason=" "))
    dropped = world.do("qian.m", lambda work: actions.drop(work, action.id, reason="the sensor is new"))
    assert (dropped.status, dropped.outcome) == ("dropped", "the sensor is new")
    world.sign("qian.m", lambda work: deviations.close(work, number))


def test_only_its_owner_reports_an_action_as_done(world: World, number: str) -> None:
    action = planned_action(world, number)
    for username in ("qian.m", "wang.l", "zhou.n"):
        with refused("not_owner"):
            world.do(username, lambda work: actions.finish(work, action.id, outcome="done"))


def test_the_database_too_takes_an_action_as_done_from_its_owner_alone(world: World, number: str) -> None:
    action = planned_action(world, number)
    change = "UPDATE deviation_action SET status='done', outcome='x', ended_at=planned_at, ended_by_id=planned_by_id"
    with pytest.raises(IntegrityError, match="done_by_its_owner"):
        by_hand(world, f"{change} WHERE id={action.id}")


def test_an_action_ends_once(world: World, number: str) -> None:
    action = planned_action(world, number)
    world.do("zhao.l", lambda work: actions.finish(work, action.id, outcome="sensor changed"))
    with pytest.raises(TransitionNotAllowed):
        world.do("zhao.l", lambda work: actions.finish(work, action.id, outcome="again"))
    with pytest.raises(TransitionNotAllowed):
        world.do("qian.m", lambda work: actions.drop(work, action.id, reason="late"))


def test_no_action_is_planned_for_a_day_that_is_over_or_for_somebody_who_does_not_work_here(
    world: World, number: str
) -> None:
    with pytest.raises(InvalidInput) as late:
        planned_action(world, number, after=-1)
    assert late.value.fields.keys() == {"due_on"}
    for stranger in ("nobody", "root.a", "shen.i"):
        with pytest.raises(InvalidInput) as unknown:
            planned_action(world, number, owner=stranger)
        assert unknown.value.fields.keys() == {"owner"}
    assert planned_action(world, number, after=0).status == "planned"


def test_no_action_is_planned_after_the_closure(world: World, number: str) -> None:
    world.sign("qian.m", lambda work: deviations.close(work, number))
    with pytest.raises(TransitionNotAllowed):
        planned_action(world, number)


def test_only_qa_plans_and_drops(world: World, number: str) -> None:
    action = planned_action(world, number)
    to_do = {"kind": "correction", "description": "x", "owner": "zhao.l"}
    with pytest.raises(PermissionDenied):
        world.do("zhao.l", lambda work: actions.plan(work, number, due_on=day(work, after=1), **to_do))
    with pytest.raises(PermissionDenied):
        world.do("zhao.l", lambda work: actions.drop(work, action.id, reason="no time"))


def test_an_action_that_is_not_there_is_not_found(world: World, number: str) -> None:
    with pytest.raises(NotFound):
        world.do("zhao.l", lambda work: actions.finish(work, 4711, outcome="x"))
    with pytest.raises(NotFound):
        planned_action(world, f"{number}9")


def test_what_is_done_about_a_deviation_stands_in_the_trail_of_its_lot(world: World, number: str) -> None:
    action = planned_action(world, number)
    world.do("zhao.l", lambda work: actions.finish(work, action.id, outcome="sensor changed"))
    told = world.read(lambda session: lot_trail(session, lots.lot_numbered(session, LOT)))
    assert [each.event for each in told][-2:] == ["deviation_action.plan", "deviation_action.finish"]
    assert records(world, event="deviation_action.finish")[-1]["subject"] == f"deviation:{number}"


def work_of(world: World, username: str) -> list[tuple[str, bool]]:
    """Return what waits for somebody because of actions, each with whether it is urgent."""
    ground = world.runtime.ground
    actor: Actor = world.cast.actor(username)
    found = world.read(lambda session: tasks_for(ground, session, actor))
    return [(each.title, each.is_urgent) for each in found if "action" in each.title]


def test_an_action_waits_for_its_owner_and_once_it_is_late_for_qa_too(world: World, number: str) -> None:
    planned_action(world, number, after=1)
    assert work_of(world, "zhao.l") == [("Do the action and report it", False)]
    assert work_of(world, "wang.l") == work_of(world, "qian.m") == []
    world.clock.pass_by(days=1)
    assert work_of(world, "zhao.l") == [("Do the action and report it", True)]
    assert work_of(world, "qian.m") == []
    world.clock.pass_by(days=1)
    assert work_of(world, "qian.m") == [("An action of somebody else is late", True)]
    assert work_of(world, "wang.l") == []

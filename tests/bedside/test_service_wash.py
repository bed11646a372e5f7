"""A wash after the thaw: recorded once by who thaws, and only ever the end of a bag's life comes nearer by it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from support.refusals import records, refused
from support.stages import HER, Bedside, at_the_bedside, at_the_ward, codes
from support.studies import in_effect, newer
from support.worlds import World

from cotrack.bedside.models import Wash
from cotrack.bedside.service import infusions
from cotrack.bedside.service.facts import bag_facts
from cotrack.bedside.service.infusion_record import infusion_record
from cotrack.desk.service.home import tasks_for
from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import PermissionDenied, TransitionNotAllowed
from cotrack.foundation.work import Work
from cotrack.foundation.written import site_words

A_TICK = timedelta(microseconds=1)
WASHED_LIFE, PLANNED = timedelta(minutes=60), timedelta(minutes=30)


def wash(world: World, bag: str, *, by: str = "wu.n") -> None:
    world.do(by, lambda work: infusions.record_wash(work, bag))


def ends(world: World, bag: str) -> timedelta:
    """Return how long a bag may still be given."""

    def look(session: object) -> object:
        work = Work(world.runtime.ground, session, world.cast.actor("wu.n"))  # type: ignore[arg-type]
        return bag_facts(work, bag)

    return world.read(look).expires_at - world.clock()  # type: ignore[no-any-return]


def test_rule_6_a_washed_bag_ends_with_the_time_after_its_wash(world: World) -> None:
    bedside = at_the_bedside(world)
    world.clock.pass_by(minutes=10)
    wash(world, bedside.bag)
    washed_at = world.clock.now
    assert ends(world, bedside.bag) == WASHED_LIFE
    world.clock.now = washed_at + WASHED_LIFE - PLANNED
    assert codes(bedside.check("zhou.n")) == []
    world.clock.now += A_TICK
    assert codes(bedside.check("zhou.n")) == ["expires_before_end"]
    world.clock.now = washed_at + WASHED_LIFE
    assert codes(bedside.check("zhou.n")) == ["expired"]


def test_rule_6_a_wash_never_prolongs_the_time_after_the_thaw(world: World) -> None:
    bedside = at_the_bedside(world)
    world.clock.pass_by(minutes=45)
    left = ends(world, bedside.bag)
    wash(world, bedside.bag)
    assert ends(world, bedside.bag) == left == timedelta(minutes=45)


def test_a_wash_between_the_checks_and_the_start_counts_at_the_start(world: World) -> None:
    bedside = at_the_bedside(world)
    world.clock.pass_by(minutes=5)
    wash(world, bedside.bag)
    world.clock.now += WASHED_LIFE - PLANNED
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    world.clock.now += A_TICK
    with refused("expires_before_end"):
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))


def test_a_bag_is_washed_once_and_the_record_says_by_whom_and_when(world: World) -> None:
    bedside = at_the_bedside(world)
    wash(world, bedside.bag)
    (kept,) = world.read(lambda session: session.scalars(select(Wash)).all())
    assert (kept.washed_at, kept.washed_by_id) == (world.clock.now, world.cast.actor("wu.n").person_id)
    assert records(world, event="unit.wash")[-1]["subject"] == f"unit:{bedside.bag}"
    world.clock.pass_by(minutes=1)
    with refused("already_washed"):
        wash(world, bedside.bag, by="zhou.n")
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []


def test_only_who_thaws_records_a_wash_and_only_of_a_thawed_bag(world: World) -> None:
    bedside = at_the_ward(world)
    with pytest.raises(TransitionNotAllowed):
        wash(world, bedside.bag)
    world.journey.thaw_begun(bedside.bag)
    with pytest.raises(TransitionNotAllowed):
        wash(world, bedside.bag)
    world.do("wu.n", lambda work: infusions.finish_thaw(work, bedside.bag))
    for username in ("ma.k", "zhao.l", "dr.gao", "qian.m"):
        with pytest.raises(PermissionDenied):
            wash(world, bedside.bag, by=username)
    wash(world, bedside.bag)
    world.journey.started(HER, bedside.bag)
    with pytest.raises(TransitionNotAllowed):
        wash(world, bedside.bag)


@pytest.mark.parametrize(
    ("line", "code"),
    [("", "not_washed_here"), ('washed_life_minutes = "sponsor_to_set"\n', "sponsor_to_set")],
    ids=["the study washes none", "the sponsor has not said how long"],
)
def test_no_wash_is_recorded_under_a_study_that_says_no_time_for_it(world: World, line: str, code: str) -> None:
    changes = (('washed_life_minutes = "sponsor_to_set"\n', line), ('"product.washed_life_minutes" = 60\n', ""))
    in_effect(world, newer(*changes))
    bedside = at_the_bedside(world)
    with refused(code):
        wash(world, bedside.bag)
    assert ends(world, bedside.bag) == timedelta(minutes=90)


def test_the_list_of_bags_that_run_out_and_the_infusion_record_follow_a_wash(world: World) -> None:
    bedside = at_the_bedside(world)
    world.clock.pass_by(minutes=10)
    wash(world, bedside.bag)
    ground, actor = world.runtime.ground, world.cast.actor("wu.n")
    (task,) = [
        each
        for each in world.read(lambda session: tasks_for(ground, session, actor))
        if each.subject == f"unit:{bedside.bag}" and each.until
    ]
    assert task.until == world.clock.now + WASHED_LIFE
    assert f"洗涤 washed {site_words(world.clock.now, ground.site.zone)}" in thawed_on_paper(world, bedside)


def test_an_infusion_record_of_a_bag_that_was_not_washed_says_nothing_of_it(world: World) -> None:
    assert "washed" not in thawed_on_paper(world, at_the_bedside(world))


def thawed_on_paper(world: World, bedside: Bedside) -> str:
    """Return what the record of an infusion says of the thaw."""
    infusion = world.journey.started(HER, bedside.bag)
    world.journey.completed(infusion, "25.5", "4.5")

    def look(session: object) -> str:
        found = infusions.infusion_numbered(session, infusion.id)  # type: ignore[arg-type]
        closed = infusions.closed(session, found, found.closing_signature)  # type: ignore[arg-type]
        return str(infusion_record(session, world.runtime.ground.site, found, closed).fields["thawed"])  # type: ignore[arg-type]

    return str(world.read(look))

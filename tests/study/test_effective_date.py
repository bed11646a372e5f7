"""A version that names a day takes effect on it and not before; what was made before keeps its own version."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.refusals import records, refused
from support.stages import LOT, OTHER_LOT
from support.studies import by_investigator, by_quality, in_effect, loaded, newer
from support.worlds import World, make_home, open_world

from cotrack.foundation.errors import Blocked, PermissionDenied
from cotrack.foundation.migrations import SYSTEM, migrate
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.manufacture.service import lots
from cotrack.study import service as study
from cotrack.study.jobs import begin_due
from cotrack.study.rules.reading import SEPARATOR

TODAY = "2026-11-23"
LATER = "2026-11-26"
MIDNIGHT_BEFORE_LATER = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
"""The first moment of the later day at the site."""


def naming(day: str, version: str = "2-demonstration") -> str:
    """Return the demonstration's study as a version that names its day."""
    said = f"\n[specification]\neffective_on = {day}\n"
    return newer(version=version).replace(SEPARATOR, f"{said}{SEPARATOR}")


def status(world: World, sha256: str) -> str:
    return str(world.read(lambda session: study.definition_with_hash(session, sha256)).status)


def bound(world: World, number: str) -> str:
    return str(world.read(lambda session: lots.lot_numbered(session, number)).study_definition.sha256)


def made(world: World, number: str) -> str:
    """Make a lot, and return the hash of the version to which it is bound."""
    today = world.journey.today()
    world.do("zhao.l", lambda work: lots.make_lot(work, number=number, made_on=today))
    return bound(world, number)


def begun(world: World) -> None:
    begin_due(world.runtime.ground)


def test_a_version_whose_day_is_past_is_not_signed(world: World) -> None:
    sha256 = loaded(world, naming("2026-11-22"))
    for username, sign in (("qian.m", by_quality), ("prof.han", by_investigator)):
        with refused("effective_date_past"):
            world.sign(username, sign(sha256))
    assert records(world)[-1]["outcome"] == "refused"
    assert status(world, sha256) == "draft"


def test_the_day_is_the_sites_and_not_that_of_greenwich(world: World) -> None:
    sha256 = loaded(world, naming(TODAY))
    world.clock.now = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)
    world.sign("qian.m", by_quality(sha256))
    other = loaded(world, naming(TODAY, "3-demonstration"))
    world.clock.now = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    with refused("effective_date_past"):
        world.sign("qian.m", by_quality(other))


def test_a_version_of_today_takes_effect_with_the_second_signature(world: World) -> None:
    assert status(world, in_effect(world, naming(TODAY))) == "in_effect"


def test_a_signed_version_waits_for_its_day_and_what_is_made_before_keeps_its_own(world: World) -> None:
    before = world.read(study.in_effect).sha256
    sha256 = in_effect(world, naming(LATER))
    world.clock.now = MIDNIGHT_BEFORE_LATER - timedelta(seconds=1)
    begun(world)
    assert status(world, sha256) == "draft"
    assert made(world, LOT) == before
    world.clock.now = MIDNIGHT_BEFORE_LATER
    assert made(world, OTHER_LOT) == sha256
    assert bound(world, LOT) == before


def test_its_status_follows_its_day_in_a_record_of_its_own(world: World) -> None:
    before = world.read(study.in_effect).sha256
    sha256 = in_effect(world, naming(LATER))
    world.clock.now = MIDNIGHT_BEFORE_LATER + timedelta(hours=7)
    begun(world)
    assert (status(world, sha256), status(world, before)) == ("in_effect", "superseded")
    row = world.read(lambda session: study.definition_with_hash(session, sha256))
    assert row.effective_at == MIDNIGHT_BEFORE_LATER
    record = records(world)[-1]
    assert (record["event"], record["subject"]) == ("study_definition.begin", f"study_definition:{sha256}")
    begun(world)
    assert len(records(world, event="study_definition.begin")) == 1


def test_a_second_signature_after_the_day_lets_it_take_effect_at_once_and_not_before(world: World) -> None:
    sha256 = loaded(world, naming(TODAY))
    world.sign("qian.m", by_quality(sha256))
    world.clock.pass_by(days=2)
    assert made(world, LOT) != sha256
    world.sign("prof.han", by_investigator(sha256))
    row = world.read(lambda session: study.definition_with_hash(session, sha256))
    assert (row.status, row.effective_at) == ("in_effect", world.clock.now)


def test_of_two_versions_that_wait_each_takes_effect_on_its_own_day(world: World) -> None:
    last = in_effect(world, naming("2026-11-28", "2-demonstration"))
    first = in_effect(world, naming(LATER, "3-demonstration"))
    world.clock.now = MIDNIGHT_BEFORE_LATER
    assert made(world, LOT) == first
    world.clock.pass_by(days=2)
    assert made(world, OTHER_LOT) == last
    begun(world)
    assert (status(world, first), status(world, last)) == ("superseded", "in_effect")


def test_a_version_that_is_signed_after_anothers_day_counts_though_the_others_status_had_not_followed(
    world: World,
) -> None:
    waiting = in_effect(world, naming(LATER))
    world.clock.now = MIDNIGHT_BEFORE_LATER + timedelta(hours=1)
    newest = in_effect(world, newer(version="3-demonstration"))
    assert (status(world, waiting), status(world, newest)) == ("superseded", "in_effect")
    assert made(world, LOT) == newest


def test_a_second_study_is_not_signed_beside_one_that_waits_for_its_day(tmp_path: Path) -> None:
    make_home(tmp_path / "new")
    world = open_world(tmp_path / "new")
    migrate(world.runtime.ground)
    world.cast.enter()
    day = world.journey.today() + timedelta(days=3)
    in_effect(world, naming(day.isoformat()))
    other = loaded(world, newer().replace('code = "MSC-IFNA"', 'code = "OTHER-1"'))
    with refused("other_study_in_effect"):
        world.sign("qian.m", by_quality(other))
    world.runtime.ground.sessions.engine.dispose()


def test_nobody_begins_a_version_by_hand_nor_before_its_day(world: World) -> None:
    sha256 = in_effect(world, naming(LATER))
    for username in ("qian.m", "prof.han", "root.a"):
        with pytest.raises(PermissionDenied):
            world.do(username, lambda work: study.begin_on_its_day(work, sha256))
    with pytest.raises(Blocked), unit_of_work(world.runtime.ground, SYSTEM) as work:
        study.begin_on_its_day(work, sha256)


def test_a_version_signed_before_there_were_such_keys_means_what_it_meant(world: World) -> None:
    kept = [line for line in newer().splitlines() if not any(word in line for word in ("method_", "due_days"))]
    sha256 = in_effect(world, "\n".join(kept) + "\n")
    definition = world.read(lambda session: study.definition_hashed(session, sha256))
    assert definition.effective_on is None
    assert {(each.method.en, each.due_days) for each in definition.tests.values()} == {(None, None)}
    assert not any("method" in key or "due_days" in key for key in definition.unset)

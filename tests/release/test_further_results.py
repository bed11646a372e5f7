"""Correction and retest: further rows beside the first; a valid result is never contradicted or averaged away."""

import pytest
from support.conditional import released_conditionally
from support.invalid import assessed, invalidated, stored
from support.laboratory import COLUMNS, example_rows, file_of, lots_in_quarantine
from support.late import GROWTH, day_14
from support.oos import approved, in_phase_2, refuted
from support.refusals import refused
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.errors import ChangedMeanwhile
from cotrack.foundation.work import Work
from cotrack.manufacture.service import lots
from cotrack.quality.service import holds
from cotrack.release.models import Result
from cotrack.release.service.case import lot_standings
from cotrack.release.service.invalidations import invalidate_result
from cotrack.study.rules.specification import Standing

ROWS = example_rows(LOT)
(STERILITY,) = [row for row in ROWS if row["Test"] == "Sterility"]
(VIABILITY,) = [row for row in ROWS if row["Test"] == "Viability"]
WITH_RETEST = (*COLUMNS, "Retest of")


@pytest.fixture
def grown(world: World) -> World:
    """A lot in quarantine whose sterility failed."""
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of([{**row, **({"Result": GROWTH} if row == STERILITY else {})} for row in ROWS]))
    return world


def further(world: World, row: dict[str, str], **changed: str) -> None:
    cells = {**row, **{name.replace("_", " "): value for name, value in changed.items()}}
    world.journey.results(file_of([cells], columns=WITH_RETEST))


def standing(world: World, test: str = "sterility") -> Standing:
    lot = world.read(lambda session: lots.lot_numbered(session, LOT))
    found = world.read(lambda session: lot_standings(session, lot))
    return next(each.standing for each in found if each.test.key == test)


def test_while_a_result_is_valid_no_other_is_stored_for_its_replicate(grown: World) -> None:
    with refused("file_fault") as refusal:
        further(grown, STERILITY)
    said = refusal.value.reasons[0].sentence
    assert f"contradicts the stored “{GROWTH}” of Sterility, no. 1." in said
    assert said.endswith(
        "quality assurance makes the stored result invalid, and this file is stored as its correction."
    )
    assert len(stored(grown, "sterility")) == 1


def test_what_differs_from_an_invalid_result_is_stored_as_its_correction_beside_it(grown: World) -> None:
    invalidated(grown, "sterility", assessed(grown))
    further(grown, STERILITY)
    wrong, right = stored(grown, "sterility")
    assert (wrong.status, wrong.reported, wrong.corrects_id) == ("invalidated", GROWTH, None)
    assert (right.status, right.reported, right.corrects_id) == ("recorded", "no growth", wrong.id)
    assert standing(grown) is Standing.WITHIN


def test_a_correction_can_be_wrong_as_well_and_is_corrected_in_turn(grown: World) -> None:
    number = assessed(grown)
    invalidated(grown, "sterility", number)
    further(grown, STERILITY)
    invalidated(grown, "sterility", number)
    further(grown, STERILITY, Result="growth: C. acnes")
    first, second, third = stored(grown, "sterility")
    assert [first.corrects_id, second.corrects_id, third.corrects_id] == [None, first.id, second.id]
    assert standing(grown) is Standing.OUT_OF_SPECIFICATION


def test_an_old_file_sent_again_brings_no_invalid_result_back(grown: World) -> None:
    invalidated(grown, "sterility", assessed(grown))
    further(grown, VIABILITY, Replicate="2")
    with pytest.raises(Exception, match="stored already"):
        further(grown, STERILITY, Result=GROWTH)
    assert [each.status for each in stored(grown, "sterility")] == ["invalidated"]
    assert standing(grown) is Standing.MISSING


def test_a_retest_names_what_it_tests_again_and_replaces_nothing(grown: World) -> None:
    number = in_phase_2(grown)
    approved(grown, number)
    further(grown, STERILITY, Replicate="2", Retest_of="1", Analyst="sun.q")
    first, second = stored(grown, "sterility")
    assert (second.replicate, second.retest_of_id, second.corrects_id) == (2, first.id, None)
    assert standing(grown) is Standing.OUT_OF_SPECIFICATION
    grown.journey.review(LOT)
    refuted(grown, number)
    failed = {"deviation": assessed(grown), "reason": "contaminated"}
    grown.sign("qian.m", lambda work: invalidate_result(work, first.id, **failed))
    assert standing(grown) is Standing.WITHIN


@pytest.mark.parametrize("named", ["1", "2", "7", "one", "0"])
def test_a_pass_or_what_is_not_there_or_itself_is_no_ground_for_a_retest(grown: World, named: str) -> None:
    with refused("file_fault"):
        further(grown, VIABILITY, Replicate="2", Retest_of=named)
    assert len(stored(grown, "viability")) == 1


def test_of_one_replicate_the_database_keeps_no_second_valid_row(grown: World) -> None:
    (first,) = stored(grown, "sterility")
    names = [each.name for each in Result.__table__.columns if each.name != "id"]
    twin = Result(**{name: getattr(first, name) for name in names})

    def write(work: Work) -> None:
        work.record("result.import", f"lot:{LOT}", permission="result:import")
        work.add(twin)

    with pytest.raises(ChangedMeanwhile):
        grown.do("wang.l", write)
    assert len(stored(grown, "sterility")) == 1


def test_a_failing_correction_of_a_released_lot_holds_it_as_a_late_result_does(world: World) -> None:
    released_conditionally(world)
    world.journey.results(day_14(world, "no growth"), "day-14.csv")
    invalidated(world, "sterility", assessed(world))
    world.journey.results(day_14(world), "corrected.csv")
    (held,) = world.read(lambda session: holds.standing_holds(session, [f"lot:{LOT}"]))
    assert GROWTH in held.reason


def test_a_retest_that_was_made_invalid_is_corrected_like_any_result(grown: World) -> None:
    approved(grown, in_phase_2(grown))
    further(grown, STERILITY, Replicate="2", Retest_of="1", Analyst="sun.q", Instrument="BTA-9")
    invalidated(grown, "sterility", assessed(grown))
    further(grown, STERILITY, Replicate="2", Retest_of="1", Analyst="sun.q")
    *_, wrong, right = stored(grown, "sterility")
    assert (right.corrects_id, right.reported) == (wrong.id, "no growth")

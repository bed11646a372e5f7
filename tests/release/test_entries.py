"""Results by hand: typed by two people who see nothing of each other; what agrees is stored as a file's row is."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from support.clients import Client
from support.conditional import released_conditionally
from support.entries import APPEARANCE, TYPED, enter, not_critical, unsettled_reasons
from support.invalid import assessed, invalidated, stored
from support.laboratory import example_rows, file_of, lots_in_quarantine
from support.late import GROWTH
from support.refusals import records, refused
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import InvalidInput, PermissionDenied
from cotrack.quality.service import alerts, holds

Person = Callable[[str], Client]


@pytest.fixture
def laboratory(world: World) -> World:
    """A lot in quarantine without any result."""
    lots_in_quarantine(world, LOT)
    return world


def test_one_entry_is_no_result(laboratory: World) -> None:
    assert enter(laboratory, "wang.l").outcome == "waits"
    assert enter(laboratory, "wang.l").outcome == "waits"
    assert stored(laboratory, "viability") == []


def test_two_equal_entries_by_two_people_are_a_result_and_both_are_its_authors(laboratory: World) -> None:
    enter(laboratory, "liu.m")
    assert enter(laboratory, "sun.q").outcome == "recorded"
    (result,) = stored(laboratory, "viability")
    assert (result.reported, result.unit, result.status, result.import_id) == ("93.4", "%", "recorded", None)
    for author in ("liu.m", "sun.q", "wang.l"):
        with refused("same_person"):
            laboratory.journey.review(LOT, by=author)
    laboratory.journey.review(LOT, by="he.p")
    assert laboratory.read(lambda session: list(differences(session, laboratory.runtime.ground.secrets))) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"reported": "93.5"},
        {"sample": f"{LOT}-VIB"},
        {"tested_at": "2026-10-05 09:13"},
        {"method": "trypan blue"},
        {"analyst": "chen.y"},
        {"instrument": "FC-3"},
    ],
)
def test_what_differs_is_no_result_and_says_no_more_than_which_fields(
    laboratory: World, changed: dict[str, str]
) -> None:
    enter(laboratory, "liu.m")
    done = enter(laboratory, "sun.q", **changed)
    assert (done.outcome, done.differs, done.result) == ("differs", tuple(changed), None)
    assert stored(laboratory, "viability") == []
    record = records(laboratory, event="result.enter")[-1]
    assert (record["outcome"], record["blockers"][0]["code"]) == ("mismatch", "entries_differ")
    assert "93.4" not in record["blockers"][0]["detail"]


def test_after_a_difference_both_entries_are_void_and_two_people_type_anew(laboratory: World) -> None:
    enter(laboratory, "liu.m", reported="39.4")
    assert enter(laboratory, "sun.q", reported="93.4").outcome == "differs"
    assert enter(laboratory, "sun.q", reported="39.4").outcome == "waits"
    assert unsettled_reasons(laboratory) == ["entry_waits"]
    assert enter(laboratory, "liu.m", reported="39.4").outcome == "recorded"
    assert unsettled_reasons(laboratory) == []


def test_entries_of_another_replicate_or_test_never_meet(laboratory: World) -> None:
    enter(laboratory, "liu.m")
    assert enter(laboratory, "sun.q", replicate=2).outcome == "waits"
    assert enter(laboratory, "sun.q", test="cd73").outcome == "waits"


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("test", {"test": "taste"}),
        ("sample", {"sample": "MSC26-9999-VIA"}),
        ("reported", {"reported": "good"}),
        ("reported", {"reported": "934"}),
        ("tested_at", {"tested_at": "2999-01-01 09:12"}),
        ("tested_at", {"tested_at": "yesterday"}),
        ("retest_of", {"retest_of": 1}),
        ("retest_of", {"retest_of": 7}),
    ],
)
def test_what_a_file_would_not_say_is_refused_at_its_field(
    laboratory: World, field: str, changed: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        enter(laboratory, "liu.m", **changed)
    assert list(refusal.value.fields) == [field]


def test_nothing_is_typed_over_a_valid_result(laboratory: World) -> None:
    laboratory.journey.results(file_of(example_rows(LOT)))
    with refused("result_there"):
        enter(laboratory, "liu.m", reported="12")
    invalidated(laboratory, "viability", assessed(laboratory))
    enter(laboratory, "liu.m", reported="92")
    enter(laboratory, "sun.q", reported="92")
    wrong, right = stored(laboratory, "viability")
    assert (right.corrects_id, right.reported) == (wrong.id, "92")
    with refused("result_there"):
        enter(laboratory, "sun.q", reported="93")
    invalidated(laboratory, "viability", f"DEV-{LOT}-1")
    assert enter(laboratory, "liu.m", reported="92.1").outcome == "waits"
    assert enter(laboratory, "sun.q", reported="92.1").outcome == "recorded"


def test_what_was_typed_before_a_result_was_stored_meets_nothing_typed_after(laboratory: World) -> None:
    enter(laboratory, "liu.m", reported="92")
    laboratory.journey.results(file_of(example_rows(LOT)))
    invalidated(laboratory, "viability", assessed(laboratory))
    assert enter(laboratory, "sun.q", reported="92").outcome == "waits"


def test_a_late_failing_result_by_hand_holds_the_lot_as_one_from_a_file_does(world: World) -> None:
    released_conditionally(world)
    late = {"test": "sterility", "reported": GROWTH, "sample": f"{LOT}-STE", "tested_at": "2026-10-19 09:12"}
    assert enter(world, "liu.m", **late).stopped == ()
    done = enter(world, "sun.q", **late)
    (held,) = world.read(lambda session: holds.standing_holds(session, [f"lot:{LOT}"]))
    assert GROWTH in held.reason
    assert [each.number for each in done.stopped] == [LOT]
    assert len(world.read(lambda session: alerts.alerts_of(session, f"lot:{LOT}"))) == 1


@pytest.mark.parametrize("username", ["zhao.l", "qian.m", "dr.gao", "prof.han", "root.a", "shen.i"])
def test_nobody_but_an_analyst_types_results(laboratory: World, username: str) -> None:
    with pytest.raises(PermissionDenied):
        enter(laboratory, username)


FORM = {name: str(value) for name, value in TYPED.items() if value}


def test_the_second_person_sees_nothing_of_what_the_first_typed(laboratory: World, person: Person) -> None:
    page, first, second = f"/lots/{LOT}/results/new", person("liu.m"), person("sun.q")
    kept = first.post(page, form={**FORM, "reported": "91.7"})
    assert "Your entry is kept" in first.get(kept.headers["Location"]).get_data(as_text=True)
    for path in (page, f"/lots/{LOT}", f"/lots/{LOT}/release", "/", f"/api/v1/lots/{LOT}/results"):
        assert "91.7" not in second.get(path).get_data(as_text=True)
    assert "Type a result as the second person" in second.get("/").get_data(as_text=True)
    assert "Type a result as the second person" not in first.get("/").get_data(as_text=True)
    differs = second.post(page, form=FORM)
    said = second.get(differs.headers["Location"]).get_data(as_text=True)
    assert "Two people typed this result differently" in said
    assert "<li>Result</li>" in said
    assert "91.7" not in said + differs.get_data(as_text=True)
    assert 'value="93.4"' in said
    again = first.post(page, form={**FORM, "reported": "91.7"})
    assert "Your entry is kept" in first.get(again.headers["Location"]).get_data(as_text=True)
    for path in (f"/lots/{LOT}/entries", f"/lots/{LOT}/release", f"/api/v1/lots/{LOT}/entries", "/"):
        assert "91.7" not in second.get(path).get_data(as_text=True)
    agreed = second.post(page, form={**FORM, "reported": "91.7"})
    assert "Both entries agree" in second.get(agreed.headers["Location"]).get_data(as_text=True)


def test_the_api_keeps_an_entry_and_says_what_became_of_it(laboratory: World, person: Person) -> None:
    route = f"/api/v1/lots/{LOT}/results"
    first = person("liu.m").post(route, TYPED)
    assert (first.status_code, first.get_json()["outcome"]) == (201, "waits")
    differs = person("sun.q").post(route, {**TYPED, "reported": "94.3"}).get_json()
    assert (differs["outcome"], differs["differs"], differs["result"]) == ("differs", ["reported"], None)
    assert person("sun.q").post(route, TYPED).get_json()["outcome"] == "waits"
    agreed = person("liu.m").post(route, TYPED).get_json()
    assert (agreed["outcome"], agreed["result"]["reported"]) == ("recorded", "93.4")
    assert person("he.p").post(route, TYPED).status_code == 409


def test_what_somebody_typed_again_counts_no_more(laboratory: World) -> None:
    enter(laboratory, "liu.m", reported="39.4")
    enter(laboratory, "liu.m", reported="93.4")
    assert enter(laboratory, "sun.q", reported="39.4").outcome == "differs"
    assert stored(laboratory, "viability") == []
    enter(laboratory, "liu.m", reported="93.4")
    assert enter(laboratory, "sun.q", reported="93.4").outcome == "recorded"


def test_a_result_of_a_test_that_is_not_critical_is_typed_once_and_reviewed_by_another(world: World) -> None:
    not_critical(world, "appearance")
    assert enter(world, "liu.m", **APPEARANCE).outcome == "recorded_once"
    (result,) = stored(world, "appearance")
    assert (result.first_entered_by_id, result.typed_once_by_id) == (None, result.recorded_by_id)
    with refused("same_person"):
        world.journey.review(LOT, by="liu.m")
    world.journey.review(LOT, by="he.p")
    assert enter(world, "liu.m").outcome == "waits"
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []


def test_the_page_says_which_tests_are_typed_once(world: World, person: Person) -> None:
    not_critical(world, "appearance")
    page = person("liu.m").get(f"/lots/{LOT}/results/new").get_data(as_text=True)
    assert "Not critical by this specification" in page
    form = {name: str(value) for name, value in {**TYPED, **APPEARANCE}.items() if value}
    done = person("liu.m").post(f"/lots/{LOT}/results/new", form=form)
    assert "A second person reviews it" in person("liu.m").get(done.headers["Location"]).get_data(as_text=True)


def test_the_database_keeps_no_typed_result_without_its_people(laboratory: World) -> None:
    enter(laboratory, "liu.m")
    enter(laboratory, "sun.q")
    for changed in ("first_entered_by_id = NULL", "typed_once_by_id = recorded_by_id"):
        with (
            pytest.raises(IntegrityError, match=r"from_file_or_by_hand|typed_once_by_who_recorded"),
            laboratory.runtime.ground.sessions.engine.connect() as connection,
        ):
            connection.execute(text(f"UPDATE result SET {changed}"), execution_options={"cotrack_migration": True})

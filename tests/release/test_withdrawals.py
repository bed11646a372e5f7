"""What one person typed is never passed over: it blocks the release until it is typed again, or withdrawn."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from support.clients import Client
from support.conditional import released_conditionally
from support.entries import enter, unsettled_reasons
from support.laboratory import example_rows, file_of, lot_with_tests_outstanding, lots_in_quarantine
from support.late import GROWTH
from support.refusals import records, refused
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.audit.critical import is_critical
from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound, PermissionDenied, ReasonMissing, Refused
from cotrack.release.models import ResultEntry
from cotrack.release.service import dispositions, trail_reviews, withdrawals

Person = Callable[[str], Client]
STERILITY = {"test": "sterility", "reported": GROWTH, "sample": f"{LOT}-STE", "tested_at": "2026-10-19 09:12"}


def newest_entry(world: World) -> int:
    return int(world.read(lambda session: session.scalar(select(ResultEntry.id).order_by(ResultEntry.id.desc()))))


def withdraw(world: World, by: str, *, reason: str = "typed for the wrong lot", entry: int = 0) -> None:
    number = entry or newest_entry(world)
    world.do(by, lambda work: withdrawals.withdraw_entry(work, number, reason=reason))


@pytest.fixture
def typed(world: World) -> World:
    """A lot in quarantine of whose results one was typed, by one person."""
    lots_in_quarantine(world, LOT)
    enter(world, "liu.m")
    return world


@pytest.mark.parametrize("by", ["liu.m", "qian.m"])
def test_an_entry_that_its_author_or_qa_withdrew_stays_and_counts_no_more(typed: World, by: str) -> None:
    assert unsettled_reasons(typed) == ["entry_waits"]
    withdraw(typed, by)
    assert unsettled_reasons(typed) == []
    assert enter(typed, "sun.q").outcome == "waits"
    assert records(typed, event="result_entry.withdraw")[-1]["reason"] == "typed for the wrong lot"
    assert typed.read(lambda session: list(differences(session, typed.runtime.ground.secrets))) == []


def test_a_withdrawn_entry_stands_among_what_the_reviewer_of_the_trail_reads_first(typed: World) -> None:
    withdraw(typed, "liu.m")
    site = typed.runtime.ground.site
    sheet = typed.read(lambda session: trail_reviews.review_sheet(session, LOT, site, "tang.w"))
    assert "result_entry.withdraw" in [each.event for each, is_first in sheet["records"] if is_first]


@pytest.mark.parametrize(
    "event",
    [
        "lot.record_source",
        "lot.decide_expiry",
        "step.correct",
        "step.take_over",
        "line_clearance.resume",
        "file_mapping.approve",
        "file_mapping.withdraw",
        "oos_supply.decline",
        "oos_supply.withdraw",
    ],
)
def test_what_was_done_late_again_otherwise_or_undone_is_read_first(event: str) -> None:
    assert is_critical(event, "done", "typed wrong")


def test_whoever_withdrew_an_entry_does_not_decide_about_the_lot(typed: World) -> None:
    withdraw(typed, "qian.m")
    for by, is_involved in (("qian.m", True), ("tang.w", False)):
        actor = typed.cast.actor(by)
        look = lambda session, who=actor: dispositions.case_summary(typed.runtime.ground, session, LOT, who)  # noqa: E731
        found = [each.code for each in typed.read(look).blockers]
        assert ("same_person" in found) is is_involved


def test_what_its_author_typed_before_a_withdrawn_entry_does_not_come_back(typed: World) -> None:
    enter(typed, "liu.m", reported="91")
    withdraw(typed, "liu.m")
    assert unsettled_reasons(typed) == []
    assert enter(typed, "sun.q").outcome == "waits"


def test_nobody_but_its_author_and_qa_withdraws_an_entry_and_never_without_a_reason(typed: World) -> None:
    with refused("not_author"):
        withdraw(typed, "sun.q")
    with pytest.raises(ReasonMissing):
        withdraw(typed, "liu.m", reason="  ")
    with pytest.raises(PermissionDenied):
        withdraw(typed, "zhao.l")
    with pytest.raises(NotFound):
        withdraw(typed, "qian.m", entry=99)


def test_what_counts_no_more_is_not_withdrawn(typed: World) -> None:
    first = newest_entry(typed)
    enter(typed, "liu.m", reported="94")
    with refused("entry_over"):
        withdraw(typed, "liu.m", entry=first)
    enter(typed, "sun.q", reported="95")
    for by in ("liu.m", "sun.q"):
        with refused("entry_over"):
            withdraw(typed, "qian.m", entry=newest_entry(typed) - (by == "liu.m"))
    enter(typed, "liu.m")
    enter(typed, "sun.q")
    with refused("entry_over"):
        withdraw(typed, "sun.q")


@pytest.mark.parametrize("decision", ["release", "release_conditionally"])
def test_a_growth_that_one_person_typed_stops_every_release_and_nobody_reads_it(world: World, decision: str) -> None:
    lot_with_tests_outstanding(world, LOT)
    enter(world, "liu.m", **STERILITY)
    assert against(world, decision) == ["entry_waits"]
    enter(world, "sun.q", **{**STERILITY, "reported": "no growth"})
    assert against(world, decision) == ["entry_differed"]
    enter(world, "liu.m", **{**STERILITY, "reported": "no growth"})
    assert against(world, decision) == ["entry_waits"]
    withdraw(world, "qian.m")
    assert against(world, decision) == []


def test_a_difference_is_not_undone_by_one_person_who_types_anew_and_takes_it_back(world: World) -> None:
    lot_with_tests_outstanding(world, LOT)
    enter(world, "liu.m", **STERILITY)
    for _ in range(2):
        enter(world, "sun.q", **{**STERILITY, "reported": "no growth"})
    withdraw(world, "sun.q")
    assert against(world, "release_conditionally") == ["entry_differed"]
    enter(world, "sun.q", **STERILITY)
    withdraw(world, "qian.m")
    assert unsettled_reasons(world) == []


def against(world: World, decision: str) -> list[str]:
    """Return the reasons that typed entries give against signing a decision; none of them says what was typed."""
    acts = {
        "release": lambda work: dispositions.release(work, LOT),
        "release_conditionally": lambda work: dispositions.release_conditionally(work, LOT, reason="urgent"),
    }
    with pytest.raises(Refused) as refusal:
        world.sign("qian.m", acts[decision])
    found: list[Blocker] = [each for each in refusal.value.reasons if each.code.startswith("entry_")]
    assert all(GROWTH not in each.sentence and each.solve == f"result_entries:{LOT}" for each in found)
    return [each.code for each in found]


def test_an_entry_that_a_file_contradicts_stops_the_lot_until_it_is_withdrawn(typed: World) -> None:
    enter(typed, "liu.m", reported="39.4")
    typed.journey.results(file_of(example_rows(LOT)))
    assert unsettled_reasons(typed) == ["entry_contradicted"]
    withdraw(typed, "liu.m")
    assert unsettled_reasons(typed) == []


def test_an_entry_that_a_file_confirms_is_settled(typed: World) -> None:
    typed.journey.results(
        file_of([{**each, "Result": "93.4"} for each in example_rows(LOT) if each["Test"] == "Viability"])
    )
    assert unsettled_reasons(typed) == []


def test_qa_is_told_of_a_lone_entry_by_which_a_released_lot_fails_and_no_typist_is(
    world: World, person: Person
) -> None:
    released_conditionally(world)
    told = "A released or supplied lot fails by what one person typed"
    enter(world, "liu.m", **{**STERILITY, "reported": "no growth"})
    assert told not in person("qian.m").get("/").get_data(as_text=True)
    enter(world, "liu.m", **STERILITY)
    assert told in person("qian.m").get("/").get_data(as_text=True)
    assert told not in person("sun.q").get("/").get_data(as_text=True)
    assert GROWTH in person("qian.m").get(f"/lots/{LOT}/entries").get_data(as_text=True)
    for path in (f"/lots/{LOT}/entries", f"/result-entries/{newest_entry(world)}/withdraw"):
        assert GROWTH not in person("sun.q").get(path).get_data(as_text=True)


def test_the_page_of_entries_leads_to_a_withdrawal_and_the_release_page_lists_it(typed: World, person: Person) -> None:
    author, quality = person("liu.m"), person("qian.m")
    page = author.get(f"/lots/{LOT}/entries").get_data(as_text=True)
    assert (address := f"/result-entries/{newest_entry(typed)}/withdraw") in page
    assert address not in person("sun.q").get(f"/lots/{LOT}/entries").get_data(as_text=True)
    assert author.post(address, form={"reason": ""}).status_code == 422
    assert author.post(address, form={"reason": "wrong bottle"}).status_code == 303
    enter(typed, "liu.m")
    enter(typed, "sun.q", reported="91.7")
    shown = quality.get(f"/lots/{LOT}/release").get_data(as_text=True)
    assert "wrong bottle" in shown
    assert "Differs in:" in shown
    assert "91.7" not in shown


def test_the_api_withdraws_an_entry(typed: World, person: Person) -> None:
    (waiting,) = person("sun.q").get(f"/api/v1/lots/{LOT}/entries").get_json()
    assert (waiting["test"], waiting["why"], "reported" in waiting) == ("viability", "waits", False)
    answer = person("liu.m").post(f"/api/v1/result-entries/{waiting['id']}/withdraw", {"reason": "wrong bottle"})
    assert (answer.status_code, answer.get_json()["cause"]) == (201, "withdrawn")

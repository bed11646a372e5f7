"""No lot goes on before somebody who did none of it has reviewed its trail up to the newest act."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from support.clients import SignIn
from support.deviations import planned_action
from support.laboratory import example_rows, file_of, lot_with_tests_outstanding, lots_in_quarantine
from support.races import A_MOMENT, PATIENCE, HeldCommand
from support.refusals import codes, records, refused
from support.stages import HER, enrolled
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.desk.service.label_files import Asked, specimen
from cotrack.foundation.audit.service import MOST_CHANGES_TOLD
from cotrack.foundation.errors import ReasonMissing, SignatureRefused
from cotrack.foundation.unit_of_work import rehearse, unit_of_work
from cotrack.foundation.work import Work
from cotrack.manufacture.service import filling, lots
from cotrack.quality.service import actions, deviations, holds
from cotrack.release.rules.lots import TrailStanding
from cotrack.release.service import dispositions, imports, trail_reviews

LOT, OTHER_LOT = "MSC26-0031", "MSC26-0032"
BAG = f"{LOT}-001"
ROWS = example_rows(LOT)
SIGNED = {"signature": {"password": PASSWORD}}
RETEST = file_of([{**ROWS[2], "Replicate": "2"}])

release = lambda work: dispositions.release(work, LOT)  # noqa: E731 (one line)
release_conditionally = lambda work: dispositions.release_conditionally(work, LOT, reason="urgent")  # noqa: E731 (one line)
reject = lambda work: dispositions.reject(work, LOT, reason="leaking")  # noqa: E731 (one line)
review_trail = lambda work: trail_reviews.review_trail(work, LOT)  # noqa: E731 (one line)


@pytest.fixture
def ready(world: World) -> World:
    """A site with a lot that only waits for the review of its trail."""
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(ROWS))
    world.journey.review(LOT)
    return world


@pytest.fixture
def outstanding(world: World) -> World:
    """The same, with tests outstanding."""
    lot_with_tests_outstanding(world, LOT)
    return world


def status(world: World) -> str:
    found: str = world.read(lambda session: lots.lot_numbered(session, LOT)).status
    return found


def standing(world: World) -> TrailStanding:
    def found(session: Session) -> TrailStanding:
        lot = lots.lot_numbered(session, LOT)
        about = trail_reviews.records_about(session, lot)
        return trail_reviews.trail_standing(session, lot, world.runtime.ground.site, about)

    told: TrailStanding = world.read(found)
    return told


def retested(world: World) -> None:
    world.journey.results(RETEST, "retest.csv")
    world.journey.review(LOT)


def labelled_again(world: World) -> None:
    label_id = world.journey.unit_label(BAG, "bag", reason="smudged")
    world.journey.scan_back(BAG, world.journey.code(label_id))


def held_and_lifted(world: World) -> None:
    held = world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    world.do("qian.m", lambda work: holds.lift(work, held.id, reason="false alarm"))


def bag_destroyed(world: World) -> None:
    world.do("ma.k", lambda work: filling.destroy_unit(work, BAG, reason="leaks"))


def bag_scanned_for_somebody(world: World) -> None:
    enrolled(world, HER)
    assert world.journey.check(HER, BAG, "zhou.n").result == "mismatch"


def hold_refused(world: World) -> None:
    with pytest.raises(ReasonMissing):
        world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason=" "))


def specimen_drawn(world: World) -> None:
    specimen(world.runtime.ground, world.cast.actor("zhao.l"), Asked("bag", BAG), output="png")


def other_lot_made(world: World) -> None:
    world.journey.finished_lot(OTHER_LOT)


def test_no_lot_is_released_before_its_trail_was_reviewed(ready: World) -> None:
    with refused("trail_unreviewed") as refusal:
        ready.sign("qian.m", release)
    assert refusal.value.reasons[0].sentence == f"The trail of lot {LOT} is not reviewed yet."
    assert status(ready) == "quarantine"
    (kept,) = records(ready, event="lot.release")
    assert (kept["outcome"], [each["code"] for each in kept["blockers"]]) == ("refused", ["trail_unreviewed"])
    ready.journey.trail_reviewed(LOT)
    ready.sign("qian.m", release)
    assert status(ready) == "released"


def test_no_lot_is_released_conditionally_before_its_trail_was_reviewed(outstanding: World) -> None:
    with refused("trail_unreviewed"):
        outstanding.sign("qian.m", release_conditionally)
    outstanding.journey.trail_reviewed(LOT)
    outstanding.sign("qian.m", release_conditionally)
    assert status(outstanding) == "conditionally_released"


def test_a_lot_is_rejected_though_nobody_reviewed_its_trail(ready: World) -> None:
    decision = ready.sign("qian.m", reject)
    assert status(ready) == "rejected"
    assert "Trail reviewed" not in decision.signature.text


@pytest.mark.parametrize("act", [retested, labelled_again, held_and_lifted, bag_destroyed, bag_scanned_for_somebody])
def test_whatever_is_done_to_a_lot_its_bags_or_results_undoes_the_review_of_its_trail(
    ready: World, act: Callable[[World], None]
) -> None:
    ready.journey.trail_reviewed(LOT)
    act(ready)
    with refused("trail_unreviewed") as refusal:
        ready.sign("tang.w", release)
    assert refusal.value.reasons[0].sentence.startswith(f"Something was done to lot {LOT} since its trail was reviewed")
    ready.journey.trail_reviewed(LOT)
    ready.sign("tang.w", release)
    assert status(ready) == "released"


def test_what_qa_found_out_about_a_deviation_undoes_the_review_and_is_reviewed_by_somebody_else(ready: World) -> None:
    number = ready.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C")).number
    ready.journey.trail_reviewed(LOT, by="tang.w")
    found = {"classification": "minor", "cause": "sensor", "impact": "none"}
    ready.do("qian.m", lambda work: deviations.assess(work, number, **found))
    ready.sign("qian.m", lambda work: deviations.close(work, number))
    with refused("trail_unreviewed"):
        ready.sign("qian.m", release)
    with refused("same_person"):
        ready.journey.trail_reviewed(LOT, by="qian.m")
    ready.journey.trail_reviewed(LOT, by="tang.w")
    ready.sign("qian.m", release)
    assert status(ready) == "released"


def test_a_result_undoes_the_review_of_the_trail_as_soon_as_it_is_stored(ready: World) -> None:
    ready.journey.trail_reviewed(LOT)
    ready.journey.results(RETEST, "retest.csv")
    with refused("result_unreviewed", "trail_unreviewed"):
        ready.sign("qian.m", release)


@pytest.mark.parametrize("act", [hold_refused, specimen_drawn, other_lot_made])
def test_what_changes_nothing_of_the_lot_leaves_the_review_standing(ready: World, act: Callable[[World], None]) -> None:
    ready.journey.trail_reviewed(LOT)
    act(ready)
    ready.sign("qian.m", release)
    assert status(ready) == "released"


def test_a_decision_undoes_no_review_but_the_late_results_of_a_full_release_do(outstanding: World) -> None:
    outstanding.journey.release_conditionally(LOT, reason="urgent")
    assert standing(outstanding).is_reviewed
    outstanding.journey.results(file_of(ROWS), "late.csv")
    outstanding.journey.review(LOT)
    with refused("trail_unreviewed"):
        outstanding.sign("qian.m", release)
    outstanding.journey.trail_reviewed(LOT)
    outstanding.sign("qian.m", release)
    assert standing(outstanding).is_reviewed


def test_whoever_decided_on_a_lot_before_does_not_review_its_trail_again(outstanding: World) -> None:
    outstanding.journey.release_conditionally(LOT, reason="urgent", by="qian.m")
    with refused("same_person"):
        outstanding.journey.trail_reviewed(LOT, by="qian.m")
    outstanding.journey.trail_reviewed(LOT, by="tang.w")


@pytest.mark.parametrize("act", [held_and_lifted, lambda world: world.journey.review(LOT, by="qian.m")])
def test_whoever_of_quality_did_anything_to_a_lot_does_not_review_its_trail(
    world: World, act: Callable[[World], None]
) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(ROWS))
    act(world)
    with refused("same_person"):
        world.journey.trail_reviewed(LOT, by="qian.m")
    world.journey.trail_reviewed(LOT, by="tang.w")


@contextmanager
def asking_for_two(world: World) -> Iterator[World]:
    """Let the site ask for another person to release than the one who reviewed the trail."""
    before = world.cast.ground
    world.cast.ground = replace(before, site=replace(before.site, trail_reviewer_may_release=False))
    yield world
    world.cast.ground = before


def test_one_person_of_quality_reviews_the_trail_and_releases_unless_the_site_asks_for_two(ready: World) -> None:
    ready.journey.trail_reviewed(LOT, by="tang.w")
    with asking_for_two(ready):
        with refused("same_person"):
            ready.sign("tang.w", release)
        rehearse(ready.cast.ground, ready.cast.actor("qian.m"), release)
        rehearse(ready.cast.ground, ready.cast.actor("tang.w"), reject)
    ready.sign("tang.w", release)
    assert status(ready) == "released"


def test_what_is_signed_says_how_far_the_trail_was_reviewed(ready: World) -> None:
    ready.journey.trail_reviewed(LOT)
    decision = ready.sign("qian.m", release)
    reviewed_up_to = standing(ready).reviewed_up_to
    assert (
        f"Trail reviewed up to record / 审计追踪已审阅至记录 {reviewed_up_to}" in decision.signature.text.splitlines()
    )
    assert reviewed_up_to == max(each["id"] for each in records(ready, event="result.review"))


def shown(world: World, username: str, act: Callable[[Work], Any]) -> Callable[[], None]:
    """Show somebody what they sign; return how their signature is tried later, under what they were shown."""
    ground, actor = world.runtime.ground, world.cast.actor(username)
    _, text = rehearse(ground, actor, act)
    proof = world.runtime.door.prove(actor, PASSWORD, meaning=text.meaning, text_sha256=text.sha256)

    def sign() -> None:
        with unit_of_work(ground, actor, proof=proof) as work:
            act(work)

    return sign


def test_a_result_that_comes_between_the_showing_of_a_release_and_its_signature_undoes_it(ready: World) -> None:
    ready.journey.trail_reviewed(LOT)
    sign = shown(ready, "qian.m", release)
    retested(ready)
    with refused("trail_unreviewed"):
        sign()
    assert status(ready) == "quarantine"


def test_a_release_waits_for_an_import_that_began_before_its_signature_and_sees_that_it_undid_the_review(
    ready: World,
) -> None:
    ready.journey.trail_reviewed(LOT)
    sign = shown(ready, "qian.m", release)
    storing = HeldCommand(
        ready, "chen.y", lambda work: imports.import_results(work, file_name="retest.csv", content=RETEST)
    )
    with ThreadPoolExecutor() as pool:
        signing = pool.submit(sign)
        assert wait([signing], A_MOMENT).not_done
        storing.commit()
        with refused("result_unreviewed", "trail_unreviewed"):
            signing.result(PATIENCE)
    assert status(ready) == "quarantine"


def test_a_trail_that_grows_while_it_is_read_is_not_signed_as_it_was(ready: World) -> None:
    sign = shown(ready, "tang.w", review_trail)
    retested(ready)
    with pytest.raises(SignatureRefused):
        sign()
    assert standing(ready).reviewed_up_to == 0


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_record_that_was_numbered_before_the_review_and_committed_after_it_undoes_it(ready: World) -> None:
    numbered, let_go = threading.Event(), threading.Event()

    def hold_back(_: Session) -> None:
        numbered.set()
        let_go.wait(PATIENCE)

    def printed_again(work: Work) -> None:
        filling.request_label(work, BAG, kind="bag", reason="smudged")
        event.listen(work.session, "before_commit", hold_back)

    late = threading.Thread(target=ready.do, args=("zhao.l", printed_again))
    late.start()
    assert numbered.wait(PATIENCE)
    hold_refused(ready)
    ready.journey.trail_reviewed(LOT)
    assert standing(ready).is_reviewed
    let_go.set()
    late.join(PATIENCE)
    assert standing(ready).newest < standing(ready).reviewed_up_to
    with refused("trail_unreviewed"):
        ready.sign("qian.m", release)
    ready.journey.trail_reviewed(LOT)
    ready.sign("qian.m", release)


def test_the_api_says_that_the_trail_waits_and_refuses_the_release_until_it_is_reviewed(
    ready: World, person: SignIn
) -> None:
    waits = {"code": "trail_unreviewed", "detail": f"The trail of lot {LOT} is not reviewed yet."}
    assert person("qian.m").get(f"/api/v1/lots/{LOT}/release").get_json()["blockers"] == [waits]
    answer = person("qian.m").post(f"/api/v1/lots/{LOT}/release", SIGNED)
    assert (answer.status_code, codes(answer)) == (409, ["trail_unreviewed"])
    assert person("tang.w").post(f"/api/v1/lots/{LOT}/trail-reviews", SIGNED).status_code == 201
    assert person("qian.m").get(f"/api/v1/lots/{LOT}/release").get_json()["blockers"] == []
    assert person("qian.m").post(f"/api/v1/lots/{LOT}/release", SIGNED).status_code == 201


def test_the_page_of_the_release_says_that_the_trail_waits_and_leads_quality_to_its_review(
    ready: World, person: SignIn
) -> None:
    leads = f'<a href="/lots/{LOT}/trail-review">The trail of lot {LOT} is not reviewed yet.</a>'
    page = person("tang.w").get(f"/lots/{LOT}/release").get_data(as_text=True)
    assert leads in page
    assert f"/lots/{LOT}/release/sign" not in page
    others = person("he.p").get(f"/lots/{LOT}/release").get_data(as_text=True)
    assert f"The trail of lot {LOT} is not reviewed yet." in others
    assert "/trail-review" not in others
    assert person("tang.w").sign(f"/lots/{LOT}/trail-review").headers["Location"] == f"/lots/{LOT}/release"
    page = person("qian.m").get(f"/lots/{LOT}/release").get_data(as_text=True)
    assert "is not reviewed yet" not in page
    assert f"/lots/{LOT}/release/sign" in page


def test_the_page_of_a_decided_lot_asks_for_no_further_review(ready: World, person: SignIn) -> None:
    ready.journey.release(LOT)
    bag_destroyed(ready)
    page = person("tang.w").get(f"/lots/{LOT}/release").get_data(as_text=True)
    assert "reviewed before the decision" in page
    assert "/trail-review" not in page
    assert "Possible today" not in page


def test_the_desk_of_quality_lists_the_trails_that_alone_keep_a_lot_from_going_on(world: World, person: SignIn) -> None:
    waits = f'href="/lots/{LOT}/trail-review"'

    def told(username: str) -> bool:
        return waits in person(username).get("/").get_data(as_text=True)

    lots_in_quarantine(world, LOT)
    assert not told("tang.w")
    world.journey.results(file_of(ROWS))
    assert not told("tang.w")
    world.journey.review(LOT, by="qian.m")
    assert [told(name) for name in ("tang.w", "qian.m", "he.p")] == [True, False, False]
    world.journey.trail_reviewed(LOT)
    assert not told("tang.w")


def test_the_desk_lists_a_trail_that_keeps_a_lot_from_its_conditional_release(
    outstanding: World, person: SignIn
) -> None:
    waits = f'href="/lots/{LOT}/trail-review"'
    assert [waits in person(name).get("/").get_data(as_text=True) for name in ("tang.w", "qian.m")] == [True, True]
    held_and_lifted(outstanding)
    assert [waits in person(name).get("/").get_data(as_text=True) for name in ("tang.w", "qian.m")] == [True, False]


def test_each_row_of_the_review_says_what_the_record_is_about_and_what_it_changed(ready: World, person: SignIn) -> None:
    page = person("tang.w").get(f"/lots/{LOT}/trail-review").get_data(as_text=True)
    rows = {" ".join(re.sub("<[^>]*>", " ", each).split()): each for each in page.split("<tr>")[2:]}
    (finished,) = [each for words, each in rows.items() if "lot: Finish filling" in words]
    assert f'<a class="mono" href="/lots/{LOT}">{LOT}</a>' in finished
    assert "lot: Finish filling lot status in_process → quarantine lot version" in " ".join(
        re.sub("<[^>]*>", " ", finished).split()
    )
    (filled,) = [words for words in rows if "bag: Fill unit" in words and f" {BAG} bag" in words]
    assert filled.count("→") == MOST_CHANGES_TOLD
    said = records(ready, event="unit.fill", subject=f"unit:{BAG}")[0]["changes"]
    assert f"…and {len(said) - MOST_CHANGES_TOLD} more" in filled
    assert f'href="/units/{BAG}"' in page


def test_whoever_did_something_to_a_lot_is_told_so_beside_a_button_that_is_off(ready: World, person: SignIn) -> None:
    held_and_lifted(ready)
    words = "You did something to this lot: somebody who did none of it reviews its trail."
    off = 'type="submit" disabled>Go on to sign</button>'
    shown = {
        name: person(name).get(f"/lots/{LOT}/trail-review").get_data(as_text=True) for name in ("qian.m", "tang.w")
    }
    assert [words in shown[name] for name in ("qian.m", "tang.w")] == [True, False]
    assert [off in shown[name] for name in ("qian.m", "tang.w")] == [True, False]
    assert 'type="submit">Go on to sign</button>' in shown["tang.w"]


def test_a_prevention_that_ends_after_the_review_leaves_it_standing(ready: World) -> None:
    opened = ready.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    found = {"classification": "major", "cause": "sensor drift", "impact": "none"}
    ready.do("qian.m", lambda work: deviations.assess(work, opened.number, **found))
    done, dropped = (planned_action(ready, opened.number, kind="prevention") for _ in range(2))
    ready.sign("qian.m", lambda work: deviations.close(work, opened.number))
    ready.sign("tang.w", review_trail)
    ready.do("zhao.l", lambda work: actions.finish(work, done.id, outcome="sensors are changed each year"))
    ready.do("qian.m", lambda work: actions.drop(work, dropped.id, reason="one is enough"))
    assert standing(ready).is_reviewed
    ready.sign("qian.m", release)

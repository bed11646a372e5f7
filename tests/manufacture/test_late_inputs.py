"""What really went into a lot is recorded, however late and whatever was wrong with it, and never silently."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from support.clients import Client
from support.invalid import assessed, closed
from support.laboratory import example_rows, file_of
from support.late import infused_conditionally
from support.process import do, do_until, lot_in_process
from support.refusals import records, refused
from support.sources import (
    DONOR,
    MASTER,
    MEDIUM,
    WORKING,
    approve,
    approved_sources,
    hold,
    recorded_late,
    registered_bank,
    registered_material,
)
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import InvalidInput, NotFound, PermissionDenied, ReasonMissing
from cotrack.manufacture.service import sources
from cotrack.manufacture.service.inputs import holds_over, inputs_of
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.quality.service import alerts, deviations, holds
from cotrack.release.service import dispositions, lifting

Person = Callable[[str], Client]


def reject(world: World, noun: str, number: str) -> None:
    world.sign("qian.m", lambda work: sources.reject(work, noun, number, reason="HBV positive"))


def against_release(world: World) -> set[str]:
    actor = world.cast.actor("qian.m")
    look = lambda session: dispositions.case_summary(world.runtime.ground, session, LOT, actor)  # noqa: E731
    return {each.code for each in world.read(look).blockers}


def held(world: World) -> list[str]:
    return [each.subject for each in world.read(lambda session: holds_over(session, [f"lot:{LOT}"]))]


@pytest.fixture
def finished(world: World) -> World:
    """A lot in quarantine, and sources that were approved, of which it knows nothing."""
    approved_sources(world)
    world.journey.finished_lot(LOT)
    return world


def test_a_forgotten_source_is_recorded_with_both_times_and_opens_a_deviation(finished: World) -> None:
    done = recorded_late(finished, LOT, f" {WORKING.lower()} ", "2")
    (made,) = finished.read(lambda session: inputs_of(session, lot_numbered(session, LOT).id))
    assert (made.bank.number, made.vials) == (WORKING, 2)
    assert made.late.recorded_at - made.used_at >= timedelta(hours=1)
    assert made.late.signature.printed_name == finished.cast.actor("qian.m").printed_name
    assert made.used_by_id == finished.cast.actor("zhao.l").person_id != made.late.signature.person_id
    (deviation,) = finished.read(lambda session: deviations.deviations_of(session, f"lot:{LOT}"))
    assert made.late.reason == "the sheet was left in the room"
    assert WORKING not in deviation.description
    assert made.late.reason not in deviation.description
    assert (done.hold, "deviation_open" in against_release(finished)) == (None, True)
    assert records(finished, event="lot.record_source")[-1]["subject"] == f"lot:{LOT}"
    assert finished.read(lambda session: list(differences(session, finished.runtime.ground.secrets))) == []


def test_a_lot_is_stopped_by_the_hold_of_a_source_that_was_recorded_late(finished: World) -> None:
    hold(finished, "donor")
    recorded_late(finished, LOT, WORKING, "2")
    assert held(finished) == [f"donor:{DONOR}"]
    assert "lot_on_hold" in against_release(finished)


def test_a_lot_is_stopped_by_the_rejection_of_a_source_that_was_recorded_late(finished: World) -> None:
    registered_material(finished, "MAT-26-0999")
    recorded_late(finished, LOT, "MAT-26-0999")
    assert "source_not_approved" in against_release(finished)
    reject(finished, "material", "MAT-26-0999")
    assert "source_rejected" in against_release(finished)


def test_an_expired_source_is_recorded_as_it_was_and_the_signature_says_so(finished: World) -> None:
    registered_material(finished, "MAT-26-0999", days=1)
    finished.clock.pass_by(days=3)
    done = recorded_late(finished, LOT, "MAT-26-0999")
    late = finished.read(lambda session: inputs_of(session, lot_numbered(session, LOT).id))[0].late
    assert late.id == done.late.id
    assert "expired after" in late.signature.text


def test_a_released_lot_is_held_where_what_is_recorded_late_was_not_fit_and_only_then(world: World) -> None:
    approved_sources(world)
    registered_material(world, "MAT-26-0999")
    world.journey.released_lot(LOT)
    assert recorded_late(world, LOT, MEDIUM).hold is None
    assert held(world) == []
    done = recorded_late(world, LOT, "MAT-26-0999")
    assert held(world) == [f"lot:{LOT}"]
    assert len(world.read(lambda session: alerts.alerts_of(session, f"lot:{LOT}"))) == 1
    with refused("deviation_open"):
        world.do("qian.m", lambda work: holds.lift(work, done.hold.id, reason="assessed"))


def test_a_source_that_was_recorded_late_and_is_rejected_later_recalls_the_released_lot(world: World) -> None:
    registered_material(world, "MAT-26-0999")
    world.journey.released_lot(LOT)
    recorded_late(world, LOT, "MAT-26-0999")
    reject(world, "material", "MAT-26-0999")
    standing = world.read(lambda session: holds_over(session, [f"lot:{LOT}"]))
    assert {(each.subject, each.status) for each in standing} == {
        (f"lot:{LOT}", "standing"),
        ("material:MAT-26-0999", "recalled"),
    }


def test_the_hold_of_a_late_record_is_not_lifted_while_qa_has_not_approved_what_was_recorded(world: World) -> None:
    registered_material(world, "MAT-26-0999")
    world.journey.released_lot(LOT)
    done = recorded_late(world, LOT, "MAT-26-0999")
    closed(world, assessed(world, number=done.late.deviation.number))
    lift = lambda work: lifting.lift_hold(work, done.hold.id, reason="assessed")  # noqa: E731 (one line)
    with refused("source_not_approved"):
        world.do("tang.w", lift)
    approve(world, "material", "MAT-26-0999")
    world.do("tang.w", lift)
    assert held(world) == []


def test_a_released_lot_is_held_where_a_bank_that_was_recorded_late_takes_its_passage_beyond_the_limit(
    world: World,
) -> None:
    lot_in_process(world)
    registered_bank(world, "WCB-26-09", MASTER, passage=9)
    approve(world, "cell_bank", "WCB-26-09")
    do_until(world, "freeze")
    world.journey.labelled_unit(LOT)
    world.journey.filling_finished(LOT)
    do(world, "freeze")
    world.journey.results(file_of(example_rows(LOT)))
    world.journey.review(LOT)
    world.journey.release(LOT)
    done = recorded_late(world, LOT, "WCB-26-09", "1")
    assert done.hold is not None
    (*_, made) = world.read(lambda session: inputs_of(session, lot_numbered(session, LOT).id))
    assert "Passage 11 is more than the study allows: 6." in made.late.signature.text
    closed(world, assessed(world, number=done.late.deviation.number))
    with refused("passage_exceeded"):
        world.do("tang.w", lambda work: lifting.lift_hold(work, done.hold.id, reason="assessed"))


def test_a_lot_that_was_rejected_after_somebody_was_given_it_is_held_and_its_alert_stands(world: World) -> None:
    registered_material(world, "MAT-26-0999")
    infused_conditionally(world)
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth on day 14"))
    assert recorded_late(world, LOT, "MAT-26-0999").hold is not None
    assert len(world.read(lambda session: alerts.alerts_of(session, f"lot:{LOT}"))) == 1


def test_no_bag_screen_says_why_a_donor_was_not_fit(world: World) -> None:
    approved_sources(world)
    world.journey.released_lot(LOT)
    reject(world, "donor", DONOR)
    done = recorded_late(world, LOT, WORKING, "1")
    for told in (done.hold.reason, done.late.deviation.description):
        assert "HBV" not in told
        assert DONOR not in told


def test_what_cannot_be_true_is_not_recorded(finished: World) -> None:
    with refused("no_vial_left"):
        recorded_late(finished, LOT, WORKING, "11")
    for wrong in ({"used_at": "2999-01-01 09:12"}, {"used_at": "yesterday"}, {"used_by": "nobody"}):
        with pytest.raises(InvalidInput) as refusal:
            recorded_late(finished, LOT, MEDIUM, **wrong)
        assert list(refusal.value.fields) == list(wrong)
    with pytest.raises(NotFound):
        recorded_late(finished, LOT, DONOR)
    with pytest.raises(ReasonMissing):
        recorded_late(finished, LOT, MEDIUM, reason=" ")
    assert finished.read(lambda session: inputs_of(session, lot_numbered(session, LOT).id)) == []


@pytest.mark.parametrize("username", ["zhao.l", "wang.l", "ma.k", "shen.i"])
def test_nobody_but_qa_records_late(finished: World, username: str) -> None:
    with pytest.raises(PermissionDenied):
        recorded_late(finished, LOT, MEDIUM, by=username)


def test_whoever_really_put_something_in_does_not_release_the_lot(finished: World) -> None:
    recorded_late(finished, LOT, MASTER, "1", used_by="qian.m")
    assert "same_person" in against_release(finished)


def test_the_page_records_late_and_both_pages_of_the_lot_show_it(finished: World, person: Person) -> None:
    quality = person("qian.m")
    assert f"/lots/{LOT}/record-source" in quality.get(f"/lots/{LOT}").get_data(as_text=True)
    form = {"source": MEDIUM, "amount": "500 mL", "used_at": "2026-11-20 09:12", "used_by": "zhao.l", "reason": "lost"}
    panel = quality.post(f"/lots/{LOT}/record-source", form=form).get_data(as_text=True)
    assert "This really went into the lot" in panel
    route = f"/api/v1/lots/{LOT}/late-inputs"
    signed = {**form, "signature": {"password": "only for training", "meaning": "performed"}}
    answer = quality.post(route, signed)
    assert (answer.status_code, answer.get_json()["deviation"]) == (201, f"DEV-{LOT}-1")
    for page in (f"/lots/{LOT}", f"/lots/{LOT}/release"):
        shown = quality.get(page).get_data(as_text=True)
        assert "recorded late" in shown
        assert "2026-11-20 09:12 +08:00" in shown


def test_an_alert_after_a_late_record_speaks_of_no_failed_test(world: World, person: Person) -> None:
    approved_sources(world)
    registered_material(world, "MAT-26-0999")
    world.journey.released_lot(LOT)
    recorded_late(world, LOT, "MAT-26-0999")
    page = person("qian.m").get("/alerts/1").get_data(as_text=True)
    assert "A lot was stopped" in page
    assert "A lot that was released was stopped:" in page
    assert "failed" not in page

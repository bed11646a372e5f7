"""QA gives a lot another expiry: signed, on evidence; it counts at once, and its bags get new labels before they go."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from support.conditional import released_conditionally
from support.expiry import EVIDENCE, REPORT, decided, decision, last_day_of, older_lot, on_its_way, over, relabelled
from support.process import do, do_until, lot_in_process
from support.refusals import records, refused
from support.stages import HER, LOT, at_the_ward, codes, enrolled, results_of
from support.worlds import World

from cotrack.bedside.service import infusions, ward
from cotrack.desk.service.home import tasks_for
from cotrack.desk.service.tasks import Task
from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import PermissionDenied, ReasonMissing, SignatureMissing, TransitionNotAllowed
from cotrack.foundation.work import Work
from cotrack.foundation.written import site_words
from cotrack.manufacture.models import Unit
from cotrack.manufacture.service import filling, lots
from cotrack.release.models import ExpiryDecision
from cotrack.release.service import dispositions
from cotrack.release.service.batch_record import batch_record
from cotrack.release.service.conditional import end_of
from cotrack.release.service.decided import expiry_decisions_of
from cotrack.release.service.papers import lot_document
from cotrack.release.service.relabelling import old_labels_of_lot

TO_LABEL = "New expiry: print the labels of bags anew"


def expires_at(world: World) -> datetime:
    return world.read(lambda session: lots.lot_numbered(session, LOT)).expires_at  # type: ignore[no-any-return]


def told(world: World, username: str, title: str = TO_LABEL) -> list[Task]:
    actor, ground = world.cast.actor(username), world.runtime.ground
    return [each for each in world.read(lambda session: tasks_for(ground, session, actor)) if each.title == title]


def to_label(world: World) -> list[tuple[str, str]]:
    look = lambda session: old_labels_of_lot(session, lots.lot_numbered(session, LOT), world.clock())  # noqa: E731
    return [(each.unit, each.kind) for each in world.read(look)]


@pytest.fixture
def released(world: World) -> World:
    """A released lot with two bags in store."""
    world.journey.released_lot(LOT, bags=2)
    return world


def test_a_later_expiry_counts_at_once_and_is_kept_with_what_it_stands_on(released: World) -> None:
    before = expires_at(released)
    made = decided(released, 180)
    assert expires_at(released) == before + timedelta(days=180)
    (kept,) = released.read(lambda session: expiry_decisions_of(session, made.lot_id))
    assert (kept.previous_expires_at, kept.new_expires_at) == (before, before + timedelta(days=180))
    assert (kept.evidence, kept.reference, kept.reason) == (EVIDENCE["evidence"], REPORT, EVIDENCE["reason"])
    assert kept.is_beyond_table
    assert kept.signature.meaning == "approved"
    assert "BEYOND the study's stability table (24 months" in kept.signature.text
    assert "Later / 延长" in kept.signature.text
    assert records(released, event="lot.decide_expiry", outcome="done")[-1]["subject"] == f"lot:{LOT}"
    assert released.read(lambda session: list(differences(session, released.runtime.ground.secrets))) == []


def test_more_time_than_the_study_supports_without_a_report_is_refused_and_recorded(released: World) -> None:
    before = expires_at(released)
    with refused("reference_missing"):
        decided(released, 1, reference="")
    assert expires_at(released) == before
    assert records(released, event="lot.decide_expiry")[-1]["outcome"] == "refused"


def test_time_that_was_taken_is_given_back_within_the_table_without_a_report(released: World) -> None:
    decided(released, -100, reference="")
    made = decided(released, 100, reference="", by="tang.w")
    assert not made.is_beyond_table
    assert "Within the study's stability table" in made.signature.text


def test_a_decision_takes_a_reason_a_signature_and_the_right(released: World) -> None:
    with pytest.raises(ReasonMissing):
        released.sign("qian.m", decision(released, 1, reason=" "))
    with pytest.raises(SignatureMissing):
        released.do("qian.m", decision(released, 1))
    for username in ("zhao.l", "he.p", "dr.gao", "prof.han", "shen.i"):
        with pytest.raises(PermissionDenied):
            released.sign(username, decision(released, 1))


def test_whoever_reviewed_a_result_of_the_lot_does_not_decide_about_its_expiry(world: World) -> None:
    world.journey.finished_lot(LOT)
    world.journey.results(results_of(world, LOT))
    world.journey.review(LOT, by="qian.m")
    with refused("same_person"):
        decided(world, -1)
    decided(world, -1, by="tang.w")


def test_a_lot_in_process_gets_no_other_expiry(world: World) -> None:
    world.journey.lot(LOT)
    with pytest.raises(TransitionNotAllowed):
        decided(world, -1)


def test_a_rejected_lot_gets_no_other_expiry(world: World) -> None:
    world.journey.finished_lot(LOT)
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    with pytest.raises(TransitionNotAllowed):
        decided(world, 1)


def test_a_lot_whose_bags_are_all_destroyed_gets_no_other_expiry(world: World) -> None:
    world.journey.finished_lot(LOT)
    world.do("zhao.l", lambda work: filling.destroy_unit(work, f"{LOT}-001", reason="broken"))
    with refused("no_bag_left"):
        decided(world, 1)


def test_a_lot_in_quarantine_whose_expiry_changed_has_its_trail_reviewed_anew_by_somebody_else(world: World) -> None:
    world.journey.finished_lot(LOT)
    world.journey.results(results_of(world, LOT))
    world.journey.review(LOT)
    world.journey.trail_reviewed(LOT)
    decided(world, -1, by="tang.w")
    with refused("trail_unreviewed"):
        world.sign("qian.m", lambda work: dispositions.release(work, LOT))
    with refused("same_person"):
        world.journey.trail_reviewed(LOT, by="tang.w")
    world.journey.trail_reviewed(LOT, by="qian.m")
    world.sign("qian.m", lambda work: dispositions.release(work, LOT))


def test_a_held_lot_gets_less_time_and_no_more(released: World) -> None:
    released.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    with refused("lot_on_hold"):
        decided(released, 1)
    decided(released, -1)


def test_a_conditional_release_keeps_its_own_end(world: World) -> None:
    released_conditionally(world)
    until = world.read(lambda session: end_of(session, lots.lot_numbered(session, LOT)))
    for days in (-100, 50):
        decided(world, days, by="tang.w" if days > 0 else "qian.m")
        assert world.read(lambda session: end_of(session, lots.lot_numbered(session, LOT))) == until


def test_the_database_keeps_no_decision_beyond_the_table_without_its_report(released: World) -> None:
    made = decided(released, 1)
    again = {
        name: getattr(made, name)
        for name in ("lot_id", "previous_expires_at", "new_expires_at", "evidence", "is_beyond_table", "reason")
    }
    again |= {"reference": "", "decided_at": made.decided_at}
    with pytest.raises(IntegrityError, match="beyond_table_by_reference"):
        released.do("qian.m", lambda work: _kept(work, again))


def _kept(work: Work, values: dict[str, Any]) -> None:
    work.record("lot.decide_expiry", f"lot:{LOT}", permission="lot:decide_expiry")
    signature = work.unsigned("approved", "x")
    work.add(signature)
    work.append(ExpiryDecision, **values, signature_id=signature.id)


# Everywhere at once


def test_less_time_stops_allocation_at_once(world: World) -> None:
    older_lot(world)
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    over(world)
    with refused("no_bags"):
        world.journey.allocated(order)


def test_less_time_stops_the_issue_at_once(world: World) -> None:
    bag = on_its_way(world)
    over(world)
    with refused("expired", "label_outdated", "label_outdated"):
        world.journey.issued(bag)


def test_less_time_stops_the_thaw_and_then_the_bedside_at_once_by_the_servers_date(world: World) -> None:
    bag = on_its_way(world)
    world.journey.issued(bag)
    world.journey.received(bag)
    made = over(world)
    assert codes(world.journey.thaw_check(bag, "zhou.n")) == ["expired", "label_outdated", "label_outdated"]
    back = (made.previous_expires_at - made.new_expires_at).days
    decided(world, back, by="tang.w", reference="")
    world.journey.thawed(bag)
    decided(world, -1)
    assert codes(world.journey.check(HER, bag, "zhou.n")) == []
    over(world)
    assert codes(world.journey.check(HER, bag, "zhou.n")) == ["expired"]


def test_a_paused_infusion_does_not_go_on_with_a_lot_whose_time_was_taken(world: World) -> None:
    bag = on_its_way(world)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    infusion = world.journey.started(HER, bag)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    over(world)
    with refused("expired"):
        world.do("wu.n", lambda work: infusions.resume(work, infusion.id))


def test_less_time_brings_a_lot_onto_the_list_of_what_expires_soon_and_more_takes_it_off(world: World) -> None:
    older_lot(world)
    soon, ended = "Bags in store expire soon", "Expired: destroy the bags in store"
    left = (last_day_of(world) - world.journey.today()).days
    decided(world, 10 - left)
    assert [each.subject for each in told(world, "ma.k", soon)] == [f"lot:{LOT}"]
    decided(world, left - 10, by="tang.w")
    assert told(world, "ma.k", soon) == []
    over(world)
    assert (told(world, "ma.k", soon), len(told(world, "ma.k", ended))) == ([], 1)


def test_the_last_day_of_a_decision_ends_in_the_zone_of_the_site(released: World) -> None:
    made = decided(released, -30)
    zone = released.runtime.ground.site.zone
    assert made.new_expires_at.astimezone(zone).strftime("%H:%M") == "23:59"
    assert made.new_expires_at.astimezone(zone).date() == made.previous_expires_at.astimezone(zone).date() - timedelta(
        days=30
    )


# Labels


@pytest.mark.parametrize("days", [180, -30])
def test_a_bag_whose_label_carries_another_expiry_is_issued_once_it_is_labelled_anew(
    released: World, days: int
) -> None:
    enrolled(released, HER)
    (bag,) = released.journey.allocated(released.journey.ordered(HER))
    old = released.journey.live_code(f"unit:{bag}", "bag")
    decided(released, days)
    with refused("label_outdated", "label_outdated"):
        released.journey.issued(bag)
    relabelled(released, bag)
    assert old != released.journey.live_code(f"unit:{bag}", "bag")
    with refused("label_superseded"):
        released.do("ma.k", lambda work: _issue(work, bag, old))
    released.journey.issued(bag)


def test_a_new_label_counts_once_it_is_scanned_back_on_the_bag(released: World) -> None:
    enrolled(released, HER)
    (bag,) = released.journey.allocated(released.journey.ordered(HER))
    decided(released, 180)
    on_bag = released.journey.unit_label(bag, "bag", reason="new expiry")
    released.journey.scan_back(bag, released.journey.code(on_bag))
    tag = released.journey.unit_label(bag, "tag", reason="new expiry")
    assert (bag, "tag") in to_label(released)
    with refused("label_outdated"):
        released.journey.issued(bag)
    released.journey.scan_back(bag, released.journey.code(tag))
    released.journey.issued(bag)


def _issue(work: Work, bag: str, code: str) -> Unit:
    return ward.issue(work, bag, bag_code=code, ward="3A", taken_by="zhou.n")


def test_a_bag_on_the_ward_is_checked_before_the_thaw_once_it_is_labelled_anew(world: World) -> None:
    bedside = at_the_ward(world)
    decided(world, 180)
    assert codes(world.journey.thaw_check(bedside.bag, "zhou.n")) == ["label_outdated", "label_outdated"]
    relabelled(world, bedside.bag)
    world.journey.thaw_begun(bedside.bag)


def test_a_decision_after_the_checks_stops_the_thaw(world: World) -> None:
    bedside = at_the_ward(world)
    first, second = (world.journey.thaw_check(bedside.bag, by) for by in ("zhou.n", "wu.n"))
    decided(world, 180)
    with refused("label_outdated", "label_outdated"):
        world.do("wu.n", lambda work: infusions.start_thaw(work, first_check=first.id, second_check=second.id))


def test_the_technician_is_told_which_bags_to_label_anew_until_each_is(released: World) -> None:
    assert told(released, "zhao.l") == to_label(released) == []
    decided(released, 180)
    (task,) = told(released, "zhao.l")
    assert (task.subject, task.details) == (f"lot:{LOT}", {"count": 2})
    assert told(released, "ma.k") == told(released, "wang.l") == []
    assert to_label(released) == [(f"{LOT}-00{n}", kind) for n in (1, 2) for kind in ("bag", "tag")]
    relabelled(released, f"{LOT}-001")
    assert to_label(released) == [(f"{LOT}-002", "bag"), (f"{LOT}-002", "tag")]
    released.do("ma.k", lambda work: filling.destroy_unit(work, f"{LOT}-002", reason="broken"))
    assert told(released, "zhao.l") == to_label(released) == []


def test_an_expiry_that_comes_back_makes_the_first_labels_good_again(released: World) -> None:
    decided(released, -30)
    assert to_label(released)
    decided(released, 30, by="tang.w")
    assert to_label(released) == []


def test_bags_of_a_lot_that_is_over_are_destroyed_and_not_labelled(world: World) -> None:
    older_lot(world)
    over(world)
    assert told(world, "zhao.l") == to_label(world) == []


# On paper


def test_a_certificate_stays_as_it_was_signed_after_a_change_of_expiry(released: World) -> None:
    ground, witness = released.runtime.ground, released.runtime.settings.witness_file
    before = lot_document(ground, witness, LOT, "certificate")
    decided(released, 180)
    assert lot_document(ground, witness, LOT, "certificate") == before


def test_the_batch_record_tells_of_a_change_of_expiry_and_who_signed_it(world: World) -> None:
    lot_in_process(world)
    do_until(world, "fill")
    world.journey.labelled_unit(LOT)
    do(world, "fill")
    world.journey.filling_finished(LOT)
    made = decided(world, -30)
    site = world.runtime.ground.site
    said = world.read(lambda session: batch_record(session, site, LOT, reads_sources=True)).fields
    assert said["expires"] == site_words(made.new_expires_at, site.zone)
    ((before, after, stands_on, who),) = said["expiries"]
    assert (before, after) == tuple(site_words(at, site.zone) for at in (made.previous_expires_at, made.new_expires_at))
    assert EVIDENCE["evidence"] in stands_on
    assert who.startswith(made.signature.printed_name)
    assert any("approved" in " ".join(line) for line in said["signatures"])

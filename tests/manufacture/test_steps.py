"""Steps of a lot through their services: in order, scanned, measured, corrected, and verified by another person."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from support.laboratory import example_rows, file_of
from support.process import (
    BAGS,
    REAGENT,
    begin,
    correct,
    described,
    do,
    do_until,
    line,
    lot_in_process,
    plan,
    scan,
)
from support.races import HeldCommand, Waiting
from support.refusals import records, refused
from support.sources import DONOR, MEDIUM, WORKING, hold, registered_material
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import InvalidInput, NotFound, PermissionDenied, TransitionNotAllowed
from cotrack.foundation.work import Work
from cotrack.manufacture.models import Lot, StepVerification
from cotrack.manufacture.service import equipment, inputs, lots, steps
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.quality.service.deviations import deviations_of
from cotrack.release.service import dispositions


@pytest.fixture
def lot(world: World) -> str:
    number: str = lot_in_process(world)
    return number


def start(world: World, key: str, *, by: str = "zhao.l") -> Any:
    return world.do(by, lambda work: steps.start(work, LOT, key))


def perform(world: World, key: str, by: str = "zhao.l", **values: str) -> Any:
    said = {each.key: plan(**values).values[each.key] for each in described(world, key).parameters}
    return world.do(by, lambda work: steps.perform(work, LOT, key, values=said))


def verify(world: World, key: str, *, by: str = "feng.t") -> Any:
    return world.do(by, lambda work: steps.verify(work, LOT, key))


def deviations(world: World) -> list[str]:
    return [each.description for each in world.read(lambda session: deviations_of(session, f"lot:{LOT}"))]


def test_a_step_is_performed_with_what_was_scanned_and_measured_and_the_servers_times(world: World, lot: str) -> None:
    begin(world, "seed")
    world.clock.pass_by(minutes=45)
    perform(world, "seed")
    world.clock.pass_by(minutes=5)
    verify(world, "seed")
    told = line(world, "seed")
    assert told.row is not None
    assert (told.status, told.row.ended_at - told.row.started_at) == ("verified", timedelta(minutes=45))
    assert [each.need for each in told.scans] == list(told.described.needs)
    assert [(each.parameter.key, each.value.reported) for each in told.values] == [
        ("cells_seeded", "10"),
        ("viability_at_seeding", "93.5"),
    ]
    assert told.verified is not None
    assert told.verified.verified_at == world.clock.now
    assert records(world, event="step.perform")[-1]["subject"] == f"lot:{LOT}"
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []


def test_a_step_out_of_order_is_refused_and_the_refusal_is_recorded(world: World, lot: str) -> None:
    with refused("step_out_of_order", "step_out_of_order"):
        start(world, "transduce")
    (refusal,) = records(world, event="step.start", outcome="refused")
    assert (refusal["subject"], refusal["details"]["step"]) == (f"lot:{LOT}", "transduce")
    start(world, "seed")
    with refused("step_begun"):
        start(world, "seed", by="feng.t")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("NOTHING-1", "scan_unknown"),
        ("BSC-02", "wrong_kind"),
        (MEDIUM, "wrong_kind"),
        (DONOR, "wrong_kind"),
    ],
)
def test_the_wrong_room_device_or_material_is_refused_and_the_refusal_recorded(
    world: World, lot: str, code: str, reason: str
) -> None:
    start(world, "seed")
    with refused(reason):
        scan(world, "seed", code, "1")
    (refusal,) = records(world, event="step.scan", outcome="refused")
    assert [each["code"] for each in refusal["blockers"]] == [reason]
    assert code in refusal["blockers"][0]["detail"]


def test_equipment_past_its_calibration_or_out_of_use_is_refused(world: World, lot: str) -> None:
    start(world, "seed")
    scan(world, "seed", " room-b01 ")
    world.do("zhao.l", lambda work: equipment.take_out(work, "BSC-02", reason="alarm"))
    with refused("equipment_out_of_use"):
        scan(world, "seed", "BSC-02")
    world.clock.pass_by(days=200)
    scan_day = world.journey.today()
    assert world.read(lambda session: equipment.equipment_numbered(session, "BSC-02")).due_on == scan_day
    world.do("qian.m", lambda work: equipment.bring_back(work, "BSC-02", reason="sensor changed"))
    world.clock.pass_by(days=1)
    with refused("calibration_overdue"):
        scan(world, "seed", "BSC-02")
    days = {"calibrated_on": world.journey.today(), "due_on": world.journey.today()}
    world.do("qian.m", lambda work: equipment.calibrate(work, "BSC-02", **days))
    scan(world, "seed", "BSC-02")


def test_equipment_taken_out_of_use_or_past_its_calibration_since_it_was_scanned_performs_no_step(
    world: World, lot: str
) -> None:
    begin(world, "seed")
    taken = HeldCommand(world, "feng.t", lambda work: equipment.take_out(work, "BSC-02", reason="alarm"))
    said = {each.key: plan().values[each.key] for each in described(world, "seed").parameters}
    performed = Waiting(world, "zhao.l", lambda work: steps.perform(work, LOT, "seed", values=said))
    assert performed.waits()
    taken.commit()
    performed.end()
    assert performed.refusal is not None
    assert [each.code for each in performed.refusal.reasons] == ["equipment_out_of_use"]
    world.do("qian.m", lambda work: equipment.bring_back(work, "BSC-02", reason="sensor changed"))
    until_today = {"calibrated_on": world.journey.today(), "due_on": world.journey.today()}
    world.do("qian.m", lambda work: equipment.calibrate(work, "BSC-02", **until_today))
    world.clock.pass_by(days=1)
    with refused("calibration_overdue"):
        perform(world, "seed")
    newly = {"calibrated_on": world.journey.today(), "due_on": world.journey.today() + timedelta(days=200)}
    another = {"number": "BSC-09", "kind": "safety_cabinet", "name": "safety cabinet", **newly}
    world.do("qian.m", lambda work: equipment.register(work, **another))
    with refused("wrong_kind"):
        scan(world, "seed", "INC-03")
    scan(world, "seed", "BSC-09")
    with refused("nothing_to_scan"):
        scan(world, "seed", "BSC-09")
    perform(world, "seed")


def test_a_step_after_filling_does_not_begin_before_filling_is_over(world: World, lot: str) -> None:
    do_until(world, "fill")
    filled(world)
    do(world, "fill")
    with refused("filling_not_over"):
        start(world, "freeze")
    finish(world)
    start(world, "freeze")


def test_a_material_scanned_at_a_step_goes_into_the_lot_with_every_refusal_of_a_use(world: World, lot: str) -> None:
    do(world, "seed")
    start(world, "expand")
    scan(world, "expand", "INC-03")
    scan(world, "expand", "CNT-01")
    with pytest.raises(InvalidInput) as fault:
        scan(world, "expand", REAGENT)
    assert list(fault.value.fields) == ["amount"]
    with pytest.raises(InvalidInput) as fault:
        scan(world, "expand", REAGENT, "1.2")
    assert fault.value.fields == {"amount": ["Enter a number with its unit, such as 500 mL."]}
    registered_material(world, "REA-26-0099", kind="reagent")
    with refused("source_not_approved"):
        scan(world, "expand", "REA-26-0099", "1 mL")
    hold(world, "material", number=REAGENT)
    for amount in ("250 mL", "250", ""):
        with refused("source_on_hold"):
            scan(world, "expand", REAGENT, amount)
    made = world.read(lambda session: inputs.inputs_of(session, lot_numbered(session, LOT).id))
    assert [(each.bank or each.material).number for each in made] == [WORKING, MEDIUM]
    assert [each.lot_input_id for each in line(world, "seed").scans if each.lot_input_id] == [each.id for each in made]


def test_vials_scanned_at_a_step_are_drawn_from_their_bank(world: World, lot: str) -> None:
    start(world, "seed")
    for code in ("ROOM-B01", "BSC-02", "CNT-01"):
        scan(world, "seed", code)
    with refused("no_vial_left"):
        scan(world, "seed", WORKING, "11")
    with pytest.raises(InvalidInput):
        scan(world, "seed", WORKING, "two")
    scan(world, "seed", WORKING, "2")
    assert world.read(lambda session: inputs.inputs_of(session, lot_numbered(session, LOT).id))[0].vials == 2


def test_a_step_is_not_performed_before_everything_was_scanned(world: World, lot: str) -> None:
    start(world, "seed")
    scan(world, "seed", "ROOM-B01")
    with refused(*["scan_missing"] * 4):
        perform(world, "seed")


@pytest.mark.parametrize(
    "values", [{}, {"cells_seeded": "ten"}, {"cells_seeded": "0"}, {"cells_seeded": "10", "colour": "red"}]
)
def test_a_step_asks_for_each_value_as_a_number_and_for_no_other(
    world: World, lot: str, values: dict[str, str]
) -> None:
    begin(world, "seed")
    given = {"viability_at_seeding": "93", **values}
    with pytest.raises(InvalidInput) as fault:
        world.do("zhao.l", lambda work: steps.perform(work, LOT, "seed", values=given))
    assert list(fault.value.fields) == ["colour" if "colour" in values else "cells_seeded"]
    assert line(world, "seed").status == "begun"


def test_a_value_outside_its_limits_is_kept_and_opens_a_deviation_in_the_same_record(world: World, lot: str) -> None:
    begin(world, "seed")
    perform(world, "seed", viability_at_seeding="79.9")
    (found,) = deviations(world)
    for words in ("接种 Seed", "接种时细胞活率 Viability at seeding: 79.9 %", "80 – 100 %"):
        assert words in found
    value = line(world, "seed").values[1].value
    assert value.deviation is not None
    newest = records(world, event="step.perform")[-1]
    assert newest["details"]["deviations"] == [value.deviation.number]
    assert any(each["row"].startswith("deviation:") for each in newest["changes"])


def test_a_wrong_value_is_corrected_by_a_further_row_with_the_reason_and_verified_anew(world: World, lot: str) -> None:
    do(world, "seed")
    with pytest.raises(InvalidInput):
        correct(world, "seed", "cells_seeded", "10")
    with pytest.raises(InvalidInput):
        correct(world, "seed", "cells_seeded", "none")
    with pytest.raises(NotFound):
        correct(world, "seed", "colour", "1")
    correct(world, "seed", "cells_seeded", "12")
    told = line(world, "seed")
    assert (told.status, told.verified) == ("performed", None)
    assert [each.reported for each in told.values[0].earlier] == ["10"]
    assert (told.values[0].value.reported, told.values[0].value.reason) == ("12", "typed wrong")
    verify(world, "seed")
    assert len(line(world, "seed").verifications) == 2


def test_a_correction_that_lies_outside_its_limits_opens_a_deviation(world: World, lot: str) -> None:
    do(world, "seed")
    assert deviations(world) == []
    kept = correct(world, "seed", "cells_seeded", "41")
    assert kept.deviation_id is not None
    assert "41 ×10⁶" in deviations(world)[0]


def test_whoever_did_a_part_of_a_step_does_not_verify_it(world: World, lot: str) -> None:
    begin(world, "seed")
    perform(world, "seed")
    with refused("same_person"):
        verify(world, "seed", by="zhao.l")
    correct(world, "seed", "cells_seeded", "12", by="feng.t")
    with refused("same_person"):
        verify(world, "seed", by="feng.t")


def test_the_database_itself_refuses_a_verification_by_the_performer(world: World, lot: str) -> None:
    begin(world, "seed")
    perform(world, "seed")
    row = line(world, "seed").row
    assert row is not None
    who = world.cast.actor("zhao.l")
    by_one = {"step_id": row.id, "performed_by_id": who.person_id, "verified_by_id": who.person_id}

    def around_the_rule(work: Work) -> None:
        work.record("step.verify", f"lot:{LOT}", permission="step:verify")
        work.add(StepVerification(verified_at=work.now, **by_one))

    with refused("same_person"):
        world.do("zhao.l", around_the_rule)


def test_another_technician_goes_on_with_a_step_only_after_taking_it_over_with_the_reason(
    world: World, lot: str
) -> None:
    begin(world, "seed")
    with refused("step_of_another"):
        perform(world, "seed", by="feng.t")
    world.do("feng.t", lambda work: steps.take_over(work, LOT, "seed", reason="end of shift"))
    with refused("step_of_another"):
        perform(world, "seed")
    perform(world, "seed", by="feng.t")
    with refused("same_person"):
        verify(world, "seed", by="zhao.l")


def test_whoever_began_a_step_that_was_taken_over_neither_verifies_it_nor_releases_its_lot(
    world: World, lot: str
) -> None:
    start(world, "seed")
    world.do("feng.t", lambda work: steps.take_over(work, LOT, "seed", reason="end of shift"))
    began = world.cast.actor("zhao.l").person_id
    assert began in world.read(lambda session: lots.producers(session, lot_numbered(session, LOT)))
    for need in described(world, "seed").needs:
        code, amount = plan().sources.get(need) or (plan().devices[need], "")
        scan(world, "seed", code, amount, by="feng.t")
    perform(world, "seed", by="feng.t")
    with refused("same_person"):
        verify(world, "seed", by="zhao.l")
    assert began in line(world, "seed").doers


def test_steps_are_done_by_technicians_alone(world: World, lot: str) -> None:
    for by in ("qian.m", "wang.l", "ma.k"):
        with pytest.raises(PermissionDenied):
            start(world, "seed", by=by)
    begin(world, "seed")
    perform(world, "seed")
    with pytest.raises(PermissionDenied):
        verify(world, "seed", by="qian.m")


def test_a_step_is_scanned_measured_and_verified_in_its_own_order(world: World, lot: str) -> None:
    with pytest.raises(NotFound):
        scan(world, "seed", "ROOM-B01")
    with pytest.raises(NotFound):
        start(world, "dance")
    start(world, "seed")
    with pytest.raises(TransitionNotAllowed):
        verify(world, "seed")


def filled(world: World) -> None:
    world.journey.labelled_unit(LOT)


def finish(world: World) -> None:
    world.journey.filling_finished(LOT)


def test_no_bag_is_filled_before_every_step_that_comes_before_filling_is_performed(world: World, lot: str) -> None:
    do_until(world, "formulate")
    with refused("step_before_filling"):
        world.journey.unit(LOT)
    do(world, "formulate")
    world.journey.unit(LOT)


def test_a_lot_leaves_filling_only_when_every_step_up_to_there_is_performed_and_verified(
    world: World, lot: str
) -> None:
    do_until(world, "fill")
    filled(world)
    with refused("step_not_performed"):
        finish(world)
    begin(world, "fill")
    perform(world, "fill")
    with refused("step_not_verified"):
        finish(world)
    verify(world, "fill")
    finish(world)
    do(world, "freeze")


def ready(world: World, **values: str) -> None:
    """A lot with all its steps but the last, in quarantine, its results there and reviewed."""
    do_until(world, "freeze", **values)
    filled(world)
    finish(world)
    world.journey.results(file_of(example_rows(LOT)))
    world.journey.review(LOT)


def test_a_lot_is_released_only_when_all_its_steps_are_performed_and_verified(world: World, lot: str) -> None:
    ready(world)
    with refused("step_not_performed"):
        world.journey.release(LOT)
    do(world, "freeze")
    world.journey.release(LOT)
    with refused("lot_decided"):
        correct(world, "freeze", "end_temperature", "-130")


def test_doublings_beyond_the_limit_open_a_deviation_and_refuse_a_full_and_a_conditional_release(
    world: World, lot: str
) -> None:
    ready(world, cells_expanded="600", cells_harvested="5800")  # log2 60 + log2 116 = 5.91 + 6.86
    do(world, "freeze")
    (found,) = deviations(world)
    assert "population doublings 12.77" in found
    assert "≤ 12" in found
    world.journey.trail_reviewed(LOT)
    with refused("deviation_open", "doublings_exceeded") as refusal:
        world.sign("qian.m", lambda work: dispositions.release(work, LOT))
    assert refusal.value.reasons[1].solve == f"process:{LOT}"
    assert "12.77 population doublings are more than the study allows: 12." in refusal.value.reasons[1].sentence
    with refused("deviation_open", "doublings_exceeded", "nothing_outstanding"):
        world.sign("qian.m", lambda work: dispositions.release_conditionally(work, LOT, reason="urgent"))


def test_a_correction_of_a_count_is_what_doublings_are_computed_from(world: World, lot: str) -> None:
    do_until(world, "wash", cells_harvested="58000")
    assert len(deviations(world)) == 1
    correct(world, "harvest", "cells_harvested", "1850")
    assert len(deviations(world)) == 1
    correct(world, "harvest", "cells_harvested", "58001")
    assert len(deviations(world)) == 2


def test_passage_beyond_the_limit_opens_a_deviation(world: World) -> None:
    lot_in_process(world, ("passage_most = 6", "passage_most = 4"))
    do_until(world, "wash")
    (found,) = deviations(world)
    assert "passage 5" in found


def test_whoever_performed_or_verified_a_step_is_a_producer_and_does_not_release_the_lot(
    world: World, lot: str
) -> None:
    do(world, "seed")
    people = {world.cast.actor(each).person_id for each in ("zhao.l", "feng.t")}
    assert people <= world.read(lambda session: lots.producers(session, lot_numbered(session, LOT)))


def test_nothing_is_refused_for_a_version_without_a_process(world: World) -> None:
    world.journey.released_lot(LOT)
    assert world.read(lambda session: session.scalar(select(Lot.status))) == "released"
    with pytest.raises(NotFound):
        start(world, "seed")


def test_a_lot_begun_before_a_version_with_a_process_keeps_having_none(world: World) -> None:
    lot_before = world.journey.lot("MSC26-0030")
    lot_in_process(world)
    world.journey.labelled_unit(lot_before)
    world.journey.filling_finished(lot_before)


def test_two_technicians_do_not_begin_one_step(world: World, lot: str) -> None:
    first = HeldCommand(world, "zhao.l", lambda work: steps.start(work, LOT, "seed"))
    second = Waiting(world, "feng.t", lambda work: steps.start(work, LOT, "seed"))
    assert second.waits()
    first.commit()
    second.end()
    assert first.refusal is None
    assert second.refusal is not None
    assert [each.code for each in second.refusal.reasons] == ["step_begun"]


def test_a_device_taken_out_of_use_between_the_look_and_the_scan_is_refused(world: World, lot: str) -> None:
    start(world, "seed")
    scan(world, "seed", "ROOM-B01")
    stopped = HeldCommand(world, "qian.m", lambda work: equipment.take_out(work, "BSC-02", reason="alarm"))
    scanned = Waiting(world, "zhao.l", lambda work: steps.scan(work, LOT, "seed", code="BSC-02"))
    assert scanned.waits()
    stopped.commit()
    scanned.end()
    assert scanned.refusal is not None
    assert [each.code for each in scanned.refusal.reasons] == ["equipment_out_of_use"]


def test_containers_are_scanned_at_the_fill_step(world: World, lot: str) -> None:
    do_until(world, "fill")
    start(world, "fill")
    scan(world, "fill", "ROOM-B01")
    scan(world, "fill", "FIL-01")
    with refused("wrong_kind"):
        scan(world, "fill", MEDIUM, "1 L")
    scan(world, "fill", BAGS, "12")

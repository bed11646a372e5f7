"""Each permitted transition of every lifecycle happens once through its service, and is recorded by its name."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from support.conditional import accept
from support.deviations import planned_action
from support.external import CODE, proposed, registered
from support.external import approved as approved_mapping
from support.invalid import assessed, invalidated
from support.late import closed
from support.oos import approved, confirmed, error_found, in_phase_2, refuted, retested, stored_before
from support.printers import CODE as CODE_OF_TEST
from support.printers import PaperPrinter, ground_with
from support.process import begin, correct, lot_in_process
from support.sources import DONOR, MEDIUM, WORKING, recorded_late, with_sources
from support.stages import HER, HIM, LOT, OTHER_LOT, OTHER_PHYSICIAN, enrolled, results_of
from support.supply import accept_supply, evaluate, request, supplied, tell
from support.worlds import World

from cotrack.bedside.service import infusions, ward
from cotrack.custody import service as custody
from cotrack.demonstration.laboratory import good_results
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import Blocked
from cotrack.labelling.gateways.faults import PrinterNotReached, PrinterNotReady
from cotrack.labelling.service import foreign_scans, papers, print_jobs, printing
from cotrack.lifecycles import FOLLOWS, LIFECYCLES
from cotrack.manufacture.rules.filling import LOOKED_AT
from cotrack.manufacture.service import clearances, closing, equipment, filling, lots, rolls, samples, sources, steps
from cotrack.orders.service import dosing, supplies
from cotrack.orders.service.supplied import supply_numbered
from cotrack.participants.service import bands, enrolment, treatment
from cotrack.quality.service import actions, deviations, holds
from cotrack.release.service import dispositions, entries, expiry_decisions, investigations, laboratories
from cotrack.study import service as study
from cotrack.study.jobs import begin_due
from cotrack.study.rules.reading import SEPARATOR

FOLLOWING_UNITS = {"unit.allocate", "unit.deallocate"}
"""Changes of a bag that happen inside its order's command, and stand in that record."""

NOBODY_LISTENS = 1

IMPORTED = {"result.record": "result.import", "hold.place": "hold.place"}


def product_side(world: World) -> None:
    """Labels, holds, decisions, destruction, closing, a new study version."""
    journey = world.journey
    line_side(world)
    journey.finished_lot(OTHER_LOT)
    spoiled = world.do("zhao.l", lambda work: filling.request_label(work, f"{OTHER_LOT}-001", kind="bag", reason="x"))
    world.do("zhao.l", lambda work: papers.make_void(work, spoiled.id, reason="torn"))
    failed_print(world, f"{OTHER_LOT}-001")
    held = world.do("qian.m", lambda work: lots.hold_lot(work, OTHER_LOT, action="place", reason="alarm"))
    world.do("qian.m", lambda work: holds.lift(work, held.id, reason="false alarm"))
    world.do("qian.m", lambda work: lots.hold_lot(work, OTHER_LOT, action="recall", reason="growth"))
    deviation = world.do("zhao.l", lambda work: lots.open_deviation(work, OTHER_LOT, description="bath at 41 °C"))
    found = {"classification": "minor", "cause": "sensor", "impact": "none"}
    world.do("qian.m", lambda work: deviations.assess(work, deviation.number, **found))
    done, dropped = (planned_action(world, deviation.number) for _ in range(2))
    world.do("zhao.l", lambda work: actions.finish(work, done.id, outcome="sensor changed"))
    world.do("qian.m", lambda work: actions.drop(work, dropped.id, reason="the sensor is new"))
    world.sign("qian.m", lambda work: deviations.close(work, deviation.number))
    world.sign("qian.m", lambda work: dispositions.reject(work, OTHER_LOT, reason="growth"))
    world.do("qian.m", lambda work: filling.destroy_unit(work, f"{OTHER_LOT}-001", reason="rejected"))
    world.sign("qian.m", lambda work: closing.close_lot(work, OTHER_LOT))
    conditional = "MSC26-0033"
    journey.finished_lot(conditional)
    lines = results_of(world, conditional).decode().splitlines()
    late = [line for line in lines if ",RCL," in line]
    journey.results("\n".join(line for line in lines if line not in late).encode())
    journey.review(conditional)
    journey.release_conditionally(conditional, reason="urgent")
    journey.release_conditionally(conditional, reason="RCL takes longer")
    journey.measured(HIM, {"weight_kg": "61.5", "organ_function_on": journey.today().isoformat()})
    accept(world, journey.ordered(HIM), lot=conditional)
    journey.results("\n".join([lines[0], *late]).encode(), "late.csv")
    journey.review(conditional)
    journey.release(conditional, by="tang.w")
    last_day = journey.today() + timedelta(days=90)
    evidence = {"evidence": "potency falls after 3 months", "reason": "stability"}
    decide = lambda work: expiry_decisions.decide_expiry(work, conditional, last_day=last_day, **evidence)  # noqa: E731 (one line)
    world.sign("qian.m", decide)
    invalidated(world, "rcl", assessed(world, conditional), by="tang.w", lot=conditional)
    typed = {
        "test": "rcl",
        "sample": f"{conditional}-RCL",
        "replicate": 2,
        "reported": "not detected",
        "method": "co-culture",
        "tested_at": "2026-10-05 09:12",
        "analyst": "liu.m",
        "instrument": "",
        "retest_of": None,
        "comment": "",
    }
    for analyst in ("sun.q", "he.p"):
        world.do(analyst, lambda work: entries.enter_result(work, conditional, **typed))
    text = world.read(study.in_effect).text.replace('version = "1-demonstration"', 'version = "2-demonstration"')
    day = world.journey.today() + timedelta(days=1)
    text = text.replace(SEPARATOR, f"\n[specification]\neffective_on = {day.isoformat()}\n{SEPARATOR}")
    sha256 = world.do("qian.m", lambda work: study.load(work, text)).sha256
    world.sign("prof.han", lambda work: study.approve_as_investigator(work, sha256))
    world.sign("qian.m", lambda work: study.approve_as_quality(work, sha256))
    world.clock.pass_by(days=1)
    begin_due(world.runtime.ground)


def scans_side(world: World) -> None:
    """A code of others that was scanned: kept, opened, purged."""
    with pytest.raises(Blocked):
        world.do("zhou.n", lambda work: ward.receive_scanned(work, bag_code="4006381333931"))
    world.do("qian.m", lambda work: foreign_scans.open_scan(work, 1, reason="whose is it?"))
    world.do("qian.m", lambda work: foreign_scans.purge_scan(work, 1, reason="a shop's"))


def outside_side(world: World) -> None:
    """A laboratory outside: a mapping approved, superseded by the next, and one withdrawn."""
    registered(world)
    for _ in range(2):
        approved_mapping(world)
    number = proposed(world)
    world.do("qian.m", lambda work: laboratories.withdraw(work, CODE, number, reason="not needed"))


def laboratory_side(world: World) -> None:
    """Results out of specification: a laboratory error, one confirmed, one not, one from before investigations."""
    lot = "MSC26-0035"
    world.journey.finished_lot(lot)
    failed = {"Sterility": "growth: S. aureus", "CD105+": "94.1", "Viability": "60"}
    world.journey.results(good_results(lot, world.journey.site_time(), changed=failed))
    world.journey.review(lot)
    error_found(world, "viability", lot)
    confirmed(world, in_phase_2(world, "cd105", lot))
    number = in_phase_2(world, "sterility", lot)
    approved(world, number)
    retested(world, lot)
    refuted(world, number)
    stored_before(world, "sterility", lot)
    world.do("he.p", lambda work: investigations.open_investigation(work, lot, test="sterility"))


def line_side(world: World) -> None:
    """A line that is withdrawn, gets another roll and is cleared twice; samples that come to their ends."""
    lot = world.journey.lot("MSC26-0036")
    look: dict[str, Any] = {"looked_at": LOOKED_AT}
    act = partial(clearances.clear_line, lot_number=lot, **look, roll="R-1", labels=50)
    found = world.do("zhao.l", act).id
    world.do("feng.t", lambda work: clearances.withdraw_line(work, found, reason="a bag was left"))
    for kind in ("retention", "sterility"):
        world.journey.sample(lot, kind)
    here = world.read(lambda session: clearances.at_station(session, "FILL-1")).id
    world.do("zhao.l", lambda work: clearances.change_roll(work, here, labels_left=3, roll="R-2", labels=500))
    world.do("zhao.l", lambda work: clearances.leave_line(work, here, **look, labels=490))
    world.do("feng.t", lambda work: clearances.resume_line(work, here, reason="one more sample"))
    replaced = world.journey.unit_label(f"{lot}-S01", "sample", reason="smudged")
    again = world.journey.unit_label(f"{lot}-S01", "sample", reason="smudged again")
    world.do("qian.m", lambda work: papers.account_for(work, replaced, paper="destroyed"))
    world.journey.scan_back(f"{lot}-S01", world.journey.code(again))
    world.do("zhao.l", lambda work: samples.archive_sample(work, f"{lot}-S01"))
    world.do("wang.l", lambda work: samples.send_sample(work, f"{lot}-S02"))
    world.do("wang.l", lambda work: samples.use_up_sample(work, f"{lot}-S02", reason="tested"))
    world.do("zhao.l", lambda work: clearances.leave_line(work, here, **look, labels=490))
    world.do("feng.t", lambda work: clearances.end_line(work, here, **look))
    world.do("zhao.l", lambda work: rolls.explain_roll(work, here, 0, reason="torn off at the first print"))


def sources_side(world: World) -> None:
    """A donor, a master and a working bank, a material: registered, approved, used, rejected."""
    with_sources(world, lot=world.journey.lot("MSC26-0034"))
    recorded_late(world, "MSC26-0034", MEDIUM)
    for noun, number in (("material", MEDIUM), ("cell_bank", WORKING), ("donor", DONOR)):
        world.sign("qian.m", lambda work, of=noun, each=number: sources.reject(work, of, each, reason="recalled"))


def process_side(world: World) -> None:
    """A study with a process: a step done, verified and corrected, one taken over; a device stopped and calibrated."""
    lot_in_process(world)
    begin(world, "seed")
    values = {"cells_seeded": "10", "viability_at_seeding": "93"}
    world.do("zhao.l", lambda work: steps.perform(work, LOT, "seed", values=values))
    world.do("feng.t", lambda work: steps.verify(work, LOT, "seed"))
    correct(world, "seed", "cells_seeded", "12")
    world.do("zhao.l", lambda work: steps.start(work, LOT, "expand"))
    world.do("feng.t", lambda work: steps.take_over(work, LOT, "expand", reason="end of shift"))
    today = world.journey.today()
    world.do("qian.m", lambda work: equipment.calibrate(work, "INC-03", calibrated_on=today, due_on=today))
    world.do("qian.m", lambda work: equipment.bring_back(work, "INC-04", reason="repaired"))


def test_each_transition_of_steps_and_equipment_is_reached_through_its_service(world: World) -> None:
    process_side(world)
    missing = wanted_events({"step", "equipment"}) - done_events(world)
    assert missing == set()


def test_each_transition_of_a_supply_out_of_specification_is_reached_through_its_service(world: World) -> None:
    order, first = supplied(world)
    world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    second = request(world, order).number
    assert world.read(lambda session: supply_numbered(session, first)).status == "void"
    world.do("qian.m", lambda work: supplies.decline_supply(work, second, reason="open deviation"))
    closed(world)
    world.journey.trail_reviewed(LOT)
    third, fourth = (another_supply(world, order, end) for end in ("void", "withdraw"))
    tell(world, third)
    tell(world, fourth)
    assert wanted_events({"oos_supply"}) - done_events(world) == set()
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []


def another_supply(world: World, order: str, end: str) -> str:
    """Bring a supply to its acceptance, and end it; return its number."""
    number = request(world, order).number
    evaluate(world, number)
    accept_supply(world, number)
    by, act = {"void": ("qian.m", supplies.void_supply), "withdraw": ("dr.gao", supplies.withdraw_supply)}[end]
    world.do(by, lambda work: act(work, number, reason="better"))
    return number


def done_events(world: World) -> set[str]:
    statement = select(AuditRecord.event).where(AuditRecord.outcome == "done").distinct()
    return set(world.read(lambda session: session.scalars(statement).all()))


def wanted_events(nouns: set[str]) -> set[str]:
    wanted = {
        lifecycle.event(name)
        for noun, lifecycle in LIFECYCLES.items()
        for name, action in lifecycle.actions.items()
        if noun in nouns and action.permission != FOLLOWS
    }
    return {IMPORTED.get(event, event) for event in wanted - FOLLOWING_UNITS}


def failed_print(world: World, unit: str) -> None:
    """A label whose printer is off, then dies over it, and that came out after all; jobs cancelled, sent and lost."""
    technician, code = world.cast.actor("zhao.l"), world.journey.code
    asked = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="bag"))
    with pytest.raises(PrinterNotReady):
        printing.hand_out(ground_with(world, NOBODY_LISTENS), technician, asked.id, printer=CODE_OF_TEST)
    dying = PaperPrinter(hangs_up=True)
    with pytest.raises(PrinterNotReached):
        printing.hand_out(ground_with(world, dying.port), technician, asked.id, printer=CODE_OF_TEST)
    dying.close()
    world.journey.scan_back(unit, code(asked.id))
    tag = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="tag", reason="smudged"))
    given_up = world.do("zhao.l", lambda work: print_jobs.request_job(work, [tag.id]))
    world.do("zhao.l", lambda work: print_jobs.cancel_job(work, given_up.id))
    job = world.do("zhao.l", lambda work: print_jobs.request_job(work, [tag.id]))
    world.do("zhao.l", lambda work: printing._take_job(work, job.id, ""))
    world.clock.pass_by(minutes=4)
    world.do("zhao.l", lambda work: print_jobs.call_doubtful(work, job.id))
    world.journey.scan_back(unit, code(tag.id))


def clinic_side(world: World) -> None:
    """Orders made, taken back and cancelled; bags returned, wasted, given, paused, stopped."""
    journey = world.journey
    journey.released_lot(LOT, bags=6)
    enrolled(world, HER, HIM)
    world.cast.add(OTHER_PHYSICIAN)
    world.do(OTHER_PHYSICIAN.username, lambda work: treatment.take_over(work, HIM, reason="on call"))
    world.do("dr.gao", lambda work: treatment.take_over(work, HIM, reason="back"))
    cancelled = journey.ordered(HIM)
    journey.allocated(cancelled)
    world.do("li.c", lambda work: dosing.take_back_bags(work, cancelled, reason="other lot wanted"))
    world.do("dr.gao", lambda work: dosing.cancel_order(work, cancelled, reason="fever"))
    order = journey.ordered(HER)
    (returned,) = journey.allocated(order)
    journey.issued(returned)
    world.do("zhou.n", lambda work: ward.return_unit(work, returned, reason="patient absent"))
    world.do("ma.k", lambda work: custody.store_unit(work, returned, place="LN2-B"))
    (wasted,) = journey.allocated(order)
    journey.issued(wasted)
    journey.received(wasted)
    journey.thawed(wasted)
    world.do("zhou.n", lambda work: ward.waste_unit(work, wasted, reason="port cracked"))
    (given,) = journey.allocated(order)
    journey.issued(given)
    journey.received(given)
    journey.thawed(given)
    world.do("wu.n", lambda work: infusions.record_wash(work, given))
    infusion = journey.started(HER, given)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    world.do("wu.n", lambda work: infusions.resume(work, infusion.id))
    journey.completed(infusion, "25.5", "4.5")
    assert journey.order(order).status == "completed"
    world.clock.now += timedelta(days=29)
    journey.measured(HER, {"weight_kg": "61.5", "organ_function_on": journey.today().isoformat()})
    (stopped,) = journey.allocated(journey.ordered(HER))
    journey.issued(stopped)
    journey.received(stopped)
    journey.thawed(stopped)
    second = journey.started(HER, stopped)
    volumes = {"volume_given_ml": Decimal("3.0"), "volume_left_ml": Decimal("27.0")}
    world.sign("wu.n", lambda work: infusions.stop_early(work, second.id, **volumes, reason="rash"))
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="discharged"))
    world.do("dr.gao", lambda work: enrolment.withdraw(work, HER, reason="progress"))
    world.do(OTHER_PHYSICIAN.username, lambda work: treatment.take_over(work, HER, reason="follow-up"))


def test_each_permitted_transition_is_reached_through_its_service(world: World) -> None:
    clinic_side(world)
    product_side(world)
    laboratory_side(world)
    outside_side(world)
    sources_side(world)
    scans_side(world)
    recorded = wanted_events(set(LIFECYCLES) - {"step", "equipment", "oos_supply"})
    assert recorded - done_events(world) == set()
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []

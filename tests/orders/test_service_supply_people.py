"""Physician and QA are two people, and nothing that somebody typed, or nobody looked into, is passed over."""

from sqlalchemy import func, select
from support.entries import enter
from support.late import GROWTH, day_14
from support.oos import stored_before
from support.refusals import refused
from support.sources import MEDIUM, hold, with_sources
from support.stages import HER, LOT, codes
from support.supply import (
    accept_supply,
    evaluate,
    evaluated,
    out_of_specification,
    request,
    supplied,
    supplied_at_the_bedside,
)
from support.worlds import World

from cotrack.bedside.service import infusions, screens
from cotrack.demonstration.players import Player
from cotrack.manufacture.service import units
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.orders.service import supplies
from cotrack.orders.service.supplied import supply_numbered
from cotrack.participants.service import treatment
from cotrack.quality.service import holds
from cotrack.release.models import ResultEntry
from cotrack.release.service import withdrawals
from cotrack.release.service.supply import findings_of
from cotrack.trace.service import alerts

BOTH = Player("dr.both", "双医生 SHUANG Wei", ("physician", "qa_reviewer"), "CLINIC-1")


def takes_over(world: World, username: str) -> None:
    world.do(username, lambda work: treatment.take_over(work, HER, reason="on call"))


def test_who_requested_a_lot_does_not_evaluate_its_risk(world: World) -> None:
    order = out_of_specification(world)
    world.cast.add(BOTH)
    takes_over(world, BOTH.username)
    number = request(world, order, by=BOTH.username).number
    world.journey.trail_reviewed(LOT)
    with refused("same_person"):
        evaluate(world, number, by=BOTH.username)
    assert evaluate(world, number).status == "evaluated"


def test_who_evaluated_the_risk_does_not_accept_it(world: World) -> None:
    order = out_of_specification(world)
    world.cast.add(BOTH)
    number = request(world, order).number
    world.journey.trail_reviewed(LOT)
    evaluate(world, number, by=BOTH.username)
    takes_over(world, BOTH.username)
    with refused("same_person"):
        accept_supply(world, number, by=BOTH.username)


def test_nobody_accepts_a_lot_while_what_one_person_typed_is_unsettled(world: World) -> None:
    _, number = evaluated(world)
    typed = {"test": "sterility", "replicate": 2, "reported": GROWTH, "sample": f"{LOT}-STE"}
    enter(world, "liu.m", **typed, tested_at="2026-10-19 09:12")
    with refused("entry_waits") as found:
        accept_supply(world, number)
    assert GROWTH not in found.value.reasons[0].sentence


def test_what_one_person_typed_of_a_supplied_lot_stops_its_bag_until_it_is_withdrawn(world: World) -> None:
    order, number = supplied(world)
    typed_growth(world)
    with refused("entry_waits"):
        world.journey.allocated(order)
    withdrawn(world)
    (bag,) = world.journey.allocated(order)
    typed_growth(world)
    with refused("entry_waits") as refusal:
        world.journey.issued(bag)
    assert GROWTH not in refusal.value.reasons[0].sentence
    withdrawn(world)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    first, second = (world.journey.check(HER, bag, by).id for by in ("zhou.n", "wu.n"))
    typed_growth(world)
    with refused("entry_waits"):
        world.do("wu.n", lambda work: infusions.start(work, first_check=first, second_check=second))
    assert codes(world.journey.check(HER, bag, "zhou.n")) == ["entry_waits"]
    withdrawn(world)
    infusion = world.journey.started(HER, bag)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    typed_growth(world)
    world.do("wu.n", lambda work: infusions.resume(work, infusion.id))
    with refused("supply_open"):
        request(world, order)
    assert world.read(lambda session: supply_numbered(session, number).status) == "accepted"


def test_a_late_growth_names_who_got_a_supplied_bag_though_the_supply_was_withdrawn_since(world: World) -> None:
    bag, _, number = supplied_at_the_bedside(world)
    world.journey.completed(world.journey.started(HER, bag), "25.5", "4.5")
    world.do("dr.gao", lambda work: supplies.withdraw_supply(work, number, reason="no more is needed"))
    world.journey.results(day_14(world, replicate=2), "day-14.csv")
    (hold,) = world.read(lambda session: holds.standing_holds(session, [f"lot:{LOT}"]))
    assert GROWTH in hold.reason
    page = world.read(lambda session: alerts.alert_page(session, world.cast.actor("dr.gao"), 1))
    assert [(each.unit, each.participant, each.treated_by) for each in page["reach"].reached] == [(bag, HER, "dr.gao")]
    assert "physician:dr.gao" in page["waiting"]


def test_a_deviation_of_a_supplied_bag_that_is_being_given_leaves_it_to_the_bed_and_a_failing_result_does_not(
    world: World,
) -> None:
    bag, _, _ = supplied_at_the_bedside(world)
    infusion = world.journey.started(HER, bag)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="the pump stopped"))
    world.do("zhao.l", lambda work: units.open_deviation(work, bag, description="the pump stopped"))
    world.do("wu.n", lambda work: infusions.resume(work, infusion.id))
    assert screens.infusion(world.runtime.ground, infusion.id)["stops"] == []
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    world.journey.results(day_14(world, replicate=2), "day-14.csv")
    with refused("lot_not_released", "lot_on_hold"):
        world.do("wu.n", lambda work: infusions.resume(work, infusion.id))


def test_whoever_gives_a_supplied_bag_reads_on_its_page_that_its_supply_ended(world: World) -> None:
    bag, _, number = supplied_at_the_bedside(world)
    infusion = world.journey.started(HER, bag)
    world.do("qian.m", lambda work: supplies.void_supply(work, number, reason="the risk was misjudged"))
    stops = screens.infusion(world.runtime.ground, infusion.id)["stops"]
    assert [each.code for each in stops] == ["lot_not_released"]


def typed_growth(world: World) -> None:
    """Let one person type a growth of a further sterility."""
    typed = {"test": "sterility", "replicate": 2, "reported": GROWTH, "sample": f"{LOT}-STE"}
    enter(world, "liu.m", **typed, tested_at="2026-10-19 09:12")


def withdrawn(world: World) -> None:
    """Let QA withdraw what was typed last."""
    entry_id = world.read(lambda session: session.scalar(select(func.max(ResultEntry.id))))
    world.do("qian.m", lambda work: withdrawals.withdraw_entry(work, entry_id, reason="another lot's bottle"))


def test_a_failed_result_that_no_investigation_has_is_not_evaluated(world: World) -> None:
    number = request(world, out_of_specification(world)).number
    stored_before(world, "sterility")
    with refused("investigation_missing", "result_unreviewed", "trail_unreviewed"):
        evaluate(world, number)


def test_a_hold_on_what_the_lot_was_made_from_stays_in_its_findings_though_it_was_lifted(world: World) -> None:
    with_sources(world, lot=world.journey.lot(LOT))

    def found() -> str:
        return world.read(lambda session: findings_of(session, lot_numbered(session, LOT)))

    before = found()
    held = hold(world, "material", number=MEDIUM)
    world.do("qian.m", lambda work: holds.lift(work, held.id, reason="a false alarm"))
    assert found() == f"{before}\nhold {held.id}"

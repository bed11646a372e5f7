"""A conditionally released lot is given only for an order whose physician accepted its outstanding tests."""

import pytest
from sqlalchemy import func, select
from support.conditional import RCL, accept, lines_of, released_conditionally
from support.endotoxin import reported_again
from support.entries import TYPED, enter
from support.late import GROWTH, closed, day_14
from support.races import HeldCommand, Waiting
from support.refusals import refused
from support.stages import HER, HIM, LOT, OTHER_LOT, codes, enrolled, results_of
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.errors import PermissionDenied, ReasonMissing, SignatureRefused, TransitionNotAllowed
from cotrack.foundation.unit_of_work import rehearse, unit_of_work
from cotrack.foundation.work import Work
from cotrack.manufacture.service import lots
from cotrack.orders.models import Acceptance
from cotrack.orders.service import acceptance, allocation, dosing
from cotrack.quality.service import holds
from cotrack.release.models import ResultEntry
from cotrack.release.service import entries, imports, withdrawals

TYPED_GROWTH = {"test": "sterility", "reported": GROWTH, "sample": f"{LOT}-STE", "tested_at": "2026-10-19 09:12"}


def typed_growth(world: World) -> int:
    """Let one person type a growth of the outstanding sterility."""
    enter(world, "liu.m", **TYPED_GROWTH)
    return int(world.read(lambda session: session.scalar(select(func.max(ResultEntry.id)))))


def withdrawn(world: World, entry_id: int) -> None:
    world.do("qian.m", lambda work: withdrawals.withdraw_entry(work, entry_id, reason="another lot's bottle"))


@pytest.fixture
def order(world: World) -> str:
    """Her order, with nothing in store but bags of a conditional lot."""
    released_conditionally(world)
    enrolled(world, HER, HIM)
    return world.journey.ordered(HER)


def test_an_accepted_lot_is_set_aside_issued_checked_and_started(world: World, order: str) -> None:
    accept(world, order)
    (bag,) = world.journey.allocated(order)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    assert codes(world.journey.check(HER, bag, "zhou.n")) == []
    assert world.journey.started(HER, bag).id


def test_the_physician_signs_the_very_tests_that_are_outstanding_and_why(world: World, order: str) -> None:
    accepted = accept(world, order)
    assert accepted.outstanding_tests == "sterility rcl"
    assert accepted.signature.meaning == "accepted"
    for words in (order, HER, LOT, "Sterility, day 14", "RCL (replication-competent vector)", "urgent"):
        assert words in accepted.signature.text


def test_an_acceptance_counts_for_its_order_alone(world: World, order: str) -> None:
    accept(world, order)
    other = world.journey.ordered(HIM)
    with refused("no_bags"):
        world.journey.allocated(other)


def test_an_acceptance_counts_for_its_lot_alone(world: World, order: str) -> None:
    released_conditionally(world, OTHER_LOT)
    accept(world, order, lot=OTHER_LOT)
    (bag,) = world.journey.allocated(order)
    assert bag.startswith(OTHER_LOT)


def test_a_result_of_an_outstanding_test_voids_the_acceptance_at_every_step(world: World, order: str) -> None:
    accept(world, order)
    (bag,) = world.journey.allocated(order)
    world.journey.results(lines_of(world, LOT, without=(RCL,)), name="later.csv")
    with refused("lot_conditional"):
        world.journey.issued(bag)
    accept(world, order)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    first, second = (world.journey.check(HER, bag, by) for by in ("zhou.n", "wu.n"))
    world.journey.results(lines_of(world, LOT), name="last.csv")
    with refused("lot_conditional"):
        world.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert codes(world.journey.check(HER, bag, "zhou.n")) == ["lot_conditional"]


def test_a_list_that_changed_since_it_was_read_is_not_signed(world: World, order: str) -> None:
    def act(work: Work) -> Acceptance:
        return acceptance.accept_lot(work, order, lot=LOT, reason="urgent")

    ground, physician = world.runtime.ground, world.cast.actor("dr.gao")
    _, shown = rehearse(ground, physician, act)
    world.journey.results(lines_of(world, LOT, without=(RCL,)), name="later.csv")
    proof = world.runtime.door.prove(physician, PASSWORD, meaning=shown.meaning, text_sha256=shown.sha256)
    with (
        pytest.raises(SignatureRefused, match="has changed meanwhile"),
        unit_of_work(ground, physician, proof=proof) as work,
    ):
        act(work)


def test_an_acceptance_waits_for_an_import_and_is_not_signed_over_the_older_list(world: World, order: str) -> None:
    content = lines_of(world, LOT, without=(RCL,))
    stored = HeldCommand(
        world, "wang.l", lambda work: imports.import_results(work, file_name="later.csv", content=content)
    )
    accepted = Waiting(
        world, "dr.gao", lambda work: acceptance.accept_lot(work, order, lot=LOT, reason="urgent"), is_signed=True
    )
    assert accepted.waits()
    stored.commit()
    accepted.end()
    # What was read before the wait is refused (SQLite), what was read after it names what is left (PostgreSQL).
    signed = world.read(lambda session: session.scalars(select(Acceptance.outstanding_tests)).all())
    assert signed == ([] if isinstance(accepted.refusal, SignatureRefused) else ["rcl"])


@pytest.mark.parametrize("by", ["qian.m", "zhou.n", "li.c", "prof.han"])
def test_nobody_but_a_physician_accepts(world: World, order: str, by: str) -> None:
    with pytest.raises(PermissionDenied):
        accept(world, order, by=by)


def test_an_acceptance_says_why(world: World, order: str) -> None:
    with pytest.raises(ReasonMissing):
        accept(world, order, reason="  ")


def test_a_lot_that_is_released_or_in_quarantine_is_not_accepted(world: World, order: str) -> None:
    world.journey.finished_lot(OTHER_LOT)
    with refused("lot_not_conditional"):
        accept(world, order, lot=OTHER_LOT)
    world.journey.results(results_of(world, OTHER_LOT), name="other.csv")
    world.journey.review(OTHER_LOT)
    world.journey.release(OTHER_LOT)
    with refused("lot_not_conditional"):
        accept(world, order, lot=OTHER_LOT)


def test_a_lot_with_every_result_in_is_for_qa_to_decide(world: World, order: str) -> None:
    world.journey.results(lines_of(world, LOT), name="last.csv")
    with refused("nothing_outstanding"):
        accept(world, order)


def test_a_held_lot_is_not_accepted_and_an_accepted_one_is_stopped_by_a_hold(world: World, order: str) -> None:
    accept(world, order)
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    with refused("lot_on_hold"):
        accept(world, order)
    with refused("no_bags"):
        world.journey.allocated(order)


def test_late_growth_stops_an_accepted_lot(world: World, order: str) -> None:
    accept(world, order)
    (bag,) = world.journey.allocated(order)
    world.journey.results(results_of(world, LOT, Sterility="growth: S. aureus"), name="last.csv")
    with refused("lot_conditional", "lot_on_hold"):
        world.journey.issued(bag)


def test_nobody_accepts_a_lot_while_what_one_person_typed_of_an_outstanding_test_is_unsettled(
    world: World, order: str
) -> None:
    typed_growth(world)
    with refused("entry_waits") as refusal:
        accept(world, order)
    assert GROWTH not in refusal.value.reasons[0].sentence
    enter(world, "sun.q", **{**TYPED_GROWTH, "reported": "no growth"})
    with refused("entry_differed"):
        accept(world, order)


def test_what_one_person_typed_of_an_accepted_lot_stops_allocation_issue_and_thaw_until_it_is_withdrawn(
    world: World, order: str
) -> None:
    accept(world, order)
    typed = typed_growth(world)
    with refused("no_bags"):
        world.journey.allocated(order)
    withdrawn(world, typed)
    (bag,) = world.journey.allocated(order)
    typed = typed_growth(world)
    with refused("entry_waits") as refusal:
        world.journey.issued(bag)
    assert GROWTH not in refusal.value.reasons[0].sentence
    withdrawn(world, typed)
    world.journey.issued(bag)
    world.journey.received(bag)
    first, second = (world.journey.thaw_check(bag, by) for by in ("zhou.n", "wu.n"))
    typed_growth(world)
    with refused("entry_waits"):
        world.do("wu.n", lambda work: infusions.start_thaw(work, first_check=first.id, second_check=second.id))
    assert codes(world.journey.thaw_check(bag, "zhou.n")) == ["entry_waits"]


def test_a_start_waits_for_what_one_person_types_and_is_refused_and_a_paused_infusion_goes_on(
    world: World, order: str
) -> None:
    accept(world, order)
    (bag,) = world.journey.allocated(order)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    first, second = (world.journey.check(HER, bag, by) for by in ("zhou.n", "wu.n"))
    held = HeldCommand(world, "liu.m", lambda work: entries.enter_result(work, LOT, **{**TYPED, **TYPED_GROWTH}))
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert start.waits()
    held.commit()
    start.end()
    assert start.refusal is not None
    assert [each.code for each in start.refusal.reasons] == ["entry_waits"]
    assert codes(world.journey.check(HER, bag, "zhou.n")) == ["entry_waits"]
    withdrawn(world, 1)
    infusion = world.journey.started(HER, bag)
    world.do("wu.n", lambda work: infusions.pause(work, infusion.id, reason="cough"))
    typed_growth(world)
    world.do("wu.n", lambda work: infusions.resume(work, infusion.id))


def test_an_allocation_that_was_planned_before_a_growth_was_typed_is_refused(world: World, order: str) -> None:
    accept(world, order)
    held = HeldCommand(world, "liu.m", lambda work: entries.enter_result(work, LOT, **{**TYPED, **TYPED_GROWTH}))
    allocated = Waiting(world, "li.c", lambda work: allocation.allocate(work, order))
    assert allocated.waits()
    held.commit()
    allocated.end()
    assert allocated.refusal is not None
    assert [each.code for each in allocated.refusal.reasons] == ["entry_waits"]


def test_an_order_that_is_over_takes_no_acceptance(world: World, order: str) -> None:
    world.do("dr.gao", lambda work: dosing.cancel_order(work, order, reason="fever"))
    with pytest.raises(TransitionNotAllowed):
        accept(world, order)


def test_a_lot_that_is_released_fully_afterwards_needs_no_acceptance(world: World, order: str) -> None:
    accept(world, order)
    world.journey.results(lines_of(world, LOT), name="last.csv")
    world.journey.review(LOT)
    world.journey.release(LOT)
    assert world.journey.allocated(order)


def test_nobody_accepts_a_lot_over_a_failed_test_though_its_hold_was_lifted(world: World, order: str) -> None:
    accept(world, order)
    world.journey.results(day_14(world), "day-14.csv")
    closed(world)
    world.do("qian.m", lambda work: holds.lift(work, 1, reason="contamination in the laboratory"))
    with refused("out_of_specification"):
        accept(world, order)
    with refused("no_bags"):
        world.journey.allocated(order)


def test_an_acceptance_counts_no_more_over_a_repeated_test_that_failed_though_the_same_ones_are_outstanding(
    world: World, order: str
) -> None:
    accept(world, order)
    reported_again(world, LOT, ">60")
    closed(world)
    world.do("qian.m", lambda work: holds.lift(work, 1, reason="contamination in the laboratory"))
    with refused("no_bags"):
        world.journey.allocated(order)

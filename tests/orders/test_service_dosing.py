"""Dose orders through the service: the arithmetic, the windows, the interval, the number, and the signed text."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from support.clinic import BORN, WOMAN, candidate, file_of, given, measured_today, reasons, refusal
from support.stages import HER, HIM, LOT, enrolled
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.errors import PermissionDenied, ReasonMissing, SignatureRefused
from cotrack.foundation.unit_of_work import rehearse, unit_of_work
from cotrack.foundation.work import Work
from cotrack.orders.models import Order
from cotrack.orders.service import dosing
from cotrack.participants.service import enrolment


def order(work: Work, number: str = HER, *, cells_per_kg: int = 2_000_000, planned_on: date | None = None) -> Order:
    today = work.now.astimezone(work.site.zone).date()
    return dosing.make_order(work, number, cells_per_kg=cells_per_kg, planned_on=planned_on or today)


def against(world: World, *, planned_in_days: int = 0) -> list[str]:
    """Return the code words against an order of today, or of a planned day; empty where it could be signed."""
    planned_on = world.journey.today() + timedelta(days=planned_in_days)
    with world.runtime.ground.sessions.reading() as session:
        work = Work(world.runtime.ground, session, world.cast.actor("dr.gao"))
        participant = dosing.participant_numbered(session, HER)
        return [each.code for each in dosing.dose_case(work, participant, 2_000_000, planned_on).blockers]


def test_the_dose_is_the_cells_per_kg_times_the_newest_weight(world: World) -> None:
    enrolled(world, HER)
    world.journey.measured(HER, {"weight_kg": "63.4"})
    made = world.journey.order(world.journey.ordered(HER))
    # 2 000 000 × 63.4 = 126 800 000
    assert (made.target_million_cells, made.weight_kg) == (Decimal("126.800"), Decimal("63.4"))
    assert (made.weighed_on, made.infusion_number, made.status) == (date(2026, 11, 23), 1, "ordered")
    assert made.number == f"{HER}-01"
    assert made.coi_id.startswith("COI-")


def test_what_is_signed_is_what_was_shown_with_dose_weight_and_day(world: World) -> None:
    enrolled(world, HER)
    _, shown = rehearse(world.runtime.ground, world.cast.actor("dr.gao"), order)
    signed = world.journey.order(world.journey.ordered(HER)).signature
    assert (signed.text, signed.meaning, signed.printed_name) == (shown.text, "ordered", "高医生 GAO Jun")
    assert "2,000,000 viable cells/kg × 61.5 kg (2026-11-23) = 123.000 ×10^6" in signed.text
    assert "Planned day / 计划日期 2026-11-23" in signed.text


def test_a_weight_that_changed_between_showing_and_signing_is_not_signed_for(world: World) -> None:
    enrolled(world, HER)
    ground, actor = world.runtime.ground, world.cast.actor("dr.gao")
    _, shown = rehearse(ground, actor, order)
    world.journey.measured(HER, {"weight_kg": "75.0"})
    proof = world.runtime.door.prove(actor, PASSWORD, meaning=shown.meaning, text_sha256=shown.sha256)
    with (
        pytest.raises(SignatureRefused, match="has changed meanwhile"),
        unit_of_work(ground, actor, proof=proof) as work,
    ):
        order(work)


def test_a_dose_that_is_no_step_of_the_study_is_refused(world: World) -> None:
    enrolled(world, HER)
    assert reasons(world, "dr.gao", lambda work: order(work, cells_per_kg=2_000_001)) == ["dose_out_of_range"]


@pytest.mark.parametrize(("days", "words"), [(7, []), (8, ["weight_stale"])])
def test_a_weight_counts_for_seven_days(world: World, days: int, words: list[str]) -> None:
    enrolled(world, HER)
    world.clock.pass_by(days=days)
    assert against(world) == words


@pytest.mark.parametrize(("days", "words"), [(13, []), (14, ["criterion_not_met"])])
def test_organ_function_counts_for_two_weeks(world: World, days: int, words: list[str]) -> None:
    enrolled(world, HER)
    world.clock.pass_by(days=days)
    world.journey.measured(HER, {"weight_kg": "61.5"})
    assert against(world) == words


def test_stale_organ_function_and_weight_are_refused_and_each_new_one_puts_its_own_right(world: World) -> None:
    enrolled(world, HER)
    world.clock.pass_by(days=20)
    assert against(world) == ["weight_stale", "criterion_not_met"]
    world.journey.measured(HER, {"weight_kg": "60.0"})
    assert against(world) == ["criterion_not_met"]
    world.journey.measured(HER, {"organ_function_on": world.journey.today().isoformat()})
    assert against(world) == []


def test_weight_and_organ_function_are_judged_on_the_planned_day(world: World) -> None:
    enrolled(world, HER)
    assert against(world, planned_in_days=7) == []
    assert against(world, planned_in_days=8) == ["weight_stale"]
    assert against(world, planned_in_days=14) == ["weight_stale", "criterion_not_met"]


def test_a_planned_day_lies_not_in_the_past(world: World) -> None:
    enrolled(world, HER)
    assert against(world, planned_in_days=-1)[0] == "date_in_past"


def test_the_windows_before_enrolment_do_not_run_on_after_it(world: World) -> None:
    tested = (world.journey.today() - timedelta(days=6)).isoformat()
    world.journey.screened(file_of(candidate(world, birth_date="1950-12-01", **WOMAN, pregnancy_test_on=tested)))
    world.journey.identified(HER, "测试", "H-1", date(1950, 12, 1))
    world.journey.answered(HER, {"breast_feeding": "no"})
    world.journey.enrolled(HER)
    world.clock.pass_by(days=10)
    measured_today(world)
    assert against(world) == [], "76 years old since, and the pregnancy test is of 16 days before"


def test_what_became_known_after_enrolment_still_stands_against_a_dose(world: World) -> None:
    tested = world.journey.today().isoformat()
    world.journey.screened(file_of(candidate(world, **WOMAN, pregnancy_test_on=tested)))
    world.journey.identified(HER, "测试", "H-1", BORN)
    world.journey.answered(HER, {"breast_feeding": "no"})
    world.journey.enrolled(HER)
    assert against(world) == []
    world.journey.measured(HER, {"pregnancy_test": "positive"})
    assert against(world) == ["criterion_not_met"]


def first_start(world: World, at: datetime) -> None:
    """Give her a first dose that starts at this instant."""
    world.journey.released_lot(LOT, bags=2)
    world.clock.now = at
    enrolled(world, HER)
    given(world, world.journey.ordered(HER))


@pytest.mark.parametrize(
    ("started_at", "asked_at", "allowed"),
    [
        # The site's midnight is at 16:00 UTC: 23 November 23:30 and, 28 calendar days later, 21 December 00:30.
        (datetime(2026, 11, 23, 15, 30, tzinfo=UTC), datetime(2026, 12, 20, 16, 30, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 15, 30, tzinfo=UTC), datetime(2026, 12, 20, 15, 59, tzinfo=UTC), False),
        # 24 November 00:30 at the site is still 23 November by UTC: its 28th day is 22 December.
        (datetime(2026, 11, 23, 16, 30, tzinfo=UTC), datetime(2026, 12, 21, 15, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 16, 30, tzinfo=UTC), datetime(2026, 12, 21, 16, 0, tzinfo=UTC), True),
    ],
    ids=["27 days and an hour", "27 calendar days", "28 days by UTC alone", "28 calendar days"],
)
def test_the_interval_runs_from_start_to_start_in_calendar_days_of_the_site(
    world: World, started_at: datetime, asked_at: datetime, allowed: bool
) -> None:
    first_start(world, started_at)
    world.clock.now = asked_at
    measured_today(world)
    assert against(world) == ([] if allowed else ["interval_too_short"])


def test_the_interval_is_counted_to_the_planned_day(world: World) -> None:
    first_start(world, world.clock.now)
    world.clock.pass_by(days=21)
    measured_today(world)
    assert against(world, planned_in_days=6) == ["interval_too_short"]
    assert against(world, planned_in_days=7) == []


def test_stopped_infusions_count_and_a_cancelled_order_does_not(world: World) -> None:
    world.journey.released_lot(LOT, bags=4)
    enrolled(world, HER)
    cancelled = world.journey.ordered(HER)
    world.do("dr.gao", lambda work: dosing.cancel_order(work, cancelled, reason="fever"))
    for number in range(1, 5):
        made = world.journey.ordered(HER)
        assert world.journey.order(made).infusion_number == number
        given(world, made, stopped_after_ml="0.5" if number % 2 else "")
        world.clock.pass_by(days=28)
        measured_today(world)
    assert against(world) == ["too_many_infusions"]


def test_one_order_is_open_at_a_time(world: World) -> None:
    enrolled(world, HER)
    first = world.journey.ordered(HER)
    assert reasons(world, "dr.gao", order) == ["order_open"]
    world.do("dr.gao", lambda work: dosing.cancel_order(work, first, reason="fever"))
    assert world.journey.ordered(HER) == f"{HER}-02"


def test_nothing_is_ordered_for_somebody_not_or_no_longer_in_the_study(world: World) -> None:
    world.journey.screened(file_of(candidate(world)))
    assert reasons(world, "dr.gao", order)[0] == "participant_not_eligible"
    enrolled(world, HIM)
    world.do("dr.gao", lambda work: enrolment.withdraw(work, HIM, reason="withdrew consent"))
    assert reasons(world, "dr.gao", lambda work: order(work, HIM)) == ["participant_not_eligible"]


@pytest.mark.parametrize("username", ["zhou.n", "li.c", "prof.han", "qian.m"])
def test_a_physician_alone_orders(world: World, username: str) -> None:
    enrolled(world, HER)
    assert isinstance(refusal(world, username, order), PermissionDenied)


def test_cancelling_frees_the_bags_and_asks_why(world: World) -> None:
    world.journey.released_lot(LOT, bags=1)
    enrolled(world, HER, HIM)
    made = world.journey.ordered(HER)
    (bag,) = world.journey.allocated(made)
    without = refusal(world, "dr.gao", lambda work: dosing.cancel_order(work, made, reason=""))
    assert isinstance(without, ReasonMissing)
    world.do("dr.gao", lambda work: dosing.cancel_order(work, made, reason="fever"))
    assert world.journey.order(made).status == "cancelled"
    assert world.journey.allocated(world.journey.ordered(HIM)) == [bag]


def test_an_order_whose_bag_has_left_the_freezer_is_not_cancelled(world: World) -> None:
    world.journey.released_lot(LOT, bags=1)
    enrolled(world, HER)
    made = world.journey.ordered(HER)
    (bag,) = world.journey.allocated(made)
    world.journey.issued(bag)
    for by, act in (("dr.gao", dosing.cancel_order), ("li.c", dosing.take_back_bags)):
        assert reasons(world, by, lambda work, step=act: step(work, made, reason="fever")) == ["bag_issued"]

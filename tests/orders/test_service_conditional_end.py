"""Nothing is given from a lot whose conditional release ended, whoever accepted it; QA may sign it once more."""

import pytest
from support.clients import SignIn
from support.clinic import refusal
from support.conditional import RCL, STERILITY, accept, lines_of, released_conditionally
from support.endotoxin import reported_again
from support.refusals import refused
from support.stages import HER, LOT, codes, enrolled
from support.studies import in_effect, newer
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.manufacture.service import lots
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.orders.service import acceptance
from cotrack.orders.service.dosing import order_numbered
from cotrack.quality.service import holds
from cotrack.release.service.conditional import end_of
from cotrack.release.service.decided import dispositions_of
from cotrack.release.service.dispositions import waits_for_trail

ALLOWED = '"product.conditional_release_days" = 28'
SENTENCE = "QA releases it fully, or conditionally once more, or rejects it."


@pytest.fixture
def order(world: World) -> str:
    """Her order, with nothing in store but bags of a lot that was released for five days and accepted for it."""
    in_effect(world, newer((ALLOWED, ALLOWED.replace("28", "5"))))
    released_conditionally(world)
    enrolled(world, HER)
    number = world.journey.ordered(HER)
    accept(world, number)
    return str(number)


def until_the_end(world: World, *, less_seconds: float = 0) -> None:
    """Let the days of the conditional release pass."""
    ends = world.read(lambda session: end_of(session, lot_numbered(session, LOT)))
    world.clock.now = ends
    world.clock.pass_by(minutes=-less_seconds / 60)


def thawed_life(world: World) -> int:
    minutes: int = world.runtime.ground.site.minutes["thawed_life"]
    return minutes


def test_bags_are_set_aside_up_to_the_end_and_not_at_it(world: World, order: str) -> None:
    until_the_end(world, less_seconds=30)
    assert len(world.journey.allocated(order)) == 1


def test_no_bag_is_set_aside_from_the_end_on(world: World, order: str) -> None:
    until_the_end(world)
    with refused("no_bags"):
        world.journey.allocated(order)


def test_a_bag_that_was_set_aside_is_not_issued_after_the_end(world: World, order: str) -> None:
    until_the_end(world, less_seconds=60)
    (bag,) = world.journey.allocated(order)
    world.clock.pass_by(minutes=2)
    with refused("lot_conditional") as found:
        world.journey.issued(bag)
    assert SENTENCE in found.value.reasons[0].sentence


def on_its_way(world: World, bag: str) -> None:
    """Issue, receive and thaw a bag, each by whoever does it."""
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)


@pytest.mark.parametrize(("spare_seconds", "codes"), [(30, []), (-30, ["lot_conditional"]), (0, ["lot_conditional"])])
def test_no_bag_leaves_the_cold_that_could_not_be_started_before_the_end(
    world: World, order: str, spare_seconds: int, codes: list[str]
) -> None:
    until_the_end(world, less_seconds=thawed_life(world) * 60 + spare_seconds)
    (bag,) = world.journey.allocated(order)
    if not codes:
        world.journey.issued(bag)
        return
    with refused(*codes) as found:
        world.journey.issued(bag)
    assert "before a thawed bag could be given" in found.value.reasons[0].sentence


def test_neither_check_nor_start_go_on_after_the_end(world: World, order: str) -> None:
    until_the_end(world, less_seconds=thawed_life(world) * 60 + 60)
    (bag,) = world.journey.allocated(order)
    on_its_way(world, bag)
    pair = [world.journey.check(HER, bag, by) for by in ("zhou.n", "wu.n")]
    assert [codes(each) for each in pair] == [[], []]
    world.clock.pass_by(minutes=thawed_life(world) + 2)
    assert "lot_conditional" in codes(world.journey.check(HER, bag, "zhou.n"))
    found = refusal(world, "wu.n", lambda work: infusions.start(work, first_check=pair[0].id, second_check=pair[1].id))
    assert "lot_conditional" in {each.code for each in found.reasons}


def test_nobody_accepts_a_lot_whose_conditional_release_ended_and_nobody_is_asked_to(world: World) -> None:
    released_conditionally(world)
    enrolled(world, HER)
    number = world.journey.ordered(HER)
    until_the_end(world)
    with refused("lot_conditional"):
        accept(world, number)
    asked = world.read(
        lambda session: acceptance.lots_to_accept(session, order_numbered(session, number), "dr.gao", world.clock.now)
    )
    assert asked == []


def test_what_was_accepted_counts_again_once_qa_signed_the_release_once_more(world: World, order: str) -> None:
    until_the_end(world)
    world.journey.release_conditionally(LOT, reason="RCL takes six weeks")
    assert len(world.journey.allocated(order)) == 1


def test_the_days_stand_in_the_text_that_is_signed(world: World) -> None:
    released_conditionally(world)
    texts = world.read(
        lambda session: [each.signature.text for each in dispositions_of(session, lot_numbered(session, LOT).id)]
    )
    assert "It ends after / 有效期 28 d × 24 h" in texts[0]


def test_a_version_that_was_signed_without_an_end_has_none(world: World) -> None:
    silent = newer((f"{ALLOWED}\n", ""), ('conditional_release_days = "sponsor_to_set"\n', ""))
    in_effect(world, silent)
    released_conditionally(world)
    assert world.read(lambda session: end_of(session, lot_numbered(session, LOT))) is None


def test_no_lot_is_released_conditionally_where_the_sponsor_has_not_set_for_how_long(world: World) -> None:
    in_effect(world, newer((ALLOWED, '"product.conditional_release_days" = "sponsor_to_set"')))
    with refused("sponsor_to_set") as found:
        released_conditionally(world)
    assert [each.parameters["key"] for each in found.value.reasons] == ["product.conditional_release_days"]


def test_the_pages_say_until_when_and_that_it_is_over(world: World, person: SignIn, order: str) -> None:
    pages = (f"/lots/{LOT}", f"/lots/{LOT}/release", f"/orders/{order}/accept/{LOT}")
    people = ("zhao.l", "qian.m", "dr.gao")
    before = [person(who).get(page).get_data(as_text=True) for who, page in zip(people, pages, strict=True)]
    assert ["Conditional release ends" in each for each in before] == [True, True, True]
    assert [SENTENCE in each for each in before] == [False, False, False]
    until_the_end(world)
    assert SENTENCE in person("tang.w").get(f"/lots/{LOT}").get_data(as_text=True)
    home = person("tang.w").get("/").get_data(as_text=True)
    assert "Decide about the lot" in home


def test_late_results_lead_to_the_full_release_after_the_end_too(world: World, order: str) -> None:
    until_the_end(world)
    head, *lines = lines_of(world, LOT).decode().splitlines()
    late = [each for each in lines if STERILITY in each or RCL in each]
    world.journey.results("\n".join([head, *late]).encode(), "late.csv")
    world.journey.review(LOT)
    world.journey.release(LOT)
    assert len(world.journey.allocated(order)) == 1


def test_nobody_is_asked_to_accept_a_lot_over_a_failed_test(world: World, order: str) -> None:
    reported_again(world, LOT, ">60")
    asked = world.read(
        lambda session: acceptance.lots_to_accept(session, order_numbered(session, order), "dr.gao", world.clock.now)
    )
    assert asked == []


def test_the_trail_of_a_conditional_lot_waits_for_a_review_only_once_its_time_is_over(world: World, order: str) -> None:
    held = world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    world.do("qian.m", lambda work: holds.lift(work, held.id, reason="false alarm"))
    waits = lambda session: waits_for_trail(  # noqa: E731 (it is asked twice)
        world.runtime.ground, session, lot_numbered(session, LOT), world.cast.actor("tang.w")
    )
    assert world.read(waits) is False
    until_the_end(world)
    assert world.read(waits) is True

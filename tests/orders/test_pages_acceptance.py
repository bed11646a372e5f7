"""A conditional lot on the pages: its acceptance is offered where it helps, read, signed, and seen at the bedside."""

import pytest
from support.clients import SignIn
from support.conditional import RCL, accept, lines_of, released_conditionally
from support.invalid import REASON, assessed, invalidated
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.bedside.service import verdicts
from cotrack.orders.service import acceptance


@pytest.fixture
def order(world: World) -> str:
    """Her order, with nothing in store but bags of a conditional lot."""
    released_conditionally(world)
    enrolled(world, HER)
    return world.journey.ordered(HER)


def path(order: str) -> str:
    return f"/orders/{order}/accept/{LOT}"


def test_a_physicians_work_names_the_lot_to_accept_until_it_is_accepted(
    world: World, person: SignIn, order: str
) -> None:
    assert path(order) in person("dr.gao").get("/").get_data(as_text=True)
    assert path(order) in person("dr.gao").get(f"/orders/{order}").get_data(as_text=True)
    accept(world, order)
    assert path(order) not in person("dr.gao").get("/").get_data(as_text=True)
    page = person("dr.gao").get(f"/orders/{order}").get_data(as_text=True)
    assert path(order) not in page
    assert "conditional, accepted" in page


def test_where_a_released_lot_serves_nobody_is_asked_to_accept_another(
    world: World, person: SignIn, order: str
) -> None:
    world.journey.released_lot("MSC26-0034")
    assert path(order) not in person("dr.gao").get("/").get_data(as_text=True)


def test_an_acceptance_that_counts_no_longer_is_work_again(world: World, person: SignIn, order: str) -> None:
    accept(world, order)
    world.journey.allocated(order)
    world.journey.results(lines_of(world, LOT, without=(RCL,)), name="later.csv")
    assert path(order) in person("dr.gao").get("/").get_data(as_text=True)
    assert "counts no longer" in person("zhou.n").get(f"/orders/{order}").get_data(as_text=True)


def test_nobody_else_is_offered_the_acceptance(person: SignIn, order: str) -> None:
    for name in ("li.c", "zhou.n", "qian.m", "prof.han"):
        assert path(order) not in person(name).get(f"/orders/{order}").get_data(as_text=True)


def test_the_page_names_what_is_outstanding_and_signs_it(world: World, person: SignIn, order: str) -> None:
    page = person("dr.gao").get(path(order)).get_data(as_text=True)
    assert "Sterility, day 14" in page
    assert "RCL (replication-competent vector)" in page
    signed = person("dr.gao").sign(path(order), reason="no other lot")
    assert (signed.status_code, signed.headers["Location"]) == (303, f"/orders/{order}")
    found = world.read(lambda session: acceptance.acceptances_of(session, world.journey.order(order), world.clock.now))
    assert [(each.outstanding_tests, each.reason, counts) for each, counts in found] == [
        ("sterility rcl", "no other lot", True)
    ]


def test_the_button_is_off_and_says_why_where_the_lot_cannot_be_accepted(
    world: World, person: SignIn, order: str
) -> None:
    world.journey.results(lines_of(world, LOT), name="last.csv")
    page = person("dr.gao").get(path(order)).get_data(as_text=True)
    assert "No test of lot MSC26-0031 is outstanding any more" in page
    assert "disabled>Go on to sign</button>" in page


def test_the_verdict_at_the_bedside_says_that_the_lot_is_conditional_and_who_accepted_it(
    world: World, order: str
) -> None:
    accept(world, order)
    (bag,) = world.journey.allocated(order)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    check = world.journey.check(HER, bag, "zhou.n")
    shown = verdicts.verdict(world.runtime.ground, world.cast.actor("zhou.n"), check.id)
    assert shown["is_match"]
    assert shown["acceptance"].signature.printed_name


def test_the_api_accepts_with_a_signature_and_names_the_tests(world: World, person: SignIn, order: str) -> None:
    body = {"lot": LOT, "reason": "no other lot", "signature": {"password": "only for training"}}
    answer = person("dr.gao").post(f"/api/v1/orders/{order}/accept-lot", body)
    assert answer.status_code == 201, answer.get_json()
    assert answer.get_json()["outstanding_tests"] == ["sterility", "rcl"]
    assert answer.get_json()["signature"]["meaning"] == "accepted"


def test_the_physician_reads_and_signs_which_results_were_made_invalid(
    world: World, person: SignIn, order: str
) -> None:
    world.journey.results(lines_of(world, LOT, without=(RCL,)), name="later.csv")
    world.journey.review(LOT)
    invalidated(world, "sterility", assessed(world))
    page = person("dr.gao").get(path(order)).get_data(as_text=True)
    assert "Results made invalid" in page
    assert REASON in page
    text = accept(world, order).signature.text
    assert "1 invalidated / 判定无效的结果:" in text
    assert f"Sterility, day 14 / 无菌（第 14 天） #1: no growth – DEV-{LOT}-1: {REASON}" in text

"""One bag at a time: the label of the next one waits until the one before is labelled or destroyed (21 CFR 211.125)."""

import pytest
from support.clients import SignIn
from support.refusals import codes, records, refused
from support.stages import LOT
from support.worlds import World

from cotrack.labelling.rules.reconciliation import account_of
from cotrack.labelling.service import instances, papers
from cotrack.manufacture.service import filling, lots, samples


@pytest.fixture(autouse=True)
def lot(world: World) -> str:
    return world.journey.lot(LOT)


def ask(world: World, unit: str, kind: str = "bag", *, reason: str = "") -> int:
    label_id: int = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind=kind, reason=reason)).id
    return label_id


def counted(world: World) -> dict[str, int]:
    fates = world.read(lambda session: lots.label_fates(session, lots.lot_numbered(session, LOT)))
    account = account_of(fate for _, fate in fates)
    found = {name: getattr(account, name) for name in ("applied", "spoiled", "destroyed", "in_hand")}
    return {name: count for name, count in found.items() if count}


def test_the_next_label_waits_until_the_one_before_is_scanned_back(world: World) -> None:
    first, second = world.journey.unit(LOT), world.journey.unit(LOT)
    with refused("bag_before_open"):
        ask(world, second)
    label = world.journey.unit_label(first, "bag")
    with refused("bag_before_open"):
        ask(world, second)
    world.journey.scan_back(first, world.journey.code(label))
    with refused("bag_before_open"):
        ask(world, second)
    world.journey.scan_back(first, world.journey.code(world.journey.unit_label(first, "tag")))
    assert ask(world, second)


def test_a_bag_that_was_labelled_gets_no_other_print_while_a_later_one_has_a_label_in_hand(world: World) -> None:
    first = world.journey.labelled_unit(LOT)
    ask(world, world.journey.unit(LOT))
    with refused("bag_before_open"):
        ask(world, first, reason="smudged")


def test_the_tag_waits_for_the_bag_label(world: World) -> None:
    bag = world.journey.unit(LOT)
    with refused("label_before_open"):
        ask(world, bag, "tag")
    label = world.journey.unit_label(bag, "bag")
    with refused("label_before_open"):
        ask(world, bag, "tag")
    world.journey.scan_back(bag, world.journey.code(label))
    assert ask(world, bag, "tag")


def test_the_order_holds_for_programs_too(world: World, person: SignIn) -> None:
    world.journey.unit(LOT)
    answer = person("zhao.l").post(f"/api/v1/units/{world.journey.unit(LOT)}/labels", {"kind": "bag"})
    assert (answer.status_code, codes(answer)) == (409, ["bag_before_open"])


def test_affixed_and_attached_label_are_of_the_same_bag(world: World) -> None:
    first = world.journey.labelled_unit(LOT)
    second = world.journey.unit(LOT)
    world.journey.scan_back(second, world.journey.code(world.journey.unit_label(second, "bag")))
    world.journey.unit_label(second, "tag")
    with refused("wrong_label"):
        world.journey.scan_back(second, world.journey.live_code(f"unit:{first}", "tag"))


def test_a_bag_that_breaks_is_destroyed_with_its_labels_and_the_next_one_follows(world: World) -> None:
    first, second = world.journey.unit(LOT), world.journey.unit(LOT)
    label = world.journey.unit_label(first, "bag")
    world.do("zhao.l", lambda work: filling.destroy_unit(work, first, reason="broke at filling"))
    assert counted(world) == {"destroyed": 1}
    with refused("label_void"):
        world.journey.scan_back(first, world.journey.code(label))
    assert ask(world, second)
    (kept,) = records(world, event="unit.destroy")
    assert "destroyed" in str(kept["changes"])


def test_a_bag_that_broke_needs_no_label_but_a_lot_needs_a_bag(world: World) -> None:
    broken = world.journey.unit(LOT)
    world.do("zhao.l", lambda work: filling.destroy_unit(work, broken, reason="broke at filling"))
    world.journey.line_left(LOT)
    with refused("no_units"):
        world.do("zhao.l", lambda work: lots.finish_lot(work, LOT))
    assert world.journey.labelled_unit(LOT) == f"{LOT}-002"
    world.journey.filling_finished(LOT)


def test_a_spoiled_print_is_void_its_paper_accounted_for_and_the_next_print_follows(world: World) -> None:
    bag = world.journey.unit(LOT)
    label = world.journey.unit_label(bag, "bag")
    world.do("zhao.l", lambda work: papers.make_void(work, label, reason="jam", paper="in_hand"))
    assert counted(world) == {"in_hand": 1}
    again = world.journey.unit_label(bag, "bag", reason="jam")
    assert counted(world) == {"in_hand": 2}
    world.journey.scan_back(bag, world.journey.code(again))
    world.do("zhao.l", lambda work: papers.account_for(work, label, paper="destroyed"))
    assert counted(world) == {"destroyed": 1, "applied": 1}
    with refused("paper_accounted"):
        world.do("zhao.l", lambda work: papers.account_for(work, label, paper="returned"))


def test_a_label_that_was_replaced_before_it_went_on_is_in_hand_until_somebody_says_what_became_of_it(
    world: World,
) -> None:
    bag = world.journey.unit(LOT)
    older = world.journey.unit_label(bag, "bag")
    ask(world, bag, reason="smudged")
    assert counted(world) == {"in_hand": 2}
    world.do("qian.m", lambda work: papers.account_for(work, older, paper="returned"))
    assert counted(world) == {"in_hand": 1}


def test_a_field_that_asks_for_the_bag_label_refuses_the_tag(world: World) -> None:
    bag = world.journey.labelled_unit(LOT)
    tag = world.journey.live_code(f"unit:{bag}", "tag")
    with refused("wrong_kind"):
        world.do("zhao.l", lambda work: instances.scan_back(work, f"unit:{bag}", tag, kind="bag"))


def test_a_sample_whose_label_died_after_it_was_sent_keeps_no_lot_in_filling(world: World) -> None:
    world.journey.labelled_unit(LOT)
    sample = world.journey.sample(LOT, "sterility")
    world.do("zhao.l", lambda work: samples.send_sample(work, sample))
    (label,) = world.read(lambda session: instances.labels_of(session, f"unit:{sample}"))
    world.do("qian.m", lambda work: papers.make_void(work, label.id, reason="the laboratory cannot read it"))
    with refused("unit_ended"):
        world.do("zhao.l", lambda work: filling.request_label(work, sample, kind="sample"))
    world.journey.filling_finished(LOT)

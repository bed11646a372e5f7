"""Who treats a participant: whoever enrolled them, until another physician takes the treatment over."""

import pytest
from support.conditional import accept, released_conditionally
from support.refusals import records, refused
from support.stages import HER, HIM, OTHER_PHYSICIAN, enrolled, screening
from support.worlds import World

from cotrack.foundation.errors import PermissionDenied, ReasonMissing, TransitionNotAllowed
from cotrack.participants.service import treatment
from cotrack.participants.service.treatment import take_over

LIN = OTHER_PHYSICIAN.username


def treating(world: World, number: str = HER) -> str:
    person = world.read(lambda session: treatment.treated_by(session, number))
    return person.username if person else ""


def take(world: World, by: str = LIN, reason: str = "on call", number: str = HER) -> None:
    world.do(by, lambda work: take_over(work, number, reason=reason))


@pytest.fixture(autouse=True)
def _two_physicians(world: World) -> None:
    enrolled(world, HER, HIM)
    world.cast.add(OTHER_PHYSICIAN)


def test_whoever_enrolled_a_participant_treats_them(world: World) -> None:
    assert treating(world) == "dr.gao"


def test_the_newest_takeover_counts_for_its_participant_alone(world: World) -> None:
    take(world)
    assert (treating(world), treating(world, HIM)) == (LIN, "dr.gao")
    take(world, by="dr.gao", reason="back")
    assert treating(world) == "dr.gao"


def test_a_takeover_says_why_and_stands_in_the_trail(world: World) -> None:
    with pytest.raises(ReasonMissing):
        take(world, reason=" ")
    take(world)
    (record,) = records(world, event="participant.take_over", outcome="done")
    assert (record["actor"], record["reason"], record["subject"]) == (LIN, "on call", f"participant:{HER}")


def test_nobody_takes_over_whom_they_treat(world: World) -> None:
    with refused("treats_already"):
        take(world, by="dr.gao")


@pytest.mark.parametrize("username", ["qian.m", "zhou.n", "li.c", "prof.han"])
def test_only_a_physician_treats(world: World, username: str) -> None:
    with pytest.raises(PermissionDenied):
        take(world, by=username)


def test_who_is_not_enrolled_yet_is_treated_by_nobody(world: World) -> None:
    world.journey.screened(screening(world, "IFN-003"))
    assert treating(world, "IFN-003") == ""
    with pytest.raises(TransitionNotAllowed):
        take(world, number="IFN-003")


def test_only_the_treating_physician_accepts_a_conditional_lot(world: World) -> None:
    released_conditionally(world)
    order = world.journey.ordered(HER)
    with refused("not_treating_physician"):
        accept(world, order, by=LIN)
    take(world)
    with refused("not_treating_physician"):
        accept(world, order)
    assert accept(world, order, by=LIN).signature.printed_name == OTHER_PHYSICIAN.printed_name

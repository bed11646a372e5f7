"""What lots are made from: registered, approved by signature, used while its state allows, held with all below."""

from typing import Any

import pytest
from support.laboratory import example_rows, file_of
from support.races import HeldCommand, Waiting
from support.refusals import records, refused
from support.sources import (
    DONOR,
    MASTER,
    MEDIUM,
    VECTOR,
    WORKING,
    approve,
    approved_sources,
    hold,
    registered_bank,
    registered_donor,
    registered_material,
    reject,
    use,
    with_sources,
)
from support.stages import LOT
from support.worlds import World

from cotrack.demonstration.players import Player
from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import InvalidInput, NotFound, PermissionDenied, TransitionNotAllowed
from cotrack.manufacture.service import inputs, lots, sources
from cotrack.manufacture.service.inputs import held_among, holds_over, inputs_of
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.quality.service import holds
from cotrack.release.service import dispositions
from cotrack.release.service.case import release_case


@pytest.fixture
def lot(world: World) -> str:
    """A lot in process, and sources that may go into it."""
    approved_sources(world)
    number: str = world.journey.lot(LOT)
    return number


def used(world: World) -> list[tuple[str, str]]:
    made = world.read(lambda session: inputs_of(session, lot_numbered(session, LOT).id))
    return [((each.bank or each.material).number, each.amount) for each in made]


def test_a_lot_knows_every_vial_and_material_that_went_into_it(world: World, lot: str) -> None:
    use(world, lot, f" {WORKING.lower()} ", "2")
    use(world, lot, MEDIUM, "500 mL")
    use(world, lot, VECTOR, "1.2 mL")
    assert used(world) == [(WORKING, "2"), (MEDIUM, "500 mL"), (VECTOR, "1.2 mL")]
    newest = records(world, event="material.use")[-1]
    assert (newest["subject"], newest["actor"]) == (f"lot:{LOT}", "zhao.l")
    assert newest["details"]["source"] == f"material:{VECTOR}"
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []


def test_a_material_in_quarantine_rejected_or_expired_is_refused_at_use(world: World, lot: str) -> None:
    registered_material(world, "MAT-26-0102", days=1)
    with refused("source_not_approved"):
        use(world, lot, "MAT-26-0102", "1 mL")
    approve(world, "material", "MAT-26-0102")
    world.clock.pass_by(days=1)
    use(world, lot, "MAT-26-0102", "1 mL")
    world.clock.pass_by(days=1)
    with refused("source_expired"):
        use(world, lot, "MAT-26-0102", "1 mL")
    reject(world, "material", MEDIUM)
    with refused("source_rejected", "source_on_hold"):
        use(world, lot, MEDIUM, "1 mL")


@pytest.mark.parametrize(("noun", "number"), [("cell_bank", WORKING), ("cell_bank", MASTER), ("donor", DONOR)])
def test_a_hold_on_a_bank_its_master_bank_or_its_donor_refuses_its_vials(
    world: World, lot: str, noun: str, number: str
) -> None:
    held = hold(world, noun, number=number)
    with refused("source_on_hold"):
        use(world, lot, WORKING)
    world.do("qian.m", lambda work: holds.lift(work, held.id, reason="found harmless"))
    use(world, lot, WORKING)


def test_no_vial_is_drawn_twice(world: World, lot: str) -> None:
    use(world, lot, WORKING, "8")
    with refused("no_vial_left"):
        use(world, lot, WORKING, "3")
    use(world, lot, WORKING, "2")


@pytest.mark.parametrize("amount", ["0", "-1", "1.5", "a few", "²", "10001"])
def test_vials_are_drawn_in_whole_numbers(world: World, lot: str, amount: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        use(world, lot, WORKING, amount)
    assert list(fault.value.fields) == ["amount"]


def test_nothing_goes_into_a_lot_in_quarantine(world: World) -> None:
    approved_sources(world)
    world.journey.finished_lot(LOT)
    with refused("lot_not_in_process"):
        use(world, LOT, MEDIUM, "1 mL")


@pytest.mark.parametrize("number", [DONOR, "XYZ-1"])
def test_only_a_bank_or_a_material_goes_into_a_lot(world: World, lot: str, number: str) -> None:
    with pytest.raises(NotFound):
        use(world, lot, number)


def test_only_a_technician_puts_something_into_a_lot_and_only_qa_decides(world: World, lot: str) -> None:
    with pytest.raises(PermissionDenied):
        use(world, lot, MEDIUM, "1 mL", by="qian.m")
    registered_material(world, "MAT-26-0103")
    with pytest.raises(PermissionDenied):
        approve(world, "material", "MAT-26-0103", by="zhao.l")


def test_a_bank_is_approved_only_from_an_eligible_donor_and_an_approved_master_bank(world: World) -> None:
    registered_donor(world)
    registered_bank(world, MASTER, DONOR)
    registered_bank(world, WORKING, MASTER)
    with refused("source_not_approved", "donor_not_eligible"):
        approve(world, "cell_bank", WORKING)
    approve(world, "donor", DONOR, markers="HIV negative")
    approve(world, "cell_bank", MASTER)
    bank = approve(world, "cell_bank", WORKING)
    assert (bank.status, bank.tier, bank.donor.number) == ("approved", "working", DONOR)
    for words in (WORKING, MASTER, "UC-MSC P2"):
        assert words in bank.decision_signature.text


def test_a_donor_is_found_eligible_by_results_that_are_signed(world: World) -> None:
    registered_donor(world)
    with pytest.raises(InvalidInput):
        approve(world, "donor", DONOR)
    donor = approve(world, "donor", DONOR, markers="HIV HBV HCV negative")
    assert (donor.status, donor.decision_signature.meaning) == ("eligible", "approved")
    assert "HIV HBV HCV negative" in donor.decision_signature.text
    with pytest.raises(TransitionNotAllowed):
        approve(world, "donor", DONOR, markers="other")


def test_a_bank_is_made_of_a_donor_or_of_a_master_bank_alone(world: World, lot: str) -> None:
    with refused("bank_of_working"):
        registered_bank(world, "WCB-26-02", WORKING)
    with pytest.raises(NotFound):
        registered_bank(world, "WCB-26-02", MEDIUM)


def test_a_number_names_one_thing_alone(world: World, lot: str) -> None:
    for number in (DONOR, MASTER, MEDIUM):
        with refused("number_taken"):
            registered_material(world, number)
    with pytest.raises(InvalidInput):
        registered_material(world, "medium 5")


def test_who_put_something_into_a_lot_does_not_release_it(world: World, lot: str) -> None:
    world.cast.add(Player("sun.t", "孙婷 SUN Ting", ("technician",), "FILL-1"))
    use(world, lot, MEDIUM, "500 mL", by="sun.t")
    person = world.cast.actor("sun.t").person_id
    assert person in world.read(lambda session: lots.producers(session, lot_numbered(session, LOT)))


def finished(world: World) -> None:
    """A lot with sources, its results all there and reviewed."""
    with_sources(world, lot=world.journey.lot(LOT))
    world.journey.labelled_unit(LOT)
    world.journey.filling_finished(LOT)
    world.journey.results(file_of(example_rows(LOT)))
    world.journey.review(LOT)


@pytest.mark.parametrize("noun", ["donor", "cell_bank", "material"])
def test_a_lot_is_not_released_while_a_source_of_it_is_held(world: World, noun: str) -> None:
    finished(world)
    held = hold(world, noun)
    with refused("lot_on_hold"):
        world.journey.release(LOT)
    world.do("qian.m", lambda work: holds.lift(work, held.id, reason="found harmless"))
    world.journey.release(LOT)


@pytest.mark.parametrize(
    ("noun", "number", "code"),
    [
        ("donor", DONOR, "donor_not_eligible"),
        ("cell_bank", MASTER, "source_rejected"),
        ("material", MEDIUM, "source_rejected"),
    ],
)
def test_a_rejected_source_recalls_its_lots_and_nobody_lifts_it(
    world: World, noun: str, number: str, code: str
) -> None:
    finished(world)
    reject(world, noun, number)
    with refused("lot_recalled", code):
        world.journey.release(LOT)
    (held,) = world.read(lambda session: holds.standing_holds(session, [f"{noun}:{number}"]))
    assert held.reason == "HBV positive"
    (row,) = world.read(lambda session: holds.holds_of(session, f"{noun}:{number}"))
    with pytest.raises(TransitionNotAllowed):
        world.do("qian.m", lambda work: holds.lift(work, row.id, reason="lots judged one by one"))


def test_what_was_never_approved_is_rejected_without_a_hold(world: World) -> None:
    registered_material(world)
    reject(world, "material", MEDIUM)
    assert world.read(lambda session: holds.holds_of(session, f"material:{MEDIUM}")) == []


def test_a_hold_stands_over_the_lots_below_and_over_no_other(world: World) -> None:
    with_sources(world, lot=world.journey.lot(LOT))
    other = world.journey.lot("MSC26-0032")
    use(world, other, VECTOR, "1 mL")
    for noun in ("material", "cell_bank", "donor"):
        hold(world, noun)
    asked = [f"lot:{LOT}", f"lot:{other}"]
    assert world.read(lambda session: held_among(session, asked)) == {f"lot:{LOT}"}
    found = world.read(lambda session: holds_over(session, [f"lot:{LOT}"]))
    assert [each.subject for each in found] == [f"material:{MEDIUM}", f"cell_bank:{WORKING}", f"donor:{DONOR}"]
    case = world.read(lambda session: release_case(session, lot_numbered(session, other), world.runtime.ground.site))
    assert case.facts.holds == ()


@pytest.mark.parametrize("number", [DONOR, MASTER, WORKING])
def test_a_source_knows_the_lots_below_it(world: World, number: str) -> None:
    with_sources(world, lot=world.journey.lot(LOT))

    def below(session: Any) -> list[str]:
        return [each.number for each in sources.made_from(session, sources.source_named(session, number))]

    assert world.read(below) == [LOT]


def test_the_last_vial_of_a_bank_goes_into_one_lot_alone(world: World, lot: str) -> None:
    other = world.journey.lot("MSC26-0032")
    use(world, lot, WORKING, "9")
    drawn = {"source": WORKING, "amount": "1"}
    first = HeldCommand(world, "zhao.l", lambda work: inputs.use_in_lot(work, lot, **drawn))
    second = Waiting(world, "zhao.l", lambda work: inputs.use_in_lot(work, other, **drawn))
    assert second.waits()
    first.commit()
    second.end()
    assert first.refusal is None
    assert second.refusal is not None
    assert [each.code for each in second.refusal.reasons] == ["no_vial_left"]


@pytest.mark.parametrize(("noun", "number"), [("donor", DONOR), ("cell_bank", MASTER), ("cell_bank", WORKING)])
def test_a_hold_between_the_look_and_the_use_lets_no_use_follow(world: World, lot: str, noun: str, number: str) -> None:
    held = HeldCommand(world, "qian.m", lambda work: sources.hold_source(work, noun, number, reason="under inquiry"))
    drawn = Waiting(world, "zhao.l", lambda work: inputs.use_in_lot(work, lot, source=WORKING, amount="1"))
    assert drawn.waits()
    held.commit()
    drawn.end()
    assert drawn.refusal is not None
    assert [each.code for each in drawn.refusal.reasons] == ["source_on_hold"]


def test_no_working_bank_is_laid_down_from_an_expired_or_held_or_rejected_master(world: World) -> None:
    registered_donor(world)
    approve(world, "donor", DONOR, markers="HIV negative")
    registered_bank(world, MASTER, DONOR, days=1)
    approve(world, "cell_bank", MASTER)
    world.clock.pass_by(days=2)
    with refused("source_expired"):
        registered_bank(world, WORKING, MASTER)
    hold(world, "cell_bank", number=MASTER)
    with refused("source_expired", "source_on_hold"):
        registered_bank(world, WORKING, MASTER)
    reject(world, "cell_bank", MASTER)
    with refused("source_rejected", "source_expired", "source_on_hold", "source_on_hold"):
        registered_bank(world, WORKING, MASTER)


def test_what_is_done_to_a_source_since_a_lot_was_begun_outdates_the_review_of_its_trail(world: World) -> None:
    finished(world)
    world.journey.trail_reviewed(LOT)
    held = hold(world, "material")
    world.do("qian.m", lambda work: holds.lift(work, held.id, reason="found harmless"))
    with refused("trail_unreviewed"):
        world.sign("qian.m", lambda work: dispositions.release(work, LOT))


@pytest.mark.parametrize("number", ["WANG-XIAOMING", "MSC26-0031", "ΐ"])
def test_no_source_is_called_like_a_person_or_a_lot(world: World, number: str) -> None:
    with pytest.raises(InvalidInput):
        registered_donor(world, number)


def test_a_letter_that_is_composed_otherwise_in_capitals_finds_nothing_and_breaks_nothing(world: World) -> None:
    world.journey.lot(LOT)
    with pytest.raises(NotFound):
        use(world, LOT, "ΐ", "1")

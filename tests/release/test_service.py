"""Second-person review and the signed disposition of a lot, on the laboratory's example file."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from support.laboratory import COLUMNS, EXAMPLE, example_rows, file_of, lots_in_quarantine, with_cells
from support.oos import approved, in_phase_2
from support.refusals import records, refused
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.access.models import is_intact
from cotrack.foundation.access.service import people
from cotrack.foundation.errors import (
    InvalidInput,
    PermissionDenied,
    SignatureMissing,
    SignatureRefused,
    TransitionNotAllowed,
)
from cotrack.foundation.migrations import SYSTEM
from cotrack.foundation.unit_of_work import rehearse, unit_of_work
from cotrack.foundation.work import Work
from cotrack.manufacture.service import lots
from cotrack.quality.service import holds
from cotrack.release.models import Disposition
from cotrack.release.service import dispositions, results
from cotrack.release.service.decided import dispositions_of

WELL_INSIDE, NEAR, FAILING = "MSC26-0031", "MSC26-0032", "MSC26-0033"
LOT = WELL_INSIDE
ROWS = example_rows(LOT)


@pytest.fixture
def laboratory(world: World) -> World:
    """A site with the lot of these rows in quarantine, and no result yet."""
    lots_in_quarantine(world, LOT)
    return world


@pytest.fixture
def reviewed(laboratory: World) -> World:
    """The same, with every result stored and reviewed."""
    laboratory.journey.results(file_of(ROWS))
    laboratory.journey.review(LOT)
    return laboratory


def release(lot: str) -> Callable[[Work], Disposition]:
    return lambda work: dispositions.release(work, lot)


def conditionally(lot: str, reason: str = "urgent") -> Callable[[Work], Disposition]:
    return lambda work: dispositions.release_conditionally(work, lot, reason=reason)


def status(world: World, lot: str = LOT) -> str:
    found: str = world.read(lambda session: lots.lot_numbered(session, lot)).status
    return found


def result_ids(world: World, lot: str = LOT) -> list[int]:
    lot_id = world.read(lambda session: lots.lot_numbered(session, lot)).id
    return [each.id for each in world.read(lambda session: results.results_of(session, lot_id))]


def second_role(world: World, username: str, *roles: str) -> None:
    """Add somebody who holds several roles."""
    with unit_of_work(world.runtime.ground, SYSTEM) as work:
        people.add_person(
            work,
            world.runtime.passwords,
            username=username,
            printed_name=username.upper(),
            roles=roles,
            password=PASSWORD,
            identity_verified_by="test",
            must_change_password=False,
        )


def test_of_the_example_file_two_lots_are_released_and_the_third_is_refused_for_cd105_and_sterility(
    world: World,
) -> None:
    lots_in_quarantine(world)
    world.journey.results(EXAMPLE.read_bytes())
    for lot in (WELL_INSIDE, NEAR, FAILING):
        world.journey.review(lot)
    for lot in (WELL_INSIDE, NEAR):
        world.journey.release(lot)
        assert status(world, lot) == "released"
    with refused("out_of_specification", "out_of_specification", "investigation_open", "investigation_open") as refusal:
        world.journey.release(FAILING)
    said = [each.sentence for each in refusal.value.reasons]
    assert said == [
        "CD105+: out of specification.",
        "Sterility, day 14: out of specification.",
        f"Sterility, day 14: investigation OOS-{FAILING}-2 is not concluded.",
        f"CD105+: investigation OOS-{FAILING}-1 is not concluded.",
    ]
    assert status(world, FAILING) == "quarantine"
    assert [each["detail"] for each in records(world, outcome="refused")[-1]["blockers"]] == said


def test_results_near_a_limit_are_named_in_what_qa_signs(world: World) -> None:
    lots_in_quarantine(world, NEAR)
    world.journey.results(file_of(example_rows(NEAR)))
    world.journey.review(NEAR)
    world.journey.release(NEAR)
    lot_id = world.read(lambda session: lots.lot_numbered(session, NEAR)).id
    (decision,) = world.read(lambda session: dispositions_of(session, lot_id))
    near = [line for line in decision.signature.text.splitlines() if line.endswith("near limit / 接近限度")]
    assert near == [
        "Viability / 细胞活率: 88.1 % (≥ 85 %) near limit / 接近限度",
        "CD105+: 96.2 % (≥ 95 %) near limit / 接近限度",
        "Endotoxin / 细菌内毒素: 0.31 EU/mL (< 0.5 EU/mL) near limit / 接近限度",
    ]
    assert is_intact(decision.signature)
    assert (decision.signature.meaning, decision.signature.role) == ("released", "qa_reviewer")
    assert "MSC-IFNA 1-demonstration" in decision.signature.text


@pytest.mark.parametrize(
    ("first", "second", "reasons"),
    [("182", "188", ()), ("100", "100", ()), ("99.9", "300", ("out_of_specification", "investigation_open"))],
)
def test_replicates_count_as_their_mean_and_none_may_fail(
    laboratory: World, first: str, second: str, *, reasons: tuple[str, ...]
) -> None:
    rows = with_cells(with_cells(ROWS, 18, Result=first), 19, Result=second)
    assert {row["Test"] for row in rows[16:18]} == {"IFNa secretion"}
    laboratory.journey.results(file_of(rows))
    laboratory.journey.review(LOT)
    if reasons:
        with refused(*reasons):
            laboratory.journey.release(LOT)
    else:
        laboratory.journey.release(LOT)
    assert status(laboratory) == ("quarantine" if reasons else "released")


def test_a_second_result_never_replaces_a_failing_first(laboratory: World) -> None:
    laboratory.journey.results(file_of(with_cells(ROWS, 4, Result="84.9")))
    approved(laboratory, in_phase_2(laboratory, "viability"), sample=f"{LOT}-VIA", not_by="wang.l")
    retest = {**ROWS[2], "Replicate": "2", "Result": "93.4", "Analyst": "chen.y", "Retest of": "1"}
    laboratory.journey.results(file_of([retest], columns=(*COLUMNS, "Retest of")))
    laboratory.journey.review(LOT)
    with refused("out_of_specification", "investigation_open"):
        laboratory.journey.release(LOT)


def test_every_result_needs_its_second_person(reviewed: World) -> None:
    late = {**ROWS[2], "Replicate": "2"}
    reviewed.journey.results(file_of([late]))
    with refused("result_unreviewed"):
        reviewed.journey.release(LOT)
    reviewed.journey.review(LOT)
    reviewed.journey.release(LOT)


@pytest.mark.parametrize("reviewer", ["wang.l", "chen.y", "liu.m", "sun.q"])
def test_nobody_reviews_what_they_made_or_entered(laboratory: World, reviewer: str) -> None:
    laboratory.journey.results(file_of(ROWS))
    with refused("same_person"):
        laboratory.journey.review(LOT, by=reviewer)
    assert records(laboratory)[-1]["event"] == "result.review"


def test_an_analyst_whom_an_instrument_writes_in_capitals_is_the_same_person(laboratory: World) -> None:
    rows = [{**row, "Analyst": "HE.P" if row["Test"] == "Viability" else "wang.l"} for row in ROWS]
    laboratory.journey.results(file_of(rows))
    with refused("same_person"):
        laboratory.journey.review(LOT, by="he.p")


def test_a_review_signs_each_result_as_it_was_reported(laboratory: World) -> None:
    laboratory.journey.results(file_of(ROWS))
    chosen = result_ids(laboratory)[:2]
    found = laboratory.sign("he.p", lambda work: results.review_results(work, LOT, result_ids=chosen))
    signature = found[0].review_signature
    assert signature.text.splitlines()[2:] == [
        f"{LOT}-APP  appearance  #1  conforms   wang.l",
        f"{LOT}-CNT  viable_cell_count  #1  5.36 10^6/mL  wang.l",
    ]
    assert {each.review_signature_id for each in found} == {signature.id}
    assert [each.status for each in found] == ["reviewed", "reviewed"]
    with pytest.raises(TransitionNotAllowed):
        laboratory.sign("he.p", lambda work: results.review_results(work, LOT, result_ids=chosen))


@pytest.mark.parametrize("chosen", [[], [10**9], [1, 10**9]])
def test_only_results_of_the_lot_are_reviewed(laboratory: World, chosen: list[int]) -> None:
    laboratory.journey.results(file_of(ROWS))
    with pytest.raises(InvalidInput):
        laboratory.sign("he.p", lambda work: results.review_results(work, LOT, result_ids=chosen))


def test_the_result_of_another_lot_is_not_reviewed_with_this_ones(laboratory: World) -> None:
    lots_in_quarantine(laboratory, NEAR)
    laboratory.journey.results(file_of([*ROWS, *example_rows(NEAR)]))
    mixed = [*result_ids(laboratory), result_ids(laboratory, NEAR)[0]]
    with pytest.raises(InvalidInput):
        laboratory.sign("he.p", lambda work: results.review_results(work, LOT, result_ids=mixed))


@pytest.mark.parametrize("roles", [("technician", "qa_reviewer"), ("analyst", "qa_reviewer")])
def test_whoever_made_the_lot_or_a_result_does_not_decide_on_it(world: World, roles: tuple[str, ...]) -> None:
    second_role(world, "two.hats", *roles)
    world.journey.finished_lot(LOT)
    if "technician" in roles:
        world.do("two.hats", lambda work: lots.make_lot(work, number=NEAR, made_on=world.journey.today()))
        decided = NEAR
    else:
        content = file_of([{**row, "Analyst": "two.hats"} for row in ROWS])
        world.journey.results(content)
        world.journey.review(LOT)
        decided = LOT
    with refused("same_person"):
        world.sign("two.hats", lambda work: dispositions.reject(work, decided, reason="leaking"))
    assert status(world, decided) != "rejected"


def test_whoever_reviewed_a_result_does_not_release(laboratory: World) -> None:
    laboratory.journey.results(file_of(ROWS))
    laboratory.journey.review(LOT, by="qian.m")
    with refused("same_person"):
        laboratory.journey.release(LOT, by="qian.m")
    laboratory.journey.release(LOT, by="tang.w")


@pytest.mark.parametrize("username", ["zhao.l", "he.p", "dr.gao", "prof.han", "root.a", "shen.i"])
def test_nobody_but_qa_decides_on_a_lot(reviewed: World, username: str) -> None:
    for act in (release(LOT), conditionally(LOT), lambda work: dispositions.reject(work, LOT, reason="x")):
        with pytest.raises(PermissionDenied):
            reviewed.sign(username, act)
    assert status(reviewed) == "quarantine"


def test_a_held_or_expired_lot_is_not_released_until_that_is_over(reviewed: World) -> None:
    held = reviewed.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
    with refused("lot_on_hold"):
        reviewed.journey.release(LOT)
    reviewed.do("qian.m", lambda work: holds.lift(work, held.id, reason="false alarm"))
    reviewed.clock.now += timedelta(days=800)
    with refused("expired"):
        reviewed.journey.release(LOT)


def test_what_was_shown_and_has_changed_meanwhile_is_not_signed(reviewed: World) -> None:
    reviewed.journey.trail_reviewed(LOT)
    actor = reviewed.cast.actor("qian.m")
    _, shown = rehearse(reviewed.runtime.ground, actor, release(LOT))
    proof = reviewed.runtime.door.prove(actor, PASSWORD, meaning=shown.meaning, text_sha256=shown.sha256)
    reviewed.journey.results(file_of([{**ROWS[2], "Replicate": "2", "Result": "86.0"}]))
    reviewed.journey.review(LOT)
    reviewed.journey.trail_reviewed(LOT)
    with pytest.raises(SignatureRefused), unit_of_work(reviewed.runtime.ground, actor, proof=proof) as work:
        dispositions.release(work, LOT)
    assert status(reviewed) == "quarantine"


def test_a_proof_for_a_rejection_releases_nothing(reviewed: World) -> None:
    reviewed.journey.trail_reviewed(LOT)
    actor = reviewed.cast.actor("qian.m")
    _, shown = rehearse(reviewed.runtime.ground, actor, release(LOT))
    proof = reviewed.runtime.door.prove(actor, PASSWORD, meaning="rejected", text_sha256=shown.sha256)
    with pytest.raises(SignatureRefused), unit_of_work(reviewed.runtime.ground, actor, proof=proof) as work:
        dispositions.release(work, LOT)
    others = replace(proof, person_id=proof.person_id + 1, meaning="released")
    with pytest.raises(SignatureMissing), unit_of_work(reviewed.runtime.ground, actor, proof=others) as work:
        dispositions.release(work, LOT)

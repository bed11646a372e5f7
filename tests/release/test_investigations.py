"""Failed results are investigated in two phases; nothing is tested again without a plan (§3.3 rules 4 and 5)."""

import pytest
from support.invalid import REASON, assessed, closed, stored
from support.laboratory import COLUMNS, example_rows, file_of, lots_in_quarantine
from support.late import GROWTH, grows
from support.oos import (
    REPORT,
    approved,
    confirmed,
    error_found,
    in_phase_2,
    investigation,
    numbers,
    planned,
    refuted,
    reported,
    stored_before,
)
from support.races import HeldCommand, Waiting
from support.refusals import records, refused
from support.stages import LOT
from support.worlds import World

from cotrack.demonstration.players import Player
from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import Blocked, ChangedMeanwhile, InvalidInput, PermissionDenied
from cotrack.foundation.work import Work
from cotrack.manufacture.service import lots
from cotrack.release.models import Investigation
from cotrack.release.service import dispositions, entries, imports, investigations
from cotrack.release.service.decided import dispositions_of
from cotrack.release.service.invalidations import invalidate_result
from cotrack.release.service.trail_reviews import lot_trail

ROWS = example_rows(LOT)
(STERILITY,) = [row for row in ROWS if row["Test"] == "Sterility"]
NUMBER = f"OOS-{LOT}-1"
WITH_RETEST = (*COLUMNS, "Retest of")


@pytest.fixture
def grown(world: World) -> World:
    """A lot in quarantine whose sterility failed; everything is reviewed."""
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of([{**row, **({"Result": GROWTH} if row == STERILITY else {})} for row in ROWS]))
    world.journey.review(LOT)
    return world


def retest(world: World, replicate: int = 2, **changed: str) -> None:
    cells = {**STERILITY, "Replicate": str(replicate), "Analyst": "sun.q", "Retest of": "1", **changed}
    world.journey.results(file_of([cells], columns=WITH_RETEST))


def invalid(world: World) -> None:
    failed, number = stored(world, "sterility")[0].id, assessed(world)
    world.sign("qian.m", lambda work: invalidate_result(work, failed, deviation=number, reason=REASON))


def test_an_investigation_is_opened_with_the_failed_result_in_the_record_of_its_import(grown: World) -> None:
    found = investigation(grown)
    (failed,) = stored(grown, "sterility")
    assert (found.number, found.status, found.result_ids) == (NUMBER, "phase_1", [failed.id])
    (record,) = records(grown, event="result.import")
    assert record["details"]["investigations"] == [NUMBER]
    assert grown.read(lambda session: list(differences(session, grown.runtime.ground.secrets))) == []


def test_of_each_test_one_investigation_is_under_way_and_a_further_failure_joins_it(grown: World) -> None:
    grown.journey.results(file_of([{**STERILITY, "Replicate": "2", "Result": GROWTH}]))
    assert numbers(grown) == [NUMBER]
    assert investigation(grown).result_ids == [each.id for each in stored(grown, "sterility")]
    error_found(grown)
    grown.journey.results(file_of([{**STERILITY, "Replicate": "3", "Result": GROWTH}]))
    assert numbers(grown) == [NUMBER, f"OOS-{LOT}-2"]
    columns = [each.name for each in Investigation.__table__.columns]
    twin = {name: getattr(investigation(grown), name) for name in columns if name != "id"}

    def write(work: Work) -> None:
        work.record("investigation.open", f"lot:{LOT}", permission="investigation:open")
        work.add(Investigation(**{**twin, "number": "OOS-X"}))

    with pytest.raises(ChangedMeanwhile):
        grown.do("he.p", write)


def test_a_result_that_cannot_be_held_against_its_limit_is_investigated_and_one_within_is_not(world: World) -> None:
    lots_in_quarantine(world, LOT)
    rows = [{**row, "Result": "<9"} if row["Test"] == "Endotoxin" else row for row in ROWS]
    world.journey.results(file_of(rows))
    assert (numbers(world), investigation(world, "endotoxin").status) == ([NUMBER], "phase_1")


def test_a_late_failure_of_a_released_lot_is_investigated_as_one_before_it(world: World) -> None:
    world.journey.released_lot(LOT)
    grows(world, replicate=2)
    assert investigation(world).status == "phase_1"


def test_two_people_who_type_a_failure_open_its_investigation(world: World) -> None:
    lots_in_quarantine(world, LOT)
    typed = {"test": "sterility", "sample": f"{LOT}-S14", "replicate": 1, "reported": GROWTH, "method": ""}
    typed |= {"tested_at": "2026-10-05 09:12", "analyst": "liu.m", "instrument": "", "retest_of": None, "comment": ""}
    for who in ("sun.q", "he.p"):
        assert numbers(world) == []
        world.do(who, lambda work: entries.enter_result(work, LOT, **typed))
    assert numbers(world) == [NUMBER]


def test_the_laboratory_reports_by_an_analyst_who_did_not_make_the_result_and_qa_signs(grown: World) -> None:
    for author in ("liu.m", "wang.l"):
        with refused("same_person"):
            reported(grown, NUMBER, "error_found", by=author)
    with pytest.raises(PermissionDenied):
        reported(grown, NUMBER, "error_found", by="qian.m")
    with refused("report_missing"):
        grown.sign("qian.m", lambda work: investigations.find_error(work, NUMBER))
    reported(grown, NUMBER, "none_found")
    with refused("reported_otherwise"):
        grown.sign("qian.m", lambda work: investigations.find_error(work, NUMBER))
    error_found(grown)
    signature = investigation(grown).phase_1_signature
    assert signature is not None
    assert (signature.meaning, signature.subject) == ("approved", f"investigation:{NUMBER}")
    assert f"Hypothesis / 假设: {REPORT['hypothesis']}" in signature.text
    assert "Outcome / 结果: a laboratory error was found / 发现实验室差错" in signature.text
    assert f"{LOT}-S14 #1: {GROWTH}  liu.m" in signature.text


def test_a_failed_result_is_made_invalid_only_by_what_its_investigation_found(grown: World) -> None:
    with refused("investigation_open"):
        invalid(grown)
    number = in_phase_2(grown)
    with refused("investigation_open"):
        invalid(grown)
    confirmed(grown, number)
    with refused("oos_confirmed"):
        invalid(grown)
    assert stored(grown, "sterility")[0].status == "reviewed"


def test_after_the_laboratorys_error_the_result_is_made_invalid_and_repeated_without_a_plan(grown: World) -> None:
    error_found(grown)
    with refused("retest_not_planned"):
        retest(grown)
    invalid(grown)
    retest(grown)
    assert [each.status for each in stored(grown, "sterility")] == ["invalidated", "recorded"]


def test_nothing_is_tested_again_before_qa_approved_the_plan(grown: World) -> None:
    with refused("retest_not_planned") as refusal:
        retest(grown)
    assert refusal.value.reasons[0].sentence.startswith(
        f"Line 2, column Retest of: investigation {NUMBER} has no approved retest plan."
    )
    planned(grown, in_phase_2(grown))
    with refused("retest_not_planned"):
        retest(grown)
    assert len(stored(grown, "sterility")) == 1


def test_no_more_retests_are_stored_than_the_plan_says_nor_of_another_sample_nor_by_whom_it_excludes(
    grown: World,
) -> None:
    approved(grown, in_phase_2(grown), retests=2)
    with refused("retest_other_sample", "retest_by_excluded"):
        retest(grown, **{"Sample ID": f"{LOT}-S15", "Analyst": "刘敏"})
    three = [{**STERILITY, "Replicate": str(each), "Analyst": "sun.q", "Retest of": "1"} for each in (2, 3, 4)]
    with refused("retest_too_many") as refusal:
        grown.journey.results(file_of(three, columns=WITH_RETEST))
    assert refusal.value.reasons[0].sentence.startswith("Line 4, column Retest of")
    grown.journey.results(file_of(three[:2], columns=WITH_RETEST))
    with refused("retest_too_many"):
        retest(grown, 4)


def test_a_further_pass_that_does_not_say_what_it_tests_again_is_refused_and_a_further_failure_is_stored(
    grown: World,
) -> None:
    with refused("retest_undeclared"):
        grown.journey.results(file_of([{**STERILITY, "Replicate": "2"}]))
    grown.journey.results(file_of([{**STERILITY, "Replicate": "2", "Result": GROWTH}]))
    assert len(stored(grown, "sterility")) == 2


def test_a_typed_retest_without_a_plan_is_refused_in_plain_words(grown: World) -> None:
    typed = {"test": "sterility", "sample": f"{LOT}-S14", "replicate": 2, "reported": "no growth", "method": ""}
    typed |= {"tested_at": "2026-10-05 09:12", "analyst": "sun.q", "instrument": "", "retest_of": 1, "comment": ""}
    with refused("retest_not_planned") as refusal:
        grown.do("sun.q", lambda work: entries.enter_result(work, LOT, **typed))
    (reason,) = refusal.value.reasons
    assert reason.sentence.startswith(f"Investigation {NUMBER} has no approved retest plan.")
    assert reason.solve == f"investigation:{NUMBER}"


def test_a_plan_once_approved_is_never_changed_and_names_a_sample_of_the_lot(grown: World) -> None:
    number = in_phase_2(grown)
    with pytest.raises(InvalidInput):
        planned(grown, number, sample="MSC26-0032-S14")
    with refused("plan_missing"):
        grown.sign("qian.m", lambda work: investigations.approve_plan(work, number))
    approved(grown, number)
    with refused("plan_approved"):
        planned(grown, number, retests=9)
    with refused("plan_approved"):
        grown.sign("tang.w", lambda work: investigations.approve_plan(work, number))


def test_who_wrote_an_earlier_report_or_plan_does_not_sign_though_somebody_else_wrote_it_anew(grown: World) -> None:
    grown.cast.add(Player("lu.b", "陆白 LU Bai", ("analyst", "qa_reviewer")))
    for by in ("lu.b", "he.p"):
        reported(grown, NUMBER, "none_found", by=by)
    with refused("same_person"):
        grown.sign("lu.b", lambda work: investigations.go_on(work, NUMBER))
    grown.sign("qian.m", lambda work: investigations.go_on(work, NUMBER))
    grown.cast.add(Player("mo.q", "莫青 MO Qing", ("analyst", "qa_reviewer")))
    for by in ("mo.q", "he.p"):
        planned(grown, NUMBER, by=by)
    for by in ("lu.b", "mo.q"):
        with refused("same_person"):
            grown.sign(by, lambda work: investigations.approve_plan(work, NUMBER))
    grown.sign("qian.m", lambda work: investigations.approve_plan(work, NUMBER))


def test_a_plan_has_at_least_one_retest(grown: World) -> None:
    number = in_phase_2(grown)
    with pytest.raises(InvalidInput) as fault:
        planned(grown, number, retests=0, sample="")
    assert list(fault.value.fields) == ["retests"]


def test_a_result_is_not_confirmed_only_when_every_planned_retest_is_there_reviewed_and_passed(grown: World) -> None:
    number = in_phase_2(grown)
    with refused("plan_not_approved"):
        refuted(grown, number)
    approved(grown, number, retests=2)
    retest(grown)
    with refused("retests_missing", "result_unreviewed"):
        refuted(grown, number)
    retest(grown, 3, Result=GROWTH)
    grown.journey.review(LOT)
    with refused("retest_failed"):
        refuted(grown, number)
    confirmed(grown, number)
    assert investigation(grown).status == "oos_confirmed"


def test_a_conclusion_waits_for_a_retest_that_is_being_stored_and_sees_that_it_failed(grown: World) -> None:
    number = in_phase_2(grown)
    approved(grown, number, retests=1)
    retest(grown)
    grown.journey.review(LOT)
    grown.clock.pass_by(minutes=1)
    failing = file_of([{**STERILITY, "Replicate": "3", "Result": GROWTH, "Analyst": "sun.q"}])
    held = HeldCommand(
        grown, "chen.y", lambda work: imports.import_results(work, file_name="late.csv", content=failing)
    )
    said = {"conclusion": "clean", "cause": "the medium"}
    concluding = Waiting(grown, "qian.m", lambda work: investigations.refute(work, number, **said), is_signed=True)
    assert concluding.waits()
    held.commit()
    concluding.end()
    assert concluding.refusal is not None
    assert investigation(grown).status == "phase_2"


def test_what_was_not_confirmed_for_a_cause_is_made_invalid_and_the_retests_release_the_lot(grown: World) -> None:
    number = in_phase_2(grown)
    approved(grown, number)
    retest(grown)
    grown.journey.review(LOT)
    refuted(grown, number)
    invalid(grown)
    closed(grown, f"DEV-{LOT}-1")
    grown.journey.release(LOT, by="tang.w")
    lot = grown.read(lambda session: lots.lot_numbered(session, LOT))
    (decision,) = grown.read(lambda session: dispositions_of(session, lot.id))
    line = f"Investigation / 超标调查 {number}: Sterility, day 14 / 无菌（第 14 天） – not confirmed / 超标不成立"
    assert line in decision.signature.text


def test_what_was_confirmed_is_never_undone_by_passing_retests(grown: World) -> None:
    number = in_phase_2(grown)
    approved(grown, number, retests=2)
    retest(grown)
    grown.journey.review(LOT)
    confirmed(grown, number)
    with refused("retest_after_confirmation"):
        retest(grown, 3)
    for act in (grown.journey.release, lambda lot: grown.journey.release_conditionally(lot, reason="urgent")):
        with pytest.raises(Blocked) as refusal:
            act(LOT)
        (reason,) = [each for each in refusal.value.reasons if each.code == "oos_confirmed"]
        assert (reason.solve, NUMBER in reason.sentence) == (f"investigation:{NUMBER}", True)


def test_an_investigation_under_way_keeps_a_lot_from_its_conditional_release(grown: World) -> None:
    with pytest.raises(Blocked) as refusal:
        grown.journey.release_conditionally(LOT, reason="urgent")
    (reason,) = [each for each in refusal.value.reasons if each.code == "investigation_open"]
    assert reason.solve == f"investigation:{NUMBER}"


def test_what_is_done_to_an_investigation_stands_in_the_lots_trail_and_undoes_its_review(grown: World) -> None:
    grown.journey.trail_reviewed(LOT)
    reported(grown, NUMBER, "none_found")
    lot = grown.read(lambda session: lots.lot_numbered(session, LOT))
    told = grown.read(lambda session: lot_trail(session, lot))
    assert (told[-1].event, told[-1].actor) == ("investigation.report", "he.p")
    with pytest.raises(Blocked) as refusal:
        grown.sign("tang.w", lambda work: dispositions.release(work, LOT))
    assert "trail_unreviewed" in [each.code for each in refusal.value.reasons]


def test_a_failure_from_before_investigations_is_investigated_by_hand(world: World) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(ROWS))
    old = stored_before(world, "sterility")
    number = assessed(world)
    make_invalid = lambda work: invalidate_result(work, old, deviation=number, reason=REASON)  # noqa: E731 (one line)
    with refused("investigation_missing"):
        world.sign("qian.m", make_invalid)
    with refused("retest_uninvestigated"):
        retest(world, 2, **{"Retest of": "9"})
    opened = world.do("he.p", lambda work: investigations.open_investigation(work, LOT, test="sterility"))
    assert (opened.number, investigation(world).result_ids) == (NUMBER, [old])
    error_found(world)
    world.sign("qian.m", make_invalid)
    with refused("nothing_to_investigate"):
        world.do("he.p", lambda work: investigations.open_investigation(work, LOT, test="sterility"))

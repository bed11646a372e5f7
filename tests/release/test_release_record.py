"""The release record: everything that a decision about a lot rested on, on paper."""

from collections.abc import Callable

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from support.clients import Client
from support.deviations import planned_action
from support.entries import APPEARANCE, enter, not_critical
from support.invalid import CAUSE, REASON, assessed, closed, invalidated
from support.laboratory import example_rows, file_of, lots_in_quarantine
from support.late import GROWTH
from support.oos import approved, confirmed, in_phase_2
from support.papers import keep_all, text_of
from support.sources import DONOR, MASTER, MEDIUM, WORKING, approved_sources, use
from support.stages import LOT, results_of
from support.worlds import World

from cotrack.foundation.errors import Blocked
from cotrack.manufacture.service import lots
from cotrack.manufacture.service.deviations import deviations_under
from cotrack.quality.service import actions
from cotrack.release.service import dispositions, lifting

Person = Callable[[str], Client]


def record_of(client: Client, lot: str = LOT) -> str:
    answer = client.get(f"/lots/{lot}/release-record.pdf")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return text_of(answer.data)


def made_from_sources(world: World) -> None:
    approved_sources(world)
    world.journey.lot(LOT)
    use(world, LOT, WORKING, "2")
    use(world, LOT, MEDIUM, "500 mL")
    world.journey.labelled_unit(LOT)
    world.journey.filling_finished(LOT)


def test_the_release_record_says_all_that_the_decision_rested_on(world: World, person: Person) -> None:
    made_from_sources(world)
    with pytest.raises(Blocked):
        world.sign("qian.m", lambda work: dispositions.release(work, LOT))
    held = world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="freezer alarm"))
    world.do("qian.m", lambda work: lifting.lift_hold(work, held.id, reason="alarm was a test"))
    world.journey.results(results_of(world, LOT))
    number = assessed(world)
    action = planned_action(world, number)
    world.do("zhao.l", lambda work: actions.finish(work, action.id, outcome="glove box changed"))
    invalidated(world, "rcl", number)
    closed(world, number)
    world.journey.review(LOT)
    world.sign("tang.w", lambda work: dispositions.reject(work, LOT, reason="RCL is not known"))
    said = record_of(person("shen.i"))
    for words in (
        "批次放行记录 Lot release record",
        "不合格，不予放行 Rejected 理由 Reason: RCL is not known",
        "缺检验结果 result missing",
        "放行 Released",
        "no result yet",
        "检验员 QC analyst",
        "何平 HE Ping",
        "qc-results.csv (",
        REASON,
        CAUSE,
        "glove box changed",
        "纠正 correction",
        "freezer alarm",
        "alarm was a test",
        "袋签 bag label 1 1 0 0 0 0",
        f"{WORKING} UC-MSC P2",
        f"{MASTER} ← {DONOR}",
        "500 mL",
        "I reject this lot.",
        "signed as 判定不合格 rejected",
    ):
        assert words in said, words


def test_what_the_record_says_of_a_release_is_that_nothing_stood_against_it(world: World, person: Person) -> None:
    world.journey.released_lot(LOT)
    said = record_of(person("shen.i"))
    assert "What stood against a full release at the decision 无。None." in said
    assert "审阅人 Reviewed by 时间 When 记录数 Records 审阅至记录 Up to record 唐伟 TANG Wei" in said
    assert said.count("是 yes") == 19
    assert "否 no" not in said


def test_the_record_says_of_a_result_that_one_person_typed_it(world: World, person: Person) -> None:
    not_critical(world, "appearance")
    enter(world, "liu.m", **APPEARANCE)
    world.sign("tang.w", lambda work: dispositions.reject(work, LOT, reason="the freezer failed"))
    assert "单人录入 typed once · 刘敏 LIU Min" in record_of(person("shen.i"))


def test_what_stood_against_a_release_is_written_in_both_languages(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    grown = [{**row, **({"Result": GROWTH} if row["Test"] == "Sterility" else {})} for row in example_rows(LOT)]
    world.journey.results(file_of([row for row in grown if row["Test"] != "Viability"]))
    enter(world, "liu.m")
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="freezer alarm"))
    world.sign("tang.w", lambda work: dispositions.reject(work, LOT, reason="growth"))
    said = record_of(person("shen.i"))
    for words in (
        "批次扣留中 lot on hold",
        "超标调查未结论 investigation not concluded",
        "录入待第二人 entry waits for a second person",
        "审计追踪未审阅 trail not reviewed",
    ):
        assert words in said, words


def test_every_investigation_stands_on_the_record_with_its_plan_and_how_it_ended(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    grown = [{**row, **({"Result": GROWTH} if row["Test"] == "Sterility" else {})} for row in example_rows(LOT)]
    world.journey.results(file_of(grown))
    number = in_phase_2(world)
    approved(world, number)
    confirmed(world, number)
    world.sign("tang.w", lambda work: dispositions.reject(work, LOT, reason="growth"))
    said = record_of(person("shen.i"))
    section = said[said.index("Investigations of results out of specification") : said.index("偏差措施 Actions")]
    for words in (
        number,
        "超标成立 out of specification confirmed",
        "the medium was not sterile · the bag is contaminated",
        f"1 × {LOT}-S14; 不得由 not by liu.m",
        "何平 HE Ping",
    ):
        assert words in section, words


def test_deviations_of_a_lot_are_read_with_the_signatures_that_closed_them_in_one_statement(world: World) -> None:
    world.journey.lot(LOT)
    for _ in range(2):
        closed(world, assessed(world))
    asked: list[str] = []
    engine = world.runtime.ground.sessions.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(str(given[2])))

    def closers(session: Session) -> list[str]:
        lot = lots.lot_numbered(session, LOT)
        asked.clear()
        return [each.closure_signature.printed_name for each in deviations_under(session, lot)]

    assert world.read(closers) == ["钱梅 QIAN Mei"] * 2
    assert len(asked) == 1


def test_who_does_not_read_sources_reads_no_release_record(world: World, person: Person) -> None:
    world.journey.released_lot(LOT)
    keep_all(world)
    nurse = person("zhou.n")
    assert nurse.get(f"/lots/{LOT}/release-record.pdf").status_code == 403
    # The newest document of the lot is its release record, the one before it the certificate.
    assert [nurse.get(f"/documents/{each}.pdf").status_code for each in (1, 2)] == [200, 403]
    page = nurse.get(f"/lots/{LOT}").get_data(as_text=True)
    assert "/documents/1.pdf" in page
    assert "/documents/2.pdf" not in page
    assert "release-record.pdf" not in page

"""A laboratory's file is read by the version of its mapping that QA approved, and its faults are told in its words."""

import time
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from support.external import (
    CODE,
    HEAD,
    LOT,
    OURS,
    SPELLING,
    approved,
    changed,
    proposed,
    registered,
    rows,
    sent,
    spelt,
)
from support.laboratory import file_of, lots_in_quarantine
from support.races import HeldCommand, Waiting
from support.refusals import records, refused
from support.studies import in_effect, newer
from support.worlds import World

from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.errors import (
    InvalidInput,
    NotFound,
    PermissionDenied,
    ReasonMissing,
    Refused,
    TransitionNotAllowed,
)
from cotrack.foundation.unit_of_work import rehearse, unit_of_work
from cotrack.foundation.work import Work
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.models import FileMapping, MappedImport, Result
from cotrack.release.rules.spelling import Pair, ResultWord, from_text
from cotrack.release.service import imports, kept_files, laboratories

GOOD = sent(rows())


@pytest.fixture
def outside(world: World) -> World:
    """A site with one lot, and a laboratory outside whose mapping QA approved."""
    lots_in_quarantine(world, LOT)
    registered(world)
    approved(world)
    return world


def stored(world: World) -> list[Result]:
    return list(world.read(lambda session: session.scalars(select(Result).order_by(Result.id)).all()))


def imported(world: World, content: bytes = GOOD, *, by: str = "wang.l", mapping: int | None = None) -> int | None:
    act = lambda work: imports.import_results(  # noqa: E731 (one line)
        work, file_name="ext.csv", content=content, laboratory=CODE, mapping=mapping
    )
    return world.do(by, act).mapping  # type: ignore[no-any-return]


def faults(world: World, content: bytes) -> list[str]:
    """Import a file that is refused; see that nothing is stored; return every fault."""
    before = len(stored(world))
    with pytest.raises(InvalidInput) as refusal:
        imported(world, content)
    assert len(stored(world)) == before
    assert records(world)[-1]["outcome"] == "refused"
    return [each.sentence for each in refusal.value.reasons]


def statuses(world: World) -> list[str]:
    return list(world.read(lambda session: session.scalars(select(FileMapping.status).order_by(FileMapping.id)).all()))


def test_a_file_in_a_laboratorys_own_form_is_stored_as_ours_would_be(outside: World) -> None:
    assert imported(outside) == 1
    found = stored(outside)
    assert [each.reported for each in found] == OURS
    assert [each.unit for each in found] == ["", "10^6/mL", "%", "%", "EU/mL", "", ""]
    assert {f"{each.tested_at:%Y-%m-%d %H:%M}" for each in found} == {"2026-10-05 01:12"}
    record = records(outside, event="result.import")[-1]
    assert (record["details"]["laboratory"], record["details"]["mapping"]) == (CODE, 1)
    secrets = outside.runtime.ground.secrets
    assert outside.read(lambda session: list(differences(session, secrets))) == []


def test_the_same_results_in_our_format_are_already_there(outside: World) -> None:
    imported(outside)
    found = stored(outside)
    ours = [
        {
            "Sample ID": each.sample,
            "Lot No.": LOT,
            "Test": pair.ours,
            "Method": each.method,
            "Replicate": "1",
            "Result": each.reported,
            "Unit": each.unit,
            "Tested at": "2026-10-05 09:12",
            "Analyst": each.analyst,
            "Instrument": each.instrument,
            "Comment": "",
        }
        for each, pair in zip(found, SPELLING.tests, strict=True)
    ]
    with pytest.raises(InvalidInput, match="stored already"):
        outside.journey.results(file_of(ours))


def test_a_stored_file_names_the_version_that_read_it_for_ever(outside: World) -> None:
    imported(outside, sent(rows()[:3]))
    assert approved(outside, spelt(zone="UTC")) == 2
    assert imported(outside, sent(rows()[3:4])) == 2
    number_of = select(FileMapping.number).join(MappedImport, MappedImport.mapping_id == FileMapping.id)
    numbers = outside.read(lambda session: session.scalars(number_of.order_by(MappedImport.id)).all())
    assert numbers == [1, 2]
    lot_id = outside.read(lambda session: lot_numbered(session, LOT)).id
    kept = outside.read(lambda session: kept_files.kept_files_of(session, lot_id))
    assert [(each.laboratory, each.mapping) for each in kept] == [(CODE, 1), (CODE, 2)]
    assert [f"{each.tested_at:%H:%M}" for each in stored(outside)] == ["01:12", "01:12", "01:12", "09:12"]


SAID: dict[str, tuple[bytes, list[str]]] = {
    "an unmapped test": (
        sent(changed(4, 项目="活力")),
        ["Line 4, column 项目: the laboratory's mapping has no test “活力”."],
    ),
    "a test by our own name": (
        sent(changed(4, 项目="Viability")),
        ["Line 4, column 项目: the laboratory's mapping has no test “Viability”."],
    ),
    "an unmapped unit": (sent(changed(6, 单位="IU/mL")), ["Line 6, column 单位: “IU/mL” where EU/mL belongs."]),
    "a word that nobody mapped": (
        sent(changed(7, 结果="弱阳性")),
        ["Line 7, column 结果: “弱阳性” is no result of this test."],
    ),
    "a point for a comma": (
        sent(changed(4, 结果="93.4")),
        ["Line 4, column 结果: “93.4” has a point, where this laboratory writes a comma."],
    ),
    "another form of time": (
        sent(changed(4, 时间="2026-10-05 09:12")),
        ["Line 4, column 时间: “2026-10-05 09:12” is no time such as 05.10.2026 09:12."],
    ),
    "a time to come": (
        sent(changed(4, 时间="05.10.2027 09:12")),
        ["Line 4, column 时间: 05.10.2027 09:12 lies in the future."],
    ),
    "no lot": (sent(changed(4, 批号="X")), ["Line 4, column 批号: there is no lot “X”."]),
    "nobody": (sent(changed(4, 检验人="")), ["Line 4, column 检验人: nobody is named."]),
    "twice": (sent([*rows(), rows()[2]]), ["Line 9: this result stands in line 4 already."]),
    "a column too many": (
        sent(rows(), head=(*HEAD, "判定")),
        ["Line 1: the column “判定” is not known."],
    ),
    "a column missing": (sent(rows(), head=HEAD[1:]), ["Line 1: the column “样品” is missing."]),
    "a column twice": (sent(rows(), head=(*HEAD, "结果")), ["Line 1: the column “结果” stands twice."]),
    "a formula": (sent(changed(4, 结果="=93,4")), ["Line 4, column 结果: “=93,4” is no result of this test."]),
    "another separator": (
        GOOD.replace(b";", b","),
        [
            *(f"Line 1: the column “{each}” is missing." for each in HEAD[:-1]),
            f"Line 1: the column “{','.join(HEAD)}” is not known.",
        ],
    ),
    "several faults": (
        sent([changed(2, 项目="x", 时间="y")[0], changed(3, 结果="abc")[1]]),
        [
            "Line 2, column 项目: the laboratory's mapping has no test “x”.",
            "Line 2, column 时间: “y” is no time such as 05.10.2026 09:12.",
            "Line 3, column 结果: “abc” is no result of this test.",
        ],
    ),
    "bytes of no encoding": (
        GOOD + b"\xff",
        ["Line 8: the file is not written in gb18030, as the laboratory's mapping says."],
    ),
}


def test_every_fault_is_told_by_line_and_column_of_the_laboratorys_own_file(outside: World) -> None:
    for name, (content, expected) in SAID.items():
        assert faults(outside, content) == expected, name


def test_a_file_in_another_encoding_than_the_mappings_is_refused(outside: World) -> None:
    assert faults(outside, sent(rows(), encoding="utf-8"))
    assert faults(outside, sent(rows(), encoding="utf-16"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_mapping_may_name_another_encoding_and_a_mark_at_the_files_begin_is_no_letter(
    outside: World, encoding: str
) -> None:
    approved(outside, spelt(encoding=encoding))
    mark = b"\xef\xbb\xbf" if encoding == "utf-8" else b""
    assert imported(outside, mark + sent(rows(), encoding=encoding)) == 2
    assert [each.reported for each in stored(outside)] == OURS


def test_a_failure_reported_in_the_laboratorys_words_stops_the_lot_like_ours(outside: World) -> None:
    looked = imports.look(
        outside.runtime.ground,
        outside.cast.actor("wang.l"),
        file_name="ext.csv",
        content=sent(changed(8, 结果="生长：S. aureus")),
        laboratory=CODE,
    )
    assert looked.faults == ()
    assert looked.new[-1].row["Result"] == "growth: S. aureus"
    assert looked.new[-1].row.told["Result"] == ("结果", "生长：S. aureus")


def test_without_a_laboratory_a_file_is_read_in_our_format_as_before(outside: World) -> None:
    with pytest.raises(InvalidInput):
        outside.journey.results(GOOD)
    outside.journey.results(
        file_of(
            [
                {
                    "Sample ID": f"{LOT}-APP",
                    "Lot No.": LOT,
                    "Test": "Appearance",
                    "Replicate": "1",
                    "Result": "conforms",
                    "Tested at": "2026-10-05 09:12",
                    "Analyst": "wang.l",
                }
            ]
        )
    )
    assert outside.read(lambda session: session.scalars(select(MappedImport)).all()) == []


# Who proposes, who approves


def test_no_file_is_read_before_a_version_is_approved_nor_after_it_is_withdrawn(world: World) -> None:
    lots_in_quarantine(world, LOT)
    registered(world)
    proposed(world)
    no_mapping = f"No mapping of laboratory “{CODE}” is approved: no file is read."
    assert faults(world, GOOD) == [no_mapping]
    world.sign("qian.m", lambda work: laboratories.approve(work, CODE, 1))
    imported(world, sent(rows()[:1]))
    world.do("qian.m", lambda work: laboratories.withdraw(work, CODE, 1, reason="another system"))
    assert faults(world, sent(rows()[1:])) == [no_mapping]
    assert statuses(world) == ["withdrawn"]


def test_a_newer_version_supersedes_the_one_before_and_an_older_one_never_comes_back(outside: World) -> None:
    assert [proposed(outside, spelt(zone="UTC")) for _ in range(2)] == [2, 3]
    outside.sign("tang.w", lambda work: laboratories.approve(work, CODE, 3))
    assert statuses(outside) == ["superseded", "proposed", "approved"]
    with refused("newer_approved"):
        outside.sign("tang.w", lambda work: laboratories.approve(work, CODE, 2))
    with pytest.raises(TransitionNotAllowed):
        outside.sign("tang.w", lambda work: laboratories.approve(work, CODE, 1))


def test_whoever_proposed_a_mapping_does_not_approve_it(world: World) -> None:
    registered(world)
    both = replace(world.cast.actor("qian.m"), roles=("analyst", "qa_reviewer"))
    with unit_of_work(world.runtime.ground, both) as work:
        laboratories.propose(work, CODE, spelling=SPELLING)
    with refused("same_person"):
        rehearse(world.runtime.ground, both, lambda work: laboratories.approve(work, CODE, 1))
    world.sign("tang.w", lambda work: laboratories.approve(work, CODE, 1))


def test_nobody_but_an_analyst_proposes_and_nobody_but_qa_approves_or_withdraws(world: World) -> None:
    registered(world)
    proposed(world)
    for username in ("zhao.l", "qian.m", "dr.gao", "root.a"):
        with pytest.raises(PermissionDenied):
            proposed(world, by=username)
    for username in ("zhao.l", "he.p", "dr.gao", "root.a"):
        with pytest.raises(PermissionDenied):
            world.sign(username, lambda work: laboratories.approve(work, CODE, 1))
        with pytest.raises(PermissionDenied):
            world.do(username, lambda work: laboratories.withdraw(work, CODE, 1, reason="x"))
    with pytest.raises(ReasonMissing):
        world.do("qian.m", lambda work: laboratories.withdraw(work, CODE, 1, reason=" "))
    assert statuses(world) == ["proposed"]


def test_qa_signs_every_line_of_the_mapping(outside: World) -> None:
    row = outside.read(lambda session: laboratories.mapping_numbered(session, CODE, 1))
    assert from_text(row.text) == SPELLING
    signature = row.approval_signature
    assert (signature.printed_name, signature.meaning) == ("钱梅 QIAN Mei", "approved")
    for each in (*SPELLING.columns, *SPELLING.tests, *SPELLING.units):
        assert f"“{each.theirs}” = “{each.ours}”" in signature.text
    assert "“无菌”: “阴性” = “no growth”" in signature.text


def test_a_faulty_mapping_is_neither_proposed_nor_stored(outside: World) -> None:
    faulty = spelt(tests=(*SPELLING.tests, Pair("x", "y")), units=(Pair("µg/dose", "ng/dose"),))
    with refused("mapping_fault", "mapping_fault"):
        proposed(outside, faulty)
    turned = spelt(words=(*SPELLING.words, ResultWord("支原体", "detected", "not detected")))
    with refused("mapping_fault"):
        proposed(outside, turned)
    assert statuses(outside) == ["approved"]


def test_a_mapping_that_the_specification_no_longer_fits_is_not_approved(outside: World) -> None:
    number = proposed(outside, spelt(zone="UTC"))
    renamed = newer(('reported_as = "Sterility"\n', 'reported_as = "Sterility, final"\n'))
    in_effect(outside, renamed)
    with refused("mapping_fault"):
        outside.sign("qian.m", lambda work: laboratories.approve(work, CODE, number))
    assert statuses(outside) == ["approved", "proposed"]


@pytest.mark.parametrize("rule", ["two people", "one approved"])
def test_the_database_itself_refuses_a_mapping_by_one_person_or_two_that_read_at_once(
    outside: World, rule: str
) -> None:
    row = outside.read(lambda session: laboratories.mapping_numbered(session, CODE, 1))
    other = row.approved_by_id if rule == "one approved" else row.proposed_by_id

    def write(work: Work) -> None:
        work.record("result.import", "file:x", permission="result:import")
        work.add(
            FileMapping(
                laboratory_id=row.laboratory_id,
                number=9,
                text=row.text,
                remark="",
                sample_name="",
                sample_sha256="",
                proposed_at=row.proposed_at,
                proposed_by_id=row.proposed_by_id,
                approval_signature_id=row.approval_signature_id,
                approved_by_id=other,
                status="approved" if rule == "one approved" else "superseded",
            )
        )

    with pytest.raises((Refused, IntegrityError)):
        outside.do("wang.l", write)
    assert statuses(outside) == ["approved"]


def test_a_mapping_that_changed_since_the_preview_stores_nothing(outside: World) -> None:
    approved(outside, spelt(zone="UTC"))
    with pytest.raises(InvalidInput, match="changed since this file was looked at"):
        imported(outside, mapping=1)
    assert stored(outside) == []
    assert imported(outside, mapping=2) == 2


def test_a_laboratory_is_known_by_one_code(world: World) -> None:
    registered(world)
    with pytest.raises(InvalidInput) as refusal:
        registered(world)
    assert refusal.value.fields.keys() == {"code"}
    with pytest.raises(InvalidInput):
        world.do("wang.l", lambda work: laboratories.register(work, code="x;y", name_en="a", name_zh="b"))
    with pytest.raises(NotFound):
        world.do("wang.l", lambda work: laboratories.propose(work, "NONE", spelling=SPELLING))
    with pytest.raises(NotFound):
        world.sign("qian.m", lambda work: laboratories.approve(work, CODE, 9))


def test_a_withdrawal_waits_for_an_import_and_the_import_names_what_read_it(outside: World) -> None:
    act = lambda work: imports.import_results(work, file_name="x.csv", content=GOOD, laboratory=CODE)  # noqa: E731
    held = HeldCommand(outside, "wang.l", act)
    withdrawal = Waiting(outside, "qian.m", lambda work: laboratories.withdraw(work, CODE, 1, reason="stop"))
    assert withdrawal.waits()
    held.commit()
    withdrawal.end()
    assert statuses(outside) == ["withdrawn"]
    assert [each.reported for each in stored(outside)] == OURS


def test_a_version_that_is_withdrawn_while_it_is_signed_is_not_approved(outside: World) -> None:
    number = proposed(outside, spelt(zone="UTC"))
    held = HeldCommand(outside, "qian.m", lambda work: laboratories.withdraw(work, CODE, number, reason="wrong"))
    approval = Waiting(outside, "tang.w", lambda work: laboratories.approve(work, CODE, number), is_signed=True)
    assert approval.waits()
    held.commit()
    approval.end()
    assert isinstance(approval.refusal, TransitionNotAllowed)
    assert statuses(outside) == ["approved", "withdrawn"]


def test_ten_thousand_rows_are_read_by_a_mapping_in_less_than_five_seconds(outside: World) -> None:
    many = [{**row, "次数": str(each)} for each in range(1, 100) for row in rows()] * 15
    content = sent(many[:10_000])
    before = time.process_time()
    with pytest.raises(InvalidInput):
        imported(outside, content)
    assert time.process_time() - before < 5

"""Documents: what a certificate and an infusion record say, and that their foot holds the trail to it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyzbar.pyzbar import ZBarSymbol, decode
from sqlalchemy.orm import Session
from support.clients import Client
from support.papers import text_of
from support.refusals import records
from support.stages import HER, LOT, at_the_bedside, results_of
from support.worlds import World

from cotrack.foundation.audit.checkpoint import read_note
from cotrack.foundation.audit.exporting import export
from cotrack.foundation.audit.sealing import sign_checkpoint, verifier_key
from cotrack.foundation.audit.verification.exported import Trusted, verify_export
from cotrack.foundation.site import Site
from cotrack.labelling.gateways.read_back import picture_of_pdf
from cotrack.labelling.service import papers, printing
from cotrack.labelling.service.documents import Document, pdf_of
from cotrack.manufacture.service import filling, lots
from cotrack.manufacture.service.reconciliation import label_account
from cotrack.quality.service import deviations
from cotrack.release.service import dispositions

Person = Callable[[str], Client]
CERTIFICATE = f"/lots/{LOT}/certificate.pdf"


def document(client: Client, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "application/pdf"
    return bytes(answer.data)


def scanned(paper: bytes) -> str:
    """Return what a scanner reads from the foot of the first page."""
    (found,) = decode(picture_of_pdf(paper), symbols=[ZBarSymbol.QRCODE])
    return str(found.data.decode())


@pytest.fixture
def auditor(person: Person) -> Client:
    return person("shen.i")


def test_a_scanned_certificate_holds_the_trail_to_what_it_was_when_the_paper_was_printed(
    world: World, auditor: Client, tmp_path: Path
) -> None:
    sign_checkpoint(world.runtime.ground)
    world.journey.released_lot(LOT)
    signed = len(records(world))
    note = scanned(document(auditor, CERTIFICATE))
    key = verifier_key(world.runtime.ground)
    assert read_note(note, key).size == signed
    world.journey.lot("MSC26-0032")
    assert max(export(world.runtime.ground, tmp_path / "export")) > note.count("\n")
    assert list(verify_export(tmp_path / "export", Trusted(key=key, note=note))) == []
    lines = (tmp_path / "export" / "entries.jsonl").read_text(encoding="utf-8")
    (tmp_path / "export" / "entries.jsonl").write_text(lines.replace("zhao.l", "zhao.x", 1), encoding="utf-8")
    assert list(verify_export(tmp_path / "export", Trusted(key=key, note=note))) != []


def test_a_certificate_names_every_test_with_its_limit_the_decision_and_who_signed(
    world: World, auditor: Client
) -> None:
    world.journey.released_lot(LOT, bags=2)
    said = text_of(document(auditor, CERTIFICATE))
    record = next(each for each in reversed(records(world)) if each["event"] == "lot.release")
    lot = world.read(lambda session: lots.lot_numbered(session, LOT))
    for words in (
        "放行 Released",
        f"{LOT}-001 – {LOT}-002 (2)",
        lot.made_on.isoformat(),
        "MSC-IFNA 1-demonstration",
        "细菌内毒素 Endotoxin LAL, USP <85>, SOP-QC-130, LAL kinetic < 0.5 EU/mL",
        "钱梅 QIAN Mei (质保审核员 QA reviewer)",
        "培训用 TRAINING",
        f"Record {record['id']} ·",
        "Asia/Shanghai",
    ):
        assert words in said
    assert said.count("签名含义 signed as 复核 reviewed") == 2
    assert "Conditionally" not in said


def test_a_conditional_release_a_rejection_and_a_hold_are_plain_on_the_certificate(
    world: World, auditor: Client
) -> None:
    world.journey.finished_lot(LOT)
    kept = [line for line in results_of(world, LOT).decode().splitlines() if ",Sterility,BacT" not in line]
    world.journey.results("\n".join(kept).encode())
    world.journey.review(LOT)
    world.journey.trail_reviewed(LOT)
    world.sign("qian.m", lambda work: dispositions.release_conditionally(work, LOT, reason="urgent 🧬"))
    said = text_of(document(auditor, CERTIFICATE))
    for words in ("有条件放行 Conditionally released", "Outstanding tests", "urgent [U+1F9EC]"):
        assert words in said
    world.do("tang.w", lambda work: lots.hold_lot(work, LOT, action="place", reason="freezer alarm"))
    world.sign("tang.w", lambda work: dispositions.reject(work, LOT, reason="grown"))
    said = text_of(document(auditor, CERTIFICATE))
    for words in ("不合格，不予放行 Rejected", "freezer alarm"):
        assert words in said


def test_a_certificate_lists_the_deviations_of_its_lot_with_what_qa_found(world: World, auditor: Client) -> None:
    world.journey.finished_lot(LOT)
    opened = world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    found = {"classification": "major", "cause": "sensor drift", "impact": "none of the bags was in it"}
    world.do("qian.m", lambda work: deviations.assess(work, opened.number, **found))
    world.sign("qian.m", lambda work: deviations.close(work, opened.number))
    world.do("wang.l", lambda work: lots.open_deviation(work, LOT, description="label torn"))
    world.sign("tang.w", lambda work: dispositions.reject(work, LOT, reason="too warm"))
    said = text_of(document(auditor, CERTIFICATE))
    for words in (opened.number, "主要 major", "已关闭 closed", "bath at 41 °C · sensor drift · none of the bags"):
        assert words in said
    assert f"DEV-{LOT}-2 – 未关闭 open label torn" in said
    assert said.count("签名含义 signed as 批准 approved") == 1


def test_the_account_of_a_lots_labels_counts_each_end_and_says_why_a_label_does_not_count(
    world: World, auditor: Client
) -> None:
    world.journey.lot(LOT)
    world.journey.labelled_unit(LOT)
    unit, asked = f"{LOT}-001", []
    for reason in ("torn at the edge", "smeared"):
        label = world.do("zhao.l", lambda work, why=reason: filling.request_label(work, unit, kind="bag", reason=why))
        printing.hand_out(world.runtime.ground, world.cast.actor("zhao.l"), label.id)
        asked.append(label.id)
    path = f"/lots/{LOT}/labels.pdf"
    said = text_of(document(auditor, path))
    for words in (
        "未平衡：有标签去向不明。",
        "袋签 bag label 3 1 0 0 0 2 0",
        "挂签 bag tag 1 1 0 0 0 0 0",
        "在手 in hand 已印出 printed",
        "smeared",
    ):
        assert words in said, words
    world.do("zhao.l", lambda work: papers.make_void(work, asked[1], reason="fell on the floor"))
    world.do("zhao.l", lambda work: papers.account_for(work, asked[0], paper="returned"))
    said = text_of(document(auditor, path))
    for words in (
        "Settled: every label is accounted for.",
        "袋签 bag label 3 1 1 0 1 0 0",
        "退回 returned",
        "作废 spoiled",
        "fell on the floor",
    ):
        assert words in said, words


def test_the_head_of_a_document_covers_what_was_done_while_it_was_read(world: World) -> None:
    world.journey.released_lot(LOT)

    def read(session: Session, site: Site) -> Document:
        found = label_account(session, site, LOT)
        world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="alarm"))
        return found

    paper = pdf_of(world.runtime.ground, world.settings.witness_file, read)
    assert read_note(scanned(paper), verifier_key(world.runtime.ground)).size == len(records(world))


@pytest.mark.parametrize("reason", ["leaking\u1680bag", "x" * 190])
def test_whatever_was_written_into_a_reason_a_document_is_drawn(world: World, auditor: Client, reason: str) -> None:
    world.journey.finished_lot(LOT)
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason=reason))
    paper = document(auditor, CERTIFICATE)
    said = text_of(paper).replace("\u200b", "").replace(" ", "").replace("\ufffe", "")
    assert reason.replace("\u1680", "[U+1680]") in said


def test_a_lot_without_a_decision_has_no_certificate_and_a_running_infusion_no_record(
    world: World, auditor: Client
) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.journey.lot("MSC26-0039")
    for path in (
        "/lots/MSC26-0039/certificate.pdf",
        f"/infusions/{infusion.id}/record.pdf",
        "/infusions/99/record.pdf",
    ):
        assert auditor.get(path).status_code == 404


def test_an_infusion_record_names_who_checked_started_and_closed_what_was_given(world: World, auditor: Client) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.journey.completed(infusion, "25.5", "4.5")
    signed = len(records(world))
    paper = document(auditor, f"/infusions/{infusion.id}/record.pdf")
    said = text_of(paper)
    for words in (
        "按计划完成 Completed",
        HER,
        bedside.bag,
        "25.5 mL",
        "周宁 ZHOU Ning",
        "吴娜 WU Na",
        "执行 performed",
    ):
        assert words in said
    assert said.count("一致 match") == 4
    record = next(each for each in reversed(records(world)) if each["event"] == "unit.complete")
    assert f"Record {record['id']} ·" in said
    assert read_note(scanned(paper), verifier_key(world.runtime.ground)).size == signed


def test_a_document_is_an_archive_file_that_a_screen_reader_can_read(world: World, auditor: Client) -> None:
    world.journey.released_lot(LOT)
    paper = document(auditor, CERTIFICATE)
    assert b"<pdfaid:part>2</pdfaid:part>" in paper
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in paper

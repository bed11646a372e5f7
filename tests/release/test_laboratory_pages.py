"""The pages of laboratories: a sample's columns are given meanings, tried, proposed, approved, and files read by it."""

import html
import io
import re
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.clients import Client, SignIn
from support.external import CODE, HEAD, LOT, MEANT, SPELLING, approved, changed, proposed, registered, rows, sent
from support.laboratory import lots_in_quarantine
from support.refusals import records
from support.worlds import World
from werkzeug.test import TestResponse

from cotrack.release.rules.spelling import from_text
from cotrack.release.service import laboratories

PAGE = f"/laboratories/{CODE}"


def shown(answer: TestResponse) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def areas(answer: TestResponse) -> dict[str, str]:
    """Return what stands in the lists of the page."""
    found = re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', answer.get_data(as_text=True))
    return {name: html.unescape(text).strip() for name, text in found}


@pytest.fixture
def outside(world: World) -> World:
    lots_in_quarantine(world, LOT)
    registered(world)
    return world


def sample_sent(client: Client, content: bytes, *, separator: str = "semicolon", encoding: str = "gb18030") -> Any:
    form = {"file": (io.BytesIO(content), "sample.csv"), "separator": separator, "encoding": encoding}
    return client.post(f"{PAGE}/mappings/new", form=form)


def typed(**more: str) -> dict[str, str]:
    """Return the form of the whole mapping as a person fills it in."""
    return {
        "encoding": "gb18030",
        "separator": "semicolon",
        "decimal": "comma",
        "time_form": "DD.MM.YYYY HH:MM",
        **{f"column-{i}": meant for i, meant in enumerate(MEANT)},
        "tests": "\r\n".join(f"{each.theirs} = {each.ours}" for each in SPELLING.tests),
        "units": "\r\n".join(f"{each.theirs} = {each.ours}" for each in SPELLING.units),
        "words": "\r\n".join(f"{each.test} | {each.theirs} = {each.ours}" for each in SPELLING.words),
        **more,
    }


def form_address(client: Client) -> str:
    answer = sample_sent(client, sent(rows()))
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_a_further_version_begins_with_what_the_one_before_says(outside: World, person: SignIn) -> None:
    analyst = person("wang.l")
    assert areas(analyst.get(form_address(analyst)))["tests"] == ""
    approved(outside)
    page = analyst.get(form_address(analyst))
    for name in ("tests", "units", "words"):
        assert areas(page)[name].split("\n") == typed()[name].strip().split("\r\n")
    chosen = re.findall(r'<option value="([^"]+)" selected', page.get_data(as_text=True))
    assert chosen == [*MEANT, "comma", "DD.MM.YYYY HH:MM"]


def test_an_analyst_registers_a_laboratory_and_finds_its_page(world: World, person: SignIn) -> None:
    analyst = person("wang.l")
    said = {"code": CODE, "name_zh": "外部实验室", "name_en": "Outside"}
    answer = analyst.post("/laboratories/new", form=said)
    assert answer.headers["Location"].endswith(PAGE)
    assert "No version is approved: no file of this laboratory is read." in shown(analyst.get(PAGE))
    assert "no version: no file is read" in shown(analyst.get("/laboratories"))
    again = analyst.post("/laboratories/new", form=said)
    assert again.status_code == 422
    assert "This code is taken." in shown(again)
    assert records(world, event="laboratory.register")[0]["subject"] == f"laboratory:{CODE}"


def test_the_columns_of_a_sample_are_asked_one_by_one(outside: World, person: SignIn) -> None:
    analyst = person("wang.l")
    page = analyst.get(form_address(analyst))
    for name in HEAD:
        assert name in shown(page)
    assert dict(parse_qsl(urlsplit(form_address(analyst)).query)) == {"encoding": "gb18030", "separator": "semicolon"}


def test_a_sample_that_is_not_what_the_form_says_is_refused_there(outside: World, person: SignIn) -> None:
    content, analyst = sent(rows()), person("wang.l")
    for answer, words in (
        (sample_sent(analyst, content, separator="comma"), "The file has one column only"),
        (sample_sent(analyst, content, encoding="utf-8"), "the file is not UTF-8"),
        (sample_sent(analyst, b""), "The file has one column only"),
        (sample_sent(analyst, content, separator=""), "Enter a value."),
    ):
        assert answer.status_code == 422
        assert words in shown(answer)


@pytest.mark.parametrize("name", ["work", "self"])
def test_a_field_that_the_form_does_not_know_changes_nothing(outside: World, person: SignIn, name: str) -> None:
    analyst = person("wang.l")
    answer = analyst.post(form_address(analyst), form={**typed(), name: "x"})
    assert answer.status_code == 303
    (row,) = outside.read(laboratories.proposed_mappings)
    assert from_text(row.text).decimal == "comma"


def test_a_mapping_is_tried_on_its_sample_and_nothing_is_kept(outside: World, person: SignIn) -> None:
    analyst = person("wang.l")
    address = form_address(analyst)
    before = len(records(outside))
    page = analyst.post(address, form={**typed(), "act": "try"})
    assert page.status_code == 200
    assert f"{len(rows())} rows were read without a fault" in shown(page)
    assert len(records(outside)) == before
    assert outside.read(laboratories.proposed_mappings) == []


def test_trying_fills_the_lists_with_what_the_file_holds_and_they_lack(outside: World, person: SignIn) -> None:
    analyst = person("wang.l")
    address = form_address(analyst)
    said = {**typed(), "tests": "支原体 = Mycoplasma", "units": "", "words": ""}
    page = analyst.post(address, form={**said, "act": "try"})
    lists = areas(page)
    assert lists["tests"].splitlines()[:2] == ["支原体 = Mycoplasma", "外观 = "]
    assert lists["words"] == "支原体 | 阴性 ="
    assert "％ = %" in lists["units"]
    assert "百万/毫升 = 10^6/mL" in lists["units"]
    assert "the laboratory's mapping has no test “外观”" in shown(page)


def test_what_stands_against_a_mapping_is_said_and_what_was_typed_stays(outside: World, person: SignIn) -> None:
    analyst = person("wang.l")
    address = form_address(analyst)
    said = typed(units="µg/dose = ng/dose", remark="as agreed")
    for act, status in (("try", 200), ("propose", 409)):
        page = analyst.post(address, form={**said, "act": act})
        assert page.status_code == status
        assert "is not read as another spelling of “ng/dose”" in shown(page)
        assert "µg/dose = ng/dose" in areas(page)["units"]
        assert 'value="as agreed"' in page.get_data(as_text=True)
        assert "selected>Comment</option>" in page.get_data(as_text=True)
    for act in ("try", "propose"):
        page = analyst.post(address, form={**typed(tests="外观", words="阴性 = growth"), "act": act})
        assert page.status_code == 422
        assert "Each line says: their spelling = ours." in shown(page)
        assert "Each line says: their test | their word = ours." in shown(page)
    assert outside.read(laboratories.proposed_mappings) == []


def test_a_mapping_goes_from_the_analyst_to_qa_and_files_are_read_by_it(outside: World, person: SignIn) -> None:
    analyst, reviewer = person("wang.l"), person("qian.m")
    answer = analyst.post(form_address(analyst), form={**typed(remark="as agreed"), "act": "propose"})
    assert answer.headers["Location"].endswith(PAGE)
    (row,) = outside.read(laboratories.proposed_mappings)
    assert from_text(row.text) == SPELLING
    assert (row.sample_name, row.sample_rows, row.sample_faults) == ("sample.csv", len(rows()), 0)
    assert "Approve how a laboratory's files are read" in shown(reviewer.get("/"))
    assert "sample.csv · 7 rows read, 0 faults" in shown(reviewer.get(PAGE))
    signed = reviewer.sign(f"{PAGE}/mappings/1/approve")
    assert signed.status_code == 303
    assert "Approve how a laboratory's files are read" not in shown(reviewer.get("/"))
    page = analyst.post("/results/import", form=file_from(CODE))
    assert f"Read by mapping 1 of {CODE}" in shown(page)
    assert "93.4 93,4" in shown(page), "theirs stands beside ours"
    fields = dict(
        re.findall(r'name="(form_key|sha256|laboratory|mapping)" value="([^"]*)"', page.get_data(as_text=True))
    )
    assert (fields["laboratory"], fields["mapping"]) == (CODE, "1")
    assert analyst.post("/results/store", form=fields).status_code == 303
    assert f"read by mapping 1 of {CODE}" in shown(reviewer.get(f"/lots/{LOT}/release"))


def file_from(laboratory: str, content: bytes | None = None) -> dict[str, Any]:
    return {"file": (io.BytesIO(content or sent(rows())), "ext.csv"), "laboratory": laboratory}


def test_a_faulty_file_of_a_laboratory_is_told_by_its_own_columns_and_the_choice_stays(
    outside: World, person: SignIn
) -> None:
    approved(outside)
    analyst = person("wang.l")
    page = analyst.post("/results/import", form=file_from(CODE, sent(changed(4, 结果="x"))))
    assert page.status_code == 422
    assert "Line 4, column 结果: “x” is no result of this test." in shown(page)
    assert f'<option value="{CODE}" selected>' in page.get_data(as_text=True)
    unknown = analyst.post("/results/import", form=file_from("NONE"))
    assert "No mapping of laboratory “NONE” is approved: no file is read." in shown(unknown)


def test_a_preview_by_a_version_that_is_no_longer_approved_stores_nothing(outside: World, person: SignIn) -> None:
    approved(outside)
    analyst = person("wang.l")
    page = analyst.post("/results/import", form=file_from(CODE))
    fields = dict(
        re.findall(r'name="(form_key|sha256|laboratory|mapping)" value="([^"]*)"', page.get_data(as_text=True))
    )
    approved(outside)
    answer = analyst.post("/results/store", form=fields)
    assert answer.status_code == 422
    assert "The laboratory's mapping changed since this file was looked at" in shown(answer)


def test_qa_withdraws_a_version_with_the_reason_and_nobody_else_is_offered_it(outside: World, person: SignIn) -> None:
    approved(outside)
    address = f"{PAGE}/mappings/1/withdraw"
    for name in ("wang.l", "shen.i", "dr.gao"):
        assert address not in person(name).get(PAGE).get_data(as_text=True)
    reviewer = person("tang.w")
    assert address in reviewer.get(PAGE).get_data(as_text=True)
    assert reviewer.post(address, form={"reason": "another system"}).status_code == 303
    assert "No version is approved" in shown(reviewer.get(PAGE))


def test_the_api_registers_proposes_approves_and_reads(outside: World, person: SignIn) -> None:
    analyst, reviewer, base = person("wang.l"), person("qian.m"), f"/api/v1/laboratories/{CODE}"
    row = proposed(outside)
    (said,) = analyst.get(f"{base}/mappings").get_json()
    assert (said["number"], said["status"], said["laboratory"]) == (row, "proposed", CODE)
    again = analyst.post(f"{base}/mappings", {**said["spelling"], "remark": "the same"})
    assert (again.status_code, again.get_json()["number"]) == (201, 2)
    faulty = {**said["spelling"], "units": [{"theirs": "µg/dose", "ours": "ng/dose"}]}
    refused = analyst.post(f"{base}/mappings", faulty)
    assert refused.status_code == 409
    assert "converts nothing" in refused.get_json()["blockers"][0]["detail"]
    assert analyst.post(f"{base}/mappings", {**said["spelling"], "encoding": "latin-1"}).status_code == 422
    signature = {"password": "only for training"}
    assert reviewer.post(f"{base}/mappings/2/approve", {"signature": signature}).get_json()["status"] == "approved"
    made = analyst.post("/api/v1/laboratories", {"code": "SECOND", "name_en": "a", "name_zh": "b"})
    assert made.status_code == 201
    assert [each["code"] for each in analyst.get("/api/v1/laboratories").get_json()] == [CODE, "SECOND"]
    withdrawn = reviewer.post(f"{base}/mappings/1/withdraw", {"reason": "not needed"}).get_json()
    assert withdrawn["status"] == "withdrawn"


def test_the_api_takes_a_file_as_bytes_and_says_which_version_read_it(outside: World, person: SignIn) -> None:
    approved(outside)
    analyst = person("wang.l")
    content = base64_of(sent(rows()))
    body = {"file_name": "ext.csv", "laboratory": CODE}
    stored = analyst.post("/api/v1/result-imports", {**body, "content_base64": content}).get_json()
    assert (stored["stored"], stored["mapping"]) == (7, 1)
    for wrong in ({}, {"content": "a", "content_base64": content}, {"content_base64": "?"}):
        assert analyst.post("/api/v1/result-imports", {**body, **wrong}).status_code == 422


def base64_of(content: bytes) -> str:
    return b64encode(content).decode()

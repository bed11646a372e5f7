"""The canonical form of an audit record: other people's programs compute the same bytes from the same content."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from cotrack.foundation.audit.record import MOST_BYTES, Entry, Intention, body, canonical_as_it_is, writable_text
from cotrack.foundation.blockers import Blocker

AT = datetime(2026, 11, 22, 14, 5, 0, 120, tzinfo=timezone(timedelta(hours=8)))
ENTRY = Entry(
    at=AT,
    zone="Asia/Shanghai",
    actor="qa.liu",
    printed_name="刘一",
    station="",
    request="01J",
    intention=Intention("lot.release", "lot:MSC26-0031", "", "qa_reviewer"),
    outcome="done",
)
WHOLE = (
    '{"actor":"qa.liu","at":"2026-11-22T06:05:00.000120Z","changes":[],"event":"lot.release","id":7,"outcome":"done",'
    '"printed_name":"刘一","reason":"","request":"01J","role":"qa_reviewer","station":"","subject":"lot:MSC26-0031",'
    '"v":1,"zone":"Asia/Shanghai"}'
)


def detail_of(details: Mapping[str, Any]) -> Any:
    return json.loads(body(replace(ENTRY, details=details), 1))["details"]


def test_a_record_is_sorted_json_without_a_space_or_an_escape_that_need_not_be() -> None:
    assert body(ENTRY, 7) == WHOLE


def test_what_can_be_written_as_it_is_takes_one_look() -> None:
    assert canonical_as_it_is(json.loads(WHOLE)) == WHOLE


@pytest.mark.parametrize(
    "value",
    ["a\0b", "\ud800x", "e\u0301", "😀", 0.5, 2**53, object(), [1, -0.5]],
    ids=lambda value: "object" if type(value) is object else ascii(value),
)
def test_what_cannot_is_left_to_the_closer_look(value: object) -> None:
    assert canonical_as_it_is({"value": value}) == canonical_as_it_is({"list": [0, value]}) == ""


def test_the_same_instant_from_another_zone_is_the_same_record() -> None:
    assert body(replace(ENTRY, at=AT.astimezone(UTC)), 7) == WHOLE


def test_changes_hold_row_column_old_and_new_in_the_order_they_were_found() -> None:
    changes = [
        {"row": "lot:7", "column": "status", "old": "quarantine", "new": "released"},
        {"row": "lot:7", "column": "version", "old": None, "new": 2},
        {"row": "lot:7", "column": "is_open", "old": True, "new": False},
    ]
    text = body(replace(ENTRY, changes=changes), 7)
    assert json.loads(text)["changes"] == changes
    assert '{"column":"version","new":2,"old":null,"row":"lot:7"}' in text


def test_a_refusal_says_all_its_reasons_by_code_and_sentence() -> None:
    reasons = [
        Blocker("lot_recalled", "{thing} is recalled.", {"thing": "MSC26-0033"}),
        Blocker("expired", "Expired."),
    ]
    written = json.loads(body(replace(ENTRY, outcome="refused", blockers=reasons), 7))
    assert written["blockers"] == [
        {"code": "lot_recalled", "detail": "MSC26-0033 is recalled."},
        {"code": "expired", "detail": "Expired."},
    ]


def test_reasons_and_details_stand_in_a_record_only_where_there_are_any() -> None:
    assert not {"blockers", "details"} & json.loads(body(ENTRY, 7)).keys()


def test_keys_are_sorted_by_their_utf_16_units_as_rfc_8785_says() -> None:
    text = body(replace(ENTRY, details={"\ufb33": 1, "😀": 2, "é": 3, "1": 4}), 7)
    assert '"details":{"1":4,"é":3,"😀":2,"\ufb33":1}' in text


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("plain", "plain"),
        ("批次", "批次"),
        ("e\u0301", "é"),
        ("a\0b", "a\ufffdb"),
        ("\ud800x", "?x"),
        ("\0\ud800e\u0301", "\ufffd?é"),
        ("line\nbreak\t\u2028", "line\nbreak\t\u2028"),
        ("a mark after an escape\n\u0303", "a mark after an escape\n\u0303"),
        ("n\u0303", "ñ"),
        ("\\u0000 and 1.5 and [9999999999999999 as text", "\\u0000 and 1.5 and [9999999999999999 as text"),
    ],
    ids=ascii,
)
def test_text_is_composed_and_freed_of_what_json_or_postgresql_cannot_hold(given: str, written: str) -> None:
    assert writable_text(given) == written
    assert detail_of({"said": given}) == {"said": written}
    assert detail_of({"list": [given, (given,)], "inside": {"deep": given}}) == {
        "list": [written, [written]],
        "inside": {"deep": written},
    }


@pytest.mark.parametrize("value", [None, True, False, 0, -3, 2**53 - 1])
def test_numbers_truth_and_nothing_are_written_as_they_are(value: object) -> None:
    assert detail_of({"value": value}) == {"value": value}


@pytest.mark.parametrize(
    "value",
    [2**53, -(2**53), float("nan"), 0.5, 1e-7, object(), b"bytes"],
    ids=lambda value: type(value).__name__ if type(value) is object else repr(value),
)
def test_what_other_programs_would_read_differently_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="a record holds no "):
        body(replace(ENTRY, details={"value": value}), 1)


def test_a_record_is_at_most_16_megabytes() -> None:
    room = MOST_BYTES - len(body(replace(ENTRY, details={"x": ""}), 1).encode())
    largest = len(body(replace(ENTRY, details={"x": "a" * room}), 1).encode())
    assert largest == MOST_BYTES == 16 * 1024 * 1024
    with pytest.raises(ValueError, match=r"^an audit record is at most 16 MB$"):
        body(replace(ENTRY, details={"x": "a" * (room + 1)}), 1)

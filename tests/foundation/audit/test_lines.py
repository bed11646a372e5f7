"""What a record must say, line by line: canonical form, version, id, instant."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cotrack.foundation.audit.verification.lines import ANNOUNCES_OTHER_TIME, LineJudge, is_canonical

RECORD: dict[str, Any] = {
    "v": 1,
    "id": 7,
    "at": "2026-11-22T06:05:04.123456Z",
    "zone": "Asia/Shanghai",
    "actor": "zhou.n",
    "printed_name": "周宁 ZHOU Ning",
    "role": "nurse",
    "station": "WARD-3A-1",
    "event": "identity_check.make",
    "subject": "unit:MSC26-0031-001",
    "reason": "",
    "changes": [{"row": "unit:1", "column": "status", "old": None, "new": "stored"}],
    "outcome": "done",
    "request": "1",
}


def line(**changes: Any) -> bytes:
    return rfc8785.dumps({**RECORD, **changes})


def faults(*lines: bytes) -> list[str]:
    judge = LineJudge()
    return [fault for each in lines for fault in judge.judge(each)[1]]


def test_a_whole_record_has_no_fault() -> None:
    assert faults(line(), line(id=8)) == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (b"", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"\xff", "no JSON object"),
        (line().replace(b'"id":7', b'"id":7.5'), "fraction"),
        (line(v=2), "format version 2"),
        (line().replace(b":", b": ", 1), "canonical form"),
        (line().replace(b'"id":7,', b'"id":7,"id":7,'), "canonical form"),
        (rfc8785.dumps({name: value for name, value in RECORD.items() if name != "zone"}), "lacks zone"),
        (line(outcome="perhaps"), "outcome 'perhaps'"),
        (line(id="7"), "another type"),
        (line(id=True), "another type"),
        (line(at="2026-11-22T06:05:04Z"), "which is none"),
        (line(at="2026-02-30T06:05:04.123456Z"), "which is none"),
    ],
)
def test_a_fault_of_a_record_is_said(changed: bytes, named: str) -> None:
    assert any(named in fault for fault in faults(changed)), faults(changed)


def test_two_records_of_one_id_are_a_fault_and_a_few_places_behind_are_none() -> None:
    assert faults(line(id=9), line(id=8)) == []
    assert "has the id 9, which another record has too" in faults(line(id=9), line(id=9))
    assert "far behind" in faults(line(id=20_000), line(id=1))[0]


def test_a_clock_set_back_is_a_fault_and_a_long_command_is_none() -> None:
    later = line(id=8, at="2026-11-22T06:03:10.000000Z")
    assert faults(line(), later) == []
    set_back = line(id=8, at="2026-11-22T06:03:03.000000Z")
    assert faults(line(), set_back) == [
        "is of 2026-11-22T06:03:03.000000Z, 121 s before a record that stands before it: a clock was set back"
    ]


def test_a_demonstration_announces_that_it_tells_its_past() -> None:
    announced = line(id=8, event=ANNOUNCES_OTHER_TIME, at="2026-07-01T00:00:00.000000Z")
    assert faults(line(), announced, line(id=9, at="2026-07-01T00:00:01.000000Z")) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_the_fast_judgement_of_form_is_that_of_the_library(said: Any) -> None:
    written = rfc8785.dumps(said)
    assert is_canonical(written, json.loads(written))
    assert not is_canonical(written + b" ", said)
    spelled = json.dumps(said).encode()
    assert is_canonical(spelled, said) == (spelled == written)

"""A reason is one code word and one sentence, kept so that it can be told again in either language."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from cotrack.foundation.blockers import Blocker, blockers_text, read_blockers
from cotrack.foundation.words import Term, Words

AT = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)


def test_the_sentence_of_a_reason_holds_its_parameters() -> None:
    reason = Blocker("lot_recalled", "{thing} is recalled: {reason}", {"thing": "MSC26-0033", "reason": "growth"})
    assert reason.sentence == "MSC26-0033 is recalled: growth"


def test_a_sentence_without_parameters_is_told_as_it_stands() -> None:
    assert Blocker("odd", "A brace { stays.").sentence == "A brace { stays."


def test_two_reasons_are_the_same_only_with_the_same_parameters() -> None:
    assert Blocker("a", "{x}", {"x": 1}) == Blocker("a", "{x}", {"x": 1})
    assert Blocker("a", "{x}", {"x": 1}) != Blocker("a", "{x}", {"x": 2})
    assert len({Blocker("a", "{x}", {"x": 1}), Blocker("a", "{x}", {"x": 1})}) == 1


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("growth", "growth"),
        (3, 3),
        (True, True),
        (None, None),
        (Decimal("25.50"), "25.50"),
        (date(2026, 11, 22), "2026-11-22"),
        (AT, AT),
        (Term("quarantine"), Term("quarantine")),
        (Words("Sterility", "无菌"), Words("Sterility", "无菌")),
        (Words("Sterility", None), Words("Sterility", None)),
    ],
    ids=repr,
)
def test_a_reason_that_was_kept_can_be_told_again(value: object, told: object) -> None:
    kept = read_blockers(blockers_text([Blocker("code", "It is {value}.", {"value": value}, solve="lot:1")]))
    assert kept == [Blocker("code", "It is {value}.", {"value": told}, solve="lot:1")]
    assert type(kept[0].parameters["value"]) is type(told)


def test_what_is_kept_is_plain_json_with_the_sentence_and_its_parts() -> None:
    reason = Blocker("expired", "过期 {at}", {"at": AT}, solve="unit:MSC26-0031-001")
    assert json.loads(blockers_text([reason])) == [
        {
            "code": "expired",
            "detail": "过期 2026-11-22 06:05:00+00:00",
            "sentence": "过期 {at}",
            "parameters": {"at": {"instant": "2026-11-22T06:05:00+00:00"}},
            "solve": "unit:MSC26-0031-001",
        }
    ]
    assert "过期" in blockers_text([reason])


def test_reasons_keep_their_order_and_none_is_kept_as_none() -> None:
    reasons = [Blocker("b", "Second."), Blocker("a", "First.")]
    assert read_blockers(blockers_text(reasons)) == reasons
    assert read_blockers(blockers_text([])) == []


def test_the_record_keeps_what_stands_in_the_place_of_a_persons_data() -> None:
    reason = Blocker("file_fault", "{line}: {value}", {"line": 2, "value": "张伟明"}, kept={"value": "…"})
    assert (reason.sentence, reason.for_record.sentence) == ("2: 张伟明", "2: …")
    plain = Blocker("expired", "{lot}", {"lot": "MSC26-0031"})
    assert plain.for_record is plain

"""A hold, a recall or an open deviation stands over a thing, and says so by its own word."""

from datetime import UTC, datetime

import pytest

from cotrack.quality.rules import DeviationFacts, HoldFacts, against_closing, against_held, against_open

AT = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
LOT, UNIT = "lot:MSC26-0031", "unit:MSC26-0031-001"


@pytest.mark.parametrize(
    ("subject", "status", "code", "sentence"),
    [
        (LOT, "standing", "lot_on_hold", "MSC26-0031 is on hold: late growth"),
        (UNIT, "standing", "unit_on_hold", "MSC26-0031-001 is on hold: late growth"),
        (LOT, "recalled", "lot_recalled", "MSC26-0031 is recalled: late growth"),
        (UNIT, "recalled", "lot_recalled", "MSC26-0031-001 is recalled: late growth"),
    ],
)
def test_what_is_held_or_recalled_is_stopped_with_its_reason(
    subject: str, status: str, code: str, sentence: str
) -> None:
    (reason,) = against_held([HoldFacts(subject, status, "late growth", AT)])
    assert (reason.code, reason.sentence, reason.solve) == (code, sentence, subject)


def test_a_bag_with_an_open_deviation_is_stopped_as_one_on_hold() -> None:
    (reason,) = against_held([HoldFacts("deviation:DEV-26-0003", "open", "the label stands off", AT)])
    assert (reason.code, reason.solve) == ("unit_on_hold", "deviation:DEV-26-0003")


@pytest.mark.parametrize(("status", "code"), [("standing", "lot_on_hold"), ("recalled", "lot_recalled")])
def test_why_a_donor_is_stopped_is_told_to_nobody_at_a_bed(status: str, code: str) -> None:
    (reason,) = against_held([HoldFacts("donor:DON-0007", status, "HIV positive", AT)])
    assert reason.code == code
    assert "HIV" not in reason.sentence
    assert "HIV" not in str(reason.parameters)


def test_every_hold_that_stands_is_named_in_its_order() -> None:
    holds = [
        HoldFacts(UNIT, "standing", "leak", AT),
        HoldFacts(LOT, "recalled", "growth", AT),
        HoldFacts(LOT, "standing", "deviation", AT),
    ]
    assert [each.code for each in against_held(holds)] == ["unit_on_hold", "lot_recalled", "lot_on_hold"]


def test_nothing_stands_against_what_nobody_holds() -> None:
    assert against_held([]) == []


def test_a_reason_with_braces_is_told_as_it_was_written() -> None:
    (reason,) = against_held([HoldFacts(LOT, "standing", "{thing} {0}", AT)])
    assert reason.sentence == "MSC26-0031 is on hold: {thing} {0}"


def test_each_open_deviation_is_a_reason_that_leads_to_it() -> None:
    found = against_open([DeviationFacts("DEV-MSC26-0031-1", "bath at 41 °C"), DeviationFacts("DEV-MSC26-0031-2", "x")])
    assert [(each.code, each.solve) for each in found] == [
        ("deviation_open", "deviation:DEV-MSC26-0031-1"),
        ("deviation_open", "deviation:DEV-MSC26-0031-2"),
    ]
    assert found[0].sentence == "Deviation DEV-MSC26-0031-1 is open: bath at 41 °C"


@pytest.mark.parametrize(
    ("assessed", "missing"),
    [
        ({}, ["classification_missing", "cause_missing", "impact_missing"]),
        ({"classification": "minor"}, ["cause_missing", "impact_missing"]),
        ({"classification": "minor", "cause": "sensor"}, ["impact_missing"]),
        ({"classification": "minor", "cause": "sensor", "impact": "none"}, []),
    ],
)
def test_a_deviation_is_closed_only_with_its_class_its_cause_and_its_impact(
    assessed: dict[str, str], missing: list[str]
) -> None:
    assert [each.code for each in against_closing(DeviationFacts("DEV-1", "bath at 41 °C", **assessed))] == missing

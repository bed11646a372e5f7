"""A conditional release has an end of its own (domain.md §3.3 rule 2)."""

from datetime import UTC, datetime, timedelta

import pytest

from cotrack.release.rules.conditional import against_ended, conditional_end

SIGNED = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
END = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)


def test_it_ends_so_many_days_of_24_hours_after_the_signature() -> None:
    assert conditional_end(SIGNED, 28) == END


def test_a_version_that_sets_no_end_has_none() -> None:
    assert conditional_end(SIGNED, None) is None
    assert against_ended("MSC26-0031", None, END + timedelta(days=1000)) == []


@pytest.mark.parametrize(("late", "codes"), [(-1, []), (0, ["lot_conditional"]), (1, ["lot_conditional"])])
def test_at_its_very_instant_it_is_over(late: int, codes: list[str]) -> None:
    reasons = against_ended("MSC26-0031", END, END + timedelta(microseconds=late))
    assert [each.code for each in reasons] == codes
    assert {each.solve for each in reasons} <= {"lot:MSC26-0031"}

"""From when a version counts: judged by the site's calendar at the first signature, and by the day that it names."""

from datetime import date

import pytest

from cotrack.study.rules.effect import Signed, against_first_signature, due_in_order, is_due

TODAY = date(2026, 11, 23)
YESTERDAY, TOMORROW = date(2026, 11, 22), date(2026, 11, 24)


@pytest.mark.parametrize("day", [None, TODAY, TOMORROW], ids=["none", "today", "tomorrow"])
def test_a_day_that_is_not_over_may_be_signed(day: date | None) -> None:
    assert against_first_signature(day, TODAY) == []


def test_a_day_in_the_past_is_refused_in_plain_words() -> None:
    (reason,) = against_first_signature(YESTERDAY, TODAY)
    assert reason.code == "effective_date_past"
    assert reason.sentence == (
        "The effective date 2026-11-22 is in the past: load a version whose date is today or later."
    )


def test_a_version_counts_from_its_day_on_and_without_one_at_once() -> None:
    assert [is_due(day, TODAY) for day in (None, YESTERDAY, TODAY, TOMORROW)] == [True, True, True, False]


def test_versions_take_effect_in_the_order_of_their_days_and_then_of_their_signatures() -> None:
    waiting = [Signed("c", TODAY, 5), Signed("d", TOMORROW, 1), Signed("b", TODAY, 4), Signed("a", YESTERDAY, 9)]
    assert [each.sha256 for each in due_in_order(waiting, TODAY)] == ["a", "b", "c"]

"""A conditional release has an end of its own (domain.md §3.3 rule 2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cotrack.foundation.resources import resource
from cotrack.release.rules.conditional import against_ended, conditional_end
from cotrack.study.rules.definition import Product
from cotrack.study.rules.reading import read_definition

SIGNED = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
STUDY, _ = read_definition(resource("study/definitions/msc-ifna.toml").read_text(encoding="utf-8"))
assert STUDY is not None
END = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)


def for_days(days: int | None) -> Product:
    return replace(STUDY.product, conditional_release_days=days)


def test_it_ends_so_many_days_of_24_hours_after_the_signature() -> None:
    assert conditional_end(SIGNED, for_days(28)) == END


def test_a_lot_that_was_never_released_conditionally_has_no_end() -> None:
    assert conditional_end(None, for_days(28)) is None


def test_a_version_that_sets_no_end_has_none() -> None:
    assert conditional_end(SIGNED, for_days(None)) is None
    assert against_ended("MSC26-0031", None, END + timedelta(days=1000)) == []


@pytest.mark.parametrize(("late", "codes"), [(-1, []), (0, ["lot_conditional"]), (1, ["lot_conditional"])])
def test_at_its_very_instant_it_is_over(late: int, codes: list[str]) -> None:
    reasons = against_ended("MSC26-0031", END, END + timedelta(microseconds=late))
    assert [each.code for each in reasons] == codes
    assert {each.solve for each in reasons} <= {"lot:MSC26-0031"}

"""Columns store exactly what was given, the same on both databases, or refuse it."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from cotrack.foundation.db.columns import ExactDecimal, PlainText, UtcInstant, instant_text, trail_text

SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect()
ON_BOTH = pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 22, 14, 5, 0, 120, tzinfo=SHANGHAI)
VOLUME = ExactDecimal(6, 1)
INSTANT = UtcInstant()
TEXT = PlainText()


@ON_BOTH
@pytest.mark.parametrize("column", [VOLUME, INSTANT, TEXT], ids=["decimal", "instant", "text"])
def test_nothing_is_kept_as_nothing(column: ExactDecimal | UtcInstant | PlainText, dialect: Dialect) -> None:
    assert column.process_bind_param(None, dialect) is None


@ON_BOTH
@pytest.mark.parametrize("column", [VOLUME, INSTANT], ids=["decimal", "instant"])
def test_nothing_is_read_as_nothing(column: ExactDecimal | UtcInstant, dialect: Dialect) -> None:
    assert column.process_result_value(None, dialect) is None


def test_an_instant_is_sortable_text_on_sqlite_and_an_instant_on_postgresql() -> None:
    assert INSTANT.process_bind_param(AT, SQLITE) == "2026-11-22T06:05:00.000120Z"
    assert INSTANT.process_bind_param(AT, POSTGRESQL) == AT
    assert INSTANT.process_bind_param(AT, POSTGRESQL).tzinfo is UTC
    assert INSTANT.compile(SQLITE) == "TEXT"
    assert INSTANT.compile(POSTGRESQL) == "TIMESTAMP WITH TIME ZONE"


@ON_BOTH
def test_a_naive_instant_is_refused(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match=r"^an instant must know its zone$"):
        INSTANT.process_bind_param(AT.replace(tzinfo=None), dialect)


@ON_BOTH
def test_an_instant_is_read_in_utc_whatever_its_zone_was(dialect: Dialect) -> None:
    stored = INSTANT.process_bind_param(AT, dialect)
    if isinstance(stored, datetime):
        stored = stored.astimezone(timezone(timedelta(hours=-5)))
    read = INSTANT.process_result_value(stored, dialect)
    assert read == AT
    assert read.tzinfo is UTC


@given(st.integers(0, 2**33 * 10**6), st.integers(1, 10**12))
@settings(max_examples=50, deadline=None)
def test_the_text_of_instants_sorts_as_they_do(microseconds: int, more: int) -> None:
    instant = datetime(1900, 1, 1, tzinfo=SHANGHAI).astimezone(UTC) + timedelta(microseconds=microseconds)
    later = (instant + timedelta(microseconds=more)).astimezone(SHANGHAI)
    assert instant_text(instant) < instant_text(later)


def test_a_decimal_is_whole_steps_on_sqlite_and_exact_on_postgresql() -> None:
    assert VOLUME.process_bind_param(Decimal("25.5"), SQLITE) == 255
    assert VOLUME.process_bind_param(Decimal(25), POSTGRESQL) == Decimal("25.0")
    assert str(VOLUME.process_bind_param(Decimal(25), POSTGRESQL)) == "25.0"
    assert VOLUME.compile(SQLITE) == "BIGINT"
    assert VOLUME.compile(POSTGRESQL) == "NUMERIC(6, 1)"


@ON_BOTH
@pytest.mark.parametrize("text", ["0", "0.1", "25.5", "25.50", "-0.1", "99999.9", "-99999.9", "1E+4"])
def test_a_decimal_comes_back_as_it_was_given(text: str, dialect: Dialect) -> None:
    stored = VOLUME.process_bind_param(Decimal(text), dialect)
    read = VOLUME.process_result_value(stored, dialect)
    assert read == Decimal(text)
    assert read.as_tuple().exponent == -1


@ON_BOTH
@pytest.mark.parametrize(
    "value",
    [
        "25.55",
        "0.05",
        "-0.01",
        "100000",
        "-100000.0",
        "NaN",
        "Infinity",
        "-Infinity",
        "25.5000000000000000000000000000000001",
    ],
)
def test_a_decimal_that_would_be_rounded_or_does_not_fit_is_refused(value: str, dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="does not fit 6 digits with 1 after the point"):
        VOLUME.process_bind_param(Decimal(value), dialect)


@given(st.decimals(min_value=-99_999, max_value=99_999, places=1))
@settings(max_examples=50, deadline=None)
def test_both_databases_keep_the_same_decimal(value: Decimal) -> None:
    on_sqlite = VOLUME.process_result_value(VOLUME.process_bind_param(value, SQLITE), SQLITE)
    on_postgresql = VOLUME.process_result_value(VOLUME.process_bind_param(value, POSTGRESQL), POSTGRESQL)
    assert trail_text(on_sqlite) == trail_text(on_postgresql)


@ON_BOTH
@pytest.mark.parametrize("text", ["", "plain", "MSC-IFNα 细胞注射液", "é", "line\nbreak", "😀"])
def test_text_in_composed_form_is_kept_as_it_is(text: str, dialect: Dialect) -> None:
    assert TEXT.process_bind_param(text, dialect) == text


@ON_BOTH
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("e\u0301", "composed form"),
        ("\u212b", "composed form"),
        ("\ud800", "surrogates not allowed"),
        ("a\0b", "must not hold NUL"),
        ("批\0次", "must not hold NUL"),
    ],
    ids=ascii,
)
def test_text_that_two_systems_would_write_differently_is_refused(text: str, fault: str, dialect: Dialect) -> None:
    with pytest.raises(ValueError, match=fault):
        TEXT.process_bind_param(text, dialect)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (0, 0),
        (2_000_000, 2_000_000),
        ("批次", "批次"),
        (AT, "2026-11-22T06:05:00.000120Z"),
        (date(2026, 11, 22), "2026-11-22"),
        (Decimal("25.50"), "25.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
    ],
    ids=repr,
)
def test_the_trail_writes_each_value_in_one_form(value: object, expected: str | bool | int | None) -> None:
    assert trail_text(value) == expected
    assert type(trail_text(value)) is type(expected)


@pytest.mark.parametrize("value", [1.5, b"bytes", [1], timedelta(1)], ids=repr)
def test_the_trail_has_no_form_for_what_may_be_written_in_two(value: object) -> None:
    with pytest.raises(TypeError, match=r"^the trail has no form for "):
        trail_text(value)

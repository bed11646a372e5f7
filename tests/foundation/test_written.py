"""Days, times and numbers in the one form in which each is written; any other form is not guessed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cotrack.foundation.written import day, is_one_line, number, site_instant, whole

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("text", ["", "rash", "thawed at 09:12", "王　芳", "Zoë", "o\u0302\u0323", "10⁶ ≥ 5 µL"])
def test_a_line_is_made_of_signs_and_blanks(text: str) -> None:
    assert is_one_line(text)


@pytest.mark.parametrize("character", "\n\r\t\v\f\0\x1b\x7f\x85\xad\u2028\u2029\u200b\u202e\u2066\ufeff\ue000\ud800")
def test_a_break_or_a_hidden_character_is_in_no_line(character: str) -> None:
    assert not is_one_line(f"x{character}The infusion ended as planned")


def test_a_pile_of_accents_is_in_no_line() -> None:
    assert not is_one_line("LI Min" + "\u0336" * 3)


def test_a_site_time_is_an_instant_of_the_site_zone() -> None:
    found = site_instant("2026-10-05 09:12", SHANGHAI)
    assert found == datetime(2026, 10, 5, 1, 12, tzinfo=UTC)
    assert found.utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-10-05",
        "05.10.2026 09:12",
        "2026-10-05T09:12",
        "2026-10-05 24:00",
        "2026-02-30 09:12",
        "2026-10-05 09",
        "2026-10-05 9:12",
        "2026-10-5 09:12",
        "2026-10-05  09:12",
        "２０２６-10-05 09:12",
        "0001-01-01 00:00",
        "1899-12-31 23:59",
        "3000-01-01 00:00",
        "9999-12-31 23:59",
    ],
)
def test_what_is_no_site_time_is_not_guessed(text: str) -> None:
    assert site_instant(text, SHANGHAI) is None


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_a_day_is_written_year_month_day(written: date) -> None:
    assert day(written.isoformat()) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-1-5",
        "20261005",
        "05.10.2026",
        "2026-02-30",
        "2026-10",
        "2026-10-05 ",
        "2026/10/05",
        "2026-W47-7",
        "2026W477",
        "0000-01-01",
        "0001-01-01",
        "1899-12-31",
        "3000-01-01",
        "9999-12-31",
        "２０２６-10-05",
    ],
)
def test_what_is_no_day_is_not_guessed(text: str) -> None:
    assert day(text) is None


@pytest.mark.parametrize("text", ["0", "5.36", "-1.5", "-0.001", "-10", "0.10", "-187.3", "007", "999999999.999999"])
def test_a_plain_decimal_number_is_read_exactly(text: str) -> None:
    found = number(text)
    assert found == Decimal(text)
    assert found.as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1_000",
        "５",
        "٣",
        "NaN",
        "Infinity",
        "-inf",
        "1,5",
        "one",
        "<1",
        "--1",
        "-0",
        "-0.0",
        "-000.000000",
        "+1",
        "1e3",
        "1E400000",
        ".5",
        "5.",
        " 5",
        "5\n",
        "1234567890",
        "0.1234567",
    ],
)
def test_what_is_no_plain_number_is_not_guessed(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(("text", "expected"), [("0", 0), ("3", 3), ("007", 7), ("999999999999", 999_999_999_999)])
def test_a_whole_number_is_plain_digits(text: str, expected: int) -> None:
    assert whole(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "1_000", "１", " 1", "1\n", "1e3", "1000000000000"])
def test_what_is_no_whole_number_is_not_guessed(text: str) -> None:
    assert whole(text) is None

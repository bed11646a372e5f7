"""When a laboratory tested: read in the one form that its mapping names, told in the site's own time."""

import pytest

from cotrack.release.rules.times import TIME_FORMS, is_zone, site_time

SITE = "Asia/Shanghai"


def read(text: str, form: str, zone: str = "", site: str = SITE) -> str | None:
    return site_time(text, TIME_FORMS[form], zone, site)


@pytest.mark.parametrize("form", TIME_FORMS)
def test_each_form_reads_its_own_example_and_no_other_form_of_it(form: str) -> None:
    assert read(TIME_FORMS[form].example, form) == "2026-10-05 09:12"
    assert read(f"{TIME_FORMS[form].example}:30", form) is None
    assert read(TIME_FORMS[form].example.replace(" ", "T"), form) is None


def test_day_and_month_are_as_the_mapping_says_and_never_guessed() -> None:
    assert read("04/05/2026 09:12", "DD/MM/YYYY HH:MM") == "2026-05-04 09:12"
    assert read("04/05/2026 09:12", "MM/DD/YYYY HH:MM") == "2026-04-05 09:12"
    assert read("25/05/2026 09:12", "MM/DD/YYYY HH:MM") is None


def test_one_digit_of_a_day_or_an_hour_is_read() -> None:
    assert read("2026/1/5 9:02", "YYYY/MM/DD HH:MM") == "2026-01-05 09:02"


@pytest.mark.parametrize("text", ["2026-02-30 09:12", "2026-10-05 24:01", "2026-10-05", "", "２０２６-10-05 09:12"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert read(text, "YYYY-MM-DD HH:MM") is None


def test_a_laboratory_in_another_zone_is_told_in_the_sites_time() -> None:
    assert read("2026-10-05 09:12", "YYYY-MM-DD HH:MM", "Europe/Berlin") == "2026-10-05 15:12"
    assert read("2026-10-05 22:00", "YYYY-MM-DD HH:MM", "Europe/Berlin") == "2026-10-06 04:00"


def test_a_time_that_a_change_of_clocks_makes_none_or_two_is_refused() -> None:
    for text in ("2026-03-29 02:30", "2026-10-25 02:30"):
        assert read(text, "YYYY-MM-DD HH:MM", "Europe/Berlin") is None
    assert read("2026-10-25 00:30", "YYYY-MM-DD HH:MM", "UTC", "Europe/Berlin") is None


def test_a_time_at_the_end_of_the_calendar_is_none() -> None:
    assert read("0001-01-01 00:00", "YYYY-MM-DD HH:MM", "Asia/Shanghai", "America/New_York") is None


def test_only_zones_that_are_known_are_zones() -> None:
    assert is_zone("Europe/Berlin")
    for name in ("Europe/Atlantis", "../etc/passwd", ""):
        assert not is_zone(name)

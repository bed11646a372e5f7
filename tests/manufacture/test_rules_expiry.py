"""Until when a lot and a bag may be given, in the zone of the site; and whether a label still says so."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cotrack.foundation.written import instant_in_words, site_words
from cotrack.manufacture.rules import end_of_day, end_of_life, label_outdated, lot_expiry, says_expiry

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
EXPIRES = datetime(2028, 10, 4, 15, 59, tzinfo=UTC)
THAW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WASH = THAW + timedelta(minutes=20)


@pytest.mark.parametrize(
    ("made_on", "months", "expires"),
    [
        ("2026-10-04", 24, "2028-10-04T23:59:00+08:00"),
        ("2026-08-31", 6, "2027-02-28T23:59:00+08:00"),
        ("2027-08-31", 6, "2028-02-29T23:59:00+08:00"),
        ("2028-02-29", 12, "2029-02-28T23:59:00+08:00"),
    ],
)
def test_a_lot_expires_at_the_end_of_the_last_day_of_its_shelf_life_in_the_zone_of_the_site(
    made_on: str, months: int, expires: str
) -> None:
    assert lot_expiry(date.fromisoformat(made_on), months, SHANGHAI).isoformat() == expires


@pytest.mark.parametrize(
    ("last_day", "ends"),
    [
        (date(2026, 10, 24), datetime(2026, 10, 24, 21, 59, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 22, 59, tzinfo=UTC)),
        (date(2027, 3, 27), datetime(2027, 3, 27, 22, 59, tzinfo=UTC)),
        (date(2027, 3, 28), datetime(2027, 3, 28, 21, 59, tzinfo=UTC)),
    ],
    ids=["before clocks go back", "clocks go back", "before clocks go on", "clocks go on"],
)
def test_the_last_day_of_use_ends_by_local_time_where_clocks_change(last_day: date, ends: datetime) -> None:
    assert end_of_day(last_day, BERLIN).astimezone(UTC) == ends


def test_where_the_last_minute_of_a_day_comes_twice_the_day_ends_with_the_first() -> None:
    # Paraguay put its clocks back from 00:00 to 23:00 at the end of this day.
    asuncion = ZoneInfo("America/Asuncion")
    twice = datetime(2023, 3, 25, 23, 59, tzinfo=asuncion)
    assert twice.utcoffset() != twice.replace(fold=1).utcoffset()
    assert end_of_day(date(2023, 3, 25), asuncion).astimezone(UTC) == datetime(2023, 3, 26, 2, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("thaw_started_at", "minutes", "expected"),
    [
        (None, 90, EXPIRES),
        (None, None, EXPIRES),
        (THAW, None, EXPIRES),
        (THAW, 90, THAW + timedelta(minutes=90)),
        (EXPIRES - timedelta(minutes=90), 90, EXPIRES),
        (EXPIRES - timedelta(minutes=89), 90, EXPIRES),
        (EXPIRES - timedelta(minutes=91), 90, EXPIRES - timedelta(minutes=1)),
    ],
)
def test_a_unit_ends_with_its_lot_or_with_its_thaw_whichever_is_first(
    thaw_started_at: datetime | None, minutes: int | None, expected: datetime
) -> None:
    assert end_of_life(EXPIRES, (thaw_started_at, minutes)) == expected


@pytest.mark.parametrize(
    ("expires", "washed_at", "washed_life", "expected"),
    [
        (EXPIRES, None, 60, THAW + timedelta(minutes=90)),
        (EXPIRES, WASH, None, THAW + timedelta(minutes=90)),
        (EXPIRES, WASH, 60, WASH + timedelta(minutes=60)),
        (EXPIRES, WASH, 600, THAW + timedelta(minutes=90)),
        (WASH + timedelta(minutes=5), WASH, 60, WASH + timedelta(minutes=5)),
    ],
    ids=["not washed", "no time said", "wash ends first", "a wash never prolongs", "lot ends first"],
)
def test_rule_6_expiry_is_the_first_of_lot_expiry_thaw_and_hold_wash_and_hold(
    expires: datetime, washed_at: datetime | None, washed_life: int | None, expected: datetime
) -> None:
    assert end_of_life(expires, (THAW, 90), (washed_at, washed_life)) == expected
    assert end_of_life(expires, (washed_at, washed_life), (THAW, 90)) == expected


@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN, ZoneInfo("UTC")], ids=str)
def test_a_label_says_its_lots_expiry_in_whatever_zone_it_was_printed(zone: ZoneInfo) -> None:
    assert says_expiry(site_words(EXPIRES, zone), EXPIRES)
    assert not says_expiry(site_words(EXPIRES, zone), EXPIRES - timedelta(minutes=1))
    assert not says_expiry(site_words(EXPIRES, zone), EXPIRES + timedelta(days=1))


@pytest.mark.parametrize("printed", ["", "–", "2028-10-04", "2028-10-04 23:59", "10/2028"])
def test_a_label_whose_expiry_nobody_can_read_does_not_say_it(printed: str) -> None:
    assert instant_in_words(printed) is None
    assert not says_expiry(printed, EXPIRES)


def test_a_label_that_carries_another_expiry_is_named_with_its_bag() -> None:
    found = label_outdated("MSC26-0031-001", "tag")
    assert (found.code, found.solve) == ("label_outdated", "unit:MSC26-0031-001")
    assert "MSC26-0031-001" in found.sentence

"""Days of the shop: where they begin, and what its clocks add to UTC."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.period import days, local_day, midnight, offsets

ZONES = ("UTC", "America/New_York", "Europe/Oslo", "Pacific/Auckland", "Asia/Kolkata", "Africa/Casablanca")


def test_a_period_ends_before_its_last_day() -> None:
    assert days(date(2026, 1, 30), date(2026, 2, 1)) == [date(2026, 1, 30), date(2026, 1, 31)]
    assert days(date(2026, 2, 1), date(2026, 2, 1)) == []


@pytest.mark.parametrize("zone", ZONES)
def test_midnight_is_where_the_day_begins(zone: str) -> None:
    begin = midnight(date(2026, 3, 8), zone)

    assert local_day(begin, zone) == date(2026, 3, 8)
    assert local_day(begin - timedelta(microseconds=1), zone) == date(2026, 3, 7)


@pytest.mark.parametrize("zone", ZONES)
def test_the_offsets_of_some_years_give_the_days_that_the_zone_gives(zone: str) -> None:
    known = offsets(zone, 2024, 2026)
    moment, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)

    while moment < end:
        plus = next(one.plus for one in reversed(known) if moment >= one.since)
        assert (moment + plus).date() == local_day(moment, zone)
        moment += timedelta(minutes=41)


def test_clocks_change_at_the_second_at_which_they_change() -> None:
    *_, spring, autumn = offsets("America/New_York", 2026, 2026)

    assert spring == (datetime(2026, 3, 8, 7, tzinfo=UTC), timedelta(hours=-4))
    assert autumn == (datetime(2026, 11, 1, 6, tzinfo=UTC), timedelta(hours=-5))

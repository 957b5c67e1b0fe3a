"""Working days: Mondays to Fridays, less a country's public holidays."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.working_days import (
    after_working_days,
    is_working,
    known,
    next_working_day,
    working_days_between,
)

FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 1, number) for number in (9, 10, 11, 12))
MARTIN_LUTHER_KING = date(2026, 1, 19)
GOOD_FRIDAY, EASTER_MONDAY = date(2026, 4, 3), date(2026, 4, 6)
INDEPENDENCE_DAY, ITS_FRIDAY = date(2026, 7, 4), date(2026, 7, 3)
UNITY_DAY = date(2025, 10, 3)
THANKSGIVING = date(2026, 11, 26)
CHRISTMAS, SECOND_DAY = date(2025, 12, 25), date(2025, 12, 26)
NEW_YEAR = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("day", "country", "works"),
    [
        (FRIDAY, None, True),
        (SATURDAY, None, False),
        (SUNDAY, None, False),
        (MONDAY, None, True),
        (MARTIN_LUTHER_KING, "US", False),
        (MARTIN_LUTHER_KING, "DE", True),
        (MARTIN_LUTHER_KING, None, True),
        (ITS_FRIDAY, "US", False),  # a holiday on a Saturday is kept the day before
        (ITS_FRIDAY, "DE", True),
        (THANKSGIVING, "US", False),
        (THANKSGIVING, "DE", True),
        (GOOD_FRIDAY, "DE", False),
        (GOOD_FRIDAY, "US", True),
        (EASTER_MONDAY, "DE", False),
        (EASTER_MONDAY, "US", True),
        (UNITY_DAY, "DE", False),
        (UNITY_DAY, "US", True),
        (CHRISTMAS, "US", False),
        (CHRISTMAS, "DE", False),
        (CHRISTMAS, None, True),
        (SECOND_DAY, "DE", False),
        (SECOND_DAY, "US", True),
        (NEW_YEAR, "DE", False),
        (SATURDAY, "US", False),
    ],
)
def test_work_is_done_on_mondays_to_fridays_but_for_the_countrys_holidays(
    day: date, country: str | None, works: bool
) -> None:
    assert is_working(day, country) is works


@pytest.mark.parametrize(
    ("day", "country", "next_day"),
    [
        (FRIDAY, None, FRIDAY),
        (SATURDAY, None, MONDAY),
        (SUNDAY, None, MONDAY),
        (date(2026, 1, 17), None, MARTIN_LUTHER_KING),
        (date(2026, 1, 17), "US", date(2026, 1, 20)),
        (GOOD_FRIDAY, "DE", date(2026, 4, 7)),
        (GOOD_FRIDAY, "US", GOOD_FRIDAY),
        (CHRISTMAS, "DE", date(2025, 12, 29)),
        (CHRISTMAS, "US", SECOND_DAY),
    ],
)
def test_the_next_working_day_is_the_day_itself_if_work_is_done_on_it(
    day: date, country: str | None, next_day: date
) -> None:
    assert next_working_day(day, country) == next_day


@pytest.mark.parametrize(
    ("day", "days", "country", "after"),
    [
        (FRIDAY, 0, None, FRIDAY),
        (FRIDAY, 1, None, MONDAY),
        (SATURDAY, 1, None, MONDAY),
        (FRIDAY, 5, None, date(2026, 1, 16)),
        (FRIDAY, 6, None, MARTIN_LUTHER_KING),
        (FRIDAY, 6, "US", date(2026, 1, 20)),
        (FRIDAY, 6, "DE", MARTIN_LUTHER_KING),
        (date(2025, 12, 24), 3, None, date(2025, 12, 29)),
        (date(2025, 12, 24), 3, "US", date(2025, 12, 30)),
        (date(2025, 12, 24), 3, "DE", date(2025, 12, 31)),
        (date(2025, 12, 31), 1, "US", date(2026, 1, 2)),
        (date(2026, 4, 2), 1, "DE", date(2026, 4, 7)),
    ],
)
def test_working_days_are_counted_from_the_day_after(
    day: date, days: int, country: str | None, after: date
) -> None:
    assert after_working_days(day, days, country) == after


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (FRIDAY, FRIDAY, 0),
        (FRIDAY, SATURDAY, 0),
        (FRIDAY, SUNDAY, 0),
        (FRIDAY, MONDAY, 1),
        (SATURDAY, MONDAY, 1),
        (FRIDAY, date(2026, 1, 16), 5),
        (date(2025, 12, 24), date(2025, 12, 26), 2),
        (MONDAY, FRIDAY, 0),
    ],
)
def test_between_two_days_mondays_to_fridays_count_up_to_the_second(
    start: date, end: date, days: int
) -> None:
    assert working_days_between(start, end) == days


@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 60), st.sampled_from([None, "US", "DE"])
)
def test_so_many_working_days_later_is_a_working_day_with_as_many_up_to_it(
    day: date, days: int, country: str | None
) -> None:
    after = after_working_days(day, days, country)

    passed = [day + timedelta(days=n) for n in range(1, (after - day).days + 1)]
    assert is_working(after, country)
    assert sum(is_working(one, country) for one in passed) == days
    assert working_days_between(day, after) >= days


@pytest.mark.parametrize(
    ("country", "is_known"), [("US", True), ("DE", True), ("XX", False), ("us", False), ("", False)]
)
def test_a_country_is_known_by_its_two_capital_letters(country: str, is_known: bool) -> None:
    assert known(country) is is_known

"""Working days: Mondays to Fridays, without the public holidays of a country where one is named."""

from datetime import date, timedelta
from functools import cache

_FRIDAY = 5
_LETTERS = 2


def is_working(day: date, country: str | None = None) -> bool:
    """`country`: ISO 3166 alpha-2, whose public holidays are free."""
    return day.isoweekday() <= _FRIDAY and not (country and day in _holidays(country, day.year))


def next_working_day(day: date, country: str | None = None) -> date:
    """The day itself, if work is done on it."""
    while not is_working(day, country):
        day += timedelta(days=1)
    return day


def after_working_days(day: date, days: int, country: str | None = None) -> date:
    """The day so many working days later."""
    while days > 0:
        day += timedelta(days=1)
        days -= is_working(day, country)
    return day


def working_days_between(start: date, end: date) -> int:
    """How many Mondays to Fridays after `start` the day `end` comes; 0 when it is not later."""
    days = range(1, (end - start).days + 1)
    return sum(is_working(start + timedelta(days=n)) for n in days)


def known(country: str) -> bool:
    """Whether this country's holidays are known, by its two letters."""
    import holidays  # noqa: PLC0415 - heavy, and few ask

    return len(country) == _LETTERS and country in holidays.list_supported_countries()


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    """Whole before anybody sees it: the library's own object fills itself while it is asked, in no thread's order."""
    import holidays  # noqa: PLC0415 - heavy, and few ask

    return frozenset(holidays.country_holidays(country, years=year))

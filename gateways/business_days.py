"""Mondays to Fridays; holidays are not known here."""

from datetime import date, timedelta

_FRIDAY = 5


def after_business_days(day: date, days: int) -> date:
    """The day so many business days later."""
    while days > 0:
        day += timedelta(days=1)
        days -= day.isoweekday() <= _FRIDAY
    return day


def business_days_between(start: date, end: date) -> int:
    """How many business days after `start` the day `end` comes; 0 when it is not later."""
    days = range(1, (end - start).days + 1)
    return sum((start + timedelta(days=n)).isoweekday() <= _FRIDAY for n in days)

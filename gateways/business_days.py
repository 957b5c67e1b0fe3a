"""Mondays to Fridays; holidays are not known here."""

from datetime import date, timedelta


def after_business_days(day: date, days: int) -> date:
    """The day so many business days later."""
    while days > 0:
        day += timedelta(days=1)
        days -= day.isoweekday() <= 5  # noqa: PLR2004 - Friday
    return day

"""Formulas of the figures, computed by hand."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.metrics import Current, Waiting, current, share

TODAY = date(2026, 1, 17)


def waiting(currency: str = "USD", **sums: Any) -> Waiting:
    facts = {"orders": 1, "units": 1, "value_minor": 9500, "backordered": 1, "soon": 0}
    oldest = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    return Waiting.model_validate({"currency": currency, "oldest": oldest, **facts, **sums})


def test_currencies_are_never_added_together() -> None:
    dollars = waiting(orders=47, units=50, value_minor=475_000, backordered=50, soon=40)
    euros = waiting("EUR", orders=1, units=2, value_minor=100, backordered=0)

    assert current([dollars, euros], TODAY, "UTC") == Current(
        orders=48,
        units=52,
        value_minor={"EUR": 100, "USD": 475_000},
        oldest_days=12,
        expected_within_7_days=0.8,
    )


def test_nothing_waits() -> None:
    assert current([], TODAY, "UTC") == Current(
        orders=0, units=0, value_minor={}, oldest_days=None, expected_within_7_days=None
    )


def test_where_all_units_are_here_none_is_expected() -> None:
    assert current([waiting(backordered=0)], TODAY, "UTC").expected_within_7_days is None


@pytest.mark.parametrize(
    ("time_zone", "days"), [("UTC", 12), ("Pacific/Auckland", 11), ("America/New_York", 12)]
)
def test_days_are_calendar_days_of_the_shop(time_zone: str, days: int) -> None:
    late = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)

    assert current([waiting(oldest=late)], TODAY, time_zone).oldest_days == days


def test_a_share_of_nothing_is_not_zero() -> None:
    assert (share(0, 0), share(0, 2), share(1, 2)) == (None, 0.0, 0.5)

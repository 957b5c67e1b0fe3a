"""Formulas of the figures, computed by hand."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.metrics import (
    Counted,
    Current,
    Rate,
    Sums,
    Waiting,
    backorder_rate,
    cancel_rate,
    current,
    fill_time,
    met,
    percentile,
    promises_kept,
    saved_sales,
    share,
)
from domain.policy import Targets

TODAY = date(2026, 1, 17)
TARGETS = Targets()


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


def test_the_backorder_rate_is_backorders_by_accepted_orders() -> None:
    assert backorder_rate(Sums(accepted=100, backorders=4), TARGETS) == Rate(
        value=0.04, target=0.05, met=True
    )


def test_the_cancel_rate_names_the_most_frequent_reason_first() -> None:
    sums = Sums(ended=20, cancelled_for={"price": 1, "too_slow": 2, "changed_mind": 1})

    found = cancel_rate(sums, TARGETS)

    assert (found.value, found.target, found.met) == (0.2, 0.2, False)
    assert list(found.by_reason.items()) == [("too_slow", 2), ("changed_mind", 1), ("price", 1)]


def test_the_fill_time_is_a_mean_with_its_percentiles() -> None:
    found = fill_time(Sums(filled={3: 2, 8: 1, 40: 1}), TARGETS)

    assert (found.mean, found.p50, found.p90) == (13.5, 5.5, 30.4)
    assert (found.target, found.met) == (14, True)


def test_promises_kept_and_saved_sales_say_of_how_many() -> None:
    sums = Sums(promised=120, kept=90, backorders=7, not_cancelled=6, rejections=2, quotes=1)

    assert promises_kept(sums) == Counted(value=0.75, count=120)
    assert saved_sales(sums) == Counted(value=0.6, count=10)


def test_of_nothing_there_is_no_figure_and_no_target_is_met_or_missed() -> None:
    nothing = Sums()

    assert backorder_rate(nothing, TARGETS) == Rate(value=None, target=0.05, met=None)
    fill = fill_time(nothing, TARGETS)
    assert (fill.mean, fill.p50, fill.p90, fill.met) == (None, None, None, None)
    cancel = cancel_rate(nothing, TARGETS)
    assert (cancel.value, cancel.met, cancel.by_reason) == (None, None, {})
    assert promises_kept(nothing) == saved_sales(nothing) == Counted(value=None, count=0)


@pytest.mark.parametrize(("value", "is_met"), [(0.049, True), (0.05, False), (0.051, False), (None, None)])
def test_a_target_is_met_strictly_below_it(value: float | None, is_met: bool | None) -> None:
    assert met(value, 0.05) is is_met


@pytest.mark.parametrize(
    ("counts", "percent", "expected"),
    [
        ({}, 50, None),
        ({5: 1}, 90, 5),
        ({5: 1, 6: 1}, 50, 5.5),
        ({0: 3, 10: 1}, 50, 0),
        ({7: 1, 9: 1, 14: 1}, 90, 13),
        ({1: 10, 2: 1}, 90, 1),
        ({-1: 1, 1: 1}, 50, 0),
    ],
)
def test_percentiles_lie_between_neighbours_in_proportion(
    counts: dict[int, int], percent: int, expected: float | None
) -> None:
    assert percentile(counts, percent) == expected


@given(st.dictionaries(st.integers(0, 60), st.integers(1, 4), min_size=1, max_size=12), st.integers(0, 100))
def test_percentiles_are_those_of_all_values_written_out(counts: dict[int, int], percent: int) -> None:
    values = sorted(value for value, times in counts.items() for _ in range(times))
    place = percent * (len(values) - 1) / 100
    low, high = values[int(place)], values[min(int(place) + 1, len(values) - 1)]

    assert percentile(counts, percent) == pytest.approx(low + (high - low) * (place - int(place)))

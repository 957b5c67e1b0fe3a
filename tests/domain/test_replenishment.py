"""The usual demand and the needs, computed by hand."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.replenishment import (
    HISTORY_WEEKS,
    Demand,
    Expected,
    Position,
    Replenishment,
    history,
    replenishment,
    usual_demand,
    week_starts,
)

TODAY = date(2026, 3, 2)


def after(days: int) -> date:
    return TODAY + timedelta(days=days)


def position(**facts: Any) -> Position:
    return Position.model_validate({"sku": "W", "title": "Widget", "waiting": 0, "available": 0, **facts})


def reckoned(weeks: int = 4, **facts: Any) -> Replenishment:
    return replenishment(position(**facts), TODAY, weeks)


def units(found: Replenishment) -> list[int]:
    return [need.units for need in found.needs]


def test_the_usual_demand_is_that_computed_by_hand() -> None:
    """From the means p = 2/4 and z = 3: (0.55, 2.9), (0.495, 2.9), (0.5455, 3.01), (0.49095, 3.01)."""
    found = usual_demand([2, 0, 4, 0])

    assert found.weeks == 4
    assert found.chance == pytest.approx(0.49095)
    assert found.size == pytest.approx(3.01)
    assert found.per_week == 1.48


def test_steady_demand_is_its_own_estimate() -> None:
    assert usual_demand([7] * 52) == Demand(weeks=52, chance=1, size=7, per_week=7)


def test_without_demand_there_is_no_estimate() -> None:
    assert usual_demand([]) == Demand()
    assert usual_demand([0] * 9) == Demand(weeks=9)


def test_the_estimate_fades_when_demand_stops_until_nothing_is_left() -> None:
    sold = [5] * 26
    estimates = [usual_demand([*sold, *[0] * quiet]).per_week for quiet in range(100)]

    assert estimates[0] == 5
    assert all(later <= earlier for earlier, later in pairwise(estimates))
    assert estimates[7] < estimates[0] / 2
    assert estimates[-1] == 0


def test_the_estimate_follows_demand_that_grows() -> None:
    assert 8 < usual_demand([*[2] * 26, *[10] * 26]).per_week < 10


@given(st.lists(st.integers(0, 1000), max_size=HISTORY_WEEKS))
def test_the_estimate_lies_between_nothing_and_the_best_week(weeks: list[int]) -> None:
    found = usual_demand(weeks)

    assert 0 <= found.chance <= 1.000001
    assert 0 <= found.per_week <= max(weeks, default=0) + 0.01


def test_a_history_begins_with_the_first_week_in_which_anything_was_ordered() -> None:
    assert history({}) == ()
    assert history({51: 3}) == (3, 0)
    assert history({50: 0, 52: 3}) == (0, 0, 3)
    assert history({0: 900, 52: 3}) == (*[0] * (HISTORY_WEEKS - 1), 3)


def test_weeks_are_seven_of_the_shops_days_whatever_its_clocks_do() -> None:
    starts = week_starts(date(2026, 3, 10), "America/New_York")

    assert starts[-1] == datetime(2026, 3, 10, 4, tzinfo=UTC)
    assert starts[-2] == datetime(2026, 3, 3, 5, tzinfo=UTC)
    assert starts[0] == datetime(2025, 3, 11, 4, tzinfo=UTC)
    assert len(starts) == HISTORY_WEEKS + 1


def test_needs_are_those_computed_by_hand() -> None:
    """1.48 a week are 2, 3, 5 and 6 units after as many weeks."""
    found = reckoned(
        waiting=5,
        inbound=(Expected(on=after(10), units=6), Expected(on=None, units=90)),
        history=(2, 0, 4, 0),
        restock_days=3,
    )

    assert [(need.on, need.demand, need.inbound, need.units) for need in found.needs] == [
        (after(0), 0, 0, 5),
        (after(7), 2, 0, 7),
        (after(14), 3, 6, 2),
        (after(21), 5, 6, 4),
        (after(28), 6, 6, 5),
    ]
    assert (found.short_from, found.to_buy, found.order_by) == (TODAY, 5, after(-3))
    assert found.on_order == 96


def test_supply_that_lasts_for_a_while_is_short_from_the_day_after() -> None:
    """One unit a week: the fourth is wanted after 21 days."""
    found = reckoned(available=3, history=(1,), restock_days=20)

    assert units(found) == [0, 0, 0, 0, 1]
    assert (found.short_from, found.to_buy, found.order_by) == (after(22), 1, after(2))


def test_what_supply_covers_in_the_end_needs_no_order() -> None:
    found = reckoned(waiting=5, inbound=(Expected(on=after(12), units=9),), restock_days=3)

    assert units(found) == [5, 5, 0, 0, 0]
    assert (found.short_from, found.to_buy, found.order_by) == (TODAY, 0, None)


def test_supply_that_should_have_come_is_expected_today() -> None:
    assert units(reckoned(waiting=5, inbound=(Expected(on=after(-4), units=5),))) == [0] * 5


def test_nobody_knows_when_to_order_what_takes_nobody_knows_how_long() -> None:
    found = reckoned(waiting=5)

    assert (found.short_from, found.to_buy, found.order_by) == (TODAY, 5, None)


def test_nothing_is_short_before_its_release() -> None:
    found = reckoned(waiting=5, release_on=after(16), restock_days=10)

    assert (found.short_from, found.order_by) == (after(16), after(6))
    assert reckoned(waiting=5, release_on=after(40)).short_from is None


def test_of_a_discontinued_product_only_the_queue_needs_any() -> None:
    found = reckoned(waiting=2, history=(9, 9), restock_days=3, discontinued=True)

    assert units(found) == [2] * 5
    assert (found.demand, found.order_by) == (Demand(), None)


def test_a_product_that_nobody_wants_needs_nothing() -> None:
    found = reckoned()

    assert units(found) == [0] * 5
    assert (found.short_from, found.to_buy) == (None, 0)


def test_the_last_digit_of_a_float_buys_no_unit() -> None:
    """2.2 a week are 55 units in 25 weeks, though 2.2 * 25 is a little more as a float."""
    found = reckoned(weeks=25, history=(4, 3, 1, 1))

    assert (found.demand.per_week, found.to_buy) == (2.2, 55)


POSITIONS = st.builds(
    position,
    waiting=st.integers(0, 50),
    available=st.integers(0, 50),
    inbound=st.lists(
        st.builds(Expected, on=st.none() | st.integers(-20, 60).map(after), units=st.integers(1, 50)),
        max_size=3,
    ).map(tuple),
    history=st.lists(st.integers(0, 9), max_size=HISTORY_WEEKS).map(tuple),
    restock_days=st.none() | st.integers(0, 90),
)


def more(one: Position, **units: int) -> Replenishment:
    changed = {name: getattr(one, name) + added for name, added in units.items()}
    return replenishment(one.model_copy(update=changed), TODAY, 8)


@given(POSITIONS, st.integers(1, 30))
def test_a_longer_queue_never_needs_less_and_more_stock_never_more(one: Position, added: int) -> None:
    now = units(replenishment(one, TODAY, 8))
    queued, stocked = units(more(one, waiting=added)), units(more(one, available=added))

    assert all(need >= 0 for need in now)
    assert all(longer >= need >= fuller for longer, need, fuller in zip(queued, now, stocked, strict=True))


@given(POSITIONS, st.integers(-20, 60), st.integers(1, 30))
def test_more_supply_never_needs_more_and_lasts_no_shorter(one: Position, day: int, added: int) -> None:
    now = replenishment(one, TODAY, 8)
    supply = (*one.inbound, Expected(on=after(day), units=added))
    supplied = replenishment(one.model_copy(update={"inbound": supply}), TODAY, 8)

    assert all(less <= need for less, need in zip(units(supplied), units(now), strict=True))
    assert (supplied.short_from or date.max) >= (now.short_from or date.max)


@given(POSITIONS)
def test_the_first_short_day_is_no_later_than_the_first_need(one: Position) -> None:
    """Supply that comes later in the same week may end a want that no row of the weeks shows."""
    found = replenishment(one, TODAY, 8)
    first = next((need.on for need in found.needs if need.units), None)

    assert first is None or (found.short_from or date.max) <= first

"""The place in the queue: when the order was placed, less the largest head start that it earned."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order import Order
from domain.policy import HeadStart, Policy
from domain.queue import Priority, priority, queue_at
from tests.domain.samples import day, order

POLICY = Policy()
LARGEST = 7

EARNS: list[tuple[dict[str, Any], Priority, int]] = [
    ({}, Priority.STANDARD, 0),
    ({"tier": "vip"}, Priority.VIP, 7),
    ({"expedited": True}, Priority.EXPEDITED, 5),
    ({"tier": "wholesale"}, Priority.WHOLESALE, 3),
    ({"units": 49}, Priority.STANDARD, 0),
    ({"units": 50}, Priority.WHOLESALE, 3),
    ({"need_by": "2026-02-01"}, Priority.NEED_BY, 2),
    ({"tier": "vip", "expedited": True}, Priority.VIP, 7),
    ({"tier": "wholesale", "units": 80, "need_by": "2026-02-01"}, Priority.WHOLESALE, 3),
    ({"tier": "vip", "expedited": True, "units": 50, "need_by": "2026-02-01"}, Priority.VIP, 7),
]


@pytest.mark.parametrize(("fields", "named", "days"), EARNS)
def test_the_largest_head_start_counts_and_never_the_sum(
    fields: dict[str, Any], named: Priority, days: int
) -> None:
    placed = order(**fields)

    assert priority(placed, POLICY) is named
    assert queue_at(placed, POLICY) == day(5) - timedelta(days=days)


def test_units_of_all_lines_together_make_an_order_wholesale() -> None:
    lines = [{"sku": sku, "quantity": 25, "unit_price_minor": 100} for sku in ("A", "B")]

    assert priority(order(lines=lines), POLICY) is Priority.WHOLESALE


def test_the_policy_says_how_many_days_and_from_how_many_units() -> None:
    ours = Policy(head_start_days=HeadStart(vip=1, need_by=30), wholesale_from_units=10)

    assert priority(order(10), ours) is Priority.WHOLESALE
    assert priority(order(tier="vip", need_by="2026-02-01"), ours) is Priority.NEED_BY
    assert queue_at(order(tier="vip", need_by="2026-02-01"), ours) == day(5) - timedelta(days=30)


def test_of_equal_head_starts_the_first_named_is_the_priority() -> None:
    equal = Policy(head_start_days=HeadStart(vip=4, expedited=4, wholesale=4, need_by=4))

    assert priority(order(tier="vip", expedited=True), equal) is Priority.VIP
    assert priority(order(50, expedited=True, need_by="2026-02-01"), equal) is Priority.EXPEDITED


def test_an_exception_that_the_policy_gives_no_days_keeps_its_place() -> None:
    none = Policy(head_start_days=HeadStart(vip=0))

    assert queue_at(order(tier="vip"), none) == day(5)


_ORDERS = st.builds(
    lambda units, tier, expedited, need_by, minutes: order(
        units,
        tier=tier,
        expedited=expedited,
        need_by="2026-02-01" if need_by else None,
        placed_at=(day(5) + timedelta(minutes=minutes)).isoformat(),
    ),
    st.integers(1, 100),
    st.sampled_from(["standard", "vip", "wholesale"]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 20 * 24 * 60),
)


@given(_ORDERS, _ORDERS)
def test_nobody_starves_for_no_order_passes_one_that_is_older_by_the_largest_head_start(
    one: Order, other: Order
) -> None:
    first, second = sorted((one, other), key=lambda placed: placed.placed_at)

    if second.placed_at - first.placed_at > timedelta(days=LARGEST):
        assert queue_at(first, POLICY) < queue_at(second, POLICY)


@given(_ORDERS, _ORDERS)
def test_orders_of_one_priority_stand_in_the_order_in_which_they_were_placed(
    one: Order, other: Order
) -> None:
    if priority(one, POLICY) is priority(other, POLICY):
        ahead = queue_at(one, POLICY) <= queue_at(other, POLICY)
        assert ahead == (one.placed_at <= other.placed_at)


@given(_ORDERS)
def test_a_head_start_is_one_of_the_policys_and_never_a_delay(placed: Order) -> None:
    assert (placed.placed_at - queue_at(placed, POLICY)).days in {0, 2, 3, 5, LARGEST}
